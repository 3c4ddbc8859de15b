"""Does a follower hear of a card from its recording to the counter, and is one who does not listen given up?

The whole path: a recording over the REST interface on the real web server, real workers and beat, the
simulated centre, a printer, and followers of somebody else's making.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.test import Client
from django.utils import timezone

from ektp_project.embedded.machinery import Machinery
from registry.models import Office, WebhookDelivery
from registry.models.webhook import DeliveryState
from registry.services.offices import load_office
from registry.services.webhooks import MOST_ATTEMPTS
from tests import factories
from tests.devices import a_device, a_recording
from tests.flow import promises
from tests.flow.test_main_line import a_folder_printer, open_office, told_cards, until
from tests.follower import Follower, a_follower
from tests.installation import installation

PEOPLE = 3
NIKS = [factories.nik_of(number) for number in range(1, PEOPLE + 1)]
STORY = ["waiting", "authorizing", "ready_to_print", "printing", "printed", "ready_for_pickup"]
LIST = "/admin/registry/webhookdelivery/"


@pytest.fixture
def office(transactional_db: None) -> Office:
    """Karimun, with blanks enough."""
    office = load_office()
    factories.stock(office, 10 * PEOPLE)
    return office


@pytest.fixture
def whole(tmp_path: Path, office: Office) -> Iterator[Machinery]:
    """The machinery; nothing runs yet."""
    with installation(tmp_path / "machinery") as whole:
        yield whole


@pytest.fixture
def followers() -> Iterator[dict[str, Follower]]:
    """One that listens, one that fails each message twice, and one that is broken."""
    characters = {"good": {}, "late": {"refuses": 2}, "dead": {"status": 500}}
    with ExitStack() as stack:
        yield {name: stack.enter_context(a_follower(**how)) for name, how in characters.items()}


@pytest.fixture
def station(whole: Machinery, office: Office) -> Iterator[httpx2.Client]:
    """A device of a follower that also records, before the real web server."""
    whole.start_centre("service_seconds=0.01")
    base = f"http://{whole.start_web()}/api/v1/"
    key = {"Authorization": f"Device {a_device(office).key}"}
    with httpx2.Client(base_url=base, headers=key, timeout=60) as client:
        yield client


def post(station: httpx2.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = station.post(path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def feed(station: httpx2.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = station.get("events", params={"limit": 100}).json()["events"]
    return found


def ended(state: DeliveryState, url: str) -> int:
    return WebhookDelivery.objects.filter(webhook__url=url, state=state).count()


def turn_the_clock(url: str) -> None:
    """What waits for its next attempt there is due now: a day and a half pass in a moment."""
    WebhookDelivery.objects.filter(webhook__url=url, state=DeliveryState.WAITING).exclude(
        last_error=""
    ).update(due_at=timezone.now())


class TestFollowers:
    def test_hear_the_whole_story_of_their_requests(
        self,
        tmp_path: Path,
        whole: Machinery,
        office: Office,
        station: httpx2.Client,
        followers: dict[str, Follower],
        admin_client: Client,
    ) -> None:
        a_folder_printer(office, tmp_path / "printer", depth=4)
        open_office(office)
        secrets = {
            name: post(station, "webhooks", {"url": one.url})["secret"] for name, one in followers.items()
        }
        good, late, dead = followers["good"], followers["late"], followers["dead"]
        whole.start_workers()

        receipts = {post(station, "recordings", a_recording(n))["receipt"] for n in range(1, PEOPLE + 1)}
        until(lambda: told_cards() == PEOPLE, "all cards")
        until(lambda: told(good, STORY[-1]) == receipts, "the last news of everybody")

        news = feed(station)
        until(lambda: len(late.taken) == len(news), "all news at the one that fails first")
        until(
            lambda: turn_the_clock(dead.url) or ended(DeliveryState.DEAD, dead.url) == len(news), "giving up"
        )

        for receipt in receipts:
            states = [event["to"] for event in news if event["receipt"] == receipt]
            assert [state for state in states if state in STORY] == STORY
        for one in (good, late):
            assert sorted((message.news for message in one.taken), key=by_id) == news
            assert len({message.id for message in one.taken}) == len(news), "nothing came twice"
        for name, one in followers.items():
            assert all(message.is_signed_with(secrets[name]) for message in one.heard)
        assert_it_waited_longer_each_time(late)
        assert ended(DeliveryState.DELIVERED, good.url) == len(news)

        listed = admin_client.get(LIST, {"state__exact": DeliveryState.DEAD}).context["cl"].queryset
        assert {row.webhook.url for row in listed} == {dead.url}
        assert {(row.attempts >= MOST_ATTEMPTS, row.last_error) for row in listed} == {
            (True, "NotDelivered: HTTP 500")
        }
        dead.status = 204
        chosen = {"action": "send_again", "_selected_action": [row.pk for row in listed]}
        assert admin_client.post(LIST, chosen).status_code == 302
        until(lambda: sorted((one.news for one in dead.taken), key=by_id) == news, "a clerk's second try")

        wire = b"".join(message.body for one in followers.values() for message in one.heard).decode()
        assert {nik for nik in NIKS if nik in wire} == set()
        for folder in (whole.folder, tmp_path / "web"):
            assert promises.leaks_in_logs(folder, niks=NIKS) == set()


def told(follower: Follower, state: str) -> set[str]:
    """The receipts that this follower has heard to be there."""
    return {message.news["receipt"] for message in follower.taken if message.news["to"] == state}


def by_id(news: dict[str, Any]) -> int:
    return int(news["id"])


def assert_it_waited_longer_each_time(follower: Follower) -> None:
    """Five seconds before the second attempt, ten before the third (services/webhooks.py)."""
    times = defaultdict(list)
    for message in follower.heard:
        times[message.id].append(message.at)
    for first, second, third in times.values():
        assert second - first >= 5
        assert third - second >= 10
