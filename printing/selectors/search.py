"""Who is meant by what a clerk typed: a NIK, a receipt number, or a part of a name?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from printing.models import CardRequest
from printing.receipt import parse_receipt
from registry import nik
from registry.models import Office, Resident

MOST = 50  # people on one page of results; more means: type more of the name
LEAST_LETTERS = 3  # of a name: a trigram, below which no index helps


class Kind(StrEnum):
    """What the text was taken for."""

    NIK = "nik"
    RECEIPT = "receipt"
    NAME = "name"
    TOO_SHORT = "too-short"


@dataclass(frozen=True, slots=True)
class Hit:
    """One person with the latest request."""

    resident: Resident
    request: CardRequest | None


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found; ``more`` when others were left out."""

    kind: Kind
    hits: Sequence[Hit]
    more: bool = False


def search(*, text: str, office: Office) -> Found:
    """At most MOST people. A NIK and a receipt number count only when they are whole."""
    text = " ".join(text.split())
    try:
        digits = nik.parse(text).digits
    except nik.InvalidNik:
        pass
    else:
        return Found(Kind.NIK, _with_requests(Resident.objects.with_nik(digits), office=office))
    try:
        receipt = parse_receipt(text)
    except ValueError:
        return _by_name(text, office=office)
    named = CardRequest.objects.filter(receipt=receipt, office=office).values("resident")
    return Found(Kind.RECEIPT, _with_requests(Resident.objects.filter(pk__in=named), office=office))


def _by_name(text: str, *, office: Office) -> Found:
    if len(text) < LEAST_LETTERS:
        return Found(Kind.TOO_SHORT, ())
    rows = Resident.objects.filter(name__icontains=text)
    hits = _with_requests(rows, office=office)
    exact, start = text.casefold(), len(text)

    def rank(hit: Hit) -> tuple[bool, bool, str]:
        name = hit.resident.name.casefold()
        return name != exact, name[:start] != exact, name

    return Found(Kind.NAME, sorted(hits[:MOST], key=rank), more=len(hits) > MOST)


def _with_requests(rows: QuerySet[Resident], *, office: Office) -> list[Hit]:
    """Two queries, whatever is found."""
    people = list(rows.select_related("district").order_by()[: MOST + 1])
    latest = (
        CardRequest.objects.filter(resident__in=[person.pk for person in people], office=office)
        .order_by("resident_id", "-id")
        .distinct("resident_id")
    )
    requests = {request.resident_id: request for request in latest}
    return [Hit(person, requests.get(person.pk)) for person in people]
