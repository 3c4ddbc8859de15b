"""Does the short way in write the same rows as the long one?"""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from printing.api.recordings import RecordingSent, _districts, _enrolment
from printing.models import CardRequest
from printing.services import deliveries
from registry.api.manners.fields import read
from registry.models import Event, Recording, Resident
from registry.services.intake import Enrolment
from tests import factories
from tests.devices import Speaker, a_recording

OWN = {"id", "receipt", "nik_sealed", "nik_index", "family_card_sealed", "resident", "recording", "request"}


def an_enrolment(office_id: int, number: int) -> Enrolment:
    sent = read(RecordingSent, a_recording(number))
    return _enrolment(sent, _districts(office_id, [sent["district"]]))


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
        self, device: Speaker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now, who = timezone.now(), device.device
        deliveries.deliver(enrolments=[an_enrolment(who.office_id, 1)], device=who, now=now)
        monkeypatch.setattr(deliveries, "welcome", lambda **_asked: None)
        deliveries.deliver(enrolments=[an_enrolment(who.office_id, 2)], device=who, now=now)

        short, long = rows_of(1), rows_of(2)

        ignored = {"name", "recorded_at", "created_at", "updated_at"}
        assert len(short) == 5
        for one, other in zip(short, long, strict=True):
            assert {k: v for k, v in one.items() if k not in ignored} == {
                k: v for k, v in other.items() if k not in ignored
            }

    def test_knows_its_request_by_the_event(self, device: Speaker) -> None:
        who = device.device
        done = deliveries.deliver(enrolments=[an_enrolment(who.office_id, 1)], device=who, now=timezone.now())
        request = CardRequest.objects.get(receipt=done[0].receipt)
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
