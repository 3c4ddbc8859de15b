"""How does a recording station deliver what it recorded, also days later?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from printing.api.people import FamilyCardField, NikField
from printing.receipt import new_receipt
from printing.services.deliveries import Delivered, deliver
from printing.services.newcomers import welcome
from registry import nik
from registry.api.manners.auth import stood
from registry.api.manners.fields import (
    Answer,
    Day,
    Identifier,
    Moment,
    OneOf,
    Pattern,
    Strict,
    Text,
    Whole,
    read,
)
from registry.api.manners.once import Slip, once, once_by
from registry.api.manners.parsers import StrictJsonBatch
from registry.api.manners.problems import Conflict, problem
from registry.api.manners.view import ApiView
from registry.central.contract import Digests
from registry.models import Device, District
from registry.models.biometric import Kind
from registry.models.device import Scope
from registry.models.resident import BloodType, Citizenship, MaritalStatus, Religion, Sex
from registry.services.intake import RESIDENT_FIELDS, Enrolment, RecordingIdTaken, Verdict
from registry.states import RecordingState

KINDS = tuple(Kind.values)
MOST_ITEMS = 100  # recordings in one batch
MOST_FILE_BYTES = 8 * 1024 * 1024  # fingerprints of ten fingers, compressed, have some 500 KB
CLOCK_AHEAD = timedelta(days=1)  # a station's clock may be wrong; a year ahead is another mistake
ENROLMENT_FIELDS = (*RESIDENT_FIELDS, "recorded_at", "recording_id")

DISTRICT_CODE = r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}$"
DISTRICTS = "SELECT id, code FROM registry_district WHERE office_id = %s AND code = ANY(%s)"


class Past(Moment):
    """A moment that may have been; a clock a little ahead is forgiven."""

    default_error_messages = {"future": _("Waktu ini masih akan datang; periksa jam stasiun.")}

    def to_internal_value(self, value: Any) -> datetime:
        found = super().to_internal_value(value)
        if found > timezone.now() + CLOCK_AHEAD:
            self.fail("future")
        return found


class FilePromise(Strict):
    """A file that the station holds: it is sent afterwards, and must be this one."""

    sha256 = Pattern(r"^[0-9a-f]{64}$")
    bytes = Whole(min_value=1, max_value=MOST_FILE_BYTES)


class FilePromises(Strict):
    """All four files of a recording."""

    photo = FilePromise()
    fingerprints = FilePromise()
    iris = FilePromise()
    signature = FilePromise()


class RecordingSent(Strict):
    """One recording. `recording_id` is minted by the station, once for each recording."""

    recording_id = Identifier()
    nik = NikField()
    family_card_number = FamilyCardField(required=False)
    name = Text(max_length=100)
    birth_place = Text(max_length=60)
    birth_date = Day()
    sex = OneOf(choices=Sex.choices)
    address = Text(max_length=200)
    rt = Pattern(r"^[0-9]{1,3}$")
    rw = Pattern(r"^[0-9]{1,3}$")
    village = Text(max_length=60)
    district = Pattern(DISTRICT_CODE, help_text="Home-Affairs code.")
    religion = OneOf(choices=Religion.choices)
    marital_status = OneOf(choices=MaritalStatus.choices)
    occupation = Text(max_length=60)
    citizenship = OneOf(choices=Citizenship.choices)
    blood_type = OneOf(choices=BloodType.choices)
    recorded_at = Past()
    files = FilePromises()


@extend_schema_field(RecordingSent)
class Item(serializers.Field[Any, Any, Any, Any]):
    """One recording, not judged yet: a wrong one must not spoil the batch."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class RecordingsSent(Strict):
    """Up to a hundred recordings; each gets its own result."""

    items = serializers.ListField(child=Item(), min_length=1, max_length=MOST_ITEMS)


class RecordingTaken(Answer):
    """What became of it. `second`: another recording of this person; a clerk decides."""

    recording_id = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    state = serializers.ChoiceField(choices=RecordingState.choices)
    receipt = serializers.CharField(allow_null=True)


class ItemResult(serializers.Serializer[Any]):
    """What became of one item: either the recording's fields, or the problem."""

    index = serializers.IntegerField()
    status = serializers.IntegerField()
    recording_id = serializers.UUIDField(required=False)
    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict], required=False)
    state = serializers.ChoiceField(choices=RecordingState.choices, required=False)
    receipt = serializers.CharField(allow_null=True, required=False)
    problem = serializers.DictField(required=False)


class BatchTaken(Answer):
    """One result for each item, in their order."""

    results = ItemResult(many=True)


def _welcome(request: Request, slip: Slip) -> Response | None:
    """The recording of somebody whom nobody has seen yet: nearly every one. None for every other."""
    try:
        sent = read(RecordingSent, request.data)
    except serializers.ValidationError:
        return None  # what is wrong is said after the key was looked at
    device, receipt = request.user, new_receipt()
    district = District(code=sent["district"], office_id=device.office_id)  # the statement knows whether
    enrolment = _enrolment(sent, {district.code: district})
    response = Response(
        {
            "recording_id": sent["recording_id"],
            "verdict": Verdict.NEW.value,
            "state": RecordingState.RECORDED,
            "receipt": receipt,
        },
        status=201,
    )
    came = welcome(
        enrolment=enrolment,
        receipt=receipt,
        device=device,
        badge=request.auth,
        answer=slip.facts(response),
        now=timezone.now(),
    )
    if not came:
        return None
    stood(request)
    return response


class RecordingsView(ApiView):
    """Recordings, one at a time."""

    scope = Scope.RECORDINGS
    remembers_keys = True

    @extend_schema(
        operation_id="deliver_recording",
        request=RecordingSent,
        responses={200: RecordingTaken, 201: RecordingTaken},
    )
    @once_by(_welcome)
    def post(self, request: Request) -> Response:
        """Deliver one. 201: it is new; 200: it was here before."""
        sent = read(RecordingSent, request.data)
        enrolment = _enrolment(sent, _districts(request.user.office_id, [sent["district"]]))
        try:
            done = deliver(enrolments=[enrolment], device=request.user, now=timezone.now())[0]
        except RecordingIdTaken as error:
            raise Conflict(str(error)) from error
        return Response(_shown(done), status=_status(done))


class BatchView(ApiView):
    """Recordings, many at a time."""

    scope = Scope.RECORDINGS
    parser_classes = [StrictJsonBatch]

    @extend_schema(operation_id="deliver_batch", request=RecordingsSent, responses={200: BatchTaken})
    @once
    def post(self, request: Request) -> Response:
        """Deliver up to a hundred; a wrong one spoils none of the others."""
        sent = read(RecordingsSent, request.data)
        now = timezone.now()
        districts = _districts(request.user.office_id, _codes(sent["items"]))
        results: dict[int, dict[str, Any]] = {}
        sound: dict[int, Enrolment] = {}
        for place, item in enumerate(sent["items"]):
            try:
                sound[place] = _enrolment(read(RecordingSent, item), districts)
            except serializers.ValidationError as error:
                results[place] = _failed(error)
        for place, done in _deliver(sound, device=request.user, now=now).items():
            results[place] = (
                _failed(Conflict(str(done)))
                if isinstance(done, RecordingIdTaken)
                else {"status": _status(done), **_shown(done)}
            )
        return Response({"results": [{"index": place, **results[place]} for place in sorted(results)]})


def _deliver(
    sound: Mapping[int, Enrolment], *, device: Device, now: datetime
) -> Mapping[int, Delivered | RecordingIdTaken]:
    """All at once; only when one of them contradicts what is there, one by one."""
    try:
        with transaction.atomic():
            done = deliver(enrolments=list(sound.values()), device=device, now=now) if sound else []
            return dict(zip(sound, done, strict=True))
    except RecordingIdTaken:
        return {place: _deliver_one(enrolment, device=device, now=now) for place, enrolment in sound.items()}


def _deliver_one(enrolment: Enrolment, *, device: Device, now: datetime) -> Delivered | RecordingIdTaken:
    try:
        with transaction.atomic():
            return deliver(enrolments=[enrolment], device=device, now=now)[0]
    except RecordingIdTaken as error:
        return error


def _districts(office_id: int, codes: Sequence[str]) -> Mapping[str, District]:
    """The office's own of these subdistricts."""
    with connection.cursor() as cursor:
        cursor.execute(DISTRICTS, [office_id, list(codes)])
        return {code: District(pk=pk, code=code, office_id=office_id) for pk, code in cursor.fetchall()}


def _codes(items: Sequence[Any]) -> list[str]:
    found = [item.get("district") for item in items if isinstance(item, dict)]
    return [code for code in found if isinstance(code, str) and re.fullmatch(DISTRICT_CODE, code)]


def _enrolment(sent: Mapping[str, Any], districts: Mapping[str, District]) -> Enrolment:
    """As the registry takes it. Raises ValidationError for a district of another office."""
    district = districts.get(sent["district"])
    if district is None:
        raise serializers.ValidationError({"district": [_("Kecamatan ini bukan wilayah kantor Anda.")]})
    files = sent["files"]
    facts = {name: sent[name] for name in ENROLMENT_FIELDS} | {"district": district}
    return Enrolment(
        nik=nik.parse(sent["nik"]),
        digests=Digests(**{kind: files[kind]["sha256"] for kind in KINDS}),
        file_sizes={kind: files[kind]["bytes"] for kind in KINDS},
        family_card=sent.get("family_card_number"),
        **facts,
    )


def _status(done: Delivered) -> int:
    return 200 if done.verdict == Verdict.KNOWN else 201


def _shown(done: Delivered) -> dict[str, Any]:
    return {
        "recording_id": done.recording.pk,
        "verdict": done.verdict.value,
        "state": done.recording.state,
        "receipt": done.receipt or None,
    }


def _failed(error: Exception) -> dict[str, Any]:
    status = int(getattr(error, "status_code", 400))
    return {"status": status, "problem": problem(error, status=status)}
