"""What does the first page show, and how does it stay fresh?

The page and its fragment are the same template; a small script asks for the fragment every few seconds
and replaces only the parts whose text changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from ektp_project.desk.chart import HOURS, throttle_chart
from ektp_project.desk.queues.desk import Desk
from ektp_project.desk.queues.doubts import Doubts
from ektp_project.desk.queues.exceptions import Exceptions
from ektp_project.desk.queues.held import Held
from ektp_project.desk.queues.pickup import Pickup
from ektp_project.desk.words import thousands
from printing.models import MorningCount, Printer
from printing.selectors.day import Age, Line, day, hold_label
from printing.shifts import national_holiday
from registry.central.door import throttle
from registry.models import Office
from registry.selectors.centre import recent
from registry.states import Place

REFRESH_SECONDS = 10  # of the open page
STEP = timedelta(minutes=2)  # of the chart: 180 points
SHOWN_PLACES = (Place.STORE, Place.RESERVED, Place.SPOILED, Place.LENT, Place.LOST)
LOW_SUPPLY = 50  # cards left on a ribbon or film: fetch the next one
LOW_COVER = 5  # days of blanks: order now, a delivery takes about a week


@dataclass(frozen=True, slots=True)
class Number:
    """One count with its change since the morning and the page that lists its rows."""

    label: str
    count: int
    change: int | None
    address: str
    is_warning: bool = False

    @property
    def change_text(self) -> str:
        """With its sign; a real minus."""
        if self.change is None:
            return ""
        sign = "+" if self.change > 0 else "−" if self.change < 0 else "±"
        return sign + thousands(abs(self.change))


def home_context(*, now: datetime) -> dict[str, Any]:
    """What the template needs; only that there is no office before there is one."""
    office = Office.objects.filter(code=settings.OFFICE_CODE).first()
    if office is None:
        return {"day": None, "refresh_seconds": REFRESH_SECONDS}
    keeper = throttle()
    seen = day(office=office, throttle=keeper.snapshot(), now=now)
    points = recent(keeper.history(), now=now, span=timedelta(hours=HOURS), step=STEP)
    return {
        "day": seen,
        "refresh_seconds": REFRESH_SECONDS,
        "numbers": _numbers(seen.line, seen.morning),
        "held": [(hold_label(reason), count, reason) for reason, count in seen.line.held.items()],
        "share": min(100, round(100 * seen.output.printed / seen.output.possible))
        if seen.output.possible
        else 0,
        "chart": throttle_chart(points, now=localtime(now), step=STEP),
        "hours": HOURS,
        "places": [(place, place.label, seen.blanks.places[place]) for place in SHOWN_PLACES],
        "is_low": seen.blanks.cover is not None and seen.blanks.cover < LOW_COVER,
        "printers": [_printer(printer) for printer in seen.printers],
        "holiday": national_holiday(localtime(now).date()),
        "ages": [(_age(age), age.cards) for age in seen.uncollected],
        "most_ready": max(1, seen.line.ready),
        "silent": [sign.name for sign in seen.signs if sign.silent],
    }


@never_cache
@require_GET
def fragment(request: HttpRequest) -> HttpResponse:
    """The day again, for the open page."""
    return render(request, "office/day.html", home_context(now=timezone.now()))


def _numbers(line: Line, morning: MorningCount | None) -> list[Number]:
    requests = reverse("admin:printing_cardrequest_changelist")
    told = [
        (_("Menunggu"), line.waiting, "waiting", f"{requests}?state__exact=waiting", False),
        (
            _("Siap dan sedang dicetak"),
            line.printable,
            "printable",
            f"{requests}?state__in=ready_to_print,printing",
            False,
        ),
        (_("Tertahan"), line.held_sum, "held", _desk(Held), False),
        (_("Perlu tindakan"), line.exceptions, "exceptions", _desk(Exceptions), line.exceptions > 0),
        (_("Diragukan"), line.in_doubt, "in_doubt", _desk(Doubts), line.in_doubt > 0),
        (_("Siap diambil"), line.ready, "ready", _desk(Pickup), False),
    ]
    return [
        Number(label, count, count - getattr(morning, name) if morning else None, address, warns)
        for label, count, name, address, warns in told
    ]


def _desk(desk: type[Desk]) -> str:
    return reverse("desk:queue", args=[desk.slug])


def _printer(printer: Printer) -> dict[str, Any]:
    worn = min(printer.ribbon_left, printer.film_left)
    return {
        "printer": printer,
        "is_held": bool(printer.hold_reason) or worn <= 0,
        "is_low": worn < LOW_SUPPLY,
        "supplies": [
            (_("pita"), max(0, printer.ribbon_left), printer.ribbon_cards),
            (_("film"), max(0, printer.film_left), printer.film_cards),
        ],
    }


def _age(age: Age) -> str:
    if age.days is None:
        return _("lebih lama")
    return ngettext("sampai %(days)d hari", "sampai %(days)d hari", age.days) % {"days": age.days}
