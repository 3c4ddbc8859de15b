"""What do the kiosk's pages tell a browser before it has run a line of them?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from printing.kiosk import shell

PAGES = ["/kiosk/", "/kiosk/en/", "/kiosk/board/", "/kiosk/en/board/"]
ROOT = Path(__file__).resolve().parents[3]


class TestEveryPage:
    @pytest.mark.parametrize("page", PAGES)
    def test_allows_only_itself(self, client: Client, page: str) -> None:
        policy = client.get(page)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in f"{policy};"
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'" in policy

    @pytest.mark.parametrize("page", PAGES)
    def test_has_no_script_and_no_style_of_its_own(self, client: Client, page: str) -> None:
        text = client.get(page).content.decode()
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text) == []

    @pytest.mark.parametrize("page", PAGES)
    def test_is_not_kept_by_anybody_but_its_service_worker(self, client: Client, page: str) -> None:
        assert "no-store" in client.get(page)["Cache-Control"]

    @pytest.mark.parametrize("page", PAGES)
    def test_lends_the_camera_to_nobody_but_itself(self, client: Client, page: str) -> None:
        granted = client.get(page)["Permissions-Policy"]
        assert "camera=(self)" in granted
        assert "microphone=()" in granted

    def test_says_its_language(self, client: Client) -> None:
        assert '<html lang="id"' in client.get("/kiosk/").content.decode()
        assert '<html lang="en"' in client.get("/kiosk/en/").content.decode()


class TestWorker:
    def test_keeps_every_page_and_file(self, client: Client) -> None:
        source = client.get("/kiosk/worker.js").content.decode()
        kept = json.loads(re.findall(r"const SHELL = (.*);", source)[0])
        assert set(PAGES) < set(kept)
        for address in kept:
            if not address.startswith("/static/"):
                assert client.get(address).status_code == 200
        files = {
            f"/static/kiosk/{file.relative_to(shell.FOLDER)}"
            for file in shell.FOLDER.rglob("*.*")
            if file.name not in ("worker.js", "README.md")
        }
        assert files < set(kept)

    def test_is_another_when_a_page_is_another(self) -> None:
        assert shell.version(b"one page") != shell.version(b"another")
        assert shell.version(b"one page") == shell.version(b"one page")


class TestManifest:
    def test_makes_an_app_of_it(self, client: Client) -> None:
        answer = client.get("/kiosk/manifest.webmanifest")
        assert answer["Content-Type"] == "application/manifest+json"
        said = answer.json()
        assert (said["start_url"], said["scope"], said["display"]) == ("/kiosk/", "/kiosk/", "fullscreen")
        assert said["icons"]


class TestScripts:
    @pytest.mark.parametrize("file", sorted(shell.FOLDER.glob("*.js")), ids=lambda file: file.name)
    def test_never_make_code_or_markup_of_text(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        assert (
            re.findall(r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)
            == []
        )

    @pytest.mark.parametrize("file", sorted(shell.FOLDER.glob("*.js")), ids=lambda file: file.name)
    def test_say_only_words_the_page_has(self, client: Client, file: Path) -> None:
        said = set(re.findall(r'\bsay\("([\w-]+)"', file.read_text(encoding="utf-8")))
        page = client.get("/kiosk/board/" if file.name == "board.js" else "/kiosk/").content.decode()
        assert said <= set(re.findall(r'data-word="([\w-]+)"', page))
