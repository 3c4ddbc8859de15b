"""Does one person's row that nobody can read hold up anybody else?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from printing.models import CardRequest, Printer, PrintJob
from printing.services import authorizations, prints, visibility
from printing.states import JobState, RequestState
from registry.central import errors
from registry.central.contract import RecordStatus
from registry.central.memory import MemoryCentral
from registry.models import Office, Recording, Resident
from registry.services import visibility as recordings
from registry.states import RecordingState
from tests import factories

LEASE = timedelta(seconds=90)
pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return factories.a_stocked_office(100)


@pytest.fixture
def centre() -> MemoryCentral:
    centre = MemoryCentral(clock=lambda: factories.NOW)
    for number in range(1, 4):
        centre.see(factories.nik_of(number))
    return centre


def poison(request: CardRequest) -> None:
    """One byte of the sealed NIK has changed."""
    sealed = bytes(request.resident.nik_sealed)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    Resident.objects.filter(pk=request.resident_id).update(nik_sealed=changed)


class TestAnUnreadablePerson:
    def test_is_not_asked_for_while_the_next_in_line_is(self, office: Office, centre: MemoryCentral) -> None:
        first, _second = factories.waiting(office, 1, 2)
        poison(first)

        claimed = authorizations.claim(office=office, limit=2, now=factories.NOW, lease=LEASE)
        answers = [authorizations.ask(authorization=row, central=centre) for row in claimed]
        tally = authorizations.record(answers=answers, now=factories.NOW)

        assert (tally.granted, tally.denied) == (1, 1)
        first.refresh_from_db()
        assert first.state == RequestState.HELD
        assert first.recording.exception_kind == "invalid-data"

    def test_is_not_drawn_while_the_others_are(self, office: Office, centre: MemoryCentral) -> None:
        first, second = factories.waiting(office, 1, 2)
        claimed = authorizations.claim(office=office, limit=2, now=factories.NOW, lease=LEASE)
        answers = [authorizations.ask(authorization=row, central=centre) for row in claimed]
        authorizations.record(answers=answers, now=factories.NOW)
        poison(first)
        printer = Printer.objects.create(office=office, name="1", driver="memory", address="1", depth=2)

        jobs = prints.claim(printer=printer, limit=2, now=factories.NOW, lease=LEASE)
        documents = prints.draw(jobs=jobs, today=factories.NOW.date())
        begun = prints.begin(printer=printer, jobs=jobs, documents=documents, now=factories.NOW, lease=LEASE)

        assert [one.job.authorization.request_id for one in begun] == [second.pk]
        first.refresh_from_db()
        assert (first.state, first.hold_reason) == (RequestState.HELD, "data-query")
        assert PrintJob.objects.get(authorization__request=first).state == JobState.DISCARDED

    def test_is_neither_delivered_nor_asked_about(self, office: Office, centre: MemoryCentral) -> None:
        first, second = (one.recording for one in factories.take(office, 1, 2))
        sealed = bytes(first.resident.nik_sealed)
        Resident.objects.filter(pk=first.resident_id).update(nik_sealed=sealed[:-1] + b"!")
        first, second = Recording.objects.select_related("resident").order_by("recorded_at")

        assert isinstance(recordings.submit(recording=first, central=centre), errors.Invalid)
        assert isinstance(recordings.submit(recording=second, central=centre), RecordStatus)

        said = recordings.query(recordings=[first, second], central=centre)
        assert len(said) == 1
        visibility.record_submissions(
            delivered=[(second, said[second.resident.nik])], now=factories.NOW, pauses=recordings.Pauses()
        )
        second.refresh_from_db()
        assert second.state == RecordingState.VISIBLE

    def test_has_a_line_in_every_list_all_the_same(self, office: Office) -> None:
        (request,) = factories.waiting(office, 1)
        poison(request)

        assert "••••••••••••••••" in str(Resident.objects.get())
