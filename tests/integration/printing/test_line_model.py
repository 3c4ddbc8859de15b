"""Does the line keep every promise, whatever happens in whatever order?

Hypothesis plays residents, workers that die anywhere, a centre that loses answers, a printer with
mishaps, clerks and the clock; after every step DESIGN.md, section 6, must hold. Short here; ``make
chaos`` plays longer (MODEL_EXAMPLES).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from printing.models import CardRequest, PrintAttempt, PrintAuthorization, Printer, PrintJob
from printing.models.request import CardReason
from printing.printers.memory import MemoryPrinter
from printing.services import authorizations, inspection, outcomes, prints, requests
from printing.services.inspection import NotNow, Seen
from printing.states import REQUEST_LIVE, HoldReason, JobState, RequestState
from registry.central.contract import CommandStatus, every_command
from registry.central.memory import MemoryCentral
from registry.models import Recording
from registry.selectors.blanks import balances
from registry.states import OUTSIDE, Place
from tests import factories
from tests.flow.promises import BROKEN_STORIES, TWO_CARDS, UNTOLD_STATES

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "6"))
STEPS = int(os.environ.get("MODEL_STEPS", "25"))
LEASE = timedelta(seconds=90)
BLANKS = 12  # few enough to run out
SOME = st.integers(min_value=1, max_value=3)


class Line(RuleBasedStateMachine):
    """One office, its centre, its printer."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.now = factories.NOW
        self.people = 0
        self.asked: list[Any] = []  # answers that a worker holds and has not recorded
        self.begun: list[Any] = []  # sheets that a worker holds and has not sent
        self.results: list[Any] = []  # what a printer said and nobody has settled

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    @initialize()
    def open_office(self) -> None:
        self.office = factories.an_office()
        factories.stock(self.office, BLANKS)
        self.centre = MemoryCentral(clock=lambda: self.now)
        self.device = MemoryPrinter()
        self.printer = Printer.objects.create(
            office=self.office, name="1", driver="memory", address="1", depth=3
        )

    # --- People and clerks --------------------------------------------------------------------

    @rule(count=SOME)
    def arrive(self, count: int) -> None:
        numbers = range(self.people + 1, self.people + count + 1)
        self.people += count
        for number in numbers:
            self.centre.see(factories.nik_of(number))
        factories.waiting(self.office, *numbers, now=self.now)

    @rule()
    def come_again(self) -> None:
        """Everybody asks once more: nobody gets a second place in the line."""
        wanted = [(recording, CardReason.NEW) for recording in Recording.objects.all()]
        assert requests.open_requests(wanted=wanted, now=self.now, actor="model") == []

    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        self._clerk(data, CardRequest, lambda row: requests.hold(
            request=row, reason=HoldReason.POLICY, note="n", actor="siti", now=self.now))  # fmt: skip

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self._clerk(data, CardRequest, lambda row: requests.release(
            request=row, note="n", actor="siti", now=self.now))  # fmt: skip

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self._clerk(data, CardRequest, lambda row: requests.cancel(
            request=row, reason="n", actor="siti", now=self.now))  # fmt: skip

    @rule(data=st.data())
    def find_bad(self, data: st.DataObject) -> None:
        self._clerk(data, PrintJob, lambda row: inspection.spoil(
            job=row, reason="n", actor="siti", now=self.now))  # fmt: skip

    @rule(data=st.data())
    def try_again(self, data: st.DataObject) -> None:
        self._clerk(data, PrintJob, lambda row: inspection.try_again(
            job=row, actor="siti", why="n", now=self.now))  # fmt: skip

    @rule()
    def look_into_the_tray(self) -> None:
        """The clerk says what is there: a card that came out, or an untouched blank."""
        for job in PrintJob.objects.filter(state=JobState.IN_DOUBT):
            name = job.tries.get(n=job.attempts).name
            seen = Seen.CARD if name in self.device.cards else Seen.BLANK
            inspection.resolve_doubt(job=job, seen=seen, actor="siti", why="n", now=self.now)

    def _clerk(self, data: st.DataObject, model: Any, deed: Callable[[Any], object]) -> None:
        rows = list(model.objects.order_by("pk"))
        if rows:
            with suppress(NotNow):
                deed(data.draw(st.sampled_from(rows)))

    # --- Workers ------------------------------------------------------------------------------

    @rule(count=SOME, lost=st.booleans())
    def ask(self, count: int, lost: bool) -> None:
        """A worker asks; with ``lost`` the centre does as asked and nobody hears of it."""
        claimed = authorizations.claim(office=self.office, limit=count, now=self.now, lease=LEASE)
        if lost and claimed:
            self.centre.lose_next_answer()
        self.asked += [authorizations.ask(authorization=row, central=self.centre) for row in claimed]

    @rule()
    def record_answers(self) -> None:
        authorizations.record(answers=self.asked, now=self.now)
        self.asked = []

    @rule(count=SOME)
    def begin(self, count: int) -> None:
        jobs = prints.claim(printer=self.printer, limit=count, now=self.now, lease=LEASE)
        documents = {job.pk: b"%PDF" for job in jobs}
        self.begun += prints.begin(
            printer=self.printer, jobs=jobs, documents=documents, now=self.now, lease=LEASE
        )

    @rule(count=SOME)
    def claim_and_die(self, count: int) -> None:
        prints.claim(printer=self.printer, limit=count, now=self.now, lease=LEASE)

    @rule(mishap=st.sampled_from(["", "lose_next_answer", "lose_next_document", "spoil_next"]))
    def send(self, mishap: str) -> None:
        if mishap and self.begun:
            getattr(self.device, mishap)()
        self.results += [prints.send(begun=one, printer=self.device) for one in self.begun]
        self.begun = []

    @rule()
    def settle(self) -> None:
        prints.settle(printer=self.printer, results=self.results, now=self.now, check_required=False)
        self.results = []

    @rule()
    def settle_twice(self) -> None:
        """The same message is delivered again while the first copy runs."""
        for _time in range(2):
            prints.settle(printer=self.printer, results=self.results, now=self.now, check_required=False)
        self.results = []

    @rule(lost=st.booleans())
    def report(self, lost: bool) -> None:
        due = outcomes.claim(office=self.office, limit=9, now=self.now, lease=LEASE)
        if lost and due:
            self.centre.lose_next_answer()
        outcomes.record(told=[outcomes.tell(attempt=row, central=self.centre) for row in due], now=self.now)

    @rule()
    def every_worker_dies(self) -> None:
        """What they held in their hands is gone."""
        self.asked, self.begun, self.results = [], [], []

    @rule()
    def the_printer_forgets(self) -> None:
        self.device.forget_jobs()

    # --- The clock ----------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 3, 60, 60 * 24 * 8]))
    def time_passes(self, minutes: int) -> None:
        """And the sweeps see to what was left lying. Who still holds a sheet has lost it by then."""
        self.now += timedelta(minutes=minutes)
        self.begun = []
        authorizations.rescue(office=self.office, now=self.now)
        prints.rescue(office=self.office, now=self.now)
        for job in prints.stale_sending(office=self.office, now=self.now):
            prints.look_again(job=job, printer=self.device, now=self.now, check_required=False)
        authorizations.expire(office=self.office, now=self.now)

    # --- Always true --------------------------------------------------------------------------

    @invariant()
    def nobody_has_two_cards(self) -> None:
        assert _rows(TWO_CARDS) == []
        assert max(Counter(self.device.cards).values() if hasattr(self, "device") else [0], default=0) <= 1

    @invariant()
    def nobody_waits_twice(self) -> None:
        live = CardRequest.objects.filter(state__in=REQUEST_LIVE).values_list("resident", flat=True)
        assert len(live) == len(set(live))

    @invariant()
    def every_blank_is_somewhere(self) -> None:
        if not hasattr(self, "office"):
            return
        there = balances(office=self.office)
        assert sum(there.values()) == 0
        assert all(quantity >= 0 for place, quantity in there.items() if place not in OUTSIDE)
        open_ = PrintAttempt.objects.filter(outcome="").count()
        under_way = PrintJob.objects.filter(state__in=[JobState.SENDING, JobState.IN_DOUBT]).count()
        assert there[Place.RESERVED] == open_ == under_way

    @invariant()
    def every_state_has_its_event(self) -> None:
        assert _rows(BROKEN_STORIES) == []
        for model in (Recording, CardRequest, PrintAuthorization, PrintJob):
            assert _rows(UNTOLD_STATES.format(table=model._meta.db_table), [str(model.SUBJECT)]) == []

    @invariant()
    def no_card_without_a_command(self) -> None:
        if not hasattr(self, "centre"):
            return
        used = Counter(
            command.nik
            for command in every_command(self.centre, office="21.02")
            if command.status == CommandStatus.USED
        )
        good = PrintAttempt.objects.filter(outcome="printed", job__authorization__command_id=None)
        assert not good.exists()
        printed = CardRequest.objects.filter(
            state__in=[RequestState.PRINTED, RequestState.READY_FOR_PICKUP]
        ).count()
        assert len(used) <= PrintAttempt.objects.filter(outcome="printed").count()
        assert printed <= PrintAttempt.objects.filter(outcome="printed").count()


def _rows(query: str, parameters: list[str] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or [])
        return list(cursor.fetchall())


@pytest.mark.django_db
def test_the_line_keeps_its_promises_in_any_order() -> None:
    run_state_machine_as_test(
        Line,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,  # a loaded machine is not a broken promise
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
