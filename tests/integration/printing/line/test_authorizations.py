"""Does asking for print commands hold what the plan promises?"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from printing.models import CardRequest, PrintAuthorization, PrintJob
from printing.services import authorizations
from printing.services import requests as request_services
from printing.states import AuthorizationState as A
from printing.states import HoldReason
from printing.states import RequestState as S
from registry.central import errors
from registry.central.contract import Reason
from registry.central.memory import MemoryCentral
from registry.models import Event, Office
from registry.states import RecordingState
from tests.factories import ACTOR, NOW, nik_of, waiting

LEASE = timedelta(seconds=90)


def ask_all(
    office: Office, centre: MemoryCentral, *, limit: int = 10, now: datetime = NOW
) -> authorizations.Tally:
    """One whole turn: claim, call, record."""
    claimed = authorizations.claim(office=office, limit=limit, now=now, lease=LEASE)
    answers = [authorizations.ask(authorization=one, central=centre) for one in claimed]
    return authorizations.record(answers=answers, now=now)


class TestClaim:
    def test_takes_the_front_of_the_line(self, office: Office) -> None:
        waiting(office, 3, 1, 2)
        claimed = authorizations.claim(office=office, limit=2, now=NOW, lease=LEASE)
        assert [one.request.resident.nik for one in claimed] == [nik_of(1), nik_of(2)]

    def test_takes_who_was_put_first_before_all_others(self, office: Office) -> None:
        third = waiting(office, 1, 2, 3)[2]
        request_services.prioritise(request=third, reason="sakit keras", actor=ACTOR, now=NOW)
        (first,) = authorizations.claim(office=office, limit=1, now=NOW, lease=LEASE)
        assert first.request_id == third.pk

    def test_gives_a_row_to_one_claimer_only(self, office: Office) -> None:
        waiting(office, 1)
        assert len(authorizations.claim(office=office, limit=5, now=NOW, lease=LEASE)) == 1
        assert authorizations.claim(office=office, limit=5, now=NOW, lease=LEASE) == []

    def test_takes_nothing_while_the_quota_is_used_up(self, office: Office) -> None:
        waiting(office, 1)
        office.quota_resets_at = NOW + timedelta(hours=1)
        assert authorizations.claim(office=office, limit=5, now=NOW, lease=LEASE) == []

    def test_writes_an_event_for_every_move(self, office: Office) -> None:
        (request,) = waiting(office, 1)
        authorizations.claim(office=office, limit=1, now=NOW, lease=LEASE)
        moves = Event.objects.filter(resident=request.resident, subject="request").values_list(
            "source", "target"
        )
        assert list(moves) == [("", "held"), ("held", "waiting"), ("waiting", "authorizing")]


class TestRecord:
    def test_makes_a_granted_request_ready_to_print(self, office: Office, centre: MemoryCentral) -> None:
        (request,) = waiting(office, 1)
        assert ask_all(office, centre).granted == 1
        request.refresh_from_db()
        job = PrintJob.objects.get(authorization__request=request)
        assert (request.state, job.state, job.authorization.state) == ("ready_to_print", "queued", "granted")

    def test_leaves_everything_for_later_when_the_centre_is_busy(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        (request,) = waiting(office, 1)
        centre.break_down()
        tally = ask_all(office, centre)
        request.refresh_from_db()
        authorization = PrintAuthorization.objects.get()
        assert (tally.snoozed, tally.held_back) == (1, True)
        assert (request.state, authorization.state, authorization.asked) == (S.WAITING, A.WAITING, 0)

    def test_finds_the_same_command_after_a_lost_answer(self, office: Office, centre: MemoryCentral) -> None:
        waiting(office, 1)
        centre.lose_next_answer()
        assert ask_all(office, centre).snoozed == 1
        assert ask_all(office, centre).granted == 1
        assert len(centre.commands) == 1

    def test_takes_a_live_command_that_exists_under_another_key(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        waiting(office, 1)
        other = centre.request_command(key=uuid4(), nik=nik_of(1), office="21.02", reason=Reason.NEW)
        assert ask_all(office, centre).granted == 1
        assert PrintAuthorization.objects.get().command_id == other.command_id

    def test_never_uses_one_command_for_two_requests(self, office: Office, centre: MemoryCentral) -> None:
        waiting(office, 1)
        ask_all(office, centre)
        used = PrintAuthorization.objects.get()
        waiting(office, 2)
        (claimed,) = authorizations.claim(office=office, limit=1, now=NOW, lease=LEASE)
        stolen = authorizations.Answer(claimed, command=centre.command(used.command_id))
        authorizations.record(answers=[stolen], now=NOW)
        held = CardRequest.objects.get(pk=claimed.request_id)
        assert (held.state, held.hold_reason) == (S.HELD, HoldReason.NO_COMMAND)

    def test_waits_for_a_pending_command_and_asks_again(self, office: Office) -> None:
        time = [NOW]
        centre = MemoryCentral(clock=lambda: time[0])
        waiting(office, 1)
        centre.see(nik_of(1))
        command = centre.request_command(key=uuid4(), nik=nik_of(1), office="21.02", reason=Reason.NEW)
        booked = centre.commands[command.command_id]
        booked.status, booked.decides_at = "pending", NOW + timedelta(seconds=60)
        assert ask_all(office, centre).pending == 1
        assert ask_all(office, centre).granted == 0
        time[0] = NOW + timedelta(seconds=61)
        assert ask_all(office, centre, now=time[0]).granted == 1

    @pytest.mark.parametrize(
        ("status", "recording_state", "kind"),
        [
            ("DUPLICATE_RECORD", RecordingState.EXCEPTION, "duplicate-record"),
            ("ADJUDICATE_RECORD", RecordingState.EXCEPTION, "adjudication"),
            ("NEVER_HEARD_OF", RecordingState.EXCEPTION, "unknown-status"),
            ("PROCESSING", RecordingState.SUBMITTED, ""),
        ],
    )
    def test_takes_a_person_out_of_the_line_when_the_centre_objects(
        self, office: Office, centre: MemoryCentral, status: str, recording_state: str, kind: str
    ) -> None:
        (request,) = waiting(office, 1)
        centre.set_status(nik_of(1), status)
        assert ask_all(office, centre).denied == 1
        request.refresh_from_db()
        assert (request.state, request.hold_reason) == (S.HELD, HoldReason.NOT_VISIBLE)
        assert (request.recording.state, request.recording.exception_kind) == (recording_state, kind)

    def test_follows_a_person_again_whom_the_centre_does_not_see(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        (request,) = waiting(office, 1)
        centre.hide(nik_of(1))
        ask_all(office, centre)
        request.refresh_from_db()
        assert (request.state, request.recording.state) == (S.HELD, RecordingState.SUBMITTED)

    def test_keeps_the_centres_words_for_the_clerk_when_it_refuses(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        (request,) = waiting(office, 1)
        centre.fail_next(errors.Refused("Dokumen belum lengkap."))
        ask_all(office, centre)
        request.refresh_from_db()
        assert (request.hold_reason, request.hold_note) == ("no-command", "refused: Dokumen belum lengkap.")

    def test_stops_asking_until_the_quota_opens_again(self, office: Office, centre: MemoryCentral) -> None:
        waiting(office, 1, 2)
        centre.policy.quota = 1
        tally = ask_all(office, centre)
        office.refresh_from_db()
        assert (tally.granted, tally.snoozed) == (1, 1)
        assert office.quota_resets_at == datetime(2017, 11, 28, 17, tzinfo=UTC), "at midnight in Jakarta"

    def test_does_not_use_an_answer_about_somebody_else(self, office: Office, centre: MemoryCentral) -> None:
        (request,) = waiting(office, 1)
        centre.fail_next(errors.WrongAnswer("another person"))
        ask_all(office, centre)
        request.refresh_from_db()
        assert request.state == S.WAITING
        assert request.due_at > NOW

    def test_lets_a_person_look_when_the_answers_stay_wrong(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        (request,) = waiting(office, 1)
        centre.fail_next(errors.WrongAnswer("another person"), times=authorizations.WRONG_ANSWERS)
        for turn in range(authorizations.WRONG_ANSWERS):
            ask_all(office, centre, now=NOW + turn * timedelta(hours=1))
        request.refresh_from_db()
        assert (request.state, request.hold_reason) == (S.HELD, HoldReason.DATA_QUERY)

    def test_prints_nothing_for_a_request_that_was_held_meanwhile(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        (request,) = waiting(office, 1)
        (claimed,) = authorizations.claim(office=office, limit=1, now=NOW, lease=LEASE)
        request.refresh_from_db()
        request_services.hold(request=request, reason=HoldReason.POLICY, note="", actor=ACTOR, now=NOW)
        answer = authorizations.ask(authorization=claimed, central=centre)
        assert authorizations.record(answers=[answer], now=NOW).granted == 1
        request.refresh_from_db()
        assert request.state == S.HELD
        request_services.release(request=request, note="", actor=ACTOR, now=NOW)
        request.refresh_from_db()
        assert request.state == S.READY_TO_PRINT


class TestRescue:
    def test_gives_back_what_a_dead_worker_held_and_ignores_its_late_answer(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        waiting(office, 1)
        (dead,) = authorizations.claim(office=office, limit=1, now=NOW, lease=LEASE)
        late = authorizations.ask(authorization=dead, central=centre)
        later = NOW + LEASE + timedelta(seconds=1)
        assert authorizations.rescue(office=office, now=NOW) == 0
        assert authorizations.rescue(office=office, now=later) == 1
        (again,) = authorizations.claim(office=office, limit=1, now=later, lease=LEASE)
        assert authorizations.record(answers=[late], now=later).lost == 1
        answer = authorizations.ask(authorization=again, central=centre)
        assert authorizations.record(answers=[answer], now=later).granted == 1
        assert len(centre.commands) == 1


class TestExpire:
    def test_asks_anew_under_a_new_key(self, office: Office, centre: MemoryCentral) -> None:
        (request,) = waiting(office, 1)
        ask_all(office, centre)
        later = NOW + timedelta(days=8)
        assert authorizations.expire(office=office, now=later) == 1
        request.refresh_from_db()
        assert request.state == S.WAITING
        centre.clock = lambda: later
        assert ask_all(office, centre, now=later).granted == 1
        assert sorted(PrintAuthorization.objects.values_list("state", flat=True)) == ["expired", "granted"]
