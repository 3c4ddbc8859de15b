"""Is a key that this process remembers still asked for, before anything is done or told?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from printing.models import CardRequest
from registry.api.manners.view import ApiView
from registry.models import Device, DeviceKey, Office, Recording
from registry.models.device import Scope
from registry.services import devices
from tests.devices import Speaker, a_device, a_recording, problem

Change = Callable[[Speaker], Any]


def revoke(speaker: Speaker) -> None:
    devices.revoke(device=speaker.device, actor="petugas", now=timezone.now())


def end_key(speaker: Speaker) -> None:
    DeviceKey.objects.filter(prefix=speaker.key[:12]).update(expires_at=timezone.now())


def lose_scopes(speaker: Speaker) -> None:
    Device.objects.filter(pk=speaker.device.pk).update(scopes=[Scope.EVENTS])


def move(speaker: Speaker) -> None:
    Device.objects.filter(pk=speaker.device.pk).update(networks=["10.99.0.0/16"])


def another_office(speaker: Speaker) -> None:
    Device.objects.filter(pk=speaker.device.pk).update(office=Office.objects.create(code="99.99", name="X"))


def delete(speaker: Speaker) -> None:
    speaker.device.keys.all().delete()


SHUT_OUT: list[tuple[Change, int]] = [
    (revoke, 401),
    (end_key, 401),
    (delete, 401),
    (lose_scopes, 403),
    (move, 403),
]


@pytest.fixture
def receipt(device: Speaker) -> str:
    """Of somebody; the device is remembered from now on."""
    told = device.post("recordings", a_recording(1)).json()["receipt"]
    device.get("device")
    assert devices.recall(prefix=device.key[:12], secret=device.key[13:], now=timezone.now())
    return str(told)


class TestRemembered:
    def test_saves_a_question(
        self, office: Office, receipt: str, django_assert_num_queries: Callable[[int], Any]
    ) -> None:
        station = a_device(office, Scope.RECORDINGS, Scope.STATUS, name="Stasiun")
        for _turn in range(2):  # the first leaves a sign of life
            station.post("status-lookups", {"receipt": receipt})
        with django_assert_num_queries(1):
            assert station.post("status-lookups", {"receipt": receipt}).status_code == 200
        with django_assert_num_queries(1):
            assert station.post("recordings", a_recording(2)).status_code == 201

    @pytest.mark.parametrize(("change", "status"), SHUT_OUT)
    def test_tells_nothing_once_the_door_is_shut(
        self, device: Speaker, receipt: str, change: Change, status: int
    ) -> None:
        change(device)
        for body in ({"receipt": receipt}, {"receipt": "nothing"}, {}, b"{"):
            assert device.post("status-lookups", body, Content_Type="application/json").status_code == status

    @pytest.mark.parametrize(("change", "status"), SHUT_OUT)
    def test_does_nothing_once_the_door_is_shut(
        self, device: Speaker, receipt: str, change: Change, status: int
    ) -> None:
        change(device)
        for body in (a_recording(2), a_recording(1), a_recording(3) | {"district": "99.99.99"}, {"nik": 1}):
            assert device.post("recordings", body).status_code == status
        assert device.post("recordings", a_recording(2), key="").status_code == status
        assert (Recording.objects.count(), CardRequest.objects.count()) == (1, 1)

    def test_knows_a_changed_device_as_it_is_now(self, device: Speaker, receipt: str) -> None:
        another_office(device)
        answer = device.post("recordings", a_recording(2))
        assert (answer.status_code, problem(answer)) == (400, "validation")
        assert "district" in str(answer.json()["errors"])

    def test_bears_a_change_that_takes_nothing_away(self, device: Speaker, receipt: str) -> None:
        Device.objects.filter(pk=device.device.pk).update(last_seen_at=timezone.now())
        assert device.post("status-lookups", {"receipt": receipt}).status_code == 200
        Device.objects.filter(pk=device.device.pk).update(last_seen_at=timezone.now())
        assert device.post("recordings", a_recording(2)).status_code == 201

    def test_refuses_another_secret_under_a_known_prefix(self, device: Speaker, receipt: str) -> None:
        wrong = Speaker(device.device, device.key[:-1] + ("A" if device.key[-1] != "A" else "B"))
        assert wrong.post("status-lookups", {"receipt": receipt}).status_code == 401

    def test_asks_again_when_the_device_was_not_seen_for_a_minute(
        self, device: Speaker, receipt: str
    ) -> None:
        later = timezone.now() + 2 * devices.SEEN_EVERY
        assert devices.recall(prefix=device.key[:12], secret=device.key[13:], now=later) is None

    def test_keeps_no_more_than_it_may(
        self, device: Speaker, receipt: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(devices, "MOST_KEPT", 1)
        second = Speaker(device.device, device.post("device-keys", {}).json()["key"])
        second.get("device")
        assert devices.recall(prefix=device.key[:12], secret=device.key[13:], now=timezone.now()) is None

    def test_never_lets_a_view_answer_that_forgot_to_ask(self, device: Speaker, receipt: str) -> None:
        class Forgetful(ApiView):
            remembers_keys = True

            def get(self, request: Request) -> Response:
                return Response({})

        asked = APIRequestFactory().get("/", headers={"Authorization": f"Device {device.key}"})
        with pytest.raises(RuntimeError):
            Forgetful.as_view()(asked)
