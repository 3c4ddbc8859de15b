"""How does a kiosk or a station get its key from the command line?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import Office
from registry.models.device import Scope
from registry.services import devices


class Command(BaseCommand):
    """Registers one device and prints its key, once."""

    help = "Daftarkan perangkat dan cetak kuncinya satu kali."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="nama perangkat, misalnya “Kios Moro 1”")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            metavar="SCOPE",
            help="wewenang, boleh berulang: " + ", ".join(Scope.values),
        )
        parser.add_argument(
            "--network", action="append", default=[], metavar="CIDR", help="jaringan yang diizinkan"
        )
        parser.add_argument("--office", metavar="CODE", default=settings.OFFICE_CODE, help="kode kantor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Enrol; the key goes to standard output alone, the words about it to standard error."""
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            raise CommandError(_("Kantor “%(code)s” tidak ada.") % {"code": options["office"]})
        now = timezone.now()
        try:
            with transaction.atomic():
                device = devices.register(
                    name=options["name"],
                    office=office,
                    scopes=options["scope"],
                    networks=options["network"],
                    now=now,
                )
                granted = devices.grant_key(device=device, now=now)
        except devices.DeviceRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(_("Kunci “%(name)s” hanya ditampilkan sekali ini:") % {"name": device.name})
        self.stdout.write(granted.key.text)
