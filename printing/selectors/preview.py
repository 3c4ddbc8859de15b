"""What does a clerk see of a list before it comes in: some rows, with the cells that are wrong marked?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from printing.imports.formats import Table, open_table
from printing.models import ImportBatch
from registry import nik

FIRST = 5  # rows shown whatever they hold, so that a clerk sees whether the columns were understood
WITH_PROBLEMS = 40  # lines shown of those that hold a problem; the report has all of them


@dataclass(frozen=True, slots=True)
class Shown:
    """One cell as it came, with what is wrong with it. A NIK is masked."""

    text: str
    problem: str = ""
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list. ``problems``: those that belong to no cell of it, as a missing one."""

    number: int
    cells: Sequence[Shown]
    problems: Sequence[str]
    is_refused: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The list's own headings, and some of its rows in their order."""

    names: Sequence[str]
    lines: Sequence[Line]


def preview(*, batch: ImportBatch) -> Preview | None:
    """The first rows and the first with problems; None when the file is no longer kept."""
    if not batch.file:
        return None
    problems = _problems(batch)
    with batch.file.open("rb") as file:
        table = open_table(file=file.file, maximum_bytes=settings.IMPORT_MAXIMUM_BYTES)
        return Preview(table.header.names, list(_lines(table, problems)))


def _problems(batch: ImportBatch) -> dict[int, list[tuple[str, str, bool]]]:
    """Line → (column, sentence, only a warning), for the first lines that hold any; refusals first."""
    found: dict[int, list[tuple[str, str, bool]]] = defaultdict(list)
    rows = batch.rejections.order_by("is_warning", "line", "pk")
    for line, column, message, is_warning in rows.values_list("line", "column", "message", "is_warning")[
        : 10 * WITH_PROBLEMS
    ]:
        if line in found or len(found) < WITH_PROBLEMS:
            found[line].append((column, message, is_warning))
    return dict(found)


def _lines(table: Table, problems: dict[int, list[tuple[str, str, bool]]]) -> Iterator[Line]:
    last = max(problems, default=0)
    for n, row in enumerate(table.rows):
        if n >= FIRST and row.line > last:
            return
        if n < FIRST or row.line in problems:
            yield _line(row.line, table.header.names, row.cells, problems.get(row.line, []), table)


def _line(
    number: int,
    names: Sequence[str],
    cells: Sequence[object],
    problems: Sequence[tuple[str, str, bool]],
    table: Table,
) -> Line:
    by_column = {column: (sentence, is_warning) for column, sentence, is_warning in problems}
    padded = [*cells, *[None] * (len(names) - len(cells))]
    hidden = table.header.positions.get("nik")
    shown = [
        Shown(_text(cell, is_nik=n == hidden), *by_column.get(name, ("", False)))
        for n, (name, cell) in enumerate(zip(names, padded, strict=False))
    ]
    return Line(
        number=number,
        cells=shown,
        problems=[sentence for column, sentence, _warning in problems if column not in names],
        is_refused=any(not is_warning for _column, _sentence, is_warning in problems),
    )


def _text(cell: object, *, is_nik: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%d-%m-%Y %H.%M}"
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return nik.mask(text) if is_nik and len(text) > nik.LENGTH // 2 else text
