"""How does a recording come into the office, once, however often it is sent?

A list, a recording station and the desk all come through here. The same recording again is the
same row. Another recording of the same NIK is kept, but as an exception for a clerk: it must never
become a second card.

The residents of a batch are locked in one order before anything about them is decided, so that two
batches with the same people neither decide differently nor wait for each other in a circle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from registry.central.contract import Digests
from registry.models import Device, District, Office, Recording, Resident
from registry.models.recording import Source
from registry.models.resident import vault
from registry.nik import Nik
from registry.states import RecordingState

SECOND_RECORDING = "second-recording"  # the kind in registry/states.py
RESIDENT_FIELDS = (
    "name",
    "birth_place",
    "birth_date",
    "sex",
    "address",
    "rt",
    "rw",
    "village",
    "district",
    "religion",
    "marital_status",
    "occupation",
    "citizenship",
    "blood_type",
)


Moment = tuple[UUID, datetime]  # of a resident, and when they were recorded


class RecordingIdTaken(Exception):
    """A recording's number already belongs to another person; the sentence is for the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One recording as it arrives. Without a number of its own it gets one from NIK and moment."""

    nik: Nik
    name: str
    birth_place: str
    birth_date: date
    sex: str
    address: str
    rt: str
    rw: str
    village: str
    district: District
    religion: str
    marital_status: str
    occupation: str
    citizenship: str
    blood_type: str
    recorded_at: datetime
    recording_id: UUID | None = None
    digests: Digests | None = None
    file_sizes: Mapping[str, int] | None = None
    family_card: str | None = None


class Verdict(StrEnum):
    """What a recording turned out to be."""

    NEW = "new"
    KNOWN = "known"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Taken:
    """An enrolment with its row, and whether that row is new."""

    enrolment: Enrolment
    recording: Recording
    verdict: Verdict


def take_in(
    *,
    enrolments: Sequence[Enrolment],
    office: Office,
    source: Source,
    now: datetime,
    actor: str,
    device: Device | None = None,
) -> list[Taken]:
    """Take in recordings, all or none, in the order given. Safe to repeat.

    A fixed number of queries, however many there are. The residents stay locked until the caller's
    transaction ends. Raises RecordingIdTaken.
    """
    with transaction.atomic():
        residents = _residents(enrolments)
        by_moment, with_primary = _moments(residents.values())
        ids = [_recording_id(one, by_moment, residents[one.nik.digits]) for one in enrolments]
        known = Recording.objects.select_related("resident").in_bulk(ids)
        fresh: dict[UUID, Recording] = {}
        taken = []
        for enrolment, recording_id in zip(enrolments, ids, strict=True):
            resident = residents[enrolment.nik.digits]
            row = known.get(recording_id) or fresh.get(recording_id)
            if row is not None:
                _same_person(row, resident)
                taken.append(Taken(enrolment, row, Verdict.KNOWN))
                continue
            is_primary = resident.pk not in with_primary
            with_primary.add(resident.pk)
            row = recording_of(
                enrolment,
                recording_id,
                resident=resident,
                office=office,
                is_primary=is_primary,
                source=source,
                now=now,
                device=device,
            )
            fresh[recording_id] = row
            taken.append(Taken(enrolment, row, Verdict.NEW if is_primary else Verdict.SECOND))
        if fresh:
            Recording.create_all(fresh.values(), actor=actor, why=source)
    return taken


def _recording_id(enrolment: Enrolment, by_moment: Mapping[Moment, UUID], resident: Resident) -> UUID:
    """Its own, or that of the recording which the person has of this moment already, or a new one."""
    there = by_moment.get((resident.pk, enrolment.recorded_at))
    return enrolment.recording_id or there or new_recording_id(enrolment)


def new_recording_id(enrolment: Enrolment) -> UUID:
    """The id that this enrolment gets when its recording is not there yet."""
    return enrolment.recording_id or vault().recording_id(enrolment.nik.digits, enrolment.recorded_at)


def _residents(enrolments: Sequence[Enrolment]) -> dict[str, Resident]:
    """NIK → resident, all locked. Whoever is not there yet is added; who races us is waited for."""
    by_nik = {enrolment.nik.digits: enrolment for enrolment in reversed(enrolments)}
    asked = Resident.objects.with_niks(by_nik)
    there = by_digits(by_nik, asked.only("nik_index", "nik_index_even"))
    _insert_unless_there([resident_of(by_nik[digits]) for digits in sorted(by_nik.keys() - there.keys())])
    residents = by_digits(by_nik, asked.order_by("pk").select_for_update(no_key=True))
    _learn_family_cards(residents, by_nik.values())
    return residents


def by_digits(all_digits: Iterable[str], residents: Iterable[Resident]) -> dict[str, Resident]:
    """NIK → resident, without opening a NIK."""
    digits_of = {index: digits for digits in all_digits for index in vault().indexes(digits)}
    return {
        digits_of[index]: resident
        for resident in residents
        for index in resident.indexes
        if index in digits_of
    }


def _learn_family_cards(residents: Mapping[str, Resident], enrolments: Iterable[Enrolment]) -> None:
    """Who was known without a family card number has one now. A number that differs is left: it is
    what the resident is asked for, and a station must not change that unseen."""
    learnt = []
    for enrolment in enrolments:
        resident = residents[enrolment.nik.digits]
        if enrolment.family_card and resident.family_card_sealed is None:
            resident.learn_family_card(enrolment.family_card)
            learnt.append(resident)
    if learnt:
        Resident.objects.bulk_update(learnt, ["family_card_sealed"])


def _insert_unless_there(residents: Sequence[Resident]) -> None:
    """``bulk_create(ignore_conflicts=True)`` in one array per column.

    Django does that too, but not for a table with a BinaryField: it would write a placeholder for
    each of 19,000 values, which took a third of the whole intake.
    """
    if not residents:
        return
    fields = Resident._meta.concrete_fields
    columns = [
        [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in residents]
        for field in fields
    ]
    names = ", ".join(connection.ops.quote_name(field.column or "") for field in fields)
    arrays = ", ".join(f"%s::{(field.db_type(connection) or '').partition('(')[0]}[]" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO registry_resident ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING",  # noqa: S608 (names of our own columns)
            columns,
        )


def resident_of(enrolment: Enrolment) -> Resident:
    """The person as they come in, not saved."""
    fields: dict[str, Any] = {name: getattr(enrolment, name) for name in RESIDENT_FIELDS}
    resident = Resident.with_sealed_nik(nik=enrolment.nik.digits, **fields)
    if enrolment.family_card:
        resident.learn_family_card(enrolment.family_card)
    return resident


def _moments(residents: Iterable[Resident]) -> tuple[dict[Moment, UUID], set[UUID]]:
    """When these residents were recorded already, and who of them has a primary recording."""
    rows = Recording.objects.filter(resident__in=[row.pk for row in residents]).values_list(
        "resident_id", "recorded_at", "pk", "is_primary"
    )
    by_moment = {(resident, at): pk for resident, at, pk, _primary in rows}
    return by_moment, {resident for resident, _at, _pk, is_primary in rows if is_primary}


def _same_person(recording: Recording, resident: Resident) -> None:
    if recording.resident_id != resident.pk:
        raise RecordingIdTaken(_("Nomor perekaman ini sudah dipakai untuk penduduk lain."))


def recording_of(
    enrolment: Enrolment,
    recording_id: UUID,
    *,
    resident: Resident,
    office: Office,
    is_primary: bool,
    source: Source,
    now: datetime,
    device: Device | None,
) -> Recording:
    """The recording as it comes in, not saved."""
    digests = enrolment.digests or derived_digests(recording_id)
    state: Mapping[str, Any] = (
        {"state": RecordingState.RECORDED}
        if is_primary
        else {"state": RecordingState.EXCEPTION, "exception_kind": SECOND_RECORDING}
    )
    return Recording(
        id=recording_id,
        resident=resident,
        office=office,
        district=enrolment.district,
        is_primary=is_primary,
        recorded_at=enrolment.recorded_at,
        received_at=now,
        source=source,
        digest_photo=digests.photo,
        digest_fingerprints=digests.fingerprints,
        digest_iris=digests.iris,
        digest_signature=digests.signature,
        has_files=enrolment.digests is not None,
        file_sizes=dict(enrolment.file_sizes) if enrolment.file_sizes else None,
        device=device,
        state_since=now,
        due_at=now,
        **state,
    )


def derived_digests(recording_id: UUID) -> Digests:
    """Digests for a recording whose files stayed at the station: fixed by its number alone."""
    photo, fingerprints, iris, signature = (
        hashlib.sha256(f"{kind}:{recording_id}".encode()).hexdigest()
        for kind in ("photo", "fingerprints", "iris", "signature")
    )
    return Digests(photo=photo, fingerprints=fingerprints, iris=iris, signature=signature)
