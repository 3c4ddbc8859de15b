"""How are blanks from the centre taken in from the command line?"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from registry.models import Office
from registry.selectors.blanks import in_store
from registry.services import blanks

ACTOR = "system:receive_blanks"


class Command(BaseCommand):
    """Books one delivery; the same minutes again are the same delivery."""

    help = "Catat penerimaan blanko dari pusat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Everything is text here, so that a slip is answered by a sentence of ours."""
        parser.add_argument("quantity", metavar="QUANTITY", help="jumlah blanko")
        parser.add_argument("--minutes", required=True, metavar="NUMBER", help="nomor berita acara")
        parser.add_argument(
            "--on", metavar="DATE", help="tanggal diterima, TTTT-BB-HH (bila kosong: hari ini)"
        )
        parser.add_argument("--office", metavar="CODE", default=settings.OFFICE_CODE, help="kode kantor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Receive, and say what is in the store now."""
        now = timezone.now()
        office = _office(options["office"])
        try:
            receipt = blanks.receive(
                office=office,
                quantity=_quantity(options["quantity"]),
                minutes=options["minutes"],
                received_on=_day(options["on"]) if options["on"] else timezone.localdate(now),
                now=now,
                actor=ACTOR,
            )
        except blanks.LedgerRefusal as refusal:
            raise CommandError(str(refusal)) from refusal
        said = (
            _("%(quantity)s blanko diterima (%(minutes)s). Gudang sekarang: %(store)s.")
            if receipt.movement.at == now
            else _(
                "Berita acara %(minutes)s sudah tercatat (%(quantity)s blanko). Gudang sekarang: %(store)s."
            )
        )
        self.stdout.write(
            said
            % {
                "quantity": number_format(receipt.movement.quantity),
                "minutes": receipt.minutes,
                "store": number_format(in_store(office=office)),
            }
        )


def _office(code: str) -> Office:
    office = Office.objects.filter(code=code).first()
    if office is None:
        raise CommandError(_("Kantor “%(code)s” tidak ada.") % {"code": code})
    return office


def _quantity(text: str) -> int:
    """Digits alone: whether 1.000 means a thousand or one is not ours to guess."""
    if not (text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()) or len(text) > 20:
        raise CommandError(
            _("Jumlah “%(text)s” bukan bilangan bulat; tulis angkanya saja, misalnya 2000.") % {"text": text}
        )
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            _("Tanggal “%(text)s” tidak dikenal; tulis seperti 2017-07-19.") % {"text": text}
        ) from None
