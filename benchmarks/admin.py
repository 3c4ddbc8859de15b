"""How fast do the clerks' pages answer when a million requests lie in the database?

Server time of a whole request through every middleware, and how many queries it asks: the first page,
each desk, every list, search, and a person's story. 5,000 exceptions are open. Run:
``make bench ARGS=admin`` (``ADMIN_PEOPLE`` sets how many; a million takes some minutes to lay out).
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.contrib import admin  # noqa: E402 (Django must be set up first)
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from ektp_project.desk.queues import DESKS  # noqa: E402
from printing.models import (  # noqa: E402
    CardRequest,
    Handover,
    PrintAttempt,
    PrintAuthorization,
    Printer,
    PrintJob,
)
from printing.receipt import new_receipt  # noqa: E402
from printing.scenarios.names import MALAY  # noqa: E402
from registry.models import Event, Office, Recording, Resident  # noqa: E402
from registry.models.resident import vault  # noqa: E402
from tests import factories  # noqa: E402

PEOPLE = int(os.environ.get("ADMIN_PEOPLE", "1000000"))
ROUNDS = int(os.environ.get("ADMIN_ROUNDS", "25"))  # requests of one page; the p95 is the second slowest
PROMISED = 0.150  # seconds, p95
EXCEPTIONS, DOUBTS, PRINTABLE = 5000, 200, 400
# Of all requests. Harsher than Karimun at its worst, where 13,000 waited.
SHARES = {"waiting": 0.30, "held": 0.10, "ready_for_pickup": 0.04, "unclaimed": 0.01}
HELD_FOR = ("not-visible", "policy", "data-query", "no-command")
TOLD = ("home", "desk masalah", "search: common name", "story", "list cardrequest")
YEARS = 3.0  # over which the requests came in


# --- A million people -------------------------------------------------------------------------


def seed(people: int) -> None:
    """Everything by a few statements, each row a copy of one that the services made."""
    office = factories.an_office()
    factories.stock(office, 20_000)
    (first,) = factories.waiting(office, 1)
    printer = Printer.objects.create(office=office, name="Printer 1", driver="folder", address="x")
    now = timezone.now()
    authorization = PrintAuthorization.objects.create(
        request=first, state="used", state_since=now, command_id=uuid4()
    )
    job = PrintJob.objects.create(authorization=authorization, state="checked", state_since=now)
    attempt = PrintAttempt.objects.create(
        job=job, n=1, printer=printer, name="x-1", blank="x-1", sent_at=now, outcome="printed", ended_at=now,
        reported_at=now,
    )  # fmt: skip
    handover = Handover.objects.create(
        request=first, collector="Contoh", match="matched", at=now, actor="bench"
    )
    event = Event.objects.filter(subject="request").first()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers: the rows are as they are
        _people(cursor, people)
        said("people")
        for model, template, columns, where in _copies(first, authorization, job, attempt, handover, event):
            _copy(cursor, model, template, columns, where)
            said(model._meta.db_table)
        cursor.execute(
            """INSERT INTO printing_waitingtally (office_id, priority, span, begins, waiting)
            SELECT office_id, priority, span, date_trunc(span, recorded_at AT TIME ZONE 'UTC')::date, count(*)
            FROM printing_cardrequest CROSS JOIN (VALUES ('year'), ('month'), ('day')) AS spans (span)
            WHERE state = 'waiting' AND id > %s GROUP BY 1, 2, 3, 4
            ON CONFLICT (office_id, priority, span, begins)
            DO UPDATE SET waiting = printing_waitingtally.waiting + excluded.waiting""",
            [first.pk],
        )
        cursor.execute("DELETE FROM registry_statetally")
        for model in (Recording, CardRequest, PrintAuthorization, PrintJob):
            cursor.execute(
                "INSERT INTO registry_statetally (office_id, subject, state, change) "
                f"SELECT %s, %s, state, count(*) FROM {model._meta.db_table} GROUP BY state",
                [office.pk, model.SUBJECT],
            )
        for table in ("registry_event", "printing_cardrequest"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def _people(cursor: Any, people: int) -> None:
    """Who they are, and in which state each one's card is: one table that all copies are made from."""
    cursor.execute(
        """CREATE TABLE bench_people (n int, id uuid, recording uuid, sealed bytea, nik_index bytea,
        name text, receipt text, state text, at timestamptz)"""
    )
    with cursor.copy("COPY bench_people FROM STDIN") as copy:
        for row in _made_up(people):
            copy.write_row(row)


def _made_up(people: int) -> Iterator[tuple[Any, ...]]:
    chance, safe = random.Random(2017), vault()
    now = timezone.now()
    men = [f"{a} {b}" for a in MALAY.men for b in MALAY.later_men]
    women = [f"{a} {b}" for a in MALAY.women for b in MALAY.later_women]
    borders, border = [], 0.0
    for state, share in SHARES.items():
        border += share
        borders.append((border, state))
    for n in range(1, people + 1):
        key = uuid4()
        digits = f"2102{n // 9000 % 90 + 10:02}0101{n // 810000 % 90:02}{n % 9000 + 1:04}"
        drawn = chance.random()
        state = next((word for border, word in borders if drawn < border), "handed_over")
        if n <= EXCEPTIONS:
            state = "held"
        elif n <= EXCEPTIONS + PRINTABLE:
            state = "ready_to_print"
        yield (
            n,
            key,
            uuid4(),
            safe.seal(digits, bound_to=f"registry_resident.nik:{key}"),
            safe.index(digits),
            chance.choice(women if n % 2 else men),
            new_receipt(),
            state,
            now - timedelta(days=chance.random() * 365 * YEARS),
        )


Copy = tuple[type[models.Model], models.Model, dict[str, str], str]


def _copies(first: CardRequest, *rows: Any) -> list[Copy]:
    """Each table with the columns in which a copy differs, as SQL over the people ``p``."""
    authorization, job, attempt, handover, event = rows
    request = f"{first.pk} + p.n"
    made = "p.state IN ('handed_over', 'ready_for_pickup', 'unclaimed')"
    begun = f"{made} OR p.state = 'ready_to_print'"
    problem = f"p.n <= {EXCEPTIONS}"
    doubt = f"p.n > {EXCEPTIONS + PRINTABLE - DOUBTS} AND p.n <= {EXCEPTIONS + PRINTABLE}"
    kind = _one_of(
        "duplicate-record", "regional-failure", "central-failure", "validation", "second-recording"
    )
    reason = (
        f"CASE WHEN p.state <> 'held' THEN '' WHEN {problem} THEN 'not-visible' ELSE {_one_of(*HELD_FOR)} END"
    )
    return [
        (
            Resident,
            first.resident,
            {"id": "p.id", "nik_sealed": "p.sealed", "nik_index": "p.nik_index", "name": "p.name"},
            "",
        ),
        (
            Recording,
            first.recording,
            {
                "id": "p.recording", "resident_id": "p.id", "recorded_at": "p.at", "received_at": "p.at",
                "state_since": "p.at", "state": f"CASE WHEN {problem} THEN 'exception' ELSE 'visible' END",
                "exception_kind": f"CASE WHEN {problem} THEN {kind} ELSE '' END",
            },
            "",
        ),
        (
            CardRequest,
            first,
            {
                "id": request, "receipt": "p.receipt", "resident_id": "p.id", "recording_id": "p.recording",
                "recorded_at": "p.at", "created_at": "p.at", "state": "p.state", "state_since": "p.at",
                "hold_reason": reason,
            },
            "",
        ),
        (
            PrintAuthorization,
            authorization,
            {
                "id": f"{authorization.pk} + p.n", "key": "gen_random_uuid()", "request_id": request,
                "command_id": "gen_random_uuid()", "state_since": "p.at",
                "state": "CASE WHEN p.state = 'ready_to_print' THEN 'granted' ELSE 'used' END",
            },
            begun,
        ),
        (
            PrintJob,
            job,
            {
                "id": f"{job.pk} + p.n", "authorization_id": f"{authorization.pk} + p.n",
                "state_since": "p.at", "attempts": "1",
                "state": f"CASE WHEN {doubt} THEN 'in_doubt' WHEN p.state = 'ready_to_print' THEN 'queued' "
                "ELSE 'checked' END",
            },
            begun,
        ),
        (
            PrintAttempt,
            attempt,
            {
                "id": f"{attempt.pk} + p.n", "job_id": f"{job.pk} + p.n", "name": "'x-' || (p.n + 1)",
                "blank": "'x-' || (p.n + 1)", "sent_at": "p.at", "ended_at": "p.at", "reported_at": "p.at",
            },
            made,
        ),
        (
            Handover,
            handover,
            {"id": f"{handover.pk} + p.n", "request_id": request, "at": "p.at"},
            "p.state = 'handed_over'",
        ),
        (
            Event,
            event,
            {
                "id": f"{event.pk} + 1000 + p.n", "resident_id": "p.id", "subject_id": f"({request})::text",
                "target": "p.state", "at": "p.at",
            },
            "",
        ),
    ]  # fmt: skip


def _one_of(*words: str) -> str:
    cases = " ".join(f"WHEN {n} THEN '{word}'" for n, word in enumerate(words))
    return f"CASE mod(p.n, {len(words)}) {cases} END"


def _copy(
    cursor: Any, model: type[models.Model], template: models.Model, columns: dict[str, str], where: str
) -> None:
    """``template`` once for each of the people that ``where`` leaves, with other ``columns``."""
    names = [field.column for field in model._meta.concrete_fields]
    values = ", ".join(
        columns[name] if name in columns else f"base.{connection.ops.quote_name(name)}" for name in names
    )
    table = model._meta.db_table
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(map(connection.ops.quote_name, names))}) "
        f"SELECT {values} FROM bench_people AS p CROSS JOIN (SELECT * FROM {table} WHERE id = %s) AS base "
        f"WHERE {where or 'true'}",
        [template.pk],
    )


# --- The pages --------------------------------------------------------------------------------


def pages() -> Iterator[tuple[str, Callable[[Client], Any]]]:
    """What a clerk opens, by name."""
    person = Resident.objects.exclude(name__startswith="Contoh").order_by("pk").first()
    assert person is not None
    receipt = CardRequest.objects.filter(resident=person).values_list("receipt", flat=True).get()
    yield "home", got(reverse("admin:index"))
    yield "home fragment", got(reverse("desk:day"))
    yield "desks", got(reverse("desk:index"))
    for slug, desk in DESKS.items():
        page = reverse("desk:queue", args=[slug])
        yield f"desk {slug}", got(page)
        kinds = desk.kinds(office=Office.objects.get())
        if kinds:
            yield f"desk {slug}, one kind", got(page, kind=kinds[-1].code)
        yield f"desk {slug}, later page", got(page, after=_middle(slug))
        row = desk.rows(office=Office.objects.get()).order_by("pk").first()
        if row is not None:
            yield f"desk {slug}, a row", got(reverse("desk:row", args=[slug, row.pk]))
    yield "desk spoiled", got(reverse("desk:spoiled"))
    for name, text in (
        ("NIK", person.nik),
        ("receipt", receipt),
        ("common name", "siti"),
        ("whole name", person.name),
        ("no such name", "Xaverius Qomar"),
    ):
        yield f"search: {name}", posted(reverse("desk:search"), text=text)
    yield "story", got(reverse("desk:story", args=[person.pk]))
    yield from lists(person)


def lists(person: Resident) -> Iterator[tuple[str, Callable[[Client], Any]]]:
    """Every list of the admin, and each search of those about people."""
    for model, page in admin.site._registry.items():
        if model._meta.app_label not in ("registry", "printing"):
            continue
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield f"list {model._meta.model_name}", got(address)
        if hasattr(page, "resident_path"):
            yield f"list {model._meta.model_name}, name", got(address, q=person.name)
            yield f"list {model._meta.model_name}, NIK", got(address, q=person.nik)


def got(address: str, **query: str) -> Callable[[Client], Any]:
    return lambda client: client.get(address, query)


def posted(address: str, **fields: str) -> Callable[[Client], Any]:
    return lambda client: client.post(address, fields)


def _middle(slug: str) -> str:
    desk = DESKS[slug]
    rows = desk.rows(office=Office.objects.get()).order_by(desk.since_field, "pk")
    row = rows[rows.count() // 2 : rows.count() // 2 + 1].first()
    return f"{desk.since(row).isoformat()}~{row.pk}" if row else ""


# --- The table --------------------------------------------------------------------------------


def measure(client: Client, ask: Callable[[Client], Any]) -> tuple[float, float, float, int]:
    """Median and p95 of the whole, the processor's share of it, all in seconds; and the queries of one."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask(client)
    asked = len(queries)
    assert answer.status_code in (200, 302), answer.status_code
    times, busy = [], time.process_time()
    for _round in range(ROUNDS):
        began = time.perf_counter()
        ask(client)
        times.append(time.perf_counter() - began)
    busy = (time.process_time() - busy) / ROUNDS
    return statistics.median(times), sorted(times)[int(0.95 * (ROUNDS - 1))], busy, asked


def said(what: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {what}", flush=True)


def main() -> None:
    call_command("migrate", verbosity=0)
    seed(PEOPLE)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench"))
    tell(client)


def tell(client: Client) -> None:
    """The table. ``own``: the processor time of this process, which a busy machine does not stretch."""
    print(f"{PEOPLE:,} requests, {EXCEPTIONS:,} open exceptions; {ROUNDS} requests a page")
    print(f"{'page':40}{'median':>10}{'p95':>10}{'own':>10}{'queries':>9}")
    worst, most = (0.0, ""), 0
    for name, ask in pages():
        median, p95, busy, asked = measure(client, ask)
        mark = "  slow" if p95 > PROMISED else ""
        print(f"{name:40}{_ms(median)}{_ms(p95)}{_ms(busy)}{asked:>9}{mark}", flush=True)
        worst, most = max(worst, (p95, name)), max(most, asked)
        if name in TOLD:
            print(f"BENCH admin_{name.replace(': ', '_').replace(' ', '_')}_p95 {p95 * 1000:.0f} ms")
    print(f"the slowest: {worst[1]}")
    print(f"BENCH admin_slowest_p95 {worst[0] * 1000:.0f} ms")
    print(f"BENCH admin_most_queries {most} queries")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:>7.0f} ms"


if __name__ == "__main__":
    main()
