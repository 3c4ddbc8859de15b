"""Do the rows of a dead worker come back as soon as it is dead, and never those of a live one?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from printing import presence
from printing.models import Claim, PrintAttempt, Printer, PrintJob
from printing.selectors.work import blanks_in_store
from printing.services import authorizations, claims, prints
from printing.states import AuthorizationState, JobState
from registry.central.memory import MemoryCentral
from registry.models import Office
from tests import factories

pytestmark = pytest.mark.django_db

LEASE = timedelta(seconds=90)


@pytest.fixture
def office() -> Office:
    return factories.a_stocked_office(100)


@pytest.fixture
def worker() -> Iterator[presence.Presence]:
    """A worker that is alive until it ends."""
    alive = presence.Presence(worker="central@test")
    alive.begin()
    limit = time.monotonic() + 10
    while not alive.held:
        assert time.monotonic() < limit
        time.sleep(0.01)
    yield alive
    alive.end()


def end(worker: presence.Presence) -> None:
    """The worker dies, and PostgreSQL has seen that its session is over."""
    worker.end()
    limit = time.monotonic() + 10
    while not presence.is_gone(worker.name):
        assert time.monotonic() < limit
        time.sleep(0.01)


class TestTakeBack:
    def test_leaves_the_living_what_they_hold(self, office: Office, worker: presence.Presence) -> None:
        held = asking(office, holder=worker.name)

        assert claims.take_back(now=timezone.now()) == []
        held.refresh_from_db()
        assert held.state == AuthorizationState.ASKING

    def test_gives_back_at_once_what_the_dead_held(self, office: Office, worker: presence.Presence) -> None:
        held = asking(office, holder=worker.name)

        end(worker)

        assert claims.take_back(now=timezone.now()) == [worker.name]
        held.refresh_from_db()
        assert held.state == AuthorizationState.WAITING
        assert not Claim.objects.exists()

    def test_leaves_a_row_that_somebody_else_has_claimed_since(
        self, office: Office, worker: presence.Presence
    ) -> None:
        held = asking(office, holder=worker.name)
        end(worker)
        later = timezone.now() + timedelta(seconds=5)
        authorizations.rescue(office=office, now=later + LEASE)
        (again,) = authorizations.claim(office=office, limit=1, now=later + LEASE, lease=LEASE)

        claims.take_back(now=timezone.now())

        held.refresh_from_db()
        assert (held.pk, held.state) == (again.pk, AuthorizationState.ASKING)

    def test_forgets_claims_whose_time_is_over(self, office: Office) -> None:
        asking(office, holder="central@elsewhere/1")

        assert claims.take_back(now=timezone.now() + 2 * LEASE) == []
        assert not Claim.objects.exists()

    def test_never_sends_again_what_was_being_sent(self, office: Office, worker: presence.Presence) -> None:
        job = sending(office, holder=worker.name)
        end(worker)

        now = timezone.now()
        claims.take_back(now=now)

        job.refresh_from_db()
        assert job.state == JobState.SENDING, "nothing is sent again"
        (asked_about,) = prints.stale_sending(office=office, now=now + timedelta(seconds=1))
        assert asked_about.pk == job.pk, "the printer is asked at once"
        assert PrintAttempt.objects.count() == 1
        assert blanks_in_store(office=office) == 99


class TestIsGone:
    def test_is_true_of_a_name_that_nobody_ever_had(self) -> None:
        assert presence.is_gone("nobody/1")


def asking(office: Office, *, holder: str):  # type: ignore[no-untyped-def]
    """A request that a worker is asking for."""
    factories.waiting(office, 1, now=timezone.now())
    now = timezone.now()
    (authorization,) = authorizations.claim(office=office, limit=1, now=now, lease=LEASE)
    claims.note(lane=claims.Lane.AUTHORIZE, rows=[authorization], until=now + LEASE, holder=holder)
    return authorization


def sending(office: Office, *, holder: str) -> PrintJob:
    """A job that a worker is sending to a printer."""
    now = timezone.now()
    centre = MemoryCentral(clock=lambda: now)
    centre.see(factories.nik_of(1))
    authorization = asking(office, holder="")
    answer = authorizations.ask(authorization=authorization, central=centre)
    authorizations.record(answers=[answer], now=now)
    printer = Printer.objects.create(office=office, name="1", driver="memory", address="1")
    jobs = prints.claim(printer=printer, limit=1, now=now, lease=LEASE)
    documents = prints.draw(jobs=jobs, today=now.date())
    begun = prints.begin(printer=printer, jobs=jobs, documents=documents, now=now, lease=LEASE)
    claims.note(lane=claims.Lane.SENDING, rows=[one.job for one in begun], until=now + LEASE, holder=holder)
    return begun[0].job
