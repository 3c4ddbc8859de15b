"""Can anybody fish for people here? What a stranger asks must tell nothing, and leave nothing behind."""

from __future__ import annotations

import io
import logging
import time
from statistics import median
from typing import Any

import pytest

from ektp_project.logs import Formatter
from printing.receipt import new_receipt
from registry.central.door import redis_client
from registry.models import Resident, StoredAnswer
from tests import factories
from tests.devices import FAMILY_CARD, Speaker, a_person, a_recording

GUESSES = 60  # of each kind; ten thousand are in benchmarks/guesses.py
FACTS = {"server_time", "request_id"}


@pytest.fixture
def _no_limits(settings: Any) -> None:
    settings.API_PER_DEVICE = settings.API_PER_ADDRESS = settings.API_LOOKUPS_PER_DEVICE = 10**9
    settings.API_PER_TARGET = 10**9


def told(answer: Any) -> tuple[Any, ...]:
    """Everything an answer says that is not its own name and time."""
    body = {name: value for name, value in answer.json().items() if name not in FACTS}
    own = {"X-Request-Id", "Server-Time", "RateLimit"}
    return answer.status_code, body, {k: v for k, v in answer.headers.items() if k not in own}


def almost(number: int) -> list[dict[str, str]]:
    """A person who is there, with one fact wrong."""
    person = a_person(number)
    return [
        person | {"birth_date": "1985-01-02"},
        person | {"family_card_number": "2102031501109999"},
        person | {"nik": factories.nik_of(7000 + number)},
    ]


@pytest.mark.usefixtures("_no_limits")
class TestGuesses:
    def test_are_all_answered_alike(self, device: Speaker) -> None:
        for number in range(1, 6):
            device.post("recordings", a_recording(number))
        guesses = [guess for number in range(1, 6) for guess in almost(number)]
        guesses += [{"receipt": new_receipt()} for _each in range(20)]
        for path, more in (("status-lookups", {}), ("confirmations", {"coming": True})):
            answers = [told(device.post(path, guess | more)) for guess in guesses]
            assert all(answer == answers[0] for answer in answers)
            assert answers[0][0] == 404

    def test_take_the_same_time(self, device: Speaker) -> None:
        for number in range(1, GUESSES + 1):
            device.post("recordings", a_recording(number))
        wrong, unknown = [], []
        for number in range(1, GUESSES + 1):
            known = a_person(number) | {"family_card_number": "2102031501109999"}
            for guess, times in ((known, wrong), (a_person(4000 + number), unknown)):
                began = time.process_time()
                device.post("status-lookups", guess)
                times.append(time.process_time() - began)
        assert abs(median(wrong) - median(unknown)) < 0.25 * median(unknown)

    def test_for_another_card_are_taken_from_anybody(self, device: Speaker) -> None:
        device.post("recordings", a_recording(1))
        wish = {"reason": "damaged", "papers": [{"kind": "old-card"}]}
        answers = [device.post("card-requests", person | wish) for person in (a_person(1), a_person(2))]
        own = FACTS | {"receipt", "qr_svg"}
        first, second = ({k: v for k, v in answer.json().items() if k not in own} for answer in answers)
        assert first == second


class TestTheFisher:
    def test_is_stopped_long_before_a_thousand(self, device: Speaker) -> None:
        codes = [device.post("status-lookups", {"receipt": new_receipt()}).status_code for _each in range(80)]
        assert codes.count(404) == 60
        assert codes.count(429) == 20


@pytest.mark.usefixtures("_no_limits")
class TestTheNik:
    def test_is_left_nowhere(self, device: Speaker, caplog: pytest.LogCaptureFixture) -> None:
        lines = io.StringIO()
        handler = logging.StreamHandler(lines)
        handler.setFormatter(Formatter())
        logging.getLogger().addHandler(handler)
        try:
            with caplog.at_level(logging.DEBUG):
                device.post("recordings", a_recording(1))
                device.post("recordings", a_recording(1, sex="?"))
                device.post("recordings/batch", {"items": [a_recording(2), a_recording(3, rt="x")]})
                device.post("status-lookups", a_person(1))
                device.post("status-lookups", a_person(9))
                device.post("confirmations", a_person(1) | {"coming": True})
                device.post(
                    "card-requests", a_person(1) | {"reason": "damaged", "papers": [{"kind": "old-card"}]}
                )
                device.get(f"events?cursor={factories.nik_of(1)}")
        finally:
            logging.getLogger().removeHandler(handler)
        redis = redis_client()
        places = {
            "logs": lines.getvalue(),
            "redis": repr([(key, redis.type(key)) for key in redis.scan_iter()]),
            "answers": repr([bytes(row.sealed) for row in StoredAnswer.objects.all()]),
            "residents": repr(list(Resident.objects.values())),
        }
        secrets_of = [factories.nik_of(number) for number in (1, 2, 3, 9)] + [FAMILY_CARD]
        found = {(place, secret) for place, text in places.items() for secret in secrets_of if secret in text}
        assert found == set()
