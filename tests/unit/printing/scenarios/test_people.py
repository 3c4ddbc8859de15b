"""Are the made-up people ones that a registry would take, and the same ones every time?"""

from __future__ import annotations

from datetime import date

import pytest

from printing.scenarios.people import ADULT, Person, people, serials_of
from printing.scenarios.places import SUBDISTRICTS
from registry import nik
from registry.central.book import MAGIC_DUPLICATE
from registry.services.offices import KARIMUN


@pytest.fixture(scope="module")
def those() -> list[Person]:
    return people(13_000)


class TestPeople:
    def test_are_the_same_for_the_same_seed(self) -> None:
        assert people(50, seed=1) == people(50, seed=1)
        assert people(50, seed=1) != people(50, seed=2)

    def test_share_no_nik(self, those: list[Person]) -> None:
        assert len({person.nik for person in those}) == len(those)

    def test_have_niks_that_fit_their_birth_date_and_sex(self, those: list[Person]) -> None:
        for person in those:
            parsed = nik.parse(person.nik)
            assert not nik.warnings(parsed, birth_date=person.birth_date, is_woman=person.sex == "P")

    def test_never_have_a_serial_that_tells_the_simulator_what_to_do(self, those: list[Person]) -> None:
        assert max(person.nik[12:] for person in those) < MAGIC_DUPLICATE

    def test_live_in_every_subdistrict_of_the_office(self, those: list[Person]) -> None:
        assert {person.district for person in those} == set(KARIMUN.districts.values())
        assert {(one.number, one.name) for one in SUBDISTRICTS} == set(KARIMUN.districts.items())

    def test_are_old_enough_for_a_card(self, those: list[Person]) -> None:
        assert min(person.recorded_at.year - person.birth_date.year for person in those) > ADULT

    def test_are_recorded_on_working_days_in_order(self, those: list[Person]) -> None:
        moments = [person.recorded_at for person in those]
        assert moments == sorted(moments)
        assert moments[0].date() >= date(2016, 2, 1)
        assert moments[-1].date() <= date(2017, 9, 30)
        assert all(moment.weekday() < 5 and 8 <= moment.hour < 16 for moment in moments)

    def test_share_no_nik_with_people_made_up_before(self, those: list[Person]) -> None:
        more = people(1_100, seed=2018, taken=serials_of(those))
        assert not {person.nik for person in more} & {person.nik for person in those}

    def test_have_many_names(self, those: list[Person]) -> None:
        assert len({person.name for person in those}) > 5_000
