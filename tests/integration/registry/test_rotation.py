"""Can a NIK key be replaced while the office works, and is an interrupted rotation finished later?"""

from __future__ import annotations

import os
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from ektp_project.signin.adapters import FactorAdapter
from registry.models import Resident
from registry.services.rotation import columns, rotate, versions
from registry.vault import VaultError
from tests import factories

NIKS = next(sealed for sealed in columns() if sealed.column == "nik_sealed")
MANY = 30


@pytest.fixture
def new_key(settings: Any) -> bytes:
    """A key of version 2 beside the old one."""
    key = os.urandom(32)
    settings.NIK_KEYS = {**settings.NIK_KEYS, 2: key}
    return key


def take_many() -> None:
    factories.take(factories.an_office(), *range(1, MANY + 1))


@pytest.mark.django_db
class TestRotate:
    def test_brings_every_nik_under_the_new_key(self, settings: Any) -> None:
        take_many()
        settings.NIK_KEYS = {**settings.NIK_KEYS, 2: os.urandom(32)}
        call_command("rotate_nik_keys", "--batch", "7")
        assert versions(sealed=NIKS) == {2: MANY}

        del settings.NIK_KEYS[1]  # the old key can go
        assert {row.nik for row in Resident.objects.all()} == {
            factories.nik_of(number) for number in range(1, MANY + 1)
        }

    def test_goes_on_where_it_was_interrupted(self, settings: Any) -> None:
        take_many()
        settings.NIK_KEYS = {**settings.NIK_KEYS, 2: os.urandom(32)}
        batches = rotate(sealed=NIKS, batch=10)
        assert next(batches) == 10
        batches.close()  # killed
        assert versions(sealed=NIKS) == {1: MANY - 10, 2: 10}
        with pytest.raises(CommandError, match="20 values still need an older key"):
            call_command("rotate_nik_keys", "--check")
        call_command("rotate_nik_keys")
        assert versions(sealed=NIKS) == {2: MANY}

    def test_finds_people_and_knows_them_again_throughout(self, settings: Any) -> None:
        take_many()
        settings.NIK_KEYS = {**settings.NIK_KEYS, 2: os.urandom(32)}
        for _batch in rotate(sealed=NIKS, batch=11):
            assert Resident.objects.with_nik(factories.nik_of(5)).get().nik == factories.nik_of(5)
            take_many()  # the same list once more
        assert Resident.objects.count() == MANY

    def test_says_nothing_of_a_change_to_the_person(self, new_key: bytes) -> None:
        take_many()
        before = set(Resident.objects.values_list("pk", "updated_at"))
        call_command("rotate_nik_keys")
        assert set(Resident.objects.values_list("pk", "updated_at")) == before

    def test_reseals_the_second_factors_too(self, settings: Any) -> None:
        adapter = FactorAdapter()
        user = User.objects.create_user("petugas")
        Authenticator.objects.create(user=user, type="totp", data={"secret": adapter.encrypt("ABC")})
        settings.NIK_KEYS = {**settings.NIK_KEYS, 2: os.urandom(32)}
        call_command("rotate_nik_keys")
        del settings.NIK_KEYS[1]
        assert adapter.decrypt(Authenticator.objects.get().data["secret"]) == "ABC"

    def test_stops_at_a_value_that_no_key_opens(self, settings: Any) -> None:
        take_many()
        settings.NIK_KEYS = {2: os.urandom(32)}
        with pytest.raises(VaultError):
            call_command("rotate_nik_keys")
        assert versions(sealed=NIKS) == {1: MANY}


@pytest.mark.django_db(transaction=True)
class TestBesideTheOffice:
    def test_leaves_a_row_that_somebody_holds_for_later(self, settings: Any) -> None:
        take_many()
        settings.NIK_KEYS = {**settings.NIK_KEYS, 2: os.urandom(32)}
        held, done = Flag(), Flag()

        def clerk() -> None:
            with transaction.atomic():
                Resident.objects.select_for_update().order_by("pk").first()
                held.set()
                done.wait(30)
            connection.close()

        thread = Thread(target=clerk)
        thread.start()
        assert held.wait(30)
        try:
            assert sum(rotate(sealed=NIKS)) == MANY - 1
        finally:
            done.set()
            thread.join()
        call_command("rotate_nik_keys")
        assert versions(sealed=NIKS) == {2: MANY}
