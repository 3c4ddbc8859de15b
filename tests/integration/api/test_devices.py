"""Who gets a key, what does it open, and when does it no longer?"""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from registry.models import Device, DeviceKey
from registry.services import devices
from tests.devices import Speaker, a_device, a_recording, problem


class TestKey:
    def test_is_nowhere_in_the_database(self, device: Speaker) -> None:
        secret = device.key.partition(".")[2].encode()
        assert all(secret not in bytes(key.digest) for key in DeviceKey.objects.all())

    @pytest.mark.parametrize(
        "shown", ["", "Device", "Device x", "Bearer {key}", "Device {key}x", "Device {other}", "Basic eDp5"]
    )
    def test_opens_only_when_it_is_right(self, device: Speaker, shown: str) -> None:
        other = "0" * 12 + device.key[12:]
        client = Client()
        answer = client.get(
            "/api/v1/device", headers={"Authorization": shown.format(key=device.key, other=other)}
        )
        assert (answer.status_code, problem(answer)) == (401, "not-authenticated")
        assert answer.headers["WWW-Authenticate"] == 'Device realm="ektp"'

    def test_opens_only_what_its_scopes_say(self, office: Any) -> None:
        kiosk = a_device(office, "status")
        answer = kiosk.post("recordings", a_recording(1))
        assert (answer.status_code, problem(answer)) == (403, "permission-denied")

    def test_opens_only_from_its_networks(self, office: Any) -> None:
        away = a_device(office, "status", networks=("10.21.2.0/24",))
        near = a_device(office, "status", name="Kios 2", networks=("127.0.0.0/8",))
        assert (away.get("device").status_code, near.get("device").status_code) == (403, 200)

    def test_is_shut_out_at_once(self, device: Speaker) -> None:
        assert devices.revoke(device=device.device, actor="petugas", now=timezone.now())
        assert device.get("device").status_code == 401

    def test_believes_a_proxy_only_when_there_is_one(self, office: Any, settings: Any) -> None:
        kiosk = a_device(office, "status", networks=("10.21.2.0/24",))
        forged = {"X_Forwarded_For": "10.21.2.7"}
        assert kiosk.get("device", **forged).status_code == 403
        settings.TRUSTED_PROXIES = 1
        assert kiosk.get("device", X_Forwarded_For="6.6.6.6, 10.21.2.7").status_code == 200
        assert kiosk.get("device", X_Forwarded_For="10.21.2.7, 6.6.6.6").status_code == 403

    def test_leaves_a_sign_of_life(self, device: Speaker) -> None:
        device.get("device")
        assert Device.objects.get().last_seen_at is not None


class TestRotation:
    def test_lets_two_keys_live_for_a_week(self, device: Speaker) -> None:
        made = device.post("device-keys", {}).json()
        new = Speaker(device.device, made["key"])
        assert (device.get("device").status_code, new.get("device").status_code) == (200, 200)
        assert made["previous_expires_at"]
        DeviceKey.objects.filter(prefix=device.key[:12]).update(expires_at=timezone.now())
        assert (device.get("device").status_code, new.get("device").status_code) == (401, 200)

    def test_ends_the_oldest_when_a_third_is_made(self, device: Speaker) -> None:
        second = Speaker(device.device, device.post("device-keys", {}).json()["key"])
        third = Speaker(device.device, second.post("device-keys", {}).json()["key"])
        states = [speaker.get("device").status_code for speaker in (device, second, third)]
        assert states == [401, 200, 200]


class TestEnrolment:
    def test_trades_a_code_for_a_key_once(self, device: Speaker) -> None:
        code = devices.invite(device=device.device, now=timezone.now(), actor="petugas")
        client = Client()

        def redeem(code: str) -> Any:
            return client.post("/api/v1/device-enrolments", {"code": code}, content_type="application/json")

        first, again = redeem(code.lower().replace("-", " ")), redeem(code)
        assert first.status_code == 201
        assert Speaker(device.device, first.json()["key"]).get("device").status_code == 200
        unknown = redeem("0000-0000-0000")
        told = [
            {name: answer.json()[name] for name in ("type", "title", "status", "detail")}
            for answer in (again, unknown)
        ]
        assert told[0] == told[1]

    def test_refuses_a_code_after_an_hour(self, device: Speaker) -> None:
        before = timezone.now() - timedelta(hours=2)
        code = devices.invite(device=device.device, now=before, actor="petugas")
        assert devices.redeem(code=code, now=timezone.now()) is None

    def test_from_the_command_line_prints_the_key_alone(self, office: Any) -> None:
        out, said = StringIO(), StringIO()
        call_command("enrol_device", "Stasiun Moro", scope=["recordings"], stdout=out, stderr=said)
        station = Speaker(Device.objects.get(), out.getvalue().strip())
        assert station.get("device").json()["scopes"] == ["recordings"]
        assert "Stasiun Moro" in said.getvalue()

    @pytest.mark.parametrize("scope", [["everything"], []])
    def test_from_the_command_line_refuses_unknown_scopes(self, office: Any, scope: list[str]) -> None:
        with pytest.raises(CommandError):
            call_command("enrol_device", "Kios", scope=scope)
