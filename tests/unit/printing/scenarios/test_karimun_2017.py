"""Does the scenario tell what was reported of Karimun in 2017?"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from printing.scenarios import karimun_2017
from printing.scenarios.karimun_2017 import WHOLE, waiting_and_late, words_of_the_centre
from registry.central.contract import CentralStatus
from registry.central.simulator.settings import Settings


class TestDeliveries:
    def test_brought_18_000_blanks_in_four(self) -> None:
        assert [len(karimun_2017.DELIVERIES), sum(n for _, n, _ in karimun_2017.DELIVERIES)] == [4, 18_000]

    def test_brought_10_000_by_19_july(self) -> None:
        assert sum(n for _, n, day in karimun_2017.DELIVERIES if day <= date(2017, 7, 19)) == 10_000


class TestPeople:
    def test_are_13_000_whom_the_centre_may_see_and_more_than_1_000_whom_it_does_not(self) -> None:
        waiting, late = waiting_and_late(WHOLE)
        assert len(waiting) == 13_000
        assert len(late) > 1_000
        assert max(person.recorded_at.date() for person in waiting) <= karimun_2017.SEEN_UNTIL
        assert min(person.recorded_at.date() for person in late) > karimun_2017.SEEN_UNTIL
        assert max(person.recorded_at.date() for person in late) < date(2017, 11, 28)

    def test_share_no_nik(self) -> None:
        waiting, late = waiting_and_late(WHOLE)
        assert len({person.nik for person in [*waiting, *late]}) == len(waiting) + len(late)

    def test_include_a_few_whom_the_centre_refuses_or_decides_later(self) -> None:
        waiting, _late = waiting_and_late(WHOLE)
        serials = Counter(person.nik[12:] for person in waiting)
        assert [serials[serial] for serial in karimun_2017.SPECIAL_SERIALS] == [7, 6]


class TestWordsOfTheCentre:
    def test_are_ready_for_nearly_all_and_something_else_for_some_dozens(self) -> None:
        waiting, _late = waiting_and_late(WHOLE)
        words = Counter(known.status for known in words_of_the_centre(waiting))
        ready = words.pop(CentralStatus.PRINT_READY_RECORD)
        assert ready > 12_900
        assert 24 < sum(words.values()) < 100

    @pytest.mark.parametrize("word", karimun_2017.ODD_WORDS)
    def test_are_words_of_the_contract(self, word: str) -> None:
        assert word in set(CentralStatus)


class TestDisturbance:
    def test_turns_knobs_that_the_simulator_has(self) -> None:
        settings = Settings()
        settings.change(dict(karimun_2017.DISTURBED))
        assert settings.capacity < Settings().capacity
