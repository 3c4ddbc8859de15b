"""Is every variable that the code reads told to those who install it?"""

from __future__ import annotations

import re
from pathlib import Path

from ektp_project.embedded import wishes

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'\b(?:env\.\w+|secret|environment\.get|environ\.get)\(\s*f?"([A-Z_]+)"')
# Read only by the tests, by whoever holds the terminal, or written by ourselves.
NOT_FOR_INSTALLERS = {"CI", "PATH", "PYTEST_XDIST_WORKER", "NO_COLOR", "CRASH_FOLDER"}


def variables_read() -> set[str]:
    folders = ("ektp_project", "registry", "printing")
    sources = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {name for file in sources for name in READ.findall(file.read_text(encoding="utf-8"))}


def variables_told() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _equals, value in pairs}


class TestEnvExample:
    def test_names_every_variable_that_is_read(self) -> None:
        assert variables_read() - NOT_FOR_INSTALLERS <= set(variables_told())

    def test_names_no_variable_twice(self) -> None:
        lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
        names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]

        assert len(names) == len(set(names))

    def test_holds_no_secret(self) -> None:
        told = variables_told()

        secrets = ("SECRET_KEY", "NIK_KEYS", "NIK_INDEX_KEY", "CENTRAL_TOKEN", "DATABASE_URL", "REDIS_URL")

        assert [told[name] for name in secrets] == [""] * len(secrets)

    def test_passes_on_only_what_it_names(self) -> None:
        assert set(wishes.PASSED_ON) <= set(variables_told())


class TestLocks:
    def test_hold_no_address_of_whoever_made_them(self) -> None:
        for lock in ROOT.glob("requirements*.txt"):
            text = lock.read_text(encoding="utf-8")

            found = re.findall(r"://|--index|--find-links|--extra-index|--trusted-host", text)

            assert (lock.name, found) == (lock.name, [])

    def test_name_a_hash_for_every_package(self) -> None:
        for lock in ROOT.glob("requirements*.txt"):
            entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))
            pins = [entry for entry in entries if re.match(r"[\w.-]+(\[.*\])?==", entry)]

            assert pins
            assert all("--hash=sha256:" in pin for pin in pins)
