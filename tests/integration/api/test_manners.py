"""Does every endpoint behave: once, strictly, under limits, and with its own name on every answer?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils.dateparse import parse_datetime
from redis import Redis

from printing.models import CardRequest
from registry.api.manners import once
from registry.central.door import redis_client
from registry.models import Recording, StoredAnswer
from tests import factories
from tests.devices import Speaker, a_device, a_person, a_recording, problem

KEY = "4d9f2a60-7d1e-4f6e-9c47-1f2f0c3a9b11"


class TestOnce:
    def test_gives_the_same_answer_again(self, device: Speaker) -> None:
        first = device.post("recordings", a_recording(1), key=KEY)
        again = device.post("recordings", a_recording(1), key=KEY)

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.headers["Idempotent-Replayed"] == "true"
        same = {
            name: value for name, value in first.json().items() if name not in ("server_time", "request_id")
        }
        assert same.items() <= again.json().items()
        assert first.json()["request_id"] != again.json()["request_id"]

    def test_does_the_work_once(self, device: Speaker) -> None:
        for _attempt in range(3):
            device.post("card-requests", _wish(1), key=KEY)
        assert StoredAnswer.objects.count() == 1

    def test_refuses_another_body_under_the_same_key(self, device: Speaker) -> None:
        device.post("recordings", a_recording(1), key=KEY)
        other = device.post("recordings", a_recording(2), key=KEY)
        assert (other.status_code, problem(other)) == (422, "idempotency-key-reused")
        assert Recording.objects.count() == 1

    def test_reads_the_body_and_not_its_spaces(self, device: Speaker) -> None:
        device.post("recordings", a_recording(1), key=KEY)
        spaced = json.dumps(a_recording(1), indent=4, sort_keys=True).encode()
        again = device.post("recordings", spaced, key=KEY, Content_Type="application/json")
        assert again.headers["Idempotent-Replayed"] == "true"

    @pytest.mark.parametrize("key", ["", "short", "x" * 65, "with space 0123456789", "ключ-ключ-ключ-ключ"])
    def test_wants_a_key_that_is_one(self, device: Speaker, key: str) -> None:
        answer = device.post("recordings", a_recording(1), key=key)
        assert (answer.status_code, problem(answer)) == (400, "idempotency-key-missing")

    def test_keeps_nothing_of_a_refusal(self, device: Speaker) -> None:
        device.post("recordings", a_recording(1, sex="?"), key=KEY)
        assert device.post("recordings", a_recording(1), key=KEY).status_code == 201

    def test_tells_keys_of_two_devices_apart(self, office: Any, device: Speaker) -> None:
        other = a_device(office, name="Kios 2")
        device.post("recordings", a_recording(1), key=KEY)
        assert other.post("recordings", a_recording(2), key=KEY).status_code == 201

    def test_stores_the_answer_sealed(self, device: Speaker) -> None:
        receipt = device.post("recordings", a_recording(1), key=KEY).json()["receipt"]
        assert receipt.encode() not in bytes(StoredAnswer.objects.get().sealed)


@pytest.mark.django_db(transaction=True)
class TestOnceInFlight:
    def test_sends_the_second_away_for_a_moment(self, transactional_db: None) -> None:
        device = a_device(factories.an_office())
        bond = f"registry_storedanswer:{device.device.pk}:{KEY}"
        lock = once.lock_of(bond)
        other = connections.create_connection("default")
        try:
            with transaction.atomic(), other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
                busy = device.post("recordings", a_recording(1), key=KEY)
                cursor.execute("ROLLBACK")
        finally:
            other.close()
        assert (busy.status_code, problem(busy)) == (409, "idempotency-key-in-flight")
        assert busy.headers["Retry-After"] == "1"
        assert device.post("recordings", a_recording(1), key=KEY).status_code == 201


class TestStrictness:
    def test_refuses_fields_it_does_not_know(self, device: Speaker) -> None:
        answer = device.post("recordings", a_recording(1, nickname="x"))
        assert problem(answer) == "validation"
        assert answer.json()["errors"] == [
            {"field": "nickname", "code": "unknown", "detail": "Isian ini tidak dikenal."}
        ]

    def test_names_every_wrong_field_by_its_path(self, device: Speaker) -> None:
        sent = a_recording(1, sex="X", rt=5)
        sent["files"]["iris"]["bytes"] = "1000"
        fields = {error["field"] for error in device.post("recordings", sent).json()["errors"]}
        assert fields == {"sex", "rt", "files.iris.bytes"}

    def test_never_repeats_a_nik(self, device: Speaker) -> None:
        wrong = "2102033201850001"
        answer = device.post("recordings", a_recording(1, nik=wrong))
        assert answer.status_code == 400
        assert wrong not in answer.content.decode()

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b'"text"',
            b"NaN",
            b'{"receipt": NaN}',
            b'{"receipt": 1e999}',
            b'{"receipt": "a", "receipt": "b"}',
            b"\xff\xfe{}",
            b'{"receipt": "\\ud800"}',
            b'{"receipt": "\\u0000"}',
            b'{"\\u0000": 1}',
            b'{"receipt": {"receipt": {}}}',
            b"[" * 100_000,
            b'{"receipt":' * 50 + b"1" + b"}" * 50,
            b'{"receipt": ' + b"9" * 5000 + b"}",
            b'{"receipt": "7ZK3"}',
            b'{"nik": "2102030101850001"}',
            b'{"receipt": ["7ZK3-0M9Q"], "nik": null}',
        ],
        ids=range(20),
    )
    @pytest.mark.parametrize("path", ["status-lookups", "recordings", "recordings/batch", "pickups"])
    def test_refuses_what_is_not_sound(self, device: Speaker, path: str, body: bytes) -> None:
        answer = device.post(path, body, Content_Type="application/json")
        assert answer.status_code == 400
        assert problem(answer) in ("malformed", "validation")

    def test_refuses_too_much(self, device: Speaker) -> None:
        answer = device.post(
            "status-lookups", b'{"receipt": "' + b"A" * 300_000 + b'"}', Content_Type="application/json"
        )
        assert (answer.status_code, problem(answer)) == (413, "too-large")

    def test_refuses_other_media_types(self, device: Speaker) -> None:
        answer = device.post("status-lookups", b"receipt=1", Content_Type="application/x-www-form-urlencoded")
        assert (answer.status_code, problem(answer)) == (415, "unsupported-media-type")

    def test_judges_each_item_of_a_batch_by_itself(self, device: Speaker) -> None:
        device.post("recordings", a_recording(3))
        stolen = a_recording(4, recording_id=a_recording(3)["recording_id"])
        items = [a_recording(1), a_recording(2, sex="X"), "text", stolen, a_recording(5)]
        results = device.post("recordings/batch", {"items": items}).json()["results"]
        assert [result["status"] for result in results] == [201, 400, 400, 409, 201]
        assert results[1]["problem"]["errors"][0]["field"] == "sex"
        assert Recording.objects.count() == 3


class TestEveryAnswer:
    def test_says_which_request_it_answers_and_when(self, device: Speaker) -> None:
        for answer in (device.get("device"), device.post("status-lookups", {}), device.get("nowhere")):
            assert answer.json()["request_id"]
            assert parse_datetime(answer.json()["server_time"]).tzinfo

    def test_lets_no_browser_make_a_page_of_it(self, device: Speaker) -> None:
        for path in ("device", "nowhere"):
            policy = device.get(path).headers["Content-Security-Policy"]
            assert policy == "default-src 'none'; frame-ancestors 'none'"

    def test_sets_no_cookie_and_reads_none(self, device: Speaker, admin_client: Client) -> None:
        """A clerk who is signed in has no rights here: only a key has."""
        assert admin_client.get("/api/v1/device").status_code == 401
        assert not device.get("device").cookies

    def test_says_so_in_headers_too(self, device: Speaker) -> None:
        answer = device.get("device")
        assert answer.headers["X-Request-Id"] == answer.json()["request_id"]
        assert answer.headers["Cache-Control"] == "no-store"

    def test_is_not_needed_again_when_nothing_changed(self, device: Speaker) -> None:
        sent = a_recording(1)
        device.post("recordings", sent)
        first = device.get(f"recordings/{sent['recording_id']}")
        again = device.get(f"recordings/{sent['recording_id']}", If_None_Match=first.headers["ETag"])
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")

    def test_lets_the_hall_keep_its_board(self, device: Speaker) -> None:
        first = device.get("board")
        assert first.headers["Cache-Control"] == "public, max-age=10"
        assert device.get("board", If_None_Match=first.headers["ETag"]).status_code == 304


class TestLimits:
    def test_are_told_in_every_answer(self, device: Speaker) -> None:
        answer = device.get("device")
        assert '"device";q=600;w=60' in answer.headers["RateLimit-Policy"]
        assert '"device";r=599;t=60' in answer.headers["RateLimit"]

    def test_are_counted_by_a_redis_that_was_emptied(self, device: Speaker) -> None:
        device.get("device")
        redis_client().script_flush()
        assert "r=" in device.get("device").headers["RateLimit"]

    def test_are_counted_over_a_connection_that_was_lost(self, device: Speaker) -> None:
        device.get("device")
        redis_client().client_kill_filter(_type="normal", skipme=True)
        assert '"device";r=598' in device.get("device").headers["RateLimit"]

    def test_hold_back_a_device_that_asks_too_much(self, device: Speaker, settings: Any) -> None:
        settings.API_PER_DEVICE = 3
        answers = [device.get("device") for _each in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert problem(answers[-1]) == "rate-limited"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60

    def test_hold_back_questions_about_one_person_from_everywhere(
        self, office: Any, device: Speaker, settings: Any
    ) -> None:
        settings.API_PER_TARGET = 2
        other = a_device(office, name="Kios 2")
        asked = [
            speaker.post("status-lookups", a_person(1)).status_code for speaker in (device, other, device)
        ]
        assert asked == [404, 404, 429]
        assert device.post("status-lookups", a_person(2)).status_code == 404

    def test_count_what_could_not_be_read(self, device: Speaker, settings: Any) -> None:
        settings.API_PER_DEVICE = 1
        assert [device.post("status-lookups", {}).status_code for _each in range(2)] == [400, 429]

    def test_slow_down_whoever_shows_wrong_keys(self, device: Speaker, settings: Any) -> None:
        settings.API_FAILURES_PER_ADDRESS = 2
        wrong = Speaker(device.device, device.key[:-1] + ("A" if device.key[-1] != "A" else "B"))
        assert [wrong.get("device").status_code for _each in range(3)] == [401, 401, 429]

    def test_let_nobody_ask_about_people_when_nobody_counts(
        self, device: Speaker, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("registry.api.manners.limits.own_redis_client", _gone)
        answer = device.post("status-lookups", a_person(1))
        assert (answer.status_code, problem(answer)) == (503, "unavailable")
        assert device.post("recordings", a_recording(1)).status_code == 201
        assert CardRequest.objects.count() == 1


def _gone() -> Any:
    """A Redis on a port where nobody listens."""
    return Redis(port=1, socket_connect_timeout=0.2)


def _wish(number: int) -> dict[str, Any]:
    return {**a_person(number), "reason": "damaged", "papers": [{"kind": "old-card"}]}
