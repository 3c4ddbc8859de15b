"""How does reading a list go wrong: as a whole, or in one cell?"""

from __future__ import annotations

from dataclasses import dataclass


class Unreadable(Exception):
    """The file as a whole cannot be used. The text is one sentence for the person who sent it."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, or odd, with one cell. The sentence never repeats a NIK."""

    line: int
    column: str
    rule: str
    sentence: str
    is_warning: bool = False
