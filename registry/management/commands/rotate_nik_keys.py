"""Is everything sealed with the newest key? Run it after a key was added; again, if it was interrupted."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.models.resident import vault
from registry.services.rotation import BATCH, COLUMNS, rotate, rotate_factors, versions


class Command(BaseCommand):
    """Works beside the office: small batches, rows that somebody holds are left for later."""

    help = "Seal NIKs, webhook secrets and second factors with the newest of NIK_KEYS. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=BATCH, help="rows at a time")
        parser.add_argument("--pause", type=float, default=0.0, help="seconds between two batches")
        parser.add_argument("--check", action="store_true", help="only say which keys are in use")

    def handle(self, *args: Any, **options: Any) -> None:
        newest = vault().version
        left = 0
        for sealed in COLUMNS:
            if not options["check"]:
                for _moved in rotate(sealed=sealed, batch=options["batch"]):
                    time.sleep(options["pause"])
            found = versions(sealed=sealed)
            left += sum(rows for version, rows in found.items() if version != newest)
            name = sealed.model._meta.label
            said = ", ".join(f"key {version}: {rows}" for version, rows in sorted(found.items()))
            self.stdout.write(f"{name}: {said or 'empty'}")
        if not options["check"]:
            self.stdout.write(f"second factors: {sum(rotate_factors().values())} secrets")
        if left:
            raise CommandError(f"{left} values still need an older key: do not remove it; run this again.")
        self.stdout.write(f"Everything is sealed with key {newest}.")
