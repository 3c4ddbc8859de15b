"""Would the backup bring the office back? ``manage.py restore_drill FOLDER`` tries it out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _

from registry.services import backup
from registry.vault import VaultError

QUESTIONS = (("migrate", "--check"), ("verify_ledger",))  # what the restored office must answer with yes


class Command(BaseCommand):
    """Exit status 1 when anything of it is missing or wrong."""

    help = "Pulihkan cadangan terbaru ke basis data percobaan dan periksa isinya."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder that ``backup`` writes to, or one backup."""
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, restore, compare, ask."""
        began, folder = time.monotonic(), options["folder"]
        try:
            chosen = folder if (folder / backup.MANIFEST).exists() else backup.newest(under=folder)
            manifest = backup.read_manifest(chosen)
            with backup.restored(folder=chosen, manifest=manifest) as database:
                wrong = backup.differences(database=database, folder=chosen, manifest=manifest)
                wrong += [said for question in QUESTIONS if (said := _asked(database, question))]
        except (backup.BackupFailed, VaultError) as error:
            raise CommandError(str(error)) from error
        if wrong:
            raise CommandError("; ".join(wrong))
        self.stdout.write(
            _("Cadangan %(name)s dapat dipulihkan: %(rows)d baris, buku terbukti, %(seconds).0f detik.")
            % {
                "name": chosen.name,
                "rows": sum(manifest.rows.values()),
                "seconds": time.monotonic() - began,
            }
        )


def _asked(database: str, question: tuple[str, ...]) -> str:
    """What the restored office answers to a command of its own; empty when it is content."""
    others = {
        name: value for name, value in os.environ.items() if name != "DATABASE_URL_FILE"
    }  # it would win
    done = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *question],
        env={**others, "DATABASE_URL": _url(database)},
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{' '.join(question)}: {done.stderr.strip()[-300:]}" if done.returncode else ""


def _url(database: str) -> str:
    known = connection.get_connection_params()
    user, password = (
        quote(str(known.get("user", "")), safe=""),
        quote(str(known.get("password", "")), safe=""),
    )
    host, port = str(known.get("host", "")), known.get("port")
    sign_in = f"{user}:{password}" if password else user
    if host.startswith("/"):
        return f"postgres://{sign_in}@/{database}?host={host}"
    return f"postgres://{sign_in}@{host}{f':{port}' if port else ''}/{database}"
