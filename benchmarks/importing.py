"""How many rows of a list come in in a second, from the file to requests on the waiting list?

The whole importer with every check, event and lock on, for the list of Karimun; beside it what the
reading and checking alone take, so that one sees where the time goes. Every chunk is a durable
commit. Run: ``make bench ARGS=importing``; a database of its own is made and dropped.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from statistics import median
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up first)
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402
from openpyxl import Workbook  # noqa: E402

from printing.imports.columns import COLUMNS  # noqa: E402
from printing.imports.formats import open_table  # noqa: E402
from printing.imports.rows import Places, check_table  # noqa: E402
from printing.models import CardRequest  # noqa: E402
from printing.scenarios.people import people  # noqa: E402
from printing.services import imports  # noqa: E402
from registry.services.offices import KARIMUN, load_office  # noqa: E402

ROWS = 13_000  # the list of 28 November 2017
PROMISED_SECONDS = 20.0
READINGS = 3


@contextmanager
def own_database() -> Iterator[None]:
    """Events are never deleted, so the benchmark leaves with its whole database."""
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_importing_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def rows() -> list[list[str]]:
    """The list, header first, as text."""
    made = [asdict(person) for person in people(ROWS)]
    return [list(COLUMNS[:-1]), *([str(row[column]) for column in COLUMNS[:-1]] for row in made)]


def as_csv(table: list[list[str]]) -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return io.BytesIO(text.getvalue().encode())


def as_xlsx(table: list[list[str]]) -> io.BytesIO:
    book, file = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in table:
        sheet.append(row)
    book.save(file)
    return file


def seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def read(file: io.BytesIO) -> int:
    """Every row read and checked; nothing else."""
    places = Places({f"{KARIMUN.code}.{number}": name for number, name in KARIMUN.districts.items()})
    table = open_table(file=file, maximum_bytes=settings.IMPORT_MAXIMUM_BYTES)
    zone = timezone.get_default_timezone()
    checked = list(check_table(table, places=places, now=timezone.now(), zone=zone))
    assert all(one.person for one in checked)
    return len(checked)


def bring_in(file: io.BytesIO) -> None:
    """From the file to the waiting list, as the command does it: look, keep, run."""
    office, now = load_office(), timezone.now()
    found = imports.look(file=file, office=office, now=now)
    batch = imports.keep(file=file, file_name="bench.csv", found=found, office=office, actor="bench", now=now)
    imports.run(batch=imports.confirm(batch=batch, now=now))


def main() -> None:
    """Print the table."""
    table = rows()
    files = {"CSV": as_csv(table), "XLSX": as_xlsx(table)}
    reading = {
        name: median(seconds(lambda file=file: read(file)) for _reading in range(READINGS))  # type: ignore[misc]
        for name, file in files.items()
    }
    with tempfile.TemporaryDirectory() as media, own_database():
        settings.MEDIA_ROOT = media
        first = seconds(lambda: bring_in(files["CSV"]))
        again = seconds(lambda: bring_in(files["XLSX"]))
        assert CardRequest.objects.count() == ROWS
    print(
        f"{ROWS} rows; reading and checking alone: CSV {reading['CSV']:.1f} s, XLSX {reading['XLSX']:.1f} s"
    )
    print(f"look and bring in: {first:.1f} s (promised: {PROMISED_SECONDS:.0f} s)")
    print(f"the same people again, as XLSX: {again:.1f} s")
    print(f"BENCH importing_rows_per_second {ROWS / first:.0f} rows/s")
    print(f"BENCH importing_again_rows_per_second {ROWS / again:.0f} rows/s")
    print(f"BENCH importing_reading_rows_per_second {ROWS / reading['CSV']:.0f} rows/s")


if __name__ == "__main__":
    main()
