"""Does every centre hold to the contract, and does our client understand all of it?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from registry.central import errors
from registry.central.contract import (
    QUERY_MAXIMUM,
    Attempt,
    AttemptOutcome,
    Command,
    Digests,
    Reason,
    RecordingSubmission,
    every_command,
)
from tests.contract.central.conftest import Bench

AT = datetime(2026, 11, 24, 3, tzinfo=UTC)


def submission(nik: str) -> RecordingSubmission:
    return RecordingSubmission(
        recording_id=uuid4(),
        nik=nik,
        office="21.02",
        district="21.02.01",
        recorded_at=AT,
        digests=Digests("a" * 64, "b" * 64, "c" * 64, "d" * 64),
    )


def command_for(bench: Bench, nik: str, *, key: UUID | None = None, office: str = "21.02") -> Command:
    return bench.central.request_command(key=key or uuid4(), nik=nik, office=office, reason=Reason.NEW)


def attempt(n: int, outcome: AttemptOutcome, blank: str) -> Attempt:
    return Attempt(n=n, outcome=outcome, blank=blank, printer="Printer 1", at=AT, reason="")


class TestRecordings:
    def test_are_taken_once_and_again(self, bench: Bench) -> None:
        told = submission(bench.person(seen=False))
        first, again = bench.central.submit_recording(told), bench.central.submit_recording(told)
        assert (first.nik, first.status) == (again.nik, again.status) == (told.nik, first.status)

    def test_that_the_centre_has_not_got_are_not_visible(self, bench: Bench) -> None:
        with pytest.raises(errors.NotVisible):
            bench.central.recording_status(bench.person(seen=False))

    def test_are_asked_about_in_bulk_and_the_unseen_are_not_in_the_answer(self, bench: Bench) -> None:
        seen, unseen = bench.person(), bench.person(seen=False)
        assert bench.central.query_recordings([seen, unseen]).keys() == {seen}

    def test_are_asked_about_five_hundred_at_a_time(self, bench: Bench) -> None:
        niks = [bench.person(seen=False) for _one in range(QUERY_MAXIMUM + 1)]
        assert bench.central.query_recordings(niks[:-1]) == {}
        with pytest.raises(errors.Invalid):
            bench.central.query_recordings(niks)


class TestCommands:
    def test_are_the_same_for_the_same_key(self, bench: Bench) -> None:
        nik, key = bench.person(), uuid4()
        with ThreadPoolExecutor(8) as pool:
            commands = set(pool.map(lambda _turn: command_for(bench, nik, key=key).command_id, range(8)))
        assert len(commands) == 1

    def test_are_live_and_for_the_person_asked_about(self, bench: Bench) -> None:
        nik = bench.person()
        command = command_for(bench, nik)
        assert command.is_live
        assert command.nik == nik
        assert command.expires_at is not None
        assert bench.central.command(command.command_id) == command

    def test_exist_once_for_a_person(self, bench: Bench) -> None:
        nik = bench.person()
        first = command_for(bench, nik)
        with pytest.raises(errors.CommandExists) as refusal:
            command_for(bench, nik)
        assert refusal.value.command_id == first.command_id

    def test_are_refused_for_a_person_whom_the_centre_does_not_see(self, bench: Bench) -> None:
        with pytest.raises(errors.NotVisible):
            command_for(bench, bench.person(seen=False))

    def test_that_nobody_knows_are_not_found(self, bench: Bench) -> None:
        with pytest.raises(errors.NotFound):
            bench.central.command(uuid4())

    def test_may_be_decided_later(self, bench: Bench) -> None:
        nik = bench.person(serial="9003")
        bench.turn(pending_seconds=3600)
        pending = command_for(bench, nik)
        assert pending.status == "pending"
        assert pending.retry_after
        assert not bench.central.command(pending.command_id).is_live

    @pytest.mark.parametrize(
        ("serial", "error"),
        [("9001", errors.DuplicateRecord), ("9005", errors.NotPrintReady), ("9002", errors.Refused)],
    )
    def test_are_refused_with_the_right_word(
        self, bench: Bench, serial: str, error: type[errors.CentralError]
    ) -> None:
        nik = bench.person(serial=serial, seen=False)
        if not bench.twin and not bench.address:
            pytest.skip("made-up NIKs mean nothing to this centre")
        bench.central.submit_recording(submission(nik))
        with pytest.raises(error):
            command_for(bench, nik)

    def test_end_with_their_time(self, bench: Bench) -> None:
        bench.turn(command_days=0)
        command = command_for(bench, bench.person())
        assert bench.central.command(command.command_id).status == "expired"

    def test_stop_when_the_quota_is_used_up(self, bench: Bench) -> None:
        office = f"{10 + next_office() % 80}.01"
        people = [bench.person(), bench.person()]
        bench.turn(daily_quota=1)
        command_for(bench, people[0], office=office)
        with pytest.raises(errors.QuotaExhausted) as refusal:
            command_for(bench, people[1], office=office)
        assert refusal.value.resets_at is not None

    def test_are_listed_page_by_page(self, bench: Bench) -> None:
        office = f"{10 + next_office() % 80}.02"
        made = {command_for(bench, bench.person(), office=office).command_id for _one in range(503)}
        assert {one.command_id for one in every_command(bench.central, office=office)} == made


_offices = iter(range(10_000))


def next_office() -> int:
    return next(_offices)


class TestAttempts:
    def test_spoil_a_blank_and_then_use_the_command_up(self, bench: Bench) -> None:
        command = command_for(bench, bench.person())
        spoiled = attempt(1, AttemptOutcome.SPOILED, f"b-{uuid4()}")
        printed = attempt(2, AttemptOutcome.PRINTED, f"b-{uuid4()}")
        assert bench.central.report_attempt(command.command_id, spoiled) == "issued"
        assert bench.central.report_attempt(command.command_id, spoiled) == "issued"
        assert bench.central.report_attempt(command.command_id, printed) == "used"
        assert bench.central.report_attempt(command.command_id, printed) == "used"

    def test_keep_the_outcome_that_was_told_first(self, bench: Bench) -> None:
        command = command_for(bench, bench.person())
        bench.central.report_attempt(command.command_id, attempt(1, AttemptOutcome.SPOILED, "b-1"))
        with pytest.raises(errors.AttemptConflict):
            bench.central.report_attempt(command.command_id, attempt(1, AttemptOutcome.PRINTED, "b-1"))

    def test_are_not_taken_for_a_command_that_is_used_up(self, bench: Bench) -> None:
        command = command_for(bench, bench.person())
        bench.central.report_attempt(command.command_id, attempt(1, AttemptOutcome.PRINTED, "b-1"))
        with pytest.raises(errors.CommandExpired):
            bench.central.report_attempt(command.command_id, attempt(2, AttemptOutcome.PRINTED, "b-2"))

    def test_are_counted_by_month(self, bench: Bench) -> None:
        office = f"{10 + next_office() % 80}.03"
        command = command_for(bench, bench.person(), office=office)
        bench.central.report_attempt(command.command_id, attempt(1, AttemptOutcome.PRINTED, "b-1"))
        counts = bench.central.month_counts(office=office, month="2026-11")
        assert (counts.printed, counts.spoiled) == (1, 0)


class TestFaults:
    def test_a_lost_answer_has_taken_effect_once(self, bench: Bench) -> None:
        nik, key = bench.person(), uuid4()
        if bench.twin:
            bench.twin.lose_next_answer()
        else:
            bench.turn(lost_answers=1)
        with pytest.raises(errors.Busy):
            command_for(bench, nik, key=key)
        if not bench.twin:
            bench.turn(lost_answers=0)
        assert command_for(bench, nik, key=key).is_live
        with pytest.raises(errors.CommandExists):
            command_for(bench, nik)

    def test_an_answer_about_somebody_else_is_never_used(self, bench: Bench) -> None:
        if bench.twin:
            pytest.skip("the twin has no wire to muddle")
        nik = bench.person()
        bench.turn(wrong_person=1)
        with pytest.raises(errors.WrongAnswer):
            command_for(bench, nik)

    def test_everything_is_remembered_past_a_sudden_death(self, bench: Bench) -> None:
        if bench.process is None:
            pytest.skip("only the simulator is ours to kill")
        nik, key = bench.person(), uuid4()
        before = command_for(bench, nik, key=key)
        bench.process.kill("centre")
        address = bench.process.start_centre("service_seconds=0", "capacity=100")
        bench.address = address
        again = type(bench.central)(address, "demo-token")  # type: ignore[call-arg]
        try:
            after = again.request_command(key=key, nik=nik, office="21.02", reason=Reason.NEW)
        finally:
            again.close()  # type: ignore[attr-defined]
        assert after == before
