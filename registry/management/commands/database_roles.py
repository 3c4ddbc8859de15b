"""How does the database come to know the app from its owner? Run after every migrate, as the owner."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.services.database_roles import APP, READER, append_only_tables, grant


class Command(BaseCommand):
    """Passwords come from files, never from the command line: that is visible to every process."""

    help = f"Make or mend the roles {APP} (rows only) and {READER} (reads only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--app-password-file", type=Path)
        parser.add_argument("--read-password-file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        grant(
            app_password=_password(options["app_password_file"]),
            read_password=_password(options["read_password_file"]),
        )
        self.stdout.write(f"{APP}: rows; only adds to {', '.join(append_only_tables())}")
        self.stdout.write(f"{READER}: reads")


def _password(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
