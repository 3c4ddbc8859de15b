"""Does Django itself find nothing to complain of in an office's settings?"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def key(name: str) -> str:
    return base64.b64encode(name.ljust(32, ".").encode()).decode()


def secret_files(folder: Path) -> dict[str, str]:
    """As docker-compose.yml gives them: by file."""
    values = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "NIK_KEYS": f"1:{key('sealing')}",
        "NIK_INDEX_KEY": key("index"),
        "CENTRAL_TOKEN": secrets.token_urlsafe(30),
        "DATABASE_URL": "postgres://ektp_app:secret@nowhere/none",
    }
    for name, value in values.items():
        (folder / name.lower()).write_text(value, encoding="utf-8")
    return {f"{name}_FILE": str(folder / name.lower()) for name in values}


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VAR_DIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        env={**kept, "EKTP_DEMO": "0", "REDIS_URL": "redis://nowhere/0", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


class TestOffice:
    def test_passes_the_deployment_check_without_a_warning(self, tmp_path: Path) -> None:
        found = manage("check", "--deploy", "--fail-level", "WARNING", **secret_files(tmp_path))
        assert (found.returncode, "no issues" in found.stdout) == (0, True), found.stderr

    def test_is_warned_of_a_centre_that_is_called_in_clear(self, tmp_path: Path) -> None:
        given = secret_files(tmp_path) | {"CENTRAL_URL": "http://pusat.example"}
        found = manage("check", "--deploy", "--fail-level", "WARNING", **given)
        assert "registry.W001" in found.stderr

    def test_gives_cookies_that_no_other_host_can_set(self, tmp_path: Path) -> None:
        ask = "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
        answer = manage("shell", "--no-imports", "-c", ask, **secret_files(tmp_path))
        assert answer.stdout.split() == ["__Host-ektp_session", "__Host-csrftoken"]

    def test_is_closed_by_default(self, tmp_path: Path) -> None:
        names = [
            "SECOND_FACTOR_REQUIRED",
            "SESSION_COOKIE_SECURE",
            "SESSION_COOKIE_HTTPONLY",
            "CSRF_COOKIE_SECURE",
            "SECURE_SSL_REDIRECT",
            "DEBUG",
        ]
        ask = f"from django.conf import settings as s; print([getattr(s, name) for name in {names}])"
        answer = manage("shell", "--no-imports", "-c", ask, **secret_files(tmp_path))
        assert answer.stdout.strip() == "[True, True, True, True, True, False]", answer.stderr

    def test_does_not_start_with_a_secret_of_the_demo(self, tmp_path: Path) -> None:
        demo = "demo-only-secret-key-that-everybody-knows-0123456789abcdefghijkl"
        given = secret_files(tmp_path)
        Path(given["SECRET_KEY_FILE"]).write_text(demo, encoding="utf-8")
        refused = manage("check", **given)
        assert refused.returncode == 1
        assert "a demo secret is refused" in refused.stderr

    def test_says_which_file_is_missing(self, tmp_path: Path) -> None:
        given = secret_files(tmp_path) | {"NIK_KEYS_FILE": str(tmp_path / "gone")}
        assert "NIK_KEYS_FILE" in manage("check", **given).stderr
