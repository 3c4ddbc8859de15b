"""Does it take two people to correct the stock, destroy blanks or jump the line?"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from printing.models import CardRequest
from printing.models.request import Priority
from printing.roles import Role
from printing.services.inspection import NotNow
from printing.services.proposals import decide, withdraw
from registry.models import Event, Office, Proposal
from registry.models.proposal import ProposalKind, ProposalState
from registry.services import blanks
from registry.services.ledger import LedgerRefusal
from registry.services.proposals import CannotPropose, propose
from tests import factories

WHY = "ibu hamil tua, surat dokter"


@pytest.fixture
def office(db: None) -> Office:
    return factories.a_stocked_office(10)


@pytest.fixture
def first(db: None) -> User:
    return person("siti", Role.SUPERVISOR)


@pytest.fixture
def second(db: None) -> User:
    return person("budi", Role.SUPERVISOR)


def person(name: str, role: Role) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def store(office: Office) -> int:
    return office.balances.get(place="store").quantity


def a_loss(office: Office, proposer: User, quantity: int = 3) -> Proposal:
    details = {"office": office.pk, "quantity": quantity, "source": "store", "target": "lost"}
    facts: dict[str, Any] = {"kind": ProposalKind.MOVE, "subject": "slip-1", "why": "basah"}
    return propose(details=details, proposer=proposer, now=timezone.now(), **facts)[0]


def yes(proposal: Proposal, decider: User) -> Proposal:
    return decide(proposal=proposal, approve=True, decider=decider, note="", now=timezone.now())


class TestDecide:
    def test_does_it_with_both_names(self, office: Office, first: User, second: User) -> None:
        proposal = yes(a_loss(office, first), second)
        assert store(office) == 7
        assert proposal.state == ProposalState.APPROVED
        assert office.balances.get(place="lost").quantity == 3
        assert blanks.BlankMovement.objects.latest("id").actor == "siti, budi"

    def test_is_refused_to_the_proposer(self, office: Office, first: User) -> None:
        with pytest.raises(NotNow):
            yes(a_loss(office, first), first)
        assert store(office) == 10

    def test_is_refused_to_the_proposer_by_the_database_too(self, office: Office, first: User) -> None:
        a_loss(office, first)
        with pytest.raises(IntegrityError), transaction.atomic():
            Proposal.objects.update(state="approved", decider=first, decided_at=timezone.now())

    def test_happens_once(self, office: Office, first: User, second: User) -> None:
        proposal = yes(a_loss(office, first), second)
        with pytest.raises(NotNow):
            yes(proposal, second)
        assert store(office) == 7

    def test_decides_nothing_when_the_deed_is_refused(
        self, office: Office, first: User, second: User
    ) -> None:
        proposal = a_loss(office, first, quantity=11)
        with pytest.raises(LedgerRefusal):
            yes(proposal, second)
        proposal.refresh_from_db()
        assert proposal.state == ProposalState.OPEN

    def test_refuses_with_a_reason(self, office: Office, first: User, second: User) -> None:
        proposal = a_loss(office, first)
        with pytest.raises(NotNow):
            decide(proposal=proposal, approve=False, decider=second, note=" ", now=timezone.now())
        decide(proposal=proposal, approve=False, decider=second, note="sudah ketemu", now=timezone.now())
        assert store(office) == 10

    def test_can_be_taken_back_by_the_proposer_alone(self, office: Office, first: User, second: User) -> None:
        proposal = a_loss(office, first)
        with pytest.raises(NotNow):
            withdraw(proposal=proposal, proposer=second, now=timezone.now())
        withdraw(proposal=proposal, proposer=first, now=timezone.now())
        with pytest.raises(NotNow):
            yes(proposal, second)


class TestProposal:
    @pytest.mark.parametrize(
        "change",
        [
            {"details": {}},
            {"why": "lain"},
            {"subject": "slip-2"},
            {"state": "open", "decider": None, "decided_at": None},
        ],
    )
    def test_never_changes_once_it_is_made(
        self, office: Office, first: User, second: User, change: dict[str, Any]
    ) -> None:
        yes(a_loss(office, first), second)
        with pytest.raises(DatabaseError), transaction.atomic():
            Proposal.objects.update(**change)

    def test_is_never_deleted(self, office: Office, first: User) -> None:
        a_loss(office, first)
        with pytest.raises(DatabaseError), transaction.atomic():
            Proposal.objects.all().delete()

    def test_is_open_once_for_one_subject(self, office: Office, first: User) -> None:
        assert a_loss(office, first) == a_loss(office, first)

    def test_needs_a_reason(self, first: User) -> None:
        with pytest.raises(CannotPropose):
            propose(
                kind=ProposalKind.JUMP,
                subject="r",
                details={},
                why=" ",
                proposer=first,
                now=timezone.now(),
            )


class TestDesk:
    def test_jumps_the_line_when_two_agree(self, office: Office, first: User, second: User) -> None:
        request = factories.waiting(office, 1)[0]
        line = reverse("admin:printing_cardrequest_changelist")
        asked = {"action": "put_first", "_selected_action": [request.pk], "reason": WHY}
        self.signed(first).post(line, asked)
        request.refresh_from_db()
        assert request.priority == Priority.NORMAL

        proposal = Proposal.objects.get()
        for user, priority in ((first, Priority.NORMAL), (second, Priority.URGENT)):
            self.decide(user, "approve", proposal)
            assert CardRequest.objects.get(pk=request.pk).priority == priority
        assert Event.objects.latest("id").actor == "siti, budi"

    def test_corrects_the_stock_by_what_was_found_missing(
        self, office: Office, first: User, second: User
    ) -> None:
        keeper = person("gudang", Role.STOCK)
        page = reverse("admin:registry_stockcount_add")
        client = self.signed(keeper)
        slip = client.get(page).context["adminform"].form["slip"].value()
        client.post(page, {"office": office.pk, "slip": slip, "counted": "7", "note": "kurang tiga"})
        factories.stock(office, 100)  # a delivery before anybody decides

        self.decide(second, "approve", Proposal.objects.get())

        assert store(office) == 107

    def test_books_a_count_that_agrees_at_once(self, office: Office, first: User) -> None:
        page = reverse("admin:registry_stockcount_add")
        client = self.signed(first)
        slip = client.get(page).context["adminform"].form["slip"].value()
        client.post(page, {"office": office.pk, "slip": slip, "counted": "10", "note": ""})
        assert office.stock_counts.get().counted == 10
        assert not Proposal.objects.exists()

    def test_destroys_with_minutes_two_witnesses_and_two_names(
        self, office: Office, first: User, second: User
    ) -> None:
        spoilt = {"quantity": 4, "reference": "r", "why": "basah", "now": timezone.now(), "actor": "a"}
        blanks.spoil_in_store(office=office, **spoilt)  # type: ignore[arg-type]
        page = reverse("admin:registry_proposal_add")
        form = {
            "office": office.pk,
            "minutes": "BA-9",
            "quantity": "4",
            "first_witness": "Rahmat",
            "second_witness": "Rahmat",
            "why": "akhir tahun",
        }
        client = self.signed(first)
        assert "Kedua saksi harus berbeda" in client.post(page, form).content.decode()
        client.post(page, form | {"second_witness": "Dewi"})

        self.decide(second, "approve", Proposal.objects.get())

        movement = blanks.BlankMovement.objects.latest("id")
        assert (movement.target, movement.quantity, movement.why) == ("destroyed", 4, "Rahmat; Dewi")

    def test_tells_the_decider_why_it_cannot_be_done(self, office: Office, first: User, second: User) -> None:
        proposal = a_loss(office, first, quantity=11)
        assert "10" in self.decide(second, "approve", proposal).content.decode()

    @staticmethod
    def signed(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def decide(self, user: User, action: str, proposal: Proposal) -> Any:
        asked = {"action": action, "_selected_action": [proposal.pk], "reason": ""}
        return self.signed(user).post(reverse("admin:registry_proposal_changelist"), asked, follow=True)
