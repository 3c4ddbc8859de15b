"""Does a box know its cards, and does each card travel in one box at a time?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from printing.models import Box, BoxedCard, CardRequest, Printer
from printing.models.box import Fate
from printing.models.handover import MatchResult
from printing.models.request import CardReason
from printing.printers.memory import MemoryPrinter
from printing.selectors import papers
from printing.services import boxes, outcomes, requests
from printing.services.handovers import CannotHandOver, hand_over
from printing.services.inspection import NotNow
from printing.states import HoldReason, RequestState
from registry.central.memory import MemoryCentral
from registry.models import AccessLog, District, Event, Office
from tests.factories import ACTOR, NOW
from tests.integration.printing.line.test_authorizations import ask_all
from tests.integration.printing.line.test_papers import printed  # noqa: F401
from tests.integration.printing.line.test_prints import print_all

pytestmark = pytest.mark.usefixtures("printed")


LATER = NOW + timedelta(days=1)


def pack(office: Office, now: datetime = NOW) -> Box:
    return boxes.pack(office=office, district=District.objects.get(), actor=ACTOR, now=now)


def sent(office: Office) -> Box:
    box = pack(office)
    boxes.send(box=box, actor="siti", now=NOW)
    return box


def requests_in(box: Box) -> list[CardRequest]:
    return [card.request for card in box.cards.filter(travels=True).order_by("id")]


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


class TestUnpacking:
    def test_leaves_cards_for_another_box(self, office: Office) -> None:
        box = pack(office)
        first, *_others = requests_in(box)
        boxes.take_out(box=box, requests={first.pk}, actor="siti", now=NOW)
        assert papers.box(packed=box).cards[0].receipt != first.receipt
        assert len(papers.box(packed=box).cards) == 2

        assert requests_in(pack(office)) == [first]

    def test_can_empty_a_box_which_then_does_not_travel(self, office: Office) -> None:
        box = pack(office)
        assert boxes.take_out(box=box, requests=None, actor="siti", now=NOW) == 3
        with pytest.raises(NotNow, match="kosong"):
            boxes.send(box=box, actor="siti", now=NOW)

    def test_is_too_late_once_the_box_is_sent(self, office: Office) -> None:
        box = sent(office)
        with pytest.raises(NotNow, match="sudah dikirim"):
            boxes.take_out(box=box, requests=None, actor="siti", now=NOW)


class TestArrival:
    def test_holds_what_is_not_there_and_packs_no_card_again(self, office: Office) -> None:
        box = sent(office)
        lost, *there = requests_in(box)

        missing = boxes.receive(box=box, arrived={one.pk for one in there}, actor="budi", now=LATER)

        assert missing == [lost]
        lost.refresh_from_db()
        assert (lost.state, lost.hold_reason) == (RequestState.HELD, HoldReason.CARD_MISSING)
        assert {card.fate for card in box.cards.exclude(request=lost)} == {Fate.ARRIVED}
        with pytest.raises(CannotHandOver):
            hand_over(request=lost, collector="Ani", match=MatchResult.MATCHED, actor="sari", now=LATER)
        with pytest.raises(NotNow):
            pack(office)

    def test_says_nothing_of_a_card_that_was_given_out_meanwhile(self, office: Office) -> None:
        box = sent(office)
        given, *there = requests_in(box)
        hand_over(request=given, collector="Ani", match=MatchResult.MATCHED, actor="sari", now=NOW)

        assert boxes.receive(box=box, arrived={one.pk for one in there}, actor="budi", now=LATER) == []

        given.refresh_from_db()
        assert given.state == RequestState.HANDED_OVER

    def test_takes_in_a_card_of_another_box(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(boxes, "HOLDS", 2)
        first, second = sent(office), sent(office)
        (stray,) = requests_in(second)
        boxes.receive(box=second, arrived=set(), actor="budi", now=LATER)

        boxes.receive(box=first, surplus={stray.receipt}, actor="budi", now=LATER)

        stray.refresh_from_db()
        assert stray.state == RequestState.READY_FOR_PICKUP
        assert first.cards.get(request=stray).fate == Fate.ARRIVED

    def test_knows_no_card_that_was_never_made(self, office: Office) -> None:
        box = sent(office)
        waiting = CardRequest.objects.filter(state=RequestState.WAITING).earliest("id")
        for receipt in ("0000-0000-0000-0000-0", waiting.receipt):
            with pytest.raises(NotNow, match="nomor resi"):
                boxes.receive(box=box, surplus={receipt}, actor="budi", now=LATER)
        box.refresh_from_db()
        assert box.received_at is None


class TestMissingCard:
    @pytest.fixture
    def missing(self, office: Office) -> CardRequest:
        box = sent(office)
        return boxes.receive(box=box, arrived=set(), actor="budi", now=LATER)[0]

    def test_is_ready_again_when_it_is_found(self, missing: CardRequest) -> None:
        requests.release(request=missing, note="", actor="sari", now=LATER)

        missing.refresh_from_db()
        assert (missing.state, missing.hold_reason) == (RequestState.READY_FOR_PICKUP, "")

    def test_is_made_again_when_it_is_lost(
        self, missing: CardRequest, office: Office, centre: MemoryCentral, printer: Printer
    ) -> None:
        with pytest.raises(NotNow, match="dilaporkan"):
            requests.declare_lost(request=missing, note="dicari di pelabuhan", actor="sari", now=NOW)
        told = outcomes.claim(office=office, limit=50, now=LATER, lease=timedelta(seconds=90))
        outcomes.record(told=[outcomes.tell(attempt=row, central=centre) for row in told], now=LATER)
        requests.declare_lost(request=missing, note="dicari di pelabuhan", actor="sari", now=NOW)
        missing.refresh_from_db()
        assert (missing.state, missing.reason) == (RequestState.WAITING, CardReason.LOST)

        ask_all(office, centre, limit=9)
        print_all(printer, MemoryPrinter())

        missing.refresh_from_db()
        assert missing.state == RequestState.READY_FOR_PICKUP
        assert missing.authorizations.count() == 2
        assert missing in requests_in(pack(office, now=LATER))

    def test_is_neither_cancelled_nor_held_by_hand(self, missing: CardRequest) -> None:
        with pytest.raises(NotNow):
            requests.cancel(request=missing, reason="pindah", actor="sari", now=LATER)
        other = CardRequest.objects.filter(state=RequestState.WAITING).earliest("id")
        with pytest.raises(NotNow):
            requests.hold(request=other, reason=HoldReason.CARD_MISSING, note="", actor="sari", now=LATER)

    def test_lies_on_the_desk_of_the_held(self, missing: CardRequest, admin_client: Client) -> None:
        row = reverse("desk:row", args=["tertahan", missing.pk])
        page = admin_client.get(row).content.decode()
        assert "Kartu ditemukan" in page
        assert "Batalkan" not in page

        admin_client.post(reverse("desk:act", args=["tertahan", missing.pk]), {"deed": "ditemukan"})

        missing.refresh_from_db()
        assert missing.state == RequestState.READY_FOR_PICKUP

    def test_is_not_found_together_with_all_others(self, missing: CardRequest, admin_client: Client) -> None:
        page = admin_client.get(reverse("desk:queue", args=["tertahan"]), {"kind": "card-missing"})
        assert missing.receipt in page.content.decode()
        assert "semua dari jenis ini" not in page.content.decode()

        refused = admin_client.post(reverse("desk:act_on_all", args=["tertahan"]), {"kind": "card-missing"})

        assert refused.status_code == 403


class TestContentsPage:
    def test_takes_out_sends_and_receives(self, admin_client: Client, office: Office) -> None:
        box = pack(office)
        url = reverse("admin:printing_box_contents", args=[box.pk])
        first, second, third = requests_in(box)

        admin_client.post(url, {"wish": "take-out", "cards": [first.pk]})
        admin_client.post(url, {"wish": "send"})
        wrong = admin_client.post(url, {"wish": "ticked-there", "cards": [second.pk], "surplus": "7ZK3"})
        assert "Nomor resi terdiri atas" in wrong.content.decode()
        told = admin_client.post(
            url, {"wish": "ticked-there", "cards": [second.pk], "surplus": first.receipt}, follow=True
        )

        assert "1 kartu tidak ada dan sedang dicari" in told.content.decode()
        fates = dict(box.cards.values_list("request", "fate"))
        assert fates == {first.pk: Fate.ARRIVED, second.pk: Fate.ARRIVED, third.pk: Fate.MISSING}
        assert AccessLog.objects.filter(page="box", resident=third.resident).exists()

    def test_is_only_read_by_who_may_not_carry(self, client: Client, office: Office) -> None:
        box = pack(office)
        auditor = User.objects.create_user("audit", password="x", is_staff=True)
        auditor.user_permissions.add(Permission.objects.get(codename="view_box"))
        client.force_login(auditor)
        url = reverse("admin:printing_box_contents", args=[box.pk])

        assert "Kotak dikirim" not in client.get(url).content.decode()
        assert client.post(url, {"wish": "send"}).status_code == 403
