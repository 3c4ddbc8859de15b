"""Bring the office back: ``manage.py restore_backup FOLDER`` into an empty database, as its owner."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.services import backup
from registry.vault import VaultError


class Command(BaseCommand):
    """Exit status 1 when there is an office already, or when what came back is not what was kept."""

    help = "Pulihkan cadangan ke basis data kosong dan periksa isinya."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder that ``backup`` writes to, or one backup."""
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, restore, compare."""
        folder = options["folder"]
        try:
            chosen = folder if (folder / backup.MANIFEST).exists() else backup.newest(under=folder)
            manifest = backup.read_manifest(chosen)
            backup.restore(folder=chosen, manifest=manifest, now=timezone.now())
            wrong = backup.differences(
                database=connection.settings_dict["NAME"], folder=chosen, manifest=manifest
            )
        except (backup.BackupFailed, VaultError) as error:
            raise CommandError(str(error)) from error
        if wrong:
            raise CommandError("; ".join(wrong))
        self.stdout.write(_("Cadangan %(name)s sudah dipulihkan.") % {"name": chosen.name})
        self.stdout.write(
            _(
                "Pencetakan ditahan. Lanjutkan dengan migrate, database_roles dan verify_ledger, mulai"
                " kantor, cocokkan buku dengan pusat, lalu lepaskan pencetakan di halaman Selisih."
            )
        )
