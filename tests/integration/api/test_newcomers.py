"""Does the short way in write the same rows as the long one?"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from printing.api import recordings
from printing.models import CardRequest
from registry.models import Event, Notice, Office, Recording, Resident, StoredAnswer
from tests import factories
from tests.devices import Speaker, a_device, a_recording, problem

OWN = {"id", "receipt", "nik_sealed", "nik_index", "family_card_sealed", "resident", "recording", "request"}
RACERS = 8
MOMENTS = {"recorded_at", "received_at", "created_at", "updated_at", "state_since", "due_at", "at"}


@pytest.fixture
def no_shortcut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "welcome", lambda **_asked: False)


def rows_of(number: int) -> list[dict[str, Any]]:
    """Everything that was written about one person, without what is each row's own."""
    (resident,) = Resident.objects.with_nik(factories.nik_of(number))
    rows = [
        resident,
        *Recording.objects.filter(resident=resident),
        *CardRequest.objects.filter(resident=resident),
    ]
    told = [
        {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields} for row in rows
    ]
    events = Event.objects.filter(resident=resident).order_by("subject")
    facts = events.values("at", "subject", "source", "target", "why", "actor")
    return [
        {name: value for name, value in row.items() if name.removesuffix("_id") not in OWN} for row in told
    ] + list(facts)


class TestWelcome:
    def test_writes_the_rows_of_the_ordinary_way(
        self, device: Speaker, request: pytest.FixtureRequest
    ) -> None:
        short_answer = device.post("recordings", a_recording(1)).json()
        request.getfixturevalue("no_shortcut")
        long_answer = device.post("recordings", a_recording(2)).json()

        short, long = rows_of(1), rows_of(2)

        own = {"name"} | MOMENTS
        assert len(short) == 5
        for one, other in zip(short, long, strict=True):
            assert {k: v for k, v in one.items() if k not in own} == {
                k: v for k, v in other.items() if k not in own
            }
            assert {k for k in one if one[k] is None} == {k for k in other if other[k] is None}
        told = {"verdict", "state"}
        assert short_answer.keys() == long_answer.keys()
        assert {k: short_answer[k] for k in told} == {k: long_answer[k] for k in told}

    def test_asks_two_questions_in_all(self, office: Office, django_assert_num_queries: Any) -> None:
        station = a_device(office, "recordings")
        station.post("recordings", a_recording(1))
        with django_assert_num_queries(2):  # whose key this is, and everything else
            assert station.post("recordings", a_recording(2)).status_code == 201

    def test_stores_its_answer_with_it(self, device: Speaker) -> None:
        first = device.post("recordings", a_recording(1), key="k" * 16)
        again = device.post("recordings", a_recording(1), key="k" * 16)
        own = {"server_time", "request_id"}
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.status_code == 201
        assert {k: v for k, v in again.json().items() if k not in own} == {
            k: v for k, v in first.json().items() if k not in own
        }

    def test_takes_nobody_in_under_a_key_that_was_used(self, device: Speaker) -> None:
        device.post("recordings", a_recording(1), key="k" * 16)
        assert problem(device.post("recordings", a_recording(2), key="k" * 16)) == "idempotency-key-reused"
        assert Resident.objects.count() == 1

    def test_takes_nobody_in_from_another_offices_district(self, device: Speaker) -> None:
        answer = device.post("recordings", a_recording(1, district="21.03.01"))
        assert answer.json()["errors"][0]["field"] == "district"
        assert (Resident.objects.count(), StoredAnswer.objects.count()) == (0, 0)

    def test_tells_followers_from_the_first_event_on(self, office: Office) -> None:
        for scopes in (("recordings",), ("recordings", "events")):
            follower = a_device(office, *scopes, name=" ".join(scopes))
            follower.post("recordings", a_recording(len(scopes)))
        told = Notice.objects.order_by("id").values_list("device__name", "event__subject", "event__target")
        assert list(told) == [
            ("recordings events", "recording", "recorded"),
            ("recordings events", "request", "held"),
        ]

    def test_knows_its_request_by_the_event(self, device: Speaker) -> None:
        receipt = device.post("recordings", a_recording(1)).json()["receipt"]
        request = CardRequest.objects.get(receipt=receipt)
        assert Event.objects.get(subject="request").subject_id == str(request.pk)
        assert Event.objects.get(subject="recording").subject_id == str(request.recording_id)

    def test_leaves_nothing_of_a_recording_number_that_is_taken(self, device: Speaker) -> None:
        device.post("recordings", a_recording(1))
        stolen = a_recording(2, recording_id=a_recording(1)["recording_id"])
        answer = device.post("recordings", stolen)
        assert answer.status_code == 409
        assert Resident.objects.count() == 1

    def test_gives_the_known_the_receipt_they_have(self, device: Speaker) -> None:
        first = device.post("recordings", a_recording(1))
        again = device.post("recordings", a_recording(1))
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["receipt"] == first.json()["receipt"]
        assert again.json()["verdict"] == "known"


@pytest.mark.django_db(transaction=True)
class TestARace:
    def test_makes_one_person_of_what_comes_eight_times_at_once(self, transactional_db: None) -> None:
        answers = at_once([a_recording(1)] * RACERS)
        assert sorted(answer.json()["verdict"] for answer in answers) == ["known"] * (RACERS - 1) + ["new"]
        assert len({answer.json()["receipt"] for answer in answers}) == 1
        assert (Resident.objects.count(), CardRequest.objects.count()) == (1, 1)

    def test_gives_a_recordings_number_to_one_person(self, transactional_db: None) -> None:
        number = a_recording(1)["recording_id"]
        answers = at_once([a_recording(place, recording_id=number) for place in range(1, 1 + RACERS)])
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * (RACERS - 1)
        assert (Resident.objects.count(), StoredAnswer.objects.count()) == (1, 1)

    def test_does_so_on_the_ordinary_way_too(self, transactional_db: None, no_shortcut: None) -> None:
        self.test_gives_a_recordings_number_to_one_person(transactional_db)


def at_once(bodies: Sequence[Any]) -> list[Any]:
    """The answers to what several threads of the web server get together, each under a key of its own."""
    station = a_device(factories.an_office(), "recordings")
    start = Barrier(len(bodies))

    def deliver(body: Any) -> Any:
        try:
            start.wait()
            return Speaker(station.device, station.key).post("recordings", body)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(deliver, bodies))
