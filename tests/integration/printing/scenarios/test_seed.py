"""Does an empty database become the office of the story, once, however often it is interrupted?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.utils import timezone

from ektp_project.embedded.machinery import machinery
from printing.models import CardRequest, ExtraShift, ImportBatch, Printer
from printing.models.imports import ImportState
from printing.scenarios import karimun_2017
from printing.scenarios.karimun_2017 import SEEN_UNTIL, Size, seed
from printing.scenarios.logins import DEMO_LOGINS
from printing.selectors.shifts import current_shift
from printing.services import imports, shifts
from printing.states import HoldReason, RequestState
from registry.models import BlankBalance, BlankReceipt, Office, Recording
from registry.states import Place, RecordingState
from tests import factories

pytestmark = pytest.mark.django_db

SMALL = Size(waiting=320, late=12)


class Killed(Exception):
    """Somebody pulled the plug."""


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CENTRAL_URL = ""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, for tests only


def seed_small(folder: Path, **more: Any) -> Office:
    return seed(**{"folder": folder, "central_url": "", "now": timezone.now(), "size": SMALL, **more})


def everything() -> dict[str, int]:
    counted = (BlankReceipt, CardRequest, ExtraShift, ImportBatch, Office, Printer, Recording, User)
    return {model.__name__: model._default_manager.count() for model in counted}


class TestSeed:
    def test_lets_everybody_of_both_lists_in(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        batches = ImportBatch.objects.all()
        assert [(batch.accepted, batch.rejected, batch.warnings) for batch in batches.order_by("id")] == [
            (320, 0, 0),
            (12, 0, 0),
        ]
        assert {batch.state for batch in batches} == {ImportState.DONE}

    def test_follows_the_long_list_and_has_the_late_ones_still_to_deliver(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        delivered = Recording.objects.filter(state=RecordingState.SUBMITTED)
        assert delivered.count() == 320
        assert not delivered.filter(recorded_at__date__gt=SEEN_UNTIL).exists()
        assert Recording.objects.filter(state=RecordingState.RECORDED).count() == 12

    def test_holds_all_until_the_centre_sees_them(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        states = set(CardRequest.objects.values_list("state", "hold_reason"))
        assert states == {(RequestState.HELD, HoldReason.NOT_VISIBLE)}

    def test_books_18_000_blanks_in_four_deliveries(self, tmp_path: Path) -> None:
        office = seed_small(tmp_path)
        assert BlankReceipt.objects.count() == 4
        assert BlankBalance.objects.get(office=office, place=Place.STORE).quantity == 18_000

    def test_places_printers_whose_folders_are_there(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        trays = [Path(address) for address in Printer.objects.values_list("address", flat=True)]
        assert len(trays) == 2
        assert all((tray / "printer.json").exists() for tray in trays)

    def test_opens_the_office(self, tmp_path: Path) -> None:
        now = timezone.now()
        office = seed_small(tmp_path, now=now)
        assert ExtraShift.objects.count() == 1
        assert current_shift(office=office, now=now) is not None

    def test_lets_each_demo_login_in(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        for name, login in DEMO_LOGINS.items():
            user = authenticate(HttpRequest(), username=name, password=login.password)
            assert user is not None
            assert user.is_superuser or user.groups.count() == 1  # type: ignore[attr-defined]

    def test_keeps_a_clerk_from_the_blanks(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        clerk, supervisor = User.objects.get(username="petugas"), User.objects.get(username="supervisor")
        assert not clerk.has_perm("registry.add_blankreceipt")
        assert supervisor.has_perm("registry.add_blankreceipt")


class TestSeedAgain:
    def test_changes_nothing(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        before = everything()
        seed_small(tmp_path)
        assert everything() == before

    def test_leaves_a_changed_password(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        admin = User.objects.get(username="admin")
        admin.set_password("another one, and longer")
        admin.save()
        seed_small(tmp_path)
        assert authenticate(HttpRequest(), username="admin", password="another one, and longer") is not None

    def test_follows_a_clone_that_was_moved(self, tmp_path: Path) -> None:
        seed_small(tmp_path / "before")
        (tmp_path / "before").rename(tmp_path / "after")
        seed_small(tmp_path / "after")
        trays = [Path(address) for address in Printer.objects.values_list("address", flat=True)]
        assert all(tray.is_relative_to(tmp_path / "after") for tray in trays)

    def test_leaves_a_shift_called_off(self, tmp_path: Path) -> None:
        seed_small(tmp_path)
        shifts.cancel_shift(shift=ExtraShift.objects.get(), actor="supervisor", now=timezone.now())
        seed_small(tmp_path)
        assert ExtraShift.objects.count() == 1

    def test_goes_on_where_it_was_killed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(imports, "CHUNK", 100)

        def die_after_two_chunks(sentence: str) -> None:
            if "200 of" in sentence:
                raise Killed

        with pytest.raises(Killed):
            seed_small(tmp_path, told=die_after_two_chunks)
        assert Recording.objects.count() == 200
        seed_small(tmp_path)
        assert Recording.objects.count() == 332
        assert ImportBatch.objects.count() == 2
        assert Recording.objects.filter(state=RecordingState.SUBMITTED).count() == 320


class TestCentre:
    @pytest.fixture
    def centre(self, tmp_path: Path) -> Iterator[str]:
        with machinery(folder=tmp_path / "centre", environment={}) as whole:
            yield whole.start_centre()

    def test_knows_the_people_and_is_disturbed(self, tmp_path: Path, centre: str) -> None:
        seed_small(tmp_path, central_url=centre)
        assert httpx2.get(f"{centre}/control/stats").json()["people"] == 320
        knobs = httpx2.get(f"{centre}/control/settings").json()
        assert {name: knobs[name] for name in karimun_2017.DISTURBED} == karimun_2017.DISTURBED

    def test_keeps_the_knobs_that_a_person_turned(self, tmp_path: Path, centre: str) -> None:
        seed_small(tmp_path, central_url=centre)
        httpx2.patch(f"{centre}/control/settings", json={"capacity": 40})
        seed_small(tmp_path, central_url=centre)
        assert httpx2.get(f"{centre}/control/settings").json()["capacity"] == 40

    def test_of_somebody_else_is_left_alone(self, tmp_path: Path) -> None:
        said: list[str] = []
        seed_small(tmp_path, central_url="http://127.0.0.1:9", told=said.append)  # the discard port
        assert "no control API" in said[-1]
        assert Recording.objects.count() == 332


class TestCommand:
    def test_makes_only_the_office_and_logins_when_no_story_is_wished(self, settings: Any) -> None:
        settings.SCENARIO = "none"
        call_command("seed_scenario")
        assert everything() == {
            "BlankReceipt": 0,
            "CardRequest": 0,
            "ExtraShift": 0,
            "ImportBatch": 0,
            "Office": 1,
            "Printer": 0,
            "Recording": 0,
            "User": len(DEMO_LOGINS),
        }

    def test_makes_no_demo_login_in_an_office(self, settings: Any) -> None:
        settings.DEMO = False
        call_command("seed_scenario")
        assert (Office.objects.count(), User.objects.count()) == (1, 0)

    def test_adds_nobody_to_people_of_another_story(self) -> None:
        factories.take(factories.an_office(), 1)
        call_command("seed_scenario")
        assert Recording.objects.count() == 1

    def test_refuses_to_mix_stories(self, settings: Any) -> None:
        settings.SCENARIO = "karimun-2017"
        factories.take(factories.an_office(), 1)
        with pytest.raises(CommandError, match="not of this scenario"):
            call_command("seed_scenario")

    def test_refuses_made_up_people_outside_the_demo(self, settings: Any) -> None:
        settings.DEMO, settings.SCENARIO = False, "karimun-2017"
        with pytest.raises(CommandError, match="demo only"):
            call_command("seed_scenario")

    def test_names_the_stories_it_knows(self, settings: Any) -> None:
        settings.SCENARIO = "batam-2018"
        with pytest.raises(CommandError, match="karimun-2017 or none"):
            call_command("seed_scenario")
