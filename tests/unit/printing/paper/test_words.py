"""Are numbers and dates written the way the office writes them?"""

from __future__ import annotations

from datetime import date

import pytest

from printing.paper.words import MOST, day, day_in_words, figures, in_words, kind_of_region


class TestInWords:
    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (0, "nol"),
            (10, "sepuluh"),
            (11, "sebelas"),
            (17, "tujuh belas"),
            (20, "dua puluh"),
            (100, "seratus"),
            (111, "seratus sebelas"),
            (864, "delapan ratus enam puluh empat"),
            (1000, "seribu"),
            (1426, "seribu empat ratus dua puluh enam"),
            (8000, "delapan ribu"),
            (17136, "tujuh belas ribu seratus tiga puluh enam"),
            (100_000, "seratus ribu"),
            (1_000_000, "satu juta"),
        ],
    )
    def test_says_a_number_as_minutes_do(self, number: int, words: str) -> None:
        assert in_words(number) == words

    @pytest.mark.parametrize("number", [-1, MOST])
    def test_refuses_what_nobody_counts(self, number: int) -> None:
        with pytest.raises(ValueError, match=str(number)):
            in_words(number)

    def test_gives_every_number_words_of_its_own(self) -> None:
        assert len({in_words(number) for number in range(20_000)}) == 20_000


class TestDates:
    def test_writes_a_day(self) -> None:
        assert day(date(2017, 11, 28)) == "28 November 2017"

    def test_opens_minutes_with_the_day_in_words(self) -> None:
        assert day_in_words(date(2017, 7, 19)) == (
            "Rabu tanggal sembilan belas bulan Juli tahun dua ribu tujuh belas"
        )


class TestFigures:
    def test_parts_thousands_with_points(self) -> None:
        assert figures(13000) == "13.000"


class TestKindOfRegion:
    def test_knows_cities_by_their_codes(self) -> None:
        assert (kind_of_region("21.02"), kind_of_region("21.71")) == ("Kabupaten", "Kota")
