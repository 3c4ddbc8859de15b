"""Does a person's way through the interface work, from the recording to the card in hand?"""

from __future__ import annotations

import hashlib

from django.utils import timezone

from printing.models import CardRequest
from printing.services import applications
from printing.states import RequestState
from registry.models import Recording
from tests import factories
from tests.devices import Speaker, a_person, a_recording, problem


class TestWalk:
    def test_from_a_recording_to_the_card_in_hand(self, device: Speaker) -> None:
        taken = device.post("recordings", a_recording(1))
        assert taken.status_code == 201, taken.content
        receipt = taken.json()["receipt"]

        seen = device.post("status-lookups", {"receipt": receipt})
        assert seen.status_code == 200, seen.content
        assert seen.json()["hold"]["reason"] == "not-visible"

        factories.seen(list(Recording.objects.all()), now=timezone.now())
        seen = device.post("status-lookups", a_person(1)).json()
        assert (seen["state"], seen["place_in_line"]) == ("waiting", 1)

        request = CardRequest.objects.get(receipt=receipt)
        for state in ("authorizing", "ready_to_print", "printing", "printed", "ready_for_pickup"):
            assert request.move(to=RequestState(state), at=timezone.now(), actor="test")
        confirmed = device.post("confirmations", {"receipt": receipt, "coming": True})
        assert confirmed.status_code == 201, confirmed.content

        wanted = {"code": confirmed.json()["pickup_code"], "match": "matched"}
        given = device.post("pickups", wanted)
        assert given.status_code == 201, given.content
        assert given.json()["collector"] == "C••• 1•••"
        again = device.post("pickups", wanted)
        assert (again.status_code, problem(again)) == (409, "code-used")

        events = device.get("events").json()
        assert [event["to"] for event in events["events"] if event["receipt"] == receipt][-1] == "handed_over"

    def test_a_wish_is_judged_afterwards(self, device: Speaker) -> None:
        device.post("recordings", a_recording(1))
        CardRequest.objects.all()[0].move(
            to=RequestState.CANCELLED, at=timezone.now(), actor="test", hold_reason=""
        )
        wish = {
            **a_person(1),
            "reason": "lost",
            "papers": [{"kind": "police-report", "number": "LP/12/XI/2017", "issued_on": "2017-11-20"}],
        }
        known = device.post("card-requests", wish)
        stranger = device.post("card-requests", wish | {"nik": factories.nik_of(2)})
        assert (known.status_code, stranger.status_code) == (202, 202), known.content
        assert known.json().keys() == stranger.json().keys()
        assert (
            device.post("status-lookups", {"receipt": known.json()["receipt"]}).json()["state"] == "received"
        )

        assert applications.judge(now=timezone.now()) == 2

        states = [
            device.post("status-lookups", {"receipt": answer.json()["receipt"]}).json()["state"]
            for answer in (known, stranger)
        ]
        assert states == ["held", "refused"]

    def test_files_come_in_pieces(self, device: Speaker) -> None:
        photo = bytes(range(256)) * 4
        sent = a_recording(1)
        sent["files"]["photo"] = {"sha256": hashlib.sha256(photo).hexdigest(), "bytes": len(photo)}
        device.post("recordings", sent)
        path = f"recordings/{sent['recording_id']}/files/photo"
        assert device.patch(path, photo[:300], Upload_Offset="0").json()["received"] == 300
        wrong = device.patch(path, photo[:300], Upload_Offset="0")
        assert (problem(wrong), wrong.json()["received"]) == ("offset-mismatch", 300)
        done = device.patch(path, photo[300:], Upload_Offset="300")
        assert done.json()["complete"] is True
