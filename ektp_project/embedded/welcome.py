"""What does the person at the terminal read when everything is up?"""

from __future__ import annotations

from ektp_project.embedded.wishes import Wishes
from printing.scenarios.logins import DEMO_LOGINS


def welcome(*, wished: Wishes, central_url: str) -> str:
    """A framed block: where to go, how to log in, where the data are, how to stop."""
    site = f"http://localhost:{wished.port}"
    rows = [
        ("Office", f"{site}/admin/"),
        ("Kiosk", f"{site}/kiosk/"),
        ("Board", f"{site}/kiosk/board/"),
        ("Centre", f"{central_url} (given)" if wished.central_url else f"{central_url}/ (turn it here)"),
        *(("Login", f"{name} / {login.password}") for name, login in DEMO_LOGINS.items()),
        ("Data", str(wished.folder)),
        ("Logs", str(wished.folder / "log")),
        ("Status", ".venv/bin/python manage.py status"),
        ("Stop", "Ctrl-C"),
    ]
    lines = [f" {name:<8}{text} " for name, text in rows]
    width = max(map(len, lines))
    edge = "─" * width
    return "\n".join([f"┌{edge}┐", *(f"│{line:<{width}}│" for line in lines), f"└{edge}┘"])
