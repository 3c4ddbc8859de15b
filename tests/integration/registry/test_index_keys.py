"""Can the key of the blind index be replaced while the office works, and no NIK be taken in twice?"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from threading import Event as Flag
from threading import Thread, local
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from registry.models import DeviceInvitation, Recording, Resident
from registry.services import devices, index_keys
from registry.services.index_keys import CannotRotate
from tests import factories

MANY = 30
KEYS = {version: os.urandom(32) for version in (2, 3)}


class Rings(Mapping[int, bytes]):
    """The index keys that *this thread* was started with: each thread stands for a process."""

    def __init__(self, first: bytes) -> None:
        self.keys_of = {1: first, **KEYS}
        self.own = local()

    def hold(self, *versions: int) -> None:
        self.own.versions = versions

    def __getitem__(self, version: int) -> bytes:
        if version not in self.own.versions:
            raise KeyError(version)
        return self.keys_of[version]

    def __iter__(self) -> Iterator[int]:
        return iter(self.own.versions)

    def __len__(self) -> int:
        return len(self.own.versions)


@pytest.fixture
def rings(settings: Any) -> Rings:
    """This thread begins with key 1 alone."""
    settings.NIK_INDEX_KEYS = rings = Rings(settings.NIK_INDEX_KEYS[1])
    rings.hold(1)
    return rings


@pytest.fixture
def _back_to_the_first_key(transactional_db: None) -> Iterator[None]:
    """A constraint outlives the rows that a test leaves behind."""
    yield
    with connection.cursor() as cursor:
        for version in index_keys.asked_for():
            cursor.execute(f"ALTER TABLE registry_resident DROP CONSTRAINT resident_index_key_{version}")
        cursor.execute(
            "ALTER TABLE registry_resident ADD CONSTRAINT resident_index_key_1"
            " CHECK (nik_index IS NOT NULL AND octet_length(nik_index) = 32) NOT VALID"
        )
        cursor.execute("UPDATE pg_constraint SET convalidated = true WHERE conname = 'resident_index_key_1'")


def take_many() -> None:
    factories.take(factories.an_office(), *range(1, MANY + 1))
    with connection.cursor() as cursor:  # as at a commit: a table with pending checks cannot be altered
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def take_or_be_refused(*numbers: int) -> str:
    """``taken``, or ``refused`` by the constraint of a key that this process does not know."""
    try:
        factories.take(factories.an_office(), *numbers)
    except IntegrityError as error:
        if "resident_index_key" not in str(error):
            raise
        return "refused"
    return "taken"


def are_found() -> bool:
    return all(Resident.objects.with_nik(factories.nik_of(number)).exists() for number in range(1, MANY + 1))


@pytest.mark.django_db
class TestCommand:
    def test_brings_everybody_under_the_new_key_and_lets_the_old_one_go(self, rings: Rings) -> None:
        take_many()
        rings.hold(1, 2)
        call_command("rotate_nik_index", "--batch", "7")
        assert index_keys.asked_for() == {1: True, 2: True}
        assert are_found()

        call_command("rotate_nik_index", "--retire", "1")
        assert index_keys.asked_for() == {2: True}
        rings.hold(2)
        call_command("rotate_nik_index", "--retire", "1")
        assert not Resident.objects.filter(nik_index__isnull=False).exists()
        assert are_found()

    def test_goes_round_again_with_a_third_key(self, rings: Rings) -> None:
        take_many()
        for old, new in ((1, 2), (2, 3)):
            rings.hold(old, new)
            call_command("rotate_nik_index")
            call_command("rotate_nik_index", "--retire", str(old))
            rings.hold(new)
            call_command("rotate_nik_index", "--retire", str(old))
        take_many()
        assert (Resident.objects.count(), are_found()) == (MANY, True)

    def test_goes_on_where_it_was_interrupted(self, rings: Rings) -> None:
        take_many()
        rings.hold(1, 2)
        index_keys.begin(version=2)
        batches = index_keys.fill(version=2, batch=10)
        assert next(batches) == 10
        batches.close()  # killed
        with pytest.raises(CannotRotate, match="20 residents are not yet indexed"):
            index_keys.complete(version=2)
        assert sum(index_keys.fill(version=2)) == MANY - 10
        call_command("rotate_nik_index")
        call_command("rotate_nik_index")  # and once too often
        assert index_keys.asked_for() == {1: True, 2: True}

    def test_finds_people_and_knows_their_recordings_throughout(self, rings: Rings) -> None:
        take_many()
        rings.hold(1, 2)
        index_keys.begin(version=2)
        for _batch in index_keys.fill(version=2, batch=11):
            take_many()  # the same list once more
            assert are_found()
        index_keys.complete(version=2)
        index_keys.retire(version=1, now=timezone.now())
        rings.hold(2)
        take_many()  # the ids of these recordings came from a key that is gone
        assert (Resident.objects.count(), Recording.objects.count()) == (MANY, MANY)

    def test_says_nothing_of_a_change_to_the_person(self, rings: Rings) -> None:
        take_many()
        before = set(Resident.objects.values_list("pk", "updated_at"))
        rings.hold(1, 2)
        call_command("rotate_nik_index")
        assert set(Resident.objects.values_list("pk", "updated_at")) == before

    def test_names_the_residents_whom_no_key_opens(self, rings: Rings) -> None:
        take_many()
        lost = Resident.objects.order_by("pk").first()
        assert lost is not None
        Resident.objects.filter(pk=lost.pk).update(nik_sealed=b"\x09" + bytes(lost.nik_sealed)[1:])
        rings.hold(1, 2)
        with pytest.raises(CommandError, match=f"1 NIKs do not open with any key: residents {lost.pk}"):
            call_command("rotate_nik_index")
        with pytest.raises(CommandError, match="keep key 1"):
            call_command("rotate_nik_index", "--retire", "1")


@pytest.mark.django_db
class TestRetire:
    def test_refuses_the_only_key(self, rings: Rings) -> None:
        take_many()
        with pytest.raises(CommandError, match="no other key of this machine is proven"):
            call_command("rotate_nik_index", "--retire", "1")

    def test_refuses_while_the_new_key_does_not_find_everybody(self, rings: Rings) -> None:
        take_many()
        rings.hold(1, 2)
        index_keys.begin(version=2)
        with pytest.raises(CommandError, match="keep key 1"):
            call_command("rotate_nik_index", "--retire", "1")

    def test_waits_for_open_codes_and_names_them(self, rings: Rings) -> None:
        take_many()
        device = devices.register(
            name="Kios", office=factories.an_office(), scopes=["status"], now=timezone.now()
        )
        code = devices.invite(device=device, now=timezone.now(), actor="test")
        rings.hold(1, 2)
        call_command("rotate_nik_index")
        with pytest.raises(
            CommandError, match=r"key 1 is still needed: 1 open codes \(registry.DeviceInvitation\)"
        ):
            call_command("rotate_nik_index", "--retire", "1")
        assert devices.redeem(code=code, now=timezone.now()) is not None
        call_command("rotate_nik_index", "--retire", "1")
        assert DeviceInvitation.objects.count() == 1

    def test_is_told_when_a_key_is_gone_that_the_rows_ask_for(self, rings: Rings) -> None:
        take_many()
        rings.hold(2)
        with pytest.raises(CommandError, match=r"NIK_INDEX_KEY has no key \[1\]"):
            call_command("rotate_nik_index", "--check")


def not_begun(_rings: Rings) -> None:
    """Every row is asked for key 1."""


def begun(rings: Rings) -> None:
    """Key 2 is asked of new rows, and half of the old ones have it."""
    rings.hold(1, 2)
    index_keys.begin(version=2)
    next(index_keys.fill(version=2, batch=MANY // 2))


def completed(rings: Rings) -> None:
    begun(rings)
    call_command("rotate_nik_index")


def retired(rings: Rings) -> None:
    completed(rings)
    index_keys.retire(version=1, now=timezone.now())


def cleared(rings: Rings) -> None:
    retired(rings)
    call_command("rotate_nik_index", "--retire", "1")


STAGES = (not_begun, begun, completed, retired, cleared)
STARTED_WITH = ((1,), (1, 2), (2,), (2, 3), (3,))


@pytest.mark.django_db
class TestEveryStageWithEveryProcess:
    @pytest.mark.parametrize(("stage", "versions"), list(product(STAGES, STARTED_WITH)))
    def test_somebody_who_is_there_is_known_or_refused_but_never_added(
        self, rings: Rings, stage: Callable[[Rings], None], versions: tuple[int, ...]
    ) -> None:
        take_many()
        stage(rings)
        rings.hold(*versions)
        for number in range(1, MANY + 1):
            take_or_be_refused(number)
        rings.hold(1, 2, 3)
        assert Resident.objects.count() == MANY
        assert Recording.objects.count() == MANY

    @pytest.mark.parametrize("stage", STAGES)
    def test_a_process_with_both_keys_always_works(
        self, rings: Rings, stage: Callable[[Rings], None]
    ) -> None:
        take_many()
        stage(rings)
        rings.hold(1, 2)
        factories.take(factories.an_office(), *range(1, MANY + 11))
        assert Resident.objects.count() == MANY + 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_back_to_the_first_key")
class TestBesideTheOffice:
    def test_a_row_that_is_held_to_the_end_is_waited_for(self, rings: Rings) -> None:
        take_many()
        held, let_go = Flag(), Flag()

        def clerk() -> None:
            with transaction.atomic():
                Resident.objects.select_for_update().order_by("-pk").first()
                held.set()
                let_go.wait(60)
            connection.close()

        def until_somebody_waits_for_it() -> None:
            waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype <> 'relation'"
            with connection.cursor() as cursor:
                while not let_go.is_set():
                    cursor.execute(waiting)
                    if cursor.fetchone():
                        let_go.set()
            connection.close()

        rings.hold(1, 2)
        index_keys.begin(version=2)
        threads = [Thread(target=clerk), Thread(target=until_somebody_waits_for_it)]
        for thread in threads:
            thread.start()
            held.wait(60)
        try:
            moved = sum(index_keys.fill(version=2, batch=7))
        finally:
            let_go.set()
            for thread in threads:
                thread.join()
        assert moved == MANY
        index_keys.complete(version=2)

    def test_four_stations_and_a_rotation_make_one_resident_of_each_nik(self, rings: Rings) -> None:
        """Each station is restarted with other keys as it goes, none of them in step with the rotation."""
        take_many()
        stop, outcomes = Flag(), Counter[str]()

        def station(seed: int) -> None:
            chance = random.Random(seed)
            while not stop.is_set():
                rings.hold(*chance.choice([(1,), (1, 2), (1, 2), (2,)]))
                numbers = chance.sample(range(1, 200), 5)
                outcomes[take_or_be_refused(*numbers)] += 1
            connection.close()

        threads = [Thread(target=station, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        try:
            rings.hold(1, 2)
            call_command("rotate_nik_index", "--batch", "5", "--pause", "0.02")
            call_command("rotate_nik_index", "--retire", "1", "--batch", "5", "--pause", "0.02")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        call_command("rotate_nik_index", "--retire", "1")  # what stations with both keys wrote meanwhile

        niks = Counter(resident.nik for resident in Resident.objects.all())
        assert max(niks.values()) == 1
        assert not Resident.objects.filter(nik_index__isnull=False).exists()
        assert min(outcomes["taken"], outcomes["refused"]) > 0
        rings.hold(2)
        assert all(Resident.objects.with_nik(nik).count() == 1 for nik in niks)
