"""What happened to a resident's card, from the recording to the hand-over, who did it and why?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from printing.models import CardRequest, Handover, PrintAttempt
from printing.models.handover import MatchResult
from printing.selectors.line import place_in_line
from printing.states import AuthorizationState, HoldReason, JobState, RequestState
from registry.models import Event, Recording, Resident
from registry.models.event import Subject
from registry.states import EXCEPTIONS, RecordingState

MOST = 500  # events told; a card that was made and lost ten times has some three hundred

STATES: Mapping[str, type[TextChoices]] = {
    Subject.RECORDING: RecordingState,
    Subject.REQUEST: RequestState,
    Subject.AUTHORIZATION: AuthorizationState,
    Subject.JOB: JobState,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``kind`` is its subject's code, for the page's looks."""

    at: datetime
    kind: str
    what: str
    before: str
    after: str
    why: str
    actor: str


@dataclass(frozen=True, slots=True)
class Story:
    """A resident with everything that is known of the card, the latest first."""

    resident: Resident
    recordings: Sequence[Recording]
    requests: Sequence[CardRequest]
    place: int | None  # in line, of the request that waits
    entries: Sequence[Entry]
    left_out: bool


def story(*, resident: Resident) -> Story:
    """Six queries at most, however long the story."""
    events = list(Event.objects.filter(resident=resident).order_by("-id")[: MOST + 1])
    attempts = (
        PrintAttempt.objects.filter(job__authorization__request__resident=resident)
        .select_related("printer")
        .order_by("sent_at")
    )
    handovers = Handover.objects.filter(request__resident=resident).select_related("request")
    requests = list(resident.requests.order_by("-id"))
    waits = next((one for one in requests if one.state == RequestState.WAITING), None)
    entries = [
        *map(_of_event, events[:MOST]),
        *(entry for attempt in attempts for entry in _of_attempt(attempt)),
        *map(_of_handover, handovers),
    ]
    return Story(
        resident=resident,
        recordings=list(resident.recordings.select_related("district").order_by("-recorded_at")),
        requests=requests,
        place=place_in_line(request=waits) if waits else None,
        entries=sorted(entries, key=lambda entry: entry.at, reverse=True),
        left_out=len(events) > MOST,
    )


def _of_event(event: Event) -> Entry:
    return Entry(
        at=event.at,
        kind=event.subject,
        what=str(Subject(event.subject).label) if event.subject in Subject.values else event.subject,
        before=_state(event.subject, event.source),
        after=_state(event.subject, event.target),
        why=reason(event.why),
        actor=event.actor,
    )


def _of_attempt(attempt: PrintAttempt) -> list[Entry]:
    """The taking of a blank, how it ended, and that the centre was told."""
    name = _("blanko %(number)s") % {"number": attempt.blank}
    printer = _("percobaan %(n)d di %(printer)s") % {"n": attempt.n, "printer": attempt.printer.name}
    entries = [Entry(attempt.sent_at, "blank", name, "", printer, "", "")]
    if attempt.ended_at is not None:
        ended = attempt.get_outcome_display()
        entries.append(Entry(attempt.ended_at, "blank", name, "", ended, attempt.reason, ""))
    if attempt.reported_at is not None:
        told = _("dilaporkan ke pusat")
        entries.append(Entry(attempt.reported_at, "blank", name, "", told, attempt.report_answer, ""))
    return entries


def _of_handover(handover: Handover) -> Entry:
    return Entry(
        at=handover.at,
        kind="handover",
        what=_("penyerahan"),
        before="",
        after=_("diterima oleh %(name)s") % {"name": handover.collector},
        why=f"{_('pencocokan 1:1')}: {handover.get_match_display()}. {handover.note}".strip(),
        actor=handover.actor,
    )


def _state(subject: str, state: str) -> str:
    states = STATES.get(subject)
    return str(states(state).label) if states and state in states.values else state


def reason(code: str) -> str:
    """A reason in words, where it is one of ours; a person's own words stay as they are."""
    ours = {
        "visible": _("muncul di pusat"),
        "not-visible": _("belum muncul di pusat"),
        "import": _("dari daftar"),
        "command-expired": _("perintah cetak kedaluwarsa"),
        "not-sent": _("belum sempat dikirim ke printer"),
        "printer-does-not-know": _("printer tidak mengenalnya"),
        "printer-failed": _("printer gagal"),
        "quota": _("kuota habis"),
        "rescued": _("pekerja terhenti; diambil lagi"),
        "undrawable": _("kartu tidak dapat digambar"),
        "wrong-answer": _("jawaban pusat untuk orang lain"),
    }
    if code in ours:
        return ours[code]
    for words in (HoldReason, MatchResult):
        if code in words.values:
            return str(words(code).label)
    return str(EXCEPTIONS[code].label) if code in EXCEPTIONS else code
