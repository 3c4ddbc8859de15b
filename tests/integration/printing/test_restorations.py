"""Does an office that went back to a backup wait for a person before it prints again?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from printing.models import MatchRun, Printer
from printing.selectors import status
from printing.selectors.shifts import office_prints, prints_now
from printing.services import restorations
from registry.central.throttle import Snapshot
from registry.models import Office, Restoration
from registry.selectors.restorations import unreleased
from registry.selectors.tallies import by_state
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOW  # a Tuesday morning
SEEN = Snapshot(state="holding")


@pytest.fixture
def office() -> Office:
    return factories.an_office()


@pytest.fixture
def restoration() -> Restoration:
    return Restoration.objects.create(at=NOW, backup="ektp-1", backed_up_at=NOW - timedelta(hours=9))


def compare(office: Office, *, minutes: int, heard: bool = True) -> None:
    MatchRun.objects.create(office=office, at=NOW + timedelta(minutes=minutes), centre_heard=heard)


class TestRestoredOffice:
    def test_prints_nothing_and_says_why(self, office: Office, restoration: Restoration) -> None:
        printer = Printer.objects.create(office=office, name="1", driver="memory", address="1")

        assert not office_prints(office=office, now=NOW)
        assert not prints_now(printer=printer, now=NOW)
        gate = status.gate(office=office, throttle=SEEN, counts=by_state(office=office), now=NOW)
        assert gate.name == "restored"

    def test_prints_again_once_it_is_released(self, office: Office, restoration: Restoration) -> None:
        compare(office, minutes=5)

        restorations.release(
            restoration=restoration, office=office, why=" sudah  dicari ", actor="siti", now=NOW
        )

        restoration.refresh_from_db()
        assert (restoration.released_by, restoration.why) == ("siti", "sudah dicari")
        assert office_prints(office=office, now=NOW)

    @pytest.mark.parametrize("runs", [[], [(-5, True)], [(5, False)]], ids=["never", "before", "unheard"])
    def test_is_not_released_before_its_books_were_compared(
        self, office: Office, restoration: Restoration, runs: list[tuple[int, bool]]
    ) -> None:
        for minutes, heard in runs:
            compare(office, minutes=minutes, heard=heard)

        with pytest.raises(restorations.ReleaseRefused):
            restorations.release(restoration=restoration, office=office, why="ya", actor="siti", now=NOW)

    def test_is_not_released_without_a_reason(self, office: Office, restoration: Restoration) -> None:
        compare(office, minutes=5)

        with pytest.raises(ValidationError):
            restorations.release(restoration=restoration, office=office, why="  ", actor="siti", now=NOW)

    def test_that_went_back_twice_is_released_by_the_last(
        self, office: Office, restoration: Restoration
    ) -> None:
        again = Restoration.objects.create(at=NOW, backup="ektp-2", backed_up_at=NOW)
        compare(office, minutes=5)

        restorations.release(restoration=again, office=office, why="ya", actor="siti", now=NOW)

        assert unreleased() is None


class TestPage:
    def test_lets_a_supervisor_release(self, office: Office, admin_client: Client) -> None:
        Restoration.objects.create(at=timezone.now() - timedelta(hours=1), backup="b", backed_up_at=NOW)
        url = reverse("admin:printing_finding_changelist")
        release = reverse("admin:printing_finding_release")
        assert "Lepaskan pencetakan" in admin_client.get(url).content.decode()

        refused = admin_client.post(release, {"why": "ya"}, follow=True).content.decode()
        assert "pusat harus menjawab" in refused
        MatchRun.objects.create(office=office, at=timezone.now(), centre_heard=True)
        done = admin_client.post(release, {"why": "ya"}, follow=True).content.decode()

        assert "Kantor mencetak lagi." in done
        assert "Lepaskan pencetakan" not in done

    def test_is_named_on_the_first_page(self, office: Office, admin_client: Client) -> None:
        Restoration.objects.create(at=NOW, backup="b", backed_up_at=NOW)

        page = admin_client.get(reverse("admin:index")).content.decode()

        assert "pemulihan cadangan" in page
        assert reverse("admin:printing_finding_changelist") in page
