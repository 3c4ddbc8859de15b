"""Where does everything stand, and which gate holds the line now?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from printing.models import CardRequest, Heartbeat, Printer
from printing.selectors.shifts import current_shift, next_opening
from printing.selectors.work import ON_THE_WAY, blanks_in_store
from printing.states import (
    AuthorizationState,
    HoldReason,
    JobState,
    RequestState,
)
from registry.central.throttle import Snapshot
from registry.models import BlankBalance, Office, Subject
from registry.selectors.restorations import unreleased
from registry.selectors.tallies import Counts, by_state
from registry.states import Place, RecordingState

BACKLOG = 50  # jobs that wait for a printer while the centre gives more: then the printers are the gate
SILENT_AFTER = timedelta(seconds=60)  # a heartbeat comes every few seconds; a minute without one is silence


@dataclass(frozen=True, slots=True)
class Gate:
    """What limits today's output: a stable name, and why in a sentence with its number."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that a clerk, a script or a screen asks first."""

    recordings: Mapping[str, int]
    requests: Mapping[str, int]
    held: Mapping[str, int]
    authorizations: Mapping[str, int]
    jobs: Mapping[str, int]
    blanks: Mapping[str, int]
    throttle: Snapshot
    shift_open: bool
    shift_until: datetime | None
    gate: Gate
    heartbeats: Mapping[str, datetime]

    def as_json(self) -> dict[str, Any]:
        """The one object that ``manage.py status --json`` prints."""
        return {
            "recordings": dict(self.recordings),
            "requests": dict(self.requests),
            "held": dict(self.held),
            "authorizations": dict(self.authorizations),
            "jobs": dict(self.jobs),
            "blanks": dict(self.blanks),
            "throttle": {
                "limit": self.throttle.limit,
                "in_flight": self.throttle.in_flight,
                "state": self.throttle.state,
                "why": self.throttle.why,
            },
            "shift": {"open": self.shift_open, "until": _iso(self.shift_until)},
            "gate": {"name": self.gate.name, "reason": self.gate.reason},
            "heartbeats": {name: _iso(at) for name, at in self.heartbeats.items()},
        }


def status(*, office: Office, throttle: Snapshot, now: datetime) -> Status:
    """Read it all: a fixed number of queries, each over a tally or as many rows as are open."""
    counts = by_state(office=office)
    blanks = dict.fromkeys(Place.values, 0) | dict(
        BlankBalance.objects.filter(office=office).values_list("place", "quantity")
    )
    shift = current_shift(office=office, now=now)
    return Status(
        recordings=dict.fromkeys(RecordingState.values, 0) | counts[Subject.RECORDING],
        requests=dict.fromkeys(RequestState.values, 0) | counts[Subject.REQUEST],
        held=_held(office),
        authorizations=dict.fromkeys(AuthorizationState.values, 0) | counts[Subject.AUTHORIZATION],
        jobs=dict.fromkeys(JobState.values, 0) | counts[Subject.JOB],
        blanks=blanks,
        throttle=throttle,
        shift_open=shift is not None,
        shift_until=shift.ends_at if shift else None,
        gate=gate(office=office, throttle=throttle, counts=counts, now=now),
        heartbeats=dict(Heartbeat.objects.values_list("name", "at")),
    )


def gate(*, office: Office, throttle: Snapshot, counts: Counts, now: datetime) -> Gate:
    """What holds the line now: the first that applies of a restore, people, blanks, printers and centre."""
    if (restoration := unreleased()) is not None:
        when = date_format(localtime(restoration.backed_up_at), "j F Y H.i")
        reason = _("Dipulihkan dari cadangan %(when)s; ditahan sampai buku dicocokkan dengan pusat.")
        return Gate("restored", reason % {"when": when})
    queued = sum(counts[Subject.JOB].get(state, 0) for state in ON_THE_WAY)
    waiting = counts[Subject.REQUEST].get(RequestState.WAITING, 0)
    if not waiting and not queued:
        return _nobody_in_line(office)
    if current_shift(office=office, now=now) is None:
        opening = next_opening(office=office, now=now)
        when = date_format(localtime(opening), "l, j F Y H.i") if opening else _("belum direncanakan")
        return Gate("people", _("Di luar giliran; giliran berikutnya: %(when)s.") % {"when": when})
    if not blanks_in_store(office=office):
        return Gate("blanks", _("Blanko di gudang habis: 0 lembar."))
    return _printer_gate(office, queued) or _central_gate(office, throttle, now)


def _nobody_in_line(office: Office) -> Gate:
    unseen = CardRequest.objects.filter(
        office=office, state=RequestState.HELD, hold_reason=HoldReason.NOT_VISIBLE
    ).count()
    if unseen:
        return Gate(
            "central-command",
            ngettext(
                "%(count)d perekaman belum muncul di pusat; tidak ada lagi yang dapat dicetak.",
                "%(count)d perekaman belum muncul di pusat; tidak ada lagi yang dapat dicetak.",
                unseen,
            )
            % {"count": unseen},
        )
    return Gate("none", _("Tidak ada yang menunggu."))


def _printer_gate(office: Office, queued: int) -> Gate | None:
    printers = list(Printer.objects.filter(office=office, enabled=True))
    usable = [p for p in printers if not p.hold_reason and p.ribbon_left > 0 and p.film_left > 0]
    if not usable:
        worn = [
            p
            for p in printers
            if p.hold_reason == HoldReason.NO_RIBBON or min(p.ribbon_left, p.film_left) <= 0
        ]
        if worn:
            return Gate("ribbon/film", _("Pita atau film habis di %(count)d printer.") % {"count": len(worn)})
        return Gate(
            "printers", _("Tidak ada printer yang siap: 0 dari %(count)d.") % {"count": len(printers)}
        )
    if queued >= BACKLOG:
        return Gate(
            "printers",
            _("Lebih dari %(count)d kartu sudah berizin dan menunggu %(printers)d printer.")
            % {"count": queued, "printers": len(usable)},
        )
    return None


def _central_gate(office: Office, throttle: Snapshot, now: datetime) -> Gate:
    if office.quota_resets_at and office.quota_resets_at > now:
        when = date_format(localtime(office.quota_resets_at), "j F H.i")
        return Gate("central-command", _("Kuota perintah cetak habis sampai %(when)s.") % {"when": when})
    if throttle.state == "closed":
        return Gate("central-hours", throttle.why)
    if throttle.state in ("outage", "paused", "no-redis"):
        return Gate("central-command", throttle.why)
    return Gate("central-speed", throttle.why)


def _held(office: Office) -> dict[str, int]:
    rows = CardRequest.objects.filter(office=office, state=RequestState.HELD).order_by()
    return dict(rows.values_list("hold_reason").annotate(count=Count("pk")))


def _iso(moment: datetime | None) -> str | None:
    return localtime(moment).isoformat(timespec="seconds") if moment else None
