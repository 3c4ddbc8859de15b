"""Does a station wait longer and longer, never in step with another, and never less than it was asked to?"""

from __future__ import annotations

import random

from clients.station.pace import BackOff, Rate


class TestBackOff:
    def test_doubles_up_to_its_longest(self) -> None:
        back_off = BackOff(first=1.0, longest=8.0, chance=random.Random(1))
        pauses = [back_off.failed() for _ in range(6)]
        for pause, ceiling in zip(pauses, [1, 2, 4, 8, 8, 8], strict=True):
            assert ceiling / 2 <= pause <= ceiling

    def test_begins_anew_after_an_answer(self) -> None:
        back_off = BackOff(first=1.0)
        for _ in range(5):
            back_off.failed()
        back_off.succeeded()
        assert back_off.failed() <= 1.0

    def test_honours_what_the_office_asks_for(self) -> None:
        assert BackOff(first=0.1).failed(wish=30.0) == 30.0

    def test_keeps_two_stations_out_of_step(self) -> None:
        assert BackOff(chance=random.Random(1)).failed() != BackOff(chance=random.Random(2)).failed()


class TestRate:
    def test_spreads_recordings_evenly(self) -> None:
        rate = Rate(per_second=10.0)
        pauses = [rate.pause_for(5) for _ in range(3)]
        assert pauses[0] == 0.0
        assert 0.4 < pauses[1] <= 0.5
        assert 0.9 < pauses[2] <= 1.0

    def test_is_off_by_default(self) -> None:
        rate = Rate()
        assert [rate.pause_for(100) for _ in range(3)] == [0.0, 0.0, 0.0]
