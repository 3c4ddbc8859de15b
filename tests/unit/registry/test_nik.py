"""Does nik.py know a NIK from a text that is none?"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.nik import InvalidNik, NikError, NikWarning, mask, parse, warnings

WOMAN = "2102036508900001"  # 25 August 1990, a woman: 25 + 40
MAN = "2102030101850002"


class TestParse:
    def test_takes_apart_a_womans_nik(self) -> None:
        nik = parse(WOMAN)
        assert (nik.region, nik.is_woman, nik.birth_day_month_year) == ("21.02.03", True, (25, 8, 90))

    def test_takes_apart_a_mans_nik(self) -> None:
        nik = parse(MAN)
        assert (nik.is_woman, nik.birth_day_month_year) == (False, (1, 1, 85))

    def test_forgives_spaces_dots_and_dashes(self) -> None:
        assert parse(" 210203-650890.0001 ").digits == WOMAN

    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("", NikError.DIGITS),
            ("210203650890000", NikError.LENGTH),
            ("21020365089000012", NikError.LENGTH),
            ("2102036508900OO1", NikError.DIGITS),
            ("٢١٠٢٠٣٦٥٠٨٩٠٠٠٠١", NikError.DIGITS),
            ("2102030001850002", NikError.DAY),
            ("2102033201850002", NikError.DAY),
            ("2102034001850002", NikError.DAY),
            ("2102037201850002", NikError.DAY),
            ("2102033102850002", NikError.DATE),
            ("2102030113850002", NikError.DATE),
            ("2102032902850002", NikError.DATE),
            ("2102030101850000", NikError.SERIAL),
        ],
    )
    def test_names_the_broken_rule(self, text: str, rule: NikError) -> None:
        with pytest.raises(InvalidNik) as refusal:
            parse(text)
        assert refusal.value.rule is rule

    def test_accepts_29_february_of_a_leap_year(self) -> None:
        assert parse("2102032902840001").birth_day_month_year == (29, 2, 84)

    @given(st.text(max_size=15))
    def test_refuses_whatever_else_with_the_name_of_a_rule(self, text: str) -> None:
        with pytest.raises(InvalidNik) as refusal:
            parse(text)
        assert str(refusal.value) in {rule.value for rule in NikError}

    @given(
        st.dates(min_value=date(1930, 1, 1), max_value=date(2020, 12, 31)),
        st.booleans(),
        st.integers(min_value=1, max_value=9999),
    )
    def test_accepts_every_nik_made_by_the_rules(self, born: date, woman: bool, serial: int) -> None:
        digits = f"210203{born.day + (40 if woman else 0):02}{born:%m%y}{serial:04}"
        assert warnings(parse(digits), birth_date=born, is_woman=woman, regions={"21.02.03"}) == []


class TestWarnings:
    def test_says_what_is_odd_but_happens(self) -> None:
        found = warnings(parse(WOMAN), birth_date=date(1990, 8, 26), is_woman=False, regions={"21.02.04"})
        assert found == [NikWarning.REGION, NikWarning.BIRTH_DATE, NikWarning.SEX]

    def test_does_not_know_the_century(self) -> None:
        assert warnings(parse(WOMAN), birth_date=date(2090, 8, 25)) == []


class TestMask:
    def test_shows_four_and_four(self) -> None:
        assert mask(WOMAN) == "2102••••••••0001"

    def test_is_all_that_repr_shows(self) -> None:
        assert WOMAN not in repr(parse(WOMAN))
