"""How does somebody whom the office has never seen come in, in one statement?

Nearly every recording that a station delivers is of such a person, and a station's line is bad: the
sooner it has its receipt, the better. One statement is one transaction: all of it happens or nothing,
in one round trip instead of a score. Nothing needs a lock, because nobody else can know a resident who
is not there yet. Whatever is not as expected is left to the ordinary way (deliveries.py), which knows
what to say; a test holds the rows of this way to those of that one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from printing.models.request import CardReason, Priority
from printing.states import HoldReason, RequestState
from registry.models import Device, Subject
from registry.models.biometric import Kind
from registry.models.device import Scope
from registry.models.recording import Source
from registry.models.resident import sealed_family_card, sealed_nik
from registry.postgresql.prepared import ask
from registry.services.devices import STANDS, Badge
from registry.services.feed import Followed, follow
from registry.services.intake import RESIDENT_FIELDS, Enrolment, derived_digests, new_recording_id
from registry.states import RecordingState

SAID = (*(name for name in RESIDENT_FIELDS if name != "district"), "recorded_at")
DIGESTS = tuple(Kind.values)

# Each row comes in only when the one before it did. Short of 4,096 characters and 50 facts
# (registry/postgresql/prepared.py).
WELCOME = f"""
WITH turn AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock(%(lock)s) AS is_ours
), person AS (
  INSERT INTO registry_resident (id, nik_sealed, nik_index, nik_index_even, family_card_sealed, name,
    birth_place, birth_date, sex, address, rt, rw, village, district_id, religion, marital_status,
    occupation, citizenship, blood_type, created_at, updated_at)
  SELECT %(resident)s, %(nik_sealed)s, %(nik_index)s, %(nik_index_even)s, %(family_card_sealed)s, %(name)s,
    %(birth_place)s, %(birth_date)s, %(sex)s, %(address)s, %(rt)s, %(rw)s, %(village)s, district.id,
    %(religion)s, %(marital_status)s, %(occupation)s, %(citizenship)s, %(blood_type)s, %(now)s, %(now)s
  FROM turn, registry_district AS district
  WHERE turn.is_ours AND district.office_id = %(office)s AND district.code = %(district)s
    AND NOT EXISTS (SELECT FROM registry_storedanswer WHERE device_id = %(device)s AND key = %(key)s)
    AND NOT EXISTS (SELECT FROM registry_recording WHERE id = %(recording)s)
    AND {STANDS}
  ON CONFLICT DO NOTHING RETURNING id, district_id
), recording AS (
  INSERT INTO registry_recording (id, resident_id, office_id, district_id, is_primary, recorded_at,
    received_at, source, digest_photo, digest_fingerprints, digest_iris, digest_signature, has_files,
    file_sizes, device_id, state, state_since, due_at, exception_kind, exception_detail, central_status,
    central_learnt_by, submissions, polls)
  SELECT %(recording)s, id, %(office)s, district_id, true, %(recorded_at)s, %(now)s, '{Source.STATION}',
    %(photo)s, %(fingerprints)s, %(iris)s, %(signature)s, %(has_files)s, %(file_sizes)s::jsonb, %(device)s,
    '{RecordingState.RECORDED}', %(now)s, %(now)s, '', '', '', '', 0, 0
  FROM person RETURNING id, resident_id
), request AS (
  INSERT INTO printing_cardrequest (receipt, office_id, resident_id, recording_id, reason, priority,
    priority_reason, recorded_at, created_at, state, state_since, due_at, hold_reason, hold_note)
  SELECT %(receipt)s, %(office)s, resident_id, id, '{CardReason.NEW}', {Priority.NORMAL:d}, '',
    %(recorded_at)s, %(now)s, '{RequestState.HELD}', %(now)s, %(now)s, '{HoldReason.NOT_VISIBLE}', ''
  FROM recording RETURNING id, resident_id
), told AS (
  INSERT INTO registry_event (at, subject, subject_id, resident_id, source, target, why, actor)
  SELECT %(now)s, '{Subject.RECORDING}', id::text, resident_id, '', '{RecordingState.RECORDED}',
    '{Source.STATION}', %(actor)s FROM recording
  UNION ALL
  SELECT %(now)s, '{Subject.REQUEST}', id::text, resident_id, '', '{RequestState.HELD}', '', %(actor)s
  FROM request
), stored AS (
  INSERT INTO registry_storedanswer (device_id, key, fingerprint, status, sealed, created_at)
  SELECT %(device)s, %(key)s, %(fingerprint)s, %(status)s, %(sealed)s, %(now)s FROM request
)
SELECT id FROM request
"""  # noqa: S608 (words of ours)


def welcome(
    *,
    enrolment: Enrolment,
    receipt: str,
    device: Device,
    badge: Badge,
    answer: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Take in a person who is not there yet, with the answer to their recording (the facts of once.STORE).

    False, and nothing done, when anything is otherwise: the person is known or races in, the district
    is another office's, the answer is stored already or being worked on, the key or its device has changed.
    """
    recording = new_recording_id(enrolment)
    facts = _facts(enrolment, recording) | {
        **answer,
        **badge.facts,
        "receipt": receipt,
        "office": device.office_id,
        "actor": device.actor,
        "now": now,
    }
    follows = Scope.EVENTS in device.scopes
    try:
        with transaction.atomic() if follows else nullcontext():
            row = ask(WELCOME, facts)
            if row and follows:
                follow(
                    device=device,
                    rows=[
                        Followed(Subject.RECORDING, str(recording), str(recording)),
                        Followed(Subject.REQUEST, str(row[0]), receipt),
                    ],
                )
    except IntegrityError:  # somebody was quicker
        return False
    return row is not None


def _facts(enrolment: Enrolment, recording: UUID) -> dict[str, Any]:
    """What the enrolment itself says; its numbers sealed."""
    resident, card = uuid4(), enrolment.family_card
    digests = enrolment.digests or derived_digests(recording)
    return {
        **{name: getattr(enrolment, name) for name in SAID},
        **{name: getattr(digests, name) for name in DIGESTS},
        **sealed_nik(resident, enrolment.nik.digits),
        "family_card_sealed": sealed_family_card(resident, card) if card else None,
        "recording": recording,
        "resident": resident,
        "district": enrolment.district.code,
        "has_files": enrolment.digests is not None,
        "file_sizes": json.dumps(enrolment.file_sizes) if enrolment.file_sizes else None,
    }
