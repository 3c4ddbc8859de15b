"""How do a million people come to wait within a minute or two?

Whoever may come to the front is real: a valid NIK of their own, sealed to their row and indexed by the
vault, and a real receipt. Behind them stand rows of the same shape and size that the line counts and
skips but never opens: random bytes where the sealed NIK and its index would be. Both come in by
INSERT … SELECT into residents, recordings, requests and events, with all constraints and triggers on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from printing.receipt import new_receipt
from registry.models import District, Office
from registry.models.resident import Resident, vault
from registry.nik import parse

FIRST_DAY = datetime(2016, 2, 1, tzinfo=UTC)  # of recording; the list is in this order
KARIMUN = ("210203",)  # the first six digits of a NIK: the region of first registration
BORN = date(1950, 1, 1)
SERIALS = 9999  # people with one birthday
APART = timedelta(seconds=20)  # from one recording to the next: a million in eight months
CHUNK = 50_000  # rows of a transaction

ARRIVALS = """
    CREATE TEMPORARY TABLE arrival (
        resident uuid, recording uuid, sealed bytea, index bytea, name text, born date, receipt text,
        recorded_at timestamptz
    ) ON COMMIT DROP"""

CROWD = """
    INSERT INTO arrival
    SELECT gen_random_uuid(), gen_random_uuid(), substring(sha256(salt) || sha256(salt || salt) FOR 45),
        sha256(salt), 'CONTOH ' || number, %(born)s::date, upper(left(md5(salt), 21)),
        %(day)s::timestamptz + number * %(apart)s::interval
    FROM generate_series(%(first)s, %(last)s) AS number, sha256(('crowd' || number)::bytea) AS salt
    """

INTO = (
    """
    INSERT INTO registry_resident (id, nik_sealed, nik_index, name, birth_place, birth_date, sex, address, rt,
        rw, village, district_id, religion, marital_status, occupation, citizenship, blood_type, created_at,
        updated_at)
    SELECT resident, sealed, index, name, 'Tanjung Balai Karimun', born, 'L', 'Jalan Contoh', '1', '2',
        'Sungai Lakam', %(district)s, 'islam', 'kawin', 'Nelayan', 'WNI', 'O', %(now)s, %(now)s FROM arrival
    """,
    """
    INSERT INTO registry_recording (id, resident_id, office_id, district_id, is_primary, recorded_at,
        received_at, source, digest_photo, digest_fingerprints, digest_iris, digest_signature, has_files,
        state, state_since, exception_kind, exception_detail, central_status, central_since, central_heard_at,
        central_learnt_by, submissions, polls, due_at)
    SELECT recording, resident, %(office)s, %(district)s, true, recorded_at, %(now)s, 'import', digest,
        digest, digest, digest, false, 'visible', %(now)s, '', '', 'PRINT_READY_RECORD', %(now)s, %(now)s,
        'submission', 1, 0, %(now)s
    FROM arrival, encode(sha256(recording::text::bytea), 'hex') AS digest
    """,
    """
    INSERT INTO printing_cardrequest (receipt, office_id, resident_id, recording_id, reason, priority,
        priority_reason, recorded_at, created_at, state, state_since, hold_reason, hold_note, due_at)
    SELECT receipt, %(office)s, resident, recording, 'new', 50, '', recorded_at, %(now)s, 'waiting', %(now)s,
        '', '', %(now)s
    FROM arrival
    """,
    """
    INSERT INTO registry_event (at, subject, subject_id, resident_id, source, target, why, actor)
    SELECT %(now)s, 'request', request.id::text, resident, '', 'waiting', '', 'bench'
    FROM arrival JOIN printing_cardrequest AS request USING (receipt)
    """,
)


def nik_of(number: int, regions: Sequence[str] = KARIMUN) -> str:
    """The NIK of the made-up person of this number, from 0 on, born in one region after the other."""
    return f"{regions[number % len(regions)]}{_born(number):%d%m%y}{number % SERIALS + 1:04}"


def people_wait(
    *,
    office: Office,
    district: District,
    numbers: range,
    now: datetime,
    regions: Sequence[str] = KARIMUN,
) -> None:
    """Real people of these numbers wait, in their order, before those of higher numbers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ARRIVALS)
        with cursor.copy("COPY arrival FROM STDIN") as copy:
            for arrival in _arrivals(numbers, regions):
                copy.write_row(arrival)
        _take_in(cursor, office=office, district=district, now=now)


def crowd_waits(*, office: Office, district: District, numbers: range, now: datetime) -> None:
    """Rows of these numbers wait, behind all real people as long as their numbers are higher."""
    for first in range(numbers.start, numbers.stop, CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ARRIVALS)
            last = min(first + CHUNK, numbers.stop) - 1
            cursor.execute(
                CROWD, {"first": first, "last": last, "day": FIRST_DAY, "apart": APART, "born": BORN}
            )
            _take_in(cursor, office=office, district=district, now=now)


def look_at_the_tables() -> None:
    """What autovacuum would do within minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE registry_resident, registry_recording, printing_cardrequest, registry_event"
        )


def _take_in(cursor: Any, *, office: Office, district: District, now: datetime) -> None:
    cursor.execute("ANALYZE arrival")
    for statement in INTO:
        cursor.execute(statement, {"office": office.pk, "district": district.pk, "now": now})


def _arrivals(numbers: range, regions: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for number in numbers:
        nik = parse(nik_of(number, regions)).digits
        recorded_at = FIRST_DAY + number * APART
        who = Resident.with_sealed_nik(nik=nik)
        yield (
            who.pk, vault().recording_id(nik, recorded_at), who.nik_sealed, who.nik_index,
            f"CONTOH {number}", _born(number), new_receipt(), recorded_at,
        )  # fmt: skip


def _born(number: int) -> date:
    return BORN + timedelta(days=number // SERIALS)
