"""How does a list of people become residents, recordings and requests?

*look* reads the whole list and writes nothing. *keep* stores the file with what was found, for a
clerk to confirm. *run* takes it in, chunk by chunk; each chunk commits together with the counters
that say how far it is, so that whoever dies in the middle is followed by somebody who goes on there.
The same list again changes nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import IO, BinaryIO

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from printing.imports.columns import Header
from printing.imports.errors import Problem, Unreadable
from printing.imports.formats import Table, open_table
from printing.imports.rows import Checked, Places, check_table
from printing.models import CardRequest, ImportBatch, ImportRejection
from printing.models.imports import ImportState, OnSecond
from printing.models.request import CardReason
from printing.services.requests import open_requests
from registry.models import District, Office, Recording, Resident
from registry.models.recording import Source
from registry.services.intake import Enrolment, Taken, Verdict, by_digits, take_in
from registry.spreadsheet import UTF8, Cell, workbook

__all__ = ["Unreadable"]

CHUNK = 1000  # rows of one transaction: about a second of work, and what a crash has to repeat
LEASE = timedelta(minutes=2)  # a chunk takes a second; a worker silent for this long is dead
SENTENCE_LENGTH = 300  # ImportRejection.message, ImportBatch.failure
HEADER_NAME_LENGTH = 40  # ImportRejection.column
DANGEROUS = "=+-@"  # a spreadsheet takes a cell that begins so for a formula


class CannotImport(Exception):
    """This list cannot be brought in now; the sentence is for the clerk."""


@dataclass(slots=True)
class Look:
    """What a list holds: counters, and every problem of its cells."""

    header: Header
    rows: int = 0
    good: int = 0
    known: int = 0
    second: int = 0
    problems: list[Problem] = field(default_factory=list)
    rejected_lines: list[int] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """Rows that cannot be brought in."""
        return len(self.rejected_lines)

    @property
    def warnings(self) -> int:
        """Cells that are odd but refuse nothing."""
        return sum(problem.is_warning for problem in self.problems)

    @property
    def new(self) -> int:
        """People who would come in."""
        return self.good - self.known - self.second


# --- Look, keep, confirm ----------------------------------------------------------------------


def look(*, file: BinaryIO, office: Office, now: datetime) -> Look:
    """What would happen if this list were brought in. Writes nothing. Raises Unreadable."""
    table = open_table(file=file, maximum_bytes=settings.IMPORT_MAXIMUM_BYTES)
    found = Look(header=table.header)
    found.problems += _about_header(table)
    for chunk in _chunks(_checked(table, office=office, now=now)):
        good = [checked for checked in chunk if checked.person is not None]
        known, second = _already_here(good)
        found.rows += len(chunk)
        found.good += len(good)
        found.known += known
        found.second += second
        found.rejected_lines += [checked.row.line for checked in chunk if checked.person is None]
        found.problems += chain.from_iterable(checked.problems for checked in chunk)
    return found


def keep(
    *, file: BinaryIO, file_name: str, found: Look, office: Office, actor: str, now: datetime
) -> ImportBatch:
    """Store the file and what ``look`` found in it, for somebody to confirm."""
    digest = _digest(file)
    with transaction.atomic():
        batch = ImportBatch(
            office=office,
            file_name=file_name[-200:],
            digest=digest,
            created_at=now,
            actor=actor,
            rows=found.rows,
            accepted=found.new,
            known=found.known,
            exceptions=found.second,
            rejected=found.rejected,
            warnings=found.warnings,
        )
        batch.file.save(f"{digest[:16]}.list", File(file), save=False)
        batch.save(force_insert=True)
        _write_down(batch, found.problems)
    return batch


def confirm(*, batch: ImportBatch, now: datetime, on_second: OnSecond = OnSecond.RECORD) -> ImportBatch:
    """Let a list that was looked at come in. Raises CannotImport."""
    counters = ("rows_done", "accepted", "known", "exceptions", "skipped", "rejected", "warnings")
    begun = ImportBatch.objects.filter(pk=batch.pk, state=ImportState.PREVIEWED).update(
        state=ImportState.RUNNING, on_second=on_second, **dict.fromkeys(counters, 0)
    )
    if not begun:
        raise CannotImport(_("Daftar ini sudah diimpor atau sedang berjalan."))
    batch.refresh_from_db()
    return batch


# --- Run --------------------------------------------------------------------------------------


def run(
    *,
    batch: ImportBatch,
    clock: Callable[[], datetime] = timezone.now,
    until: datetime | None = None,
    told: Callable[[ImportBatch], None] = lambda batch: None,
) -> bool:
    """Take a confirmed list in, from where it stands. False when there is more to do.

    Stops after the chunk in which ``until`` passes. ``told`` hears of every chunk. Two who run the
    same list: the second finds it claimed and leaves (True).
    """
    if not _claim(batch, now=clock()):
        return True
    try:
        return _run_claimed(batch, clock=clock, until=until, told=told)
    except Unreadable as error:
        failure = str(error)
    except FileNotFoundError:
        failure = _("Berkas daftar ini sudah tidak ada di penyimpanan; unggah lagi.")
    _finish(batch, state=ImportState.FAILED, now=clock(), failure=failure[:SENTENCE_LENGTH])
    return True


def stale(*, office: Office, now: datetime) -> list[ImportBatch]:
    """Lists that nobody works on although they are confirmed."""
    return list(
        ImportBatch.objects.filter(office=office, state=ImportState.RUNNING)
        .filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=now))
        .order_by("created_at")
    )


def _claim(batch: ImportBatch, *, now: datetime) -> bool:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    until = now + LEASE
    claimed = ImportBatch.objects.filter(free, pk=batch.pk, state=ImportState.RUNNING).update(
        claimed_until=until
    )
    if claimed:
        batch.refresh_from_db()
    return bool(claimed)


def _run_claimed(
    batch: ImportBatch,
    *,
    clock: Callable[[], datetime],
    until: datetime | None,
    told: Callable[[ImportBatch], None],
) -> bool:
    with batch.file.open("rb") as file:
        table = open_table(file=file.file, maximum_bytes=settings.IMPORT_MAXIMUM_BYTES)
        rows = _checked(table, office=batch.office, now=batch.created_at)
        districts = {district.code: district for district in batch.office.districts.all()}
        if batch.rows_done == 0:
            _begin(batch, _about_header(table))
        deque(islice(rows, batch.rows_done), maxlen=0)  # checked again, so that a NIK twice is seen
        for chunk in _chunks(rows):
            if not _take_chunk(batch, chunk, districts=districts, now=clock()):
                return True
            told(batch)
            if until and clock() >= until:
                return not _release(batch)
    _finish(batch, state=ImportState.DONE, now=clock())
    return True


def _begin(batch: ImportBatch, about_header: Sequence[Problem]) -> None:
    """Forget what the preview said; the chunks say it again as they come in."""
    with transaction.atomic():
        batch.rejections.all().delete()
        _write_down(batch, about_header)
        batch.warnings = len(about_header)
        batch.save(update_fields=["warnings"])


def _take_chunk(
    batch: ImportBatch, chunk: Sequence[Checked], *, districts: dict[str, District], now: datetime
) -> bool:
    """One chunk and the counters of the list, together. False when somebody else has taken over."""
    with transaction.atomic():
        current = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if (current.claimed_until, current.rows_done) != (batch.claimed_until, batch.rows_done):
            return False
        good = [checked for checked in chunk if checked.person is not None]
        if current.on_second == OnSecond.SKIP:
            wanted = _without_second(good)
            batch.skipped += len(good) - len(wanted)
            good = wanted
        taken = take_in(
            enrolments=[_enrolment(checked, districts) for checked in good],
            office=batch.office,
            source=Source.IMPORT,
            now=now,
            actor=batch.actor,
        )
        reasons = [CardReason(checked.person["reason"]) for checked in good if checked.person]
        open_requests(wanted=_wanted(taken, reasons), now=now, actor=batch.actor)
        problems = list(chain.from_iterable(checked.problems for checked in chunk))
        _write_down(batch, problems)
        _count(batch, chunk, Counter(one.verdict for one in taken), problems, now=now)
    return True


def _wanted(taken: Sequence[Taken], reasons: Sequence[CardReason]) -> list[tuple[Recording, CardReason]]:
    """The cards this list asks for. It asks once for each recording and reason, however often it is sent."""
    known = [one.recording.pk for one in taken if one.verdict is Verdict.KNOWN]
    asked = set(CardRequest.objects.filter(recording__in=known).values_list("recording_id", "reason"))
    return [
        (one.recording, reason)
        for one, reason in zip(taken, reasons, strict=True)
        if one.verdict is not Verdict.SECOND and (one.recording.pk, reason) not in asked
    ]


def _count(
    batch: ImportBatch,
    chunk: Sequence[Checked],
    verdicts: Counter[Verdict],
    problems: Sequence[Problem],
    *,
    now: datetime,
) -> None:
    batch.rows_done += len(chunk)
    batch.rows = max(batch.rows, batch.rows_done)
    batch.accepted += verdicts[Verdict.NEW]
    batch.known += verdicts[Verdict.KNOWN]
    batch.exceptions += verdicts[Verdict.SECOND]
    batch.rejected += sum(checked.person is None for checked in chunk)
    batch.warnings += sum(problem.is_warning for problem in problems)
    batch.claimed_until = now + LEASE
    batch.save()


def _release(batch: ImportBatch) -> bool:
    ImportBatch.objects.filter(pk=batch.pk, claimed_until=batch.claimed_until).update(claimed_until=None)
    return True


def _finish(batch: ImportBatch, *, state: ImportState, now: datetime, failure: str = "") -> None:
    mine = ImportBatch.objects.filter(pk=batch.pk, claimed_until=batch.claimed_until)
    mine.update(state=state, finished_at=now, failure=failure, claimed_until=None)
    batch.refresh_from_db()


# --- Rows that were refused -------------------------------------------------------------------


def rejected_rows(*, file: BinaryIO, lines: Iterable[int]) -> Iterator[str]:
    """The refused rows as CSV with the columns of the list, ready to be corrected and sent again."""
    yield UTF8  # Excel knows it by this mark alone
    for cells in rejected_cells(file=file, lines=lines):
        yield _csv_line([_cell_text(cell) for cell in cells])


def rejected_cells(*, file: BinaryIO, lines: Iterable[int]) -> Iterator[Sequence[object]]:
    """The list's own heading and its refused rows, as they came."""
    wanted = set(lines)
    table = open_table(file=file, maximum_bytes=settings.IMPORT_MAXIMUM_BYTES)
    yield table.header.names
    for row in table.rows:
        if row.line in wanted:
            yield row.cells


def rejected_rows_of(*, batch: ImportBatch) -> Iterator[str]:
    """The same as CSV for a list that is kept."""
    with batch.file.open("rb") as file:
        yield from rejected_rows(file=file.file, lines=_rejected_lines(batch))


def rejected_workbook_of(*, batch: ImportBatch) -> IO[bytes]:
    """The same as an open XLSX file."""
    with batch.file.open("rb") as file:
        table = rejected_cells(file=file.file, lines=_rejected_lines(batch))
        rows = ([_typed(cell) for cell in cells] for cells in table)
        return workbook(rows, title=_("Ditolak"))


def _rejected_lines(batch: ImportBatch) -> set[int]:
    return set(batch.rejections.filter(is_warning=False).values_list("line", flat=True))


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell_text(cell: object) -> str:
    """As it came; what a spreadsheet would run is marked as text, which our reader takes off again."""
    text = _plain_text(cell)
    return f"'{text}" if text.startswith(tuple(DANGEROUS)) and len(text) > 1 else text


def _plain_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}" if cell.time() != time() else f"{cell:%Y-%m-%d}"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _typed(cell: object) -> Cell:
    """Dates stay dates; a number is written as a text, or Excel rounds a NIK to fifteen digits."""
    return cell if isinstance(cell, date) else _plain_text(cell)


# --- Small parts ------------------------------------------------------------------------------


def _checked(table: Table, *, office: Office, now: datetime) -> Iterator[Checked]:
    places = Places(dict(office.districts.values_list("code", "name")))
    return check_table(table, places=places, now=now, zone=timezone.get_default_timezone())


def _chunks(rows: Iterator[Checked]) -> Iterator[list[Checked]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _about_header(table: Table) -> list[Problem]:
    sentence = _("Kolom ini tidak dikenal dan tidak dibaca.")
    return [
        Problem(table.header_line, name, "column-ignored", sentence, is_warning=True)
        for name in table.header.ignored
    ]


def _already_here(good: Sequence[Checked]) -> tuple[int, int]:
    """How many of these recordings we have, and how many are further ones of people we have."""
    people, moments = _people(good)
    known = sum(_moment(checked) in moments for checked in good)
    return known, max(0, len(people) - known)


def _without_second(good: Sequence[Checked]) -> list[Checked]:
    """These rows without the further recordings of people whom we have."""
    people, moments = _people(good)
    return [checked for checked in good if checked.nik.digits not in people or _moment(checked) in moments]


def _people(good: Sequence[Checked]) -> tuple[set[str], set[tuple[str, datetime]]]:
    """The NIKs among these rows whom we have, and the moments at which they were recorded."""
    niks = [checked.nik.digits for checked in good]
    there = by_digits(niks, Resident.objects.with_niks(niks).only("nik_index", "nik_index_even"))
    digits_of = {resident.pk: digits for digits, resident in there.items()}
    recorded = Recording.objects.filter(resident__in=digits_of).values_list("resident_id", "recorded_at")
    return set(there), {(digits_of[resident], at) for resident, at in recorded}


def _moment(checked: Checked) -> tuple[str, datetime]:
    assert checked.person is not None
    return checked.nik.digits, checked.person["recorded_at"]


def _enrolment(checked: Checked, districts: dict[str, District]) -> Enrolment:
    assert checked.person is not None
    fields = {name: value for name, value in checked.person.items() if name != "reason"}
    return Enrolment(**{**fields, "district": districts[fields["district"]]})


def _write_down(batch: ImportBatch, problems: Iterable[Problem]) -> None:
    ImportRejection.objects.bulk_create(
        ImportRejection(
            batch=batch,
            line=problem.line,
            column=problem.column[:HEADER_NAME_LENGTH],
            rule=problem.rule,
            message=problem.sentence[:SENTENCE_LENGTH],
            is_warning=problem.is_warning,
        )
        for problem in problems
    )


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return digest
