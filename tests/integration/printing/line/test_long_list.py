"""Does a turn of the line cost the same, however many wait behind it?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.line import waiting
from printing.selectors import work
from printing.selectors.line import place_of
from printing.services import applications, authorizations, claims, outcomes, prints
from registry.models import District, Office
from registry.services import visibility
from registry.states import RecordingState
from tests import factories

pytestmark = pytest.mark.django_db

FEW, MANY = 300, 5000
LEASE = timedelta(seconds=90)
# Rows fetched by this transaction, by index or not; what was only written is not among them.
READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"


def one_turn(office: Office) -> None:
    """What pumps, loops and sweeps ask of the database."""
    now = timezone.now()
    work.commands_wanted(office=office, ready_ahead=100, now=now, batch=16)
    work.askable(office=office, now=now, at_most=100)
    work.printable(office=office, now=now, at_most=1)
    work.reportable(office=office, now=now, at_most=100)
    for state in (RecordingState.RECORDED, *visibility.FOLLOWED):
        visibility.due_count(office=office, state=state, now=now, at_most=100)
    authorizations.claim(office=office, limit=16, now=now, lease=LEASE)
    outcomes.claim(office=office, limit=16, now=now, lease=LEASE)
    authorizations.rescue(office=office, now=now)
    authorizations.expire(office=office, now=now)
    prints.rescue(office=office, now=now)
    prints.stale_sending(office=office, now=now)
    claims.take_back(now=now)
    applications.judge(now=now)
    place_of(request_id=1)


def rows_read(deed: Callable[[], None]) -> int:
    """How many rows a deed reads; it leaves nothing behind."""
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(READ)
        before = cursor.fetchone()[0]
        deed()
        cursor.execute(READ)
        read = int(cursor.fetchone()[0] - before)
        transaction.set_rollback(True)
    return read


def test_a_turn_reads_no_more_rows_behind_a_long_list(office: Office) -> None:
    district, now = District.objects.get(code="21.02.03"), timezone.now() - timedelta(hours=1)
    factories.stock(office, 500)
    waiting.people_wait(office=office, district=district, numbers=range(200), now=now)
    read = []
    for numbers in (range(200, FEW), range(FEW, MANY)):
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE arrival")  # the seeding's own, gone with its transaction elsewhere
            waiting.crowd_waits(office=office, district=district, numbers=numbers, now=now)
            cursor.execute("ANALYZE registry_resident, registry_recording, printing_cardrequest")
        read.append(rows_read(lambda: one_turn(office)))

    few, many = read
    assert few > 0
    assert many <= few * 1.1, (few, many)


def test_a_move_writes_one_index_of_receipts() -> None:
    """Receipts are strewn over their index: each further one means a page of the log for every card."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'printing_cardrequest'")
        of_receipts = [text for (text,) in cursor if "(receipt" in text]

    assert len(of_receipts) == 1
