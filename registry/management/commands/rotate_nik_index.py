"""Is everybody found under the newest index key? Run it as the tables' owner, after a key was added and
every process was restarted with both; again, if it was interrupted."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registry.models import Resident
from registry.models.resident import vault
from registry.services import index_keys
from registry.services.index_keys import BATCH, CannotRotate


class Command(BaseCommand):
    """Works beside the office; the order of the steps is in docs/operations.md."""

    help = "Index every NIK under the newest key of NIK_INDEX_KEY, or retire an old one. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=BATCH, help="rows at a time")
        parser.add_argument("--pause", type=float, default=0.0, help="seconds between two batches")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="only say which keys are in use")
        what.add_argument("--retire", type=int, metavar="VERSION", help="lift this key, if nothing needs it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["retire"]:
                self._retire(options["retire"], batch=options["batch"], pause=options["pause"])
            elif not options["check"]:
                self._rotate(batch=options["batch"], pause=options["pause"])
        except CannotRotate as error:
            raise CommandError(str(error)) from error
        self._say()

    def _rotate(self, *, batch: int, pause: float) -> None:
        newest = vault().index_version
        if index_keys.begin(version=newest):
            self.stdout.write(f"From now on nobody is added without an index under key {newest}.")
        self._follow("indexed", index_keys.fill(version=newest, batch=batch), pause)
        index_keys.complete(version=newest)

    def _retire(self, version: int, *, batch: int, pause: float) -> None:
        index_keys.retire(version=version, now=timezone.now())
        self._follow("cleared", index_keys.clear(version=version, batch=batch), pause)
        if version in vault().index_keys:
            self.stdout.write(
                f"Take key {version} out of NIK_INDEX_KEY, restart everything, and run this once more."
            )

    def _follow(self, verb: str, batches: Iterable[int], pause: float) -> None:
        done, everybody = 0, Resident.objects.count()
        for moved in batches:
            done += moved
            self.stdout.write(f"{verb}: {done} (of {everybody} residents)")
            time.sleep(pause)

    def _say(self) -> None:
        """Which keys are in use, and for what."""
        there = index_keys.asked_for()
        for version in sorted(there.keys() | vault().index_keys.keys()):
            state = {None: "not asked for", False: "not yet everybody", True: "everybody"}[there.get(version)]
            self.stdout.write(f"key {version}: {state}")
            for what, count in index_keys.uses(version=version, now=timezone.now()).items():
                if count:
                    self.stdout.write(f"  {count} {what}")
        missing = sorted(there.keys() - vault().index_keys.keys())
        if missing:
            raise CommandError(
                f"NIK_INDEX_KEY has no key {missing}: nobody can be added. Retire it or give it."
            )
