"""Keep the office elsewhere: ``manage.py backup FOLDER`` writes a backup and forgets the oldest."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.services import backup


class Command(BaseCommand):
    """Exit status 1 when it could not be written."""

    help = "Tulis cadangan basis data dan berkas, tersandi dan tanpa kunci."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and how many to keep."""
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="di gedung lain, bukan di mesin ini")
        parser.add_argument("--keep", type=int, default=30, help="jumlah cadangan yang disimpan")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, then prune."""
        try:
            made = backup.back_up(to=options["folder"], now=timezone.now())
        except backup.BackupFailed as error:
            raise CommandError(str(error)) from error
        gone = backup.prune(to=options["folder"], keep=options["keep"], now=timezone.now())
        self.stdout.write(_("Cadangan %(name)s selesai.") % {"name": made.name})
        self.stdout.write(_("Kunci NIK tidak ada di dalamnya; simpan terpisah dari cadangan."))
        if gone:
            self.stdout.write(_("Dihapus: %(names)s.") % {"names": ", ".join(gone)})
