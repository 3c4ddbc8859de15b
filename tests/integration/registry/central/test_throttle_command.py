"""Can an administrator hold the calls back from a shell, and is written down with the reason?"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from registry.central.door import throttle
from registry.central.errors import NoPermit
from registry.central.throttle import Lane
from registry.models import ThrottleChange
from registry.services import throttling

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    throttle().forget()


def told(*words: str) -> str:
    out = StringIO()
    call_command("throttle", *words, stdout=out)
    return out.getvalue()


class TestThrottleCommand:
    def test_holds_calls_back_with_a_reason_and_lets_them_go_on(self) -> None:
        assert "pemeliharaan" in told("--pause", "pemeliharaan")
        with pytest.raises(NoPermit, match="paused"):
            throttle().acquire(lane=Lane.REPORT, office="21.02")
        assert "pemeliharaan" not in told("--resume", "--why", "selesai")
        assert throttle().acquire(lane=Lane.REPORT, office="21.02")

    @pytest.mark.parametrize(
        ("words", "rule"),
        [
            (("--pause", " "), "--why: tidak boleh kosong"),
            (("--pause", "x" * 201), "--why: paling banyak 200 huruf"),
            (("--resume",), "--why: tidak boleh kosong"),
            (("--ceiling", "3"), "--why: tidak boleh kosong"),
            (("--ceiling", "0", "--why", "uji"), "--ceiling: paling sedikit 1"),
            (("--ceiling", "10001", "--why", "uji"), "--ceiling: paling sedikit 1 dan paling banyak 10000"),
        ],
    )
    def test_refuses_what_makes_no_sense_by_name_and_rule(self, words: tuple[str, ...], rule: str) -> None:
        with pytest.raises(CommandError, match=rule):
            told(*words)
        assert not ThrottleChange.objects.exists()
        assert throttle().snapshot().ceiling is None

    def test_sets_and_lifts_a_ceiling(self) -> None:
        told("--ceiling", "3", "--why", "permintaan pusat")
        assert throttle().snapshot().ceiling == 3
        told("--no-ceiling", "--why", "sudah lancar")
        assert throttle().snapshot().ceiling is None

    def test_leaves_a_row_that_says_who_when_and_why(self) -> None:
        told("--ceiling", "3", "--why", "permintaan pusat")
        told("--forget", "--why", "pusat baru")
        rows = ThrottleChange.objects.order_by("id").values_list("deed", "ceiling", "why", "actor")
        assert list(rows) == [
            ("ceiling", 3, "permintaan pusat", getpass.getuser()),
            ("forget", None, "pusat baru", getpass.getuser()),
        ]

    def test_only_says_how_it_stands_when_nothing_is_asked(self) -> None:
        assert told()
        assert not ThrottleChange.objects.exists()


class TestAnEmptiedRedis:
    def test_is_reminded_of_a_pause_and_a_ceiling(self) -> None:
        told("--pause", "pemeliharaan")
        told("--ceiling", "3", "--why", "permintaan pusat")
        throttle().forget()
        assert len(throttling.remind(throttle=throttle())) == 2
        seen = throttle().snapshot()
        assert (seen.paused, seen.paused_by, seen.ceiling) == ("pemeliharaan", getpass.getuser(), 3)
        with pytest.raises(NoPermit, match="paused"):
            throttle().acquire(lane=Lane.REPORT, office="21.02")

    def test_is_not_reminded_of_what_was_taken_back(self) -> None:
        told("--pause", "pemeliharaan")
        told("--ceiling", "3", "--why", "permintaan pusat")
        told("--resume", "--why", "selesai")
        told("--no-ceiling", "--why", "sudah lancar")
        assert throttling.remind(throttle=throttle()) == []

    def test_is_not_reminded_of_what_was_forgotten_on_purpose(self) -> None:
        told("--pause", "pemeliharaan")
        told("--forget", "--why", "pusat yang lain")
        assert throttling.remind(throttle=throttle()) == []

    def test_is_told_by_nobody_what_it_still_knows(self) -> None:
        told("--pause", "pemeliharaan")
        assert throttling.remind(throttle=throttle()) == []
