"""``manage.py plan_shift``: how is an extra shift planned from the command line?"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from printing.models.shift import ShiftKind
from printing.services.shifts import ShiftRefused, plan_shift
from registry.models import Office

ACTOR = "system:plan_shift"
KINDS = [kind.value for kind in ShiftKind if kind is not ShiftKind.STANDING]


class Command(BaseCommand):
    """Plans one extra shift; a running beat follows within seconds."""

    help = "Rencanakan giliran tambahan. Waktu ditulis menurut zona waktu kantor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Everything is text here, so that a slip is answered by a sentence of ours."""
        parser.add_argument("--now", metavar="HOURS", help="mulai sekarang, selama sekian jam")
        parser.add_argument("--from", metavar="TIME", dest="starts", help="mulai, misalnya 2017-12-02T08:00")
        parser.add_argument("--to", metavar="TIME", dest="ends", help="selesai, misalnya 2017-12-02T16:00")
        parser.add_argument("--kind", choices=KINDS, default=ShiftKind.WEEKEND.value, help="jenis lembur")
        parser.add_argument("--note", metavar="TEXT", default="", help="catatan")
        parser.add_argument("--office", metavar="CODE", default=settings.OFFICE_CODE, help="kode kantor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Plan, and say from when until when."""
        now = timezone.now()
        starts_at, ends_at = _hours(options, now=now)
        try:
            shift = plan_shift(
                office=_office(options["office"]),
                starts_at=starts_at,
                ends_at=ends_at,
                kind=ShiftKind(options["kind"]),
                note=options["note"],
                actor=ACTOR,
                now=now,
            )
        except ShiftRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            _("Giliran direncanakan (%(kind)s): %(start)s sampai %(end)s.")
            % {
                "kind": shift.get_kind_display(),
                "start": _in_words(shift.starts_at),
                "end": _in_words(shift.ends_at),
            }
        )


def _hours(options: dict[str, Any], *, now: datetime) -> tuple[datetime, datetime]:
    ready, starts, ends = options["now"], options["starts"], options["ends"]
    if ready is not None and starts is None and ends is None:
        return now, _later(now, hours=ready)
    if ready is None and starts is not None and ends is not None:
        return _moment(starts), _moment(ends)
    raise CommandError(_("Tulis --now HOURS, atau --from TIME bersama --to TIME."))


def _later(now: datetime, *, hours: str) -> datetime:
    try:
        return now + timedelta(hours=float(hours.replace(",", ".")))
    except (ValueError, OverflowError):
        raise CommandError(_("Jumlah jam “%(text)s” tidak dikenal; misalnya 3.") % {"text": hours}) from None


def _moment(text: str) -> datetime:
    """A time with its own zone keeps it; any other is the office's."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None  # well written, but no such day or hour
    if moment is None:
        raise CommandError(
            _("Waktu “%(text)s” tidak dikenal; tulis seperti 2017-12-02T08:00.") % {"text": text}
        )
    zone = timezone.get_default_timezone()
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment, zone)


def _office(code: str) -> Office:
    office = Office.objects.filter(code=code).first()
    if office is None:
        raise CommandError(_("Kantor “%(code)s” tidak ada.") % {"code": code})
    return office


def _in_words(moment: datetime) -> str:
    return date_format(timezone.localtime(moment, timezone.get_default_timezone()), "l, j F Y H.i")
