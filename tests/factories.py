"""How do tests get made-up people, recordings and requests? Through the real services."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from printing.models import CardRequest
from printing.models.request import CardReason
from printing.services import requests, visibility
from registry.central.contract import RecordStatus
from registry.models import District, Office, Recording
from registry.models.recording import Source
from registry.nik import parse
from registry.services import blanks
from registry.services.intake import Enrolment, Taken, take_in
from registry.services.visibility import Pauses

NOW = datetime(2017, 11, 28, 3, tzinfo=UTC)  # ten in the morning in Karimun, a Tuesday
RECORDED = datetime(2016, 2, 1, 2, tzinfo=UTC)
ACTOR = "test"


def an_office() -> Office:
    """Karimun with one subdistrict."""
    office, _made = Office.objects.get_or_create(
        code="21.02", defaults={"name": "Karimun", "province": "Kepulauan Riau"}
    )
    District.objects.get_or_create(code="21.02.03", defaults={"name": "Karimun", "office": office})
    return office


def nik_of(number: int) -> str:
    """A made-up NIK, one for each number from 1 to 8999."""
    return f"210203010185{number:04}"


def an_enrolment(number: int, *, recorded_at: datetime | None = None) -> Enrolment:
    """A made-up person, recorded ``number`` minutes after the first day."""
    return Enrolment(
        nik=parse(nik_of(number)),
        name=f"Contoh {number}",
        birth_place="Tanjung Balai Karimun",
        birth_date=date(1985, 1, 1),
        sex="L",
        address="Jalan Contoh",
        rt="1",
        rw="2",
        village="Sungai Lakam",
        district=District.objects.get(code="21.02.03"),
        religion="islam",
        marital_status="kawin",
        occupation="Nelayan",
        citizenship="WNI",
        blood_type="O",
        recorded_at=recorded_at or RECORDED + timedelta(minutes=number),
    )


def take(office: Office, *numbers: int, now: datetime = NOW) -> list[Taken]:
    """Take in these people's recordings."""
    return take_in(
        enrolments=[an_enrolment(number) for number in numbers],
        office=office,
        source=Source.IMPORT,
        now=now,
        actor=ACTOR,
    )


def waiting(office: Office, *numbers: int, now: datetime = NOW) -> list[CardRequest]:
    """Requests of people whom the centre sees: they wait in line."""
    recordings = [one.recording for one in take(office, *numbers, now=now)]
    opened = requests.open_requests(
        wanted=[(recording, CardReason.NEW) for recording in recordings], now=now, actor=ACTOR
    )
    seen(recordings, now=now)
    return list(CardRequest.objects.filter(pk__in=[request.pk for request in opened]).order_by("recorded_at"))


def seen(recordings: list[Recording], *, status: str = "PRINT_READY_RECORD", now: datetime = NOW) -> None:
    """The centre got these recordings and says ``status`` of them."""
    visibility.record_submissions(
        delivered=[
            (recording, RecordStatus(recording.resident.nik, status, now)) for recording in recordings
        ],
        now=now,
        pauses=Pauses(),
    )


def stock(office: Office, quantity: int) -> None:
    """Blanks from the centre."""
    blanks.receive(
        office=office,
        quantity=quantity,
        minutes=f"BA-{quantity}",
        received_on=date(2017, 7, 1),
        now=NOW,
        actor=ACTOR,
    )


def a_stocked_office(quantity: int) -> Office:
    """Karimun with so many blanks in its store."""
    office = an_office()
    stock(office, quantity)
    return office
