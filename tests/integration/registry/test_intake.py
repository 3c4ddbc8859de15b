"""Is the same recording one row, and a second one no second card?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Event, Office, Recording, Resident
from registry.models.recording import Source
from registry.services.intake import Enrolment, RecordingIdTaken, Taken, Verdict, derived_digests, take_in
from registry.services.offices import load_office
from registry.states import RecordingState
from tests.factories import NOW, RECORDED, an_enrolment, nik_of

MOST_QUERIES = 12


@pytest.fixture
def karimun(db: None) -> Office:
    return load_office()


def take(office: Office, *enrolments: Enrolment) -> list[Taken]:
    return take_in(enrolments=enrolments, office=office, source=Source.STATION, now=NOW, actor="stasiun-1")


def verdicts(taken: list[Taken]) -> list[Verdict]:
    return [one.verdict for one in taken]


class TestTakeIn:
    def test_keeps_a_recording_with_its_resident_and_an_event(self, karimun: Office) -> None:
        [one] = take(karimun, an_enrolment(1))

        resident = Resident.objects.with_nik(nik_of(1)).get()
        assert one.verdict is Verdict.NEW
        assert (one.recording.resident, one.recording.state) == (resident, RecordingState.RECORDED)
        assert resident.nik == nik_of(1)
        assert Event.objects.get(subject="recording").target == RecordingState.RECORDED

    def test_knows_the_same_recording_again_and_leaves_the_resident_alone(self, karimun: Office) -> None:
        first = take(karimun, an_enrolment(1))

        again = take(karimun, replace(an_enrolment(1), name="Nama Lain"))

        assert verdicts(again) == [Verdict.KNOWN]
        assert again[0].recording == first[0].recording
        assert Resident.objects.get().name == "Contoh 1"
        assert Event.objects.count() == 1

    def test_keeps_another_recording_of_the_same_person_as_an_exception(self, karimun: Office) -> None:
        take(karimun, an_enrolment(1))

        [second] = take(karimun, an_enrolment(1, recorded_at=RECORDED + timedelta(days=90)))

        row = Recording.objects.get(pk=second.recording.pk)
        assert second.verdict is Verdict.SECOND
        assert (row.is_primary, row.state, row.exception_kind) == (
            False,
            RecordingState.EXCEPTION,
            "second-recording",
        )

    def test_decides_the_same_within_one_batch(self, karimun: Office) -> None:
        later = RECORDED + timedelta(days=90)

        taken = take(karimun, an_enrolment(1), an_enrolment(1), an_enrolment(1, recorded_at=later))

        assert verdicts(taken) == [Verdict.NEW, Verdict.KNOWN, Verdict.SECOND]
        assert Recording.objects.count() == 2

    def test_refuses_a_number_that_belongs_to_somebody_else(self, karimun: Office) -> None:
        number = UUID(int=1)
        take(karimun, replace(an_enrolment(1), recording_id=number))

        with pytest.raises(RecordingIdTaken):
            take(karimun, replace(an_enrolment(2), recording_id=number))

    def test_keeps_the_digests_of_files_and_derives_those_of_a_list(self, karimun: Office) -> None:
        files = derived_digests(UUID(int=7))

        with_files, without = take(karimun, replace(an_enrolment(1), digests=files), an_enrolment(2))

        assert (with_files.recording.digest_iris, with_files.recording.has_files) == (files.iris, True)
        assert without.recording.digest_iris == derived_digests(without.recording.pk).iris
        assert not without.recording.has_files

    def test_takes_no_more_queries_for_more_people(self, karimun: Office) -> None:
        enrolments = [an_enrolment(number) for number in range(1, 301)]

        with CaptureQueriesContext(connection) as queries:
            take(karimun, *enrolments)

        assert len(queries) <= MOST_QUERIES


@pytest.mark.django_db(transaction=True)
class TestTwoSendersAtOnce:
    def test_make_one_row_of_each_recording(self) -> None:
        office = load_office()
        enrolments = [an_enrolment(number) for number in range(1, 81)]
        results: list[list[Taken]] = []
        together = Barrier(2)

        def send(order: list[Enrolment]) -> None:
            try:
                together.wait()
                results.append(take(office, *order))
            finally:
                connection.close()

        senders = [Thread(target=send, args=[order]) for order in (enrolments, enrolments[::-1])]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()

        assert sorted(verdicts(results[0]) + verdicts(results[1])) == ["known"] * 80 + ["new"] * 80
        assert Recording.objects.count() == Resident.objects.count() == Event.objects.count() == 80
