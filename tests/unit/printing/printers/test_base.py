"""When does a printer's own word hold the line?"""

from __future__ import annotations

import pytest

from printing.printers.base import HOLDING, Condition, Sheet
from printing.states import HoldReason


class TestHoldReason:
    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            ((), ""),
            (("media-empty",), "no-blank"),
            (("media-empty-report",), "no-blank"),
            (("media-needed-warning",), "no-blank"),
            (("media-jam-error",), "printer-down"),
            (("marker-supply-empty-error",), "no-ribbon"),
            (("cover-open", "media-empty"), "no-blank"),
            (("paused",), "printer-down"),
        ],
    )
    def test_follows_whatever_the_severity(self, words: tuple[str, ...], reason: str) -> None:
        assert Condition(accepting=True, reasons=words).hold_reason == reason

    @pytest.mark.parametrize(
        "word", ["marker-supply-low-warning", "media-low", "stopped-partly", "other", "jam"]
    )
    def test_is_empty_for_what_does_not_stop_a_printer(self, word: str) -> None:
        assert Condition(accepting=True, reasons=(word,)).hold_reason == ""

    def test_is_never_empty_when_jobs_are_not_accepted(self) -> None:
        assert Condition(accepting=False, reasons=("other",)).hold_reason == "printer-down"

    def test_is_always_a_word_of_the_house(self) -> None:
        assert set(HOLDING.values()) <= set(HoldReason.values)


class TestSheet:
    def test_repr_shows_no_document(self) -> None:
        assert "secret" not in repr(Sheet("name", b"secret"))
