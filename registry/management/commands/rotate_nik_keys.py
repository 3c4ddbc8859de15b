"""Is everything sealed with the newest key? Run it after a key was added; again, if it was interrupted."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.models.resident import vault
from registry.services.rotation import (
    BATCH,
    columns,
    factor_versions,
    file_versions,
    rotate,
    rotate_factors,
    rotate_files,
    versions,
)


class Command(BaseCommand):
    """Works beside the office: small batches, rows that somebody holds are left for later."""

    help = "Seal all that is sealed, biometric files too, with the newest of NIK_KEYS. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=BATCH, help="rows at a time")
        parser.add_argument("--pause", type=float, default=0.0, help="seconds between two batches")
        parser.add_argument("--check", action="store_true", help="only say which keys are in use")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            self._rotate(batch=options["batch"], pause=options["pause"])
        found = {str(sealed): versions(sealed=sealed) for sealed in columns()}
        found |= {"biometric files": file_versions(), "second factors": factor_versions()}
        left = sum(self._say(name, counts) for name, counts in found.items())
        if left:
            raise CommandError(f"{left} values still need an older key: do not remove it; run this again.")
        self.stdout.write(f"Everything is sealed with key {vault().version}.")

    def _rotate(self, *, batch: int, pause: float) -> None:
        for sealed in columns():
            self._follow(str(sealed), rotate(sealed=sealed, batch=batch), pause)
        self._follow("biometric files", rotate_files(), pause)
        rotate_factors()

    def _follow(self, name: str, batches: Iterable[int], pause: float) -> None:
        done = 0
        for moved in batches:
            done += moved
            if done % BATCH < moved:
                self.stdout.write(f"{name}: {done} moved")
            time.sleep(pause)

    def _say(self, name: str, counts: Mapping[int, int]) -> int:
        """Which keys are in use; how many values need another one than the newest."""
        said = ", ".join(f"key {version}: {rows}" for version, rows in sorted(counts.items()))
        self.stdout.write(f"{name}: {said or 'empty'}")
        return sum(rows for version, rows in counts.items() if version != vault().version)
