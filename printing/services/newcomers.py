"""How does somebody whom the office has never seen come in, in one statement?

Nearly every recording that a station delivers is of such a person, and a station's line is bad: the
sooner it has its receipt, the better. The rows are those that intake and requests make, by the same
hands; only the way into the database is another: one round trip instead of fifteen. Nothing needs a
lock, because nobody else can know a resident who is not there yet. Whoever turns out to be known is
left to the ordinary way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from django.utils.translation import gettext as _

from printing.models import CardRequest
from printing.models.request import CardReason
from printing.receipt import new_receipt
from printing.services.requests import request_of
from registry.models import Device, Event, Recording, Resident
from registry.models.recording import Source
from registry.services.intake import Enrolment, RecordingIdTaken, new_recording_id, recording_of, resident_of


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The rows of somebody who came in."""

    recording: Recording
    request: CardRequest


def welcome(*, enrolment: Enrolment, device: Device, now: datetime) -> Newcomer | None:
    """Take in a person who is not there yet; None, and nothing done, when they are.

    Raises RecordingIdTaken, when the caller's transaction must end.
    """
    resident = resident_of(enrolment)
    recording = recording_of(
        enrolment,
        new_recording_id(enrolment),
        resident=resident,
        office=device.office,
        is_primary=True,
        source=Source.STATION,
        now=now,
        device=device,
    )
    request = request_of(recording, CardReason.NEW, new_receipt(), now=now)
    rows = [
        resident,
        recording,
        recording.beginning(actor=device.actor, why=Source.STATION),
        request,
        request.beginning(actor=device.actor),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [value for row in rows for value in _values(row)])
        came, recorded, request.pk = cursor.fetchone()
    if not came:
        return None
    if not recorded:
        raise RecordingIdTaken(_("Nomor perekaman ini sudah dipakai untuk penduduk lain."))
    return Newcomer(recording, request)


@cache
def _statement() -> str:
    """Each row comes in only when the one before it did; the second event is told its request's number."""
    event, number = _columns(Event), "request.id::text"
    of_request = [number if field.name == "subject_id" else cast for field, cast in _placeholders(Event)]
    return f"""
        WITH person AS (
            INSERT INTO registry_resident ({_columns(Resident)}) VALUES ({_casts(Resident)})
            ON CONFLICT DO NOTHING RETURNING id
        ), recording AS (
            INSERT INTO registry_recording ({_columns(Recording)}) SELECT {_casts(Recording)} FROM person
            ON CONFLICT DO NOTHING RETURNING id
        ), recorded AS (
            INSERT INTO registry_event ({event}) SELECT {_casts(Event)} FROM recording
        ), request AS (
            INSERT INTO printing_cardrequest ({_columns(CardRequest)})
            SELECT {_casts(CardRequest)} FROM recording RETURNING id
        ), requested AS (
            INSERT INTO registry_event ({event}) SELECT {", ".join(of_request)} FROM request
        )
        SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM recording), (SELECT id FROM request)
    """  # noqa: S608 (names of our own columns)


def _values(row: Model) -> Sequence[Any]:
    skipped = {"subject_id"} if isinstance(row, Event) and row.subject_id == "None" else set()
    return [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for field in _fields(type(row))
        if field.name not in skipped
    ]


@cache
def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    """What is written; a number that the database gives is not."""
    return [field for field in model._meta.concrete_fields if field.get_internal_type() != "BigAutoField"]


def _placeholders(model: type[Model]) -> list[tuple[Field[Any, Any], str]]:
    return [(field, f"%s::{(field.db_type(connection) or '').partition('(')[0]}") for field in _fields(model)]


def _columns(model: type[Model]) -> str:
    return ", ".join(connection.ops.quote_name(field.column or "") for field in _fields(model))


def _casts(model: type[Model]) -> str:
    return ", ".join(cast for _field, cast in _placeholders(model))
