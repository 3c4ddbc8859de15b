"""Does a box know its cards, and does each card travel in one box at a time?"""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from printing.models import Box, BoxedCard, CardRequest
from printing.services import boxes
from printing.services.inspection import NotNow
from registry.models import District, Event, Office
from tests.factories import ACTOR, NOW
from tests.integration.printing.line.test_papers import printed  # noqa: F401

pytestmark = pytest.mark.usefixtures("printed")


def pack(office: Office) -> Box:
    return boxes.pack(office=office, district=District.objects.get(), actor=ACTOR, now=NOW)


class TestPack:
    def test_takes_every_ready_card_once(self, office: Office) -> None:
        box = pack(office)
        assert box.number == "21.02.03/20171128/1"
        ready = set(CardRequest.objects.filter(state="ready_for_pickup"))
        assert {card.request for card in box.cards.all()} == ready
        assert len(ready) == 3
        with pytest.raises(NotNow):
            pack(office)

    def test_leaves_the_rest_for_the_next_box(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(boxes, "HOLDS", 2)
        first, second = pack(office), pack(office)
        assert (first.cards.count(), second.cards.count()) == (2, 1)
        assert second.number.endswith("/2")


class TestAWay:
    def test_is_told_in_the_story_of_each_owner(self, office: Office) -> None:
        box = pack(office)
        boxes.send(box=box, actor="siti", now=NOW)
        boxes.receive(box=box, actor="budi", now=NOW)
        box.refresh_from_db()
        assert (box.packed_by, box.sent_by, box.received_by) == (ACTOR, "siti", "budi")
        owner = box.cards.earliest("id").request.resident
        told = Event.objects.filter(resident=owner, why__startswith="kotak ").values_list("why", flat=True)
        assert [why.rpartition(" ")[2] for why in told] == ["dikemas", "dikirim", "diterima"]

    def test_is_gone_once_and_in_order(self, office: Office) -> None:
        box = pack(office)
        with pytest.raises(NotNow):
            boxes.receive(box=box, actor=ACTOR, now=NOW)
        boxes.send(box=box, actor=ACTOR, now=NOW)
        with pytest.raises(NotNow):
            boxes.send(box=box, actor=ACTOR, now=NOW)
        boxes.receive(box=box, actor=ACTOR, now=NOW)
        with pytest.raises(NotNow):
            boxes.receive(box=box, actor=ACTOR, now=NOW)


class TestTheDatabase:
    def test_refuses_a_card_in_two_boxes_and_a_box_that_arrives_unsent(self, office: Office) -> None:
        box = pack(office)
        other = Box.objects.create(
            number="x", office=office, district=box.district, packed_at=NOW, packed_by=ACTOR
        )
        card = box.cards.earliest("id")
        with pytest.raises(IntegrityError, match="one_box_at_a_time"), transaction.atomic():
            BoxedCard.objects.create(box=other, request=card.request)
        with pytest.raises(IntegrityError, match="sent_before_received"), transaction.atomic():
            Box.objects.filter(pk=box.pk).update(received_at=NOW, received_by=ACTOR)
        with pytest.raises(IntegrityError, match="sent_by_somebody"), transaction.atomic():
            Box.objects.filter(pk=box.pk).update(sent_at=NOW)


class TestPages:
    def test_pack_send_and_receive(self, admin_client: Client, office: Office) -> None:
        add, listed = reverse("admin:printing_box_add"), reverse("admin:printing_box_changelist")
        words = {"office": office.pk, "district": District.objects.get().pk}
        assert admin_client.post(add, words).status_code == 302
        assert "belum dikemas" in admin_client.post(add, words).content.decode()
        box = Box.objects.get()
        for action in ("send", "receive"):
            admin_client.post(listed, {"action": action, "_selected_action": [box.pk]})
        box.refresh_from_db()
        assert box.received_by == "admin"
        text = admin_client.get(listed).content.decode()
        assert reverse("papers:box_manifest", args=[box.pk]) in text
        assert admin_client.get(reverse("admin:printing_box_change", args=[box.pk])).status_code == 200
