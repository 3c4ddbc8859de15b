"""Can an administrator hold the calls back, and is told what that means?"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from registry.central.door import throttle
from registry.central.errors import NoPermit
from registry.central.throttle import Lane


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
        assert "pemeliharaan" not in told("--resume")
        assert throttle().acquire(lane=Lane.REPORT, office="21.02")

    @pytest.mark.parametrize("words", [("--pause", " "), ("--ceiling", "0")])
    def test_refuses_what_makes_no_sense(self, words: tuple[str, str]) -> None:
        with pytest.raises(CommandError, match=words[0]):
            told(*words)

    def test_sets_and_lifts_a_ceiling(self) -> None:
        told("--ceiling", "3")
        assert throttle().snapshot().ceiling == 3
        told("--no-ceiling")
        assert throttle().snapshot().ceiling is None
