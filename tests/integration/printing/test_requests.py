"""Who joins the line, steps out of it, and comes back where the print command stands?"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from printing.models import CardRequest, PrintAuthorization, PrintJob
from printing.models.request import CardReason
from printing.services import requests
from printing.services.requests import NotNow
from printing.states import AuthorizationState, HoldReason, JobState, RequestState
from registry.models import Event, Office
from tests import factories
from tests.factories import NOW

S, A, J = RequestState, AuthorizationState, JobState
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def waiting(office: Office) -> CardRequest:
    return factories.waiting(office, 1)[0]


def asked(request: CardRequest) -> PrintAuthorization:
    """The centre is being asked."""
    request.move(to=S.AUTHORIZING, at=NOW, actor="t")
    [authorization] = PrintAuthorization.create_all(
        [PrintAuthorization(request=request, state=A.ASKING, state_since=NOW, claimed_until=LATER)], actor="t"
    )
    return authorization


def granted(request: CardRequest) -> PrintAuthorization:
    """The centre said yes; the card is in the queue."""
    authorization = asked(request)
    authorization.move(
        to=A.GRANTED, at=NOW, actor="t", command_id=uuid4(), issued_at=NOW, expires_at=NOW + timedelta(days=7)
    )
    PrintJob.create_all([PrintJob(authorization=authorization, state_since=NOW)], actor="t")
    request.move(to=S.READY_TO_PRINT, at=NOW, actor="t")
    return authorization


def hold(request: CardRequest, reason: HoldReason = HoldReason.POLICY) -> CardRequest:
    return requests.hold(request=request, reason=reason, note="menunggu surat", actor="siti", now=NOW)


def release(request: CardRequest, *, now=NOW) -> CardRequest:
    return requests.release(request=request, note="", actor="siti", now=now)


def cancel(request: CardRequest) -> CardRequest:
    return requests.cancel(request=request, reason="meninggal", actor="siti", now=NOW)


class TestOpenRequests:
    def test_holds_who_is_not_visible_outside_the_line_until_they_are(self, office: Office) -> None:
        recordings = [one.recording for one in factories.take(office, 1)]
        wanted = [(recordings[0], CardReason.NEW)]

        [opened] = requests.open_requests(wanted=wanted, now=NOW, actor="t")
        held = (opened.state, opened.hold_reason)
        factories.seen(recordings)
        opened.refresh_from_db()

        assert held == (S.HELD, HoldReason.NOT_VISIBLE)
        assert (opened.state, opened.hold_reason, opened.due_at) == (S.WAITING, "", NOW)
        assert opened.recorded_at == recordings[0].recorded_at

    def test_opens_nothing_for_the_same_again(self, waiting: CardRequest) -> None:
        wanted = [(waiting.recording, reason) for reason in (CardReason.NEW, CardReason.LOST)]

        assert requests.open_requests(wanted=wanted, now=NOW, actor="t") == []

    def test_opens_one_new_card_per_recording_ever_but_a_replacement_later(
        self, waiting: CardRequest
    ) -> None:
        cancel(waiting)
        recording = waiting.recording

        assert requests.open_requests(wanted=[(recording, CardReason.NEW)], now=NOW, actor="t") == []
        [lost] = requests.open_requests(wanted=[(recording, CardReason.LOST)], now=LATER, actor="t")
        assert lost.recorded_at == LATER

    def test_opens_nothing_for_a_second_recording(self, office: Office) -> None:
        factories.take(office, 1)
        enrolment = factories.an_enrolment(1, recorded_at=NOW - timedelta(days=1))
        [second] = factories.take_in(
            enrolments=[enrolment], office=office, source="import", now=NOW, actor="t"
        )

        wanted = [(second.recording, CardReason.NEW)]

        assert requests.open_requests(wanted=wanted, now=NOW, actor="t") == []


class TestHoldAndRelease:
    def test_come_back_to_the_line_without_a_command(self, waiting: CardRequest) -> None:
        assert release(hold(waiting)).state == S.WAITING

    def test_come_back_to_the_printers_with_a_command(self, waiting: CardRequest) -> None:
        granted(waiting)

        assert release(hold(waiting)).state == S.READY_TO_PRINT

    def test_come_back_to_the_asking_while_the_centre_is_asked(self, waiting: CardRequest) -> None:
        asked(waiting)

        assert release(hold(waiting)).state == S.AUTHORIZING

    def test_ask_anew_when_the_command_ran_out_meanwhile(self, waiting: CardRequest) -> None:
        authorization = granted(waiting)

        released = release(hold(waiting), now=NOW + timedelta(days=8))

        authorization.refresh_from_db()
        assert (released.state, authorization.state) == (S.WAITING, A.EXPIRED)
        assert authorization.job.state == J.DISCARDED

    def test_refuse_to_release_whom_the_centre_does_not_see(self, office: Office) -> None:
        recordings = [one.recording for one in factories.take(office, 1)]
        [held] = requests.open_requests(wanted=[(recordings[0], CardReason.NEW)], now=NOW, actor="t")

        with pytest.raises(NotNow, match="belum muncul"):
            release(held)

    def test_leave_the_decision_about_a_spent_job_to_the_job(self, waiting: CardRequest) -> None:
        authorization = granted(waiting)
        authorization.job.move(to=J.DISCARDED, at=NOW, actor="t")

        with pytest.raises(NotNow, match="Putuskan dulu"):
            release(hold(waiting))

    def test_refuse_a_card_that_is_not_in_line(self, waiting: CardRequest) -> None:
        granted(waiting)
        waiting.move(to=S.PRINTING, at=NOW, actor="t")

        with pytest.raises(NotNow, match="sedang dicetak"):
            hold(waiting)

    def test_write_down_who_and_why(self, waiting: CardRequest) -> None:
        hold(waiting)

        event = Event.objects.filter(subject="request").latest("id")
        assert (event.actor, event.why, event.target) == ("siti", "menunggu surat", "held")


class TestCancel:
    def test_revokes_the_command_and_discards_the_queued_card(self, waiting: CardRequest) -> None:
        authorization = granted(waiting)

        cancelled = cancel(waiting)

        authorization.refresh_from_db()
        states = (cancelled.state, authorization.state, authorization.job.state)
        assert states == (S.CANCELLED, A.REVOKED, J.DISCARDED)

    def test_is_refused_while_the_centre_is_asked(self, waiting: CardRequest) -> None:
        asked(waiting)

        with pytest.raises(NotNow, match="sedang diminta"):
            cancel(waiting)

    def test_is_refused_while_the_card_is_made(self, waiting: CardRequest) -> None:
        granted(waiting)
        waiting.move(to=S.PRINTING, at=NOW, actor="t")

        with pytest.raises(NotNow):
            cancel(waiting)

    def test_ends_a_held_request_and_its_hold(self, waiting: CardRequest) -> None:
        cancelled = cancel(hold(waiting))

        assert (cancelled.state, cancelled.hold_reason) == (S.CANCELLED, "")
