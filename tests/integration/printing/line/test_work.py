"""How many print commands are asked for ahead of the printers?"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from printing.models import PrintAuthorization
from printing.selectors.work import commands_wanted
from printing.services import authorizations
from registry.central.contract import Reason
from registry.central.memory import MemoryCentral
from registry.models import Office
from tests.factories import NOW, nik_of, waiting

LEASE = timedelta(seconds=90)


def grant(office: Office, centre: MemoryCentral, many: int) -> None:
    """So many jobs wait for a printer."""
    claimed = authorizations.claim(office=office, limit=many, now=NOW, lease=LEASE)
    answers = [authorizations.ask(authorization=row, central=centre) for row in claimed]
    assert authorizations.record(answers=answers, now=NOW).granted == many


class TestCommandsWanted:
    def test_are_as_many_as_blanks_and_no_more(self, office: Office) -> None:
        assert commands_wanted(office=office, ready_ahead=400, now=NOW) == 100
        assert commands_wanted(office=office, ready_ahead=40, now=NOW) == 40

    def test_are_fewer_by_what_is_on_its_way(self, office: Office, centre: MemoryCentral) -> None:
        waiting(office, *range(1, 9))
        grant(office, centre, 8)
        assert commands_wanted(office=office, ready_ahead=10, now=NOW) == 2

    def test_are_none_while_half_is_there_and_no_batch_is_missing(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        waiting(office, *range(1, 9))
        grant(office, centre, 8)
        assert commands_wanted(office=office, ready_ahead=10, now=NOW, batch=3) == 0
        assert commands_wanted(office=office, ready_ahead=11, now=NOW, batch=3) == 3

    def test_are_wanted_at_once_when_less_than_half_is_there(
        self, office: Office, centre: MemoryCentral
    ) -> None:
        waiting(office, 1)
        grant(office, centre, 1)
        assert commands_wanted(office=office, ready_ahead=3, now=NOW, batch=64) == 2

    def test_have_room_for_pending_ones_that_are_due(self, office: Office, centre: MemoryCentral) -> None:
        waiting(office, 1, 2)
        for number in (1, 2):
            asked = centre.request_command(
                key=uuid4(), nik=nik_of(number), office=office.code, reason=Reason.NEW
            )
            booked = centre.commands[asked.command_id]
            booked.status, booked.decides_at = "pending", NOW + timedelta(seconds=60)
        claimed = authorizations.claim(office=office, limit=2, now=NOW, lease=LEASE)
        answers = [authorizations.ask(authorization=row, central=centre) for row in claimed]
        assert authorizations.record(answers=answers, now=NOW).pending == 2
        assert commands_wanted(office=office, ready_ahead=2, now=NOW) == 0
        due = max(PrintAuthorization.objects.values_list("due_at", flat=True))
        assert commands_wanted(office=office, ready_ahead=2, now=due) == 2
