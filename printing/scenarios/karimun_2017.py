"""What does the office of Karimun look like on 28 November 2017?

13,000 people wait whose recordings an older system has delivered; more than 1,000 were recorded
after September and the centre does not see them; 18,000 blanks came in four deliveries; the centre
is disturbed; an extra shift is open. The facts are those of the press of that year, the people are
made up. The clock is today's: an office that works through the list of 2017 now.

Every step may be repeated, and finds what is there: a seeding that was killed goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from printing.imports.formats import open_table
from printing.models import ExtraShift, ImportBatch, Printer
from printing.models.imports import ImportState
from printing.models.printer import Driver
from printing.models.shift import ShiftKind
from printing.scenarios.centre import Known, Simulator, SimulatorAway
from printing.scenarios.lists import write_csv, write_xlsx
from printing.scenarios.people import Person, people, serials_of
from printing.scenarios.roles import make_logins
from printing.services import imports, shifts
from registry.models import BlankReceipt, Office, Recording, Resident
from registry.models.resident import vault
from registry.services import blanks
from registry.services.offices import load_office
from registry.states import RecordingState

ACTOR = "system:scenario"
CHUNK = 1000  # recordings of one transaction

SEEN_UNTIL = date(2017, 9, 30)  # what was recorded later, the centre does not see
LATE_FROM, LATE_UNTIL = date(2017, 10, 2), date(2017, 11, 27)
LATE_SEED = 2018
WAITING_LIST, LATE_LIST = "daftar-tunggu-2017.csv", "rekam-oktober-november-2017.xlsx"

# Minutes number, blanks, day of arrival. 10,000 by 19 July and 18,000 in the year are reported; how
# the later 8,000 came is made up.
DELIVERIES = (
    ("470/112/BA-KTP/2017", 8000, date(2017, 3, 6)),
    ("470/287/BA-KTP/2017", 2000, date(2017, 7, 19)),
    ("470/391/BA-KTP/2017", 5000, date(2017, 10, 9)),
    ("470/455/BA-KTP/2017", 3000, date(2017, 11, 13)),
)

ODD_EVERY = 150  # one person in so many has another word at the centre than "ready"
ODD_WORDS = (
    "DUPLICATE_RECORD",
    "SENT_FOR_ENROLLMENT",
    "ENROLL_FAILURE_AT_REGIONAL",
    "DUPLICATE_RECORD",
    "ADJUDICATE_RECORD",
    "PROCESSING",
    "REQUEST_VALIDATION",
    "ENROLL_FAILURE_AT_CENTRAL",
    "SENT_FOR_ENROLLMENT",
    "SEARCH_FAILURE_AT_CENTRAL",
)
SPECIAL_EVERY = 1000  # one in so many has a serial by which the simulator refuses, or decides later
SPECIAL_SERIALS = ("9002", "9003")
HEARD_AFTER = timedelta(days=3)  # between a recording and the centre's word about it

# Two calls a card (its command, its report): some eight cards a second, of the twenty that the
# printers could make. By its own defaults the simulator is fast enough for all of them.
DISTURBED = {
    "capacity": 3,
    "service_seconds": 0.18,
    "queue": 20,
    "resets": 0.02,
    "lost_answers": 0.01,
    "sees_recordings_until": SEEN_UNTIL.isoformat(),
}

PRINTERS = ("Printer 1", "Printer 2")
SECONDS_PER_CARD = 0.1  # two such printers make twenty cards a second; a real one makes one a minute
DEPTH = 8  # cards sent to a printer at once, so that none waits for the next message
RIBBON_CARDS = 10_000  # a real ribbon's 500 would be gone in the first minute

SHIFT = timedelta(hours=12)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Size:
    """How many people; tests take fewer."""

    waiting: int = 13_000
    late: int = 1_100


WHOLE = Size()


def has_begun() -> bool:
    """Whether this scenario was seeded here before, in whole or in part."""
    return BlankReceipt.objects.filter(minutes=DELIVERIES[0][0]).exists()


def is_empty() -> bool:
    """Whether nobody is in the database yet."""
    return not Resident.objects.exists()


def seed(
    *,
    folder: Path,
    central_url: str,
    now: datetime,
    told: Callable[[str], None] = lambda sentence: None,
    size: Size = WHOLE,
) -> Office:
    """Bring the office into the state of that day. ``folder`` takes lists and printers."""
    office = load_office()
    make_logins()
    receive_blanks(office=office, now=now)
    place_printers(office=office, folder=folder / "printers")
    lists = folder / "lists"
    bring_in(lambda: waiting_and_late(size)[0], lists / WAITING_LIST, office=office, now=now, told=told)
    mark_delivered(office=office, size=size, now=now)
    bring_in(lambda: waiting_and_late(size)[1], lists / LATE_LIST, office=office, now=now, told=told)
    tell_the_centre(central_url=central_url, size=size, told=told)
    open_extra_shift(office=office, now=now, told=told)
    return office


# --- The people -------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def waiting_and_late(size: Size) -> tuple[Sequence[Person], Sequence[Person]]:
    """Those recorded from February 2016 to September 2017, and those of the two months after.

    Kept, because several steps need them, and asked for by the steps, because a second start needs none.
    """
    waiting = people(size.waiting)
    late = people(size.late, seed=LATE_SEED, first=LATE_FROM, last=LATE_UNTIL, taken=serials_of(waiting))
    for place in range(SPECIAL_EVERY - 1, len(waiting), SPECIAL_EVERY):
        serial = SPECIAL_SERIALS[place // SPECIAL_EVERY % len(SPECIAL_SERIALS)]
        waiting[place] = replace(waiting[place], nik=waiting[place].nik[:12] + serial)
    return waiting, late


def words_of_the_centre(those: Sequence[Person]) -> Iterator[Known]:
    """What the centre says of each: ready to print, but for some dozens."""
    for place, person in enumerate(those, start=1):
        is_odd = place % ODD_EVERY == 0 and not person.nik.endswith(SPECIAL_SERIALS)
        word = ODD_WORDS[place // ODD_EVERY % len(ODD_WORDS)] if is_odd else "PRINT_READY_RECORD"
        yield Known(person.nik, word, person.recorded_at + HEARD_AFTER)


# --- The steps --------------------------------------------------------------------------------


def receive_blanks(*, office: Office, now: datetime) -> None:
    """18,000 in four deliveries, each with the number of its minutes."""
    for minutes, quantity, received_on in DELIVERIES:
        blanks.receive(
            office=office, quantity=quantity, minutes=minutes, received_on=received_on, now=now, actor=ACTOR
        )


def place_printers(*, office: Office, folder: Path) -> None:
    """Two printers that lay cards into folders; ``printer.json`` there says how they behave."""
    for name in PRINTERS:
        tray = folder / name.lower().replace(" ", "-")
        tray.mkdir(parents=True, exist_ok=True)
        behaviour = tray / "printer.json"
        if not behaviour.exists():
            behaviour.write_text(json.dumps({"seconds_per_card": SECONDS_PER_CARD}), encoding="utf-8")
        printer, _made = Printer.objects.get_or_create(
            name=name,
            defaults={
                "office": office,
                "driver": Driver.FOLDER,
                "address": str(tray),
                "depth": DEPTH,
                "ribbon_cards": RIBBON_CARDS,
                "ribbon_left": RIBBON_CARDS,
                "film_cards": RIBBON_CARDS,
                "film_left": RIBBON_CARDS,
            },
        )
        if printer.driver == Driver.FOLDER and not Path(printer.address).is_dir():
            Printer.objects.filter(pk=printer.pk).update(address=str(tray))  # the whole clone was moved


def bring_in(
    those: Callable[[], Sequence[Person]],
    path: Path,
    *,
    office: Office,
    now: datetime,
    told: Callable[[str], None],
) -> None:
    """Write the list and bring it in through the importer; one that was begun is finished."""
    batch = ImportBatch.objects.filter(office=office, actor=ACTOR, file_name=path.name).last()
    if batch is not None and batch.state == ImportState.DONE:
        return
    if batch is None or batch.state == ImportState.FAILED:
        batch = _kept(those(), path, office=office, now=now)
    if batch.state == ImportState.PREVIEWED:
        batch = imports.confirm(batch=batch, now=now)
    else:
        # Whoever seeded before is dead: its claim need not run out first.
        ImportBatch.objects.filter(pk=batch.pk).update(claimed_until=None)
    imports.run(batch=batch, told=lambda batch: told(f"{path.name}: {batch.rows_done:,} of {batch.rows:,}"))


def _kept(those: Sequence[Person], path: Path, *, office: Office, now: datetime) -> ImportBatch:
    """The list on disk and in the office's keeping. Nobody has to look at a list that we wrote."""
    (write_xlsx if path.suffix == ".xlsx" else write_csv)(path, those)
    with path.open("rb") as file:
        header = open_table(file=file, maximum_bytes=settings.IMPORT_MAXIMUM_BYTES).header
        file.seek(0)
        unseen = imports.Look(header=header, rows=len(those))
        return imports.keep(file=file, file_name=path.name, found=unseen, office=office, actor=ACTOR, now=now)


def mark_delivered(*, office: Office, size: Size, now: datetime) -> None:
    """The system before ours delivered the recordings of the long list: they are only followed from here."""
    fresh = Recording.objects.filter(
        office=office, state=RecordingState.RECORDED, recorded_at__date__lte=SEEN_UNTIL
    )
    if not fresh.exists():
        return
    ids = [vault().recording_id(person.nik, person.recorded_at) for person in waiting_and_late(size)[0]]
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            rows = fresh.filter(pk__in=ids[start : start + CHUNK]).order_by("id").select_for_update()
            Recording.move_all(
                rows,
                to=RecordingState.SUBMITTED,
                at=now,
                actor=ACTOR,
                why=_("dikirim oleh sistem sebelumnya"),
                submissions=1,
                due_at=now + timedelta(milliseconds=start // CHUNK),  # the oldest are asked about first
            )


def tell_the_centre(*, central_url: str, size: Size, told: Callable[[str], None]) -> None:
    """Let the simulated centre know these people, and be disturbed; any other centre is left alone."""
    if not central_url:
        return
    with Simulator(central_url) as simulator:
        try:
            known = simulator.people()
            if known == 0:
                simulator.turn(DISTURBED)
            if known < size.waiting:
                told(f"Telling the simulated centre of {size.waiting:,} people")
                simulator.know(list(words_of_the_centre(waiting_and_late(size)[0])))
        except SimulatorAway:
            told("The centre takes no orders from here (no control API); only the office is seeded.")


def open_extra_shift(*, office: Office, now: datetime, told: Callable[[str], None]) -> None:
    """Open an extra shift, unless one runs or somebody has called it off."""
    if ExtraShift.objects.filter(office=office, starts_at__lte=now, ends_at__gt=now).exists():
        return
    is_weekend = localtime(now).weekday() >= SATURDAY
    try:
        shifts.plan_shift(
            office=office,
            starts_at=now,
            ends_at=now + SHIFT,
            kind=ShiftKind.WEEKEND if is_weekend else ShiftKind.EVENING,
            note=_("Lembur daftar tunggu 2017"),
            actor=ACTOR,
            now=now,
        )
    except shifts.ShiftRefused as refusal:  # somebody has planned one that begins later today
        told(str(refusal))
