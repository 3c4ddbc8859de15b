"""Does a follower hear everything once, in order, signed, and at an address that is not ours?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from registry import outbound
from registry.models import Event, Notice, Recording, WebhookDelivery
from registry.models.webhook import DeliveryState
from registry.services import feed, webhooks
from registry.tasks import deliver_news
from tests import factories
from tests.devices import Speaker, a_device, a_recording, problem
from tests.follower import Follower, a_follower

LATE = """
INSERT INTO registry_event (at, subject, subject_id, resident_id, source, target, why, actor)
VALUES (now(), 'recording', %s, %s, 'recorded', 'late', '', 'test')
"""


@pytest.fixture
def receiver() -> Iterator[Follower]:
    with a_follower() as found:
        yield found


class TestEvents:
    def test_tell_of_what_the_device_handed_in_and_of_nothing_else(
        self, office: Any, device: Speaker
    ) -> None:
        other = a_device(office, name="Kios 2")
        receipt = device.post("recordings", a_recording(1)).json()["receipt"]
        other.post("recordings", a_recording(2))

        seen = device.get("events").json()["events"]

        assert {event["receipt"] for event in seen if event["subject"] == "request"} == {receipt}
        assert {event["to"] for event in seen} == {"recorded", "held"}

    def test_go_on_at_the_cursor(self, device: Speaker) -> None:
        for number in (1, 2, 3):
            device.post("recordings", a_recording(number))
        first = device.get("events?limit=4").json()
        rest = device.get(f"events?cursor={first['next_cursor']}").json()
        ids = [event["id"] for event in first["events"] + rest["events"]]
        assert (len(first["events"]), first["more"], rest["more"]) == (4, True, False)
        assert ids == sorted(set(ids))
        assert len(ids) == 6
        last = device.get(f"events?cursor={rest['next_cursor']}").json()
        assert (last["events"], last["next_cursor"]) == ([], rest["next_cursor"])

    @pytest.mark.parametrize("asked", ["cursor=-1", "cursor=x", "limit=0", "limit=101", "page=2"])
    def test_refuse_a_question_they_do_not_understand(self, device: Speaker, asked: str) -> None:
        assert problem(device.get(f"events?{asked}")) == "validation"


@pytest.mark.django_db(transaction=True)
class TestOrderOfTheFeed:
    def test_gives_no_place_before_a_cursor_to_whoever_ends_late(self, transactional_db: None) -> None:
        device = a_device(factories.an_office())
        device.post("recordings", a_recording(1))
        recording = Recording.objects.get()
        other = connections.create_connection("default")
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(LATE, [str(recording.pk), recording.resident_id])
                recording.remark(at=timezone.now(), actor="test", why="early")
                seen = device.get("events").json()
                assert "late" not in {event["to"] for event in seen["events"]}
                cursor.execute("COMMIT")
        finally:
            other.close()
        after = device.get(f"events?cursor={seen['next_cursor']}").json()["events"]
        assert [event["to"] for event in after] == ["late"]
        late, early = Event.objects.get(target="late"), Event.objects.get(why="early")
        assert late.pk < early.pk  # by its number it would have been skipped


class TestWebhooks:
    def test_carry_signed_news(self, device: Speaker, receiver: Follower) -> None:
        made = device.post("webhooks", {"url": receiver.url}).json()
        receipt = device.post("recordings", a_recording(1)).json()["receipt"]

        deliver_news()

        assert WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED).count() == 2
        assert all(message.is_signed_with(made["secret"]) for message in receiver.heard)
        assert receipt in {message.news["receipt"] for message in receiver.heard}

    def test_come_again_later_and_die_at_last(self, device: Speaker, receiver: Follower) -> None:
        receiver.status = 500
        device.post("webhooks", {"url": receiver.url})
        device.post("recordings", a_recording(1))
        now, waits = timezone.now(), []
        feed.give_places()
        webhooks.schedule(now=now)
        Notice.objects.exclude(pk=Notice.objects.order_by("pk")[0].pk).delete()
        for _attempt in range(webhooks.MOST_ATTEMPTS):
            (delivery,) = webhooks.claim(now=now, at_most=5)
            webhooks.record(delivery=delivery, error="HTTP 500", now=now)
            delivery.refresh_from_db()
            waits.append((delivery.due_at - now).total_seconds())
            now = delivery.due_at
        assert waits[:4] == [5, 10, 20, 40]
        assert delivery.state == DeliveryState.DEAD
        assert webhooks.claim(now=now, at_most=5) == []
        assert webhooks.revive(delivery=delivery, now=now)
        assert len(webhooks.claim(now=now, at_most=5)) == 1

    def test_follow_no_redirect(self, device: Speaker, receiver: Follower) -> None:
        receiver.status = 307
        device.post("webhooks", {"url": receiver.url})
        device.post("recordings", a_recording(1))
        deliver_news()
        assert len(receiver.heard) == 2
        assert set(WebhookDelivery.objects.values_list("last_error", flat=True)) == {"NotDelivered: HTTP 307"}

    def test_are_changed_only_by_whoever_saw_them(self, device: Speaker, receiver: Follower) -> None:
        made = device.post("webhooks", {"url": receiver.url})
        path, tag = f"webhooks/{made.json()['id']}", made.headers["ETag"]
        assert device.get(path).headers["ETag"] == tag
        assert problem(device.patch(path, {"enabled": False})) == "precondition-required"
        changed = device.patch(path, {"enabled": False}, If_Match=tag)
        assert (changed.status_code, changed.json()["enabled"]) == (200, False)
        assert problem(device.patch(path, {"enabled": True}, If_Match=tag)) == "precondition-failed"
        assert problem(device.delete(path, If_Match=tag)) == "precondition-failed"
        assert device.delete(path, If_Match=changed.headers["ETag"]).status_code == 204
        assert device.get(path).status_code == 404

    def test_of_others_are_not_there(self, office: Any, device: Speaker, receiver: Follower) -> None:
        made = device.post("webhooks", {"url": receiver.url}).json()
        other = a_device(office, name="Kios 2")
        assert other.get(f"webhooks/{made['id']}").status_code == 404


class TestAddress:
    @pytest.mark.parametrize(
        "url",
        [
            "http://example.org/",
            "ftp://example.org/",
            "https://user:word@example.org/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://localhost/",
            "https://10.0.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[2002:a00:1::]/",
            "https://[64:ff9b::10.0.0.1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://0.0.0.0/",
            "https://224.0.0.1/",
            "https://100.64.0.1/",
            "https://example.org:99999/",
            "https://",
            "nonsense",
        ],
    )
    def test_of_ours_or_without_tls_is_refused(self, url: str) -> None:
        with pytest.raises(outbound.AddressRefused):
            outbound.check(url)

    def test_of_the_world_is_taken_under_tls(self) -> None:
        assert outbound.check("https://93.184.215.14/news").address == "93.184.215.14"
