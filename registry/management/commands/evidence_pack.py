"""What can those be told whose data leaked? ``manage.py evidence_pack FOLDER --since T --until T``"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from registry.services import evidence


class Command(BaseCommand):
    """Times without a zone are the office's."""

    help = "Kumpulkan bukti untuk pemberitahuan kebocoran data (UU 27/2022 pasal 46, 3 × 24 jam)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """From when until when."""
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--since", required=True, metavar="TIME", help="2026-11-24T08:00")
        parser.add_argument("--until", metavar="TIME", help="tanpa ini: sampai sekarang")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the pack."""
        now = timezone.now()
        since = _moment(options["since"])
        until = _moment(options["until"]) if options["until"] else now
        file = evidence.pack(to=options["folder"], since=since, until=until, now=now)
        self.stdout.write(_("Paket bukti: %(name)s.") % {"name": file.name})


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(_("%(text)s bukan waktu seperti 2026-11-24T08:00.") % {"text": text})
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
