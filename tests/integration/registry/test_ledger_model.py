"""Do the books stay equal to a plain dict, whatever is done in whatever order?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from registry.models import Office, StockCount
from registry.selectors.blanks import balances, open_reservations
from registry.services import blanks, seals
from registry.services.proof import verify
from registry.states import BLANK_MOVES, OUTSIDE, Place

NOW = datetime(2017, 11, 28, 1, 0, tzinfo=UTC)
TODAY = date(2017, 11, 28)
WHO: dict[str, Any] = {"now": NOW, "actor": "model"}
ENDS = (Place.PRINTED, Place.SPOILED, Place.STORE, Place.LOST)
BY_HAND = sorted(
    (source, target)
    for source, target in BLANK_MOVES
    if source != Place.CENTRE and not {Place.RESERVED, Place.DIFFERENCE} & {source, target}
)
QUANTITIES = st.integers(min_value=1, max_value=30)


class Ledger(RuleBasedStateMachine):
    """Two offices, their books, and beside them what a child would write on paper."""

    held = Bundle("held")  # (office, reference) of a blank that is reserved

    def __init__(self) -> None:
        super().__init__()
        self.books = transaction.atomic()
        self.books.__enter__()
        self.names = 0
        self.done: list[Callable[[], Any]] = []  # every booking that succeeded, to be repeated
        self.paper: dict[int, Counter[Place]] = {}
        self.open: dict[int, set[str]] = {}

    def teardown(self) -> None:
        try:
            assert verify().fault is None
            seals.seal(now=NOW)
            assert verify().fault is None
        finally:
            transaction.set_rollback(True)
            self.books.__exit__(None, None, None)

    @initialize()
    def open_offices(self) -> None:
        self.offices = [
            Office.objects.create(code=f"21.0{n}", name=f"Kantor {n}", province="Riau") for n in (1, 2)
        ]
        self.paper = {office.pk: Counter() for office in self.offices}
        self.open = {office.pk: set() for office in self.offices}

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def book(
        self, office: Office, source: Place, target: Place, quantity: int, act: Callable[[], Any]
    ) -> bool:
        """Do it; the ledger must refuse it exactly when the paper has too little."""
        there = self.paper[office.pk][source]
        if source not in OUTSIDE and there < quantity:
            with pytest.raises(blanks.NotEnoughBlanks) as refused:
                act()
            assert (refused.value.wanted, refused.value.there) == (quantity, there)
            return False
        act()
        self.done.append(act)
        self.paper[office.pk][source] -= quantity
        self.paper[office.pk][target] += quantity
        return True

    @rule(which=st.integers(0, 1), quantity=QUANTITIES)
    def receive(self, which: int, quantity: int) -> None:
        office, minutes = self.offices[which], self.name()
        self.book(
            office,
            Place.CENTRE,
            Place.STORE,
            quantity,
            lambda: blanks.receive(
                office=office, quantity=quantity, minutes=minutes, received_on=TODAY, **WHO
            ),
        )

    @rule(target=held, which=st.integers(0, 1), quantity=st.integers(1, 5))
    def reserve(self, which: int, quantity: int) -> Any:
        office, names = self.offices[which], [self.name() for _n in range(quantity)]
        booked = self.book(
            office,
            Place.STORE,
            Place.RESERVED,
            quantity,
            lambda: blanks.reserve(office=office, references=names, **WHO),
        )
        if not booked:
            return multiple()
        self.open[office.pk] |= set(names)
        return multiple(*((which, name) for name in names))

    @rule(one=consumes(held), to=st.sampled_from(ENDS))
    def settle(self, one: tuple[int, str], to: Place) -> None:
        which, name = one
        office = self.offices[which]
        self.book(
            office,
            Place.RESERVED,
            to,
            1,
            lambda: blanks.settle(office=office, reference=name, to=to, why="", **WHO),
        )
        self.open[office.pk].discard(name)
        other = ENDS[ENDS.index(to) - 1]
        with pytest.raises(blanks.ReferenceReused):
            blanks.settle(office=office, reference=name, to=other, why="", **WHO)

    @rule(which=st.integers(0, 1), to=st.sampled_from(ENDS))
    def settle_what_was_never_reserved(self, which: int, to: Place) -> None:
        with pytest.raises(blanks.NotReserved):
            blanks.settle(office=self.offices[which], reference=self.name(), to=to, why="", **WHO)

    @rule(which=st.integers(0, 1), way=st.sampled_from(BY_HAND), quantity=QUANTITIES)
    def move(self, which: int, way: tuple[Place, Place], quantity: int) -> None:
        office, name, (source, target) = self.offices[which], self.name(), way
        self.book(
            office,
            source,
            target,
            quantity,
            lambda: blanks.move(
                office=office,
                quantity=quantity,
                source=source,
                target=target,
                reference=name,
                why="",
                **WHO,
            ),
        )

    @rule(which=st.integers(0, 1), counted=st.integers(0, 60))
    def count(self, which: int, counted: int) -> None:
        office, name = self.offices[which], self.name()

        def act() -> StockCount:
            return blanks.count_stock(office=office, counted=counted, note="", reference=name, **WHO)

        booked = self.paper[office.pk][Place.STORE]
        assert act().booked == booked
        self.done.append(act)
        self.paper[office.pk][Place.DIFFERENCE] -= counted - booked
        self.paper[office.pk][Place.STORE] = counted

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def repeat_anything(self, data: st.DataObject) -> None:
        """However late, and whatever is left by now."""
        act = data.draw(st.sampled_from(range(len(self.done))))
        self.done[act]()

    @rule()
    def seal(self) -> None:
        seals.seal(now=NOW)

    @invariant()
    def the_books_say_what_the_paper_says(self) -> None:
        for office in getattr(self, "offices", ()):
            there = balances(office=office)
            assert there == {place: self.paper[office.pk][place] for place in Place}
            assert all(quantity >= 0 for place, quantity in there.items() if place not in OUTSIDE)
            assert {one.reference for one in open_reservations(office=office)} == self.open[office.pk]


@pytest.mark.django_db
def test_the_books_equal_a_plain_dict() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,  # a loaded machine is not a wrong ledger
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
