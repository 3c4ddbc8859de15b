"""Can a NIK key be replaced while the office works, and is an interrupted rotation finished later?"""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from ektp_project.signin.adapters import FactorAdapter
from printing.models import Application
from printing.models.request import CardReason
from printing.services.applications import Claimed, apply, judge
from registry.models import BiometricFile, Recording, Resident, Webhook
from registry.models.resident import vault
from registry.services import biometrics, webhooks
from registry.services.rotation import columns, file_versions, rotate, versions
from registry.vault import VaultError
from tests import factories
from tests.devices import FAMILY_CARD, KINDS, a_device, a_recording

NIKS = next(sealed for sealed in columns() if sealed.column == "nik_sealed")
MANY = 30


@pytest.fixture
def new_key(settings: Any) -> bytes:
    """A key of version 2 beside the old one."""
    key = os.urandom(32)
    settings.NIK_KEYS = {**settings.NIK_KEYS, 2: key}
    return key


@pytest.fixture
def files_elsewhere(settings: Any, tmp_path: Path) -> None:
    """Biometric files of this test alone."""
    options = {**settings.STORAGES["biometrics"]["OPTIONS"], "location": tmp_path}
    ours = {**settings.STORAGES["biometrics"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "biometrics": ours}


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

    def test_takes_along_answers_claims_family_cards_webhooks_and_files(
        self, settings: Any, files_elsewhere: None
    ) -> None:
        """Everything that is sealed, once; then the old key is gone."""
        kiosk = a_device(factories.an_office())
        piece = b"photo " * 100
        files = {kind: {"sha256": hashlib.sha256(piece).hexdigest(), "bytes": len(piece)} for kind in KINDS}
        sent = a_recording(1, files=files)
        taken = kiosk.post("recordings", sent, key="the-same-key-of-it")
        assert taken.status_code == 201, taken.content
        recording = Recording.objects.get()
        for offset in (0, 300):
            part = piece[offset : offset + 300]
            biometrics.take_piece(
                recording=recording, kind="photo", offset=offset, piece=part, now=factories.NOW
            )
        _webhook, secret = webhooks.add(device=kiosk.device, url="https://example.org/", now=factories.NOW)
        who = Claimed(factories.nik_of(1), date(1985, 1, 1), FAMILY_CARD)
        apply(who=who, reason=CardReason.LOST, papers=[], device=kiosk.device, now=factories.NOW)

        settings.NIK_KEYS = {**settings.NIK_KEYS, 2: os.urandom(32)}
        call_command("rotate_nik_keys")
        del settings.NIK_KEYS[1]

        assert all(versions(sealed=sealed).keys() == {2} for sealed in columns())
        again = kiosk.post("recordings", sent, key="the-same-key-of-it")
        assert (again.headers["Idempotent-Replayed"], again.json()["receipt"]) == (
            "true",
            taken.json()["receipt"],
        )
        assert b"".join(biometrics.read(file=BiometricFile.objects.get())) == piece
        webhook = Webhook.objects.get()
        assert vault().open(bytes(webhook.secret_sealed), bound_to=webhook.bond) == secret
        assert Resident.objects.get().is_of_family_card(FAMILY_CARD)
        assert judge(now=factories.NOW) == 1
        assert Application.objects.get().claim_sealed is None

    def test_leaves_a_file_readable_when_it_dies_between_two_pieces(
        self, settings: Any, files_elsewhere: None
    ) -> None:
        kiosk = a_device(factories.an_office())
        piece = b"iris " * 100
        files = {kind: {"sha256": hashlib.sha256(piece).hexdigest(), "bytes": len(piece)} for kind in KINDS}
        kiosk.post("recordings", a_recording(1, files=files))
        for offset in (0, 250):
            biometrics.take_piece(
                recording=Recording.objects.get(),
                kind="iris",
                offset=offset,
                piece=piece[offset : offset + 250],
                now=factories.NOW,
            )
        settings.NIK_KEYS = {**settings.NIK_KEYS, 2: os.urandom(32)}
        file = BiometricFile.objects.get()
        biometrics._write(file, place=0, piece=piece[:250])  # killed here: the row says key 1
        assert file_versions() == {1: 1}
        assert b"".join(biometrics.read(file=file)) == piece
        with pytest.raises(CommandError, match="need an older key"):
            call_command("rotate_nik_keys", "--check")
        call_command("rotate_nik_keys")
        del settings.NIK_KEYS[1]
        assert b"".join(biometrics.read(file=file)) == piece

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
