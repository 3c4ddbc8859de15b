"""Does a seal hash what it says it hashes?"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from registry.models import LedgerSeal
from registry.services import seals

AT = datetime(2017, 11, 28, 8, 0, tzinfo=UTC)
ROW = (7, 1, AT, 1, "store", "reserved", "ektp-1-1:reserved", "", "system:printing")


def a_seal(**changed: Any) -> LedgerSeal:
    """A seal over ROW, without its hash."""
    facts = {
        "first_id": 7,
        "last_id": 7,
        "count": 1,
        "previous_hash": seals.GENESIS,
        "sealed_at": AT,
    }
    return LedgerSeal(**facts | changed)


class TestDigest:
    def test_never_changes_its_form(self) -> None:
        """Seals of years ago must still be provable: this value may not follow the code."""
        assert seals.digest(ROW).hex() == "2d41c52c8e9ddc834905bc3e4612ff727e57a014f5c99827b422f460c769d863"

    def test_is_the_same_for_one_moment_in_two_time_zones(self) -> None:
        jakarta = (*ROW[:2], AT.astimezone(timezone(timedelta(hours=7))), *ROW[3:])
        assert seals.digest(jakarta) == seals.digest(ROW)

    @pytest.mark.parametrize("column", range(len(seals.COLUMNS)))
    def test_follows_every_column(self, column: int) -> None:
        value = ROW[column]
        other = (
            value + timedelta(microseconds=1)
            if isinstance(value, datetime)
            else value + 1
            if isinstance(value, int)
            else f"{value}x"
        )
        assert seals.digest((*ROW[:column], other, *ROW[column + 1 :])) != seals.digest(ROW)

    def test_cannot_confuse_where_one_column_ends(self) -> None:
        here = (*ROW[:6], 'a","b', "c", "d")
        there = (*ROW[:6], "a", 'b","c', "d")
        assert seals.digest(here) != seals.digest(there)


class TestSealHash:
    def test_never_changes_its_form(self) -> None:
        assert (
            seals.seal_hash(seal=a_seal(), digests=[seals.digest(ROW)])
            == "649e0e0f5b503e74746d5a8f792a1b6b121b474c77c561028954413823d01659"
        )

    @pytest.mark.parametrize(
        "changed",
        [
            {"first_id": 6},
            {"last_id": 8},
            {"count": 2},
            {"previous_hash": "1" * 64},
            {"sealed_at": AT + timedelta(seconds=1)},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_follows_every_fact_of_the_seal(self, changed: dict[str, Any]) -> None:
        digests = [seals.digest(ROW)]
        assert seals.seal_hash(seal=a_seal(**changed), digests=digests) != seals.seal_hash(
            seal=a_seal(), digests=digests
        )
