"""What does a station ask about a recording it delivered, and how does it send the files?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.manners.conditional import representation
from registry.api.manners.fields import Answer
from registry.api.manners.parsers import Piece
from registry.api.manners.problems import ChecksumMismatch, NothingFound, OffsetMismatch, Refused
from registry.api.manners.schema import may_answer
from registry.api.manners.view import ApiView
from registry.models import Recording
from registry.models.biometric import Kind
from registry.models.device import Scope
from registry.services import biometrics
from registry.states import RecordingState

OFFSET = "Upload-Offset"
MOST_DIGITS = 9


class FileShown(serializers.Serializer[Any]):
    """How far one file has come."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    received = serializers.IntegerField()
    complete = serializers.BooleanField()


class FileAnswer(Answer, FileShown):
    """The same as an answer to a piece."""


class ProblemShown(serializers.Serializer[Any]):
    """What stands in a recording's way, who owns it, and what is done about it."""

    kind = serializers.CharField()
    label = serializers.CharField()
    owner = serializers.CharField()
    next_step = serializers.CharField()


class RecordingShown(serializers.Serializer[Any]):
    """A recording as its station may see it."""

    recording_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=RecordingState.choices)
    state_text = serializers.CharField()
    since = serializers.DateTimeField()
    exception = ProblemShown(allow_null=True)
    files = FileShown(many=True)


class RecordingView(ApiView):
    """One recording of the asking station."""

    scope = Scope.RECORDINGS

    @extend_schema(
        operation_id="recording",
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={200: RecordingShown, 304: None},
    )
    @may_answer(404)
    def get(self, request: Request, recording_id: UUID) -> Response:
        """Where it stands, and which files are still missing."""
        recording = _own(request, recording_id)
        kind = recording.exception
        return representation(
            request,
            {
                "recording_id": recording.pk,
                "state": recording.state,
                "state_text": str(recording.get_state_display()),
                "since": recording.state_since,
                "exception": {
                    "kind": kind.code,
                    "label": str(kind.label),
                    "owner": str(kind.owner),
                    "next_step": str(kind.next_step),
                }
                if kind
                else None,
                "files": [_shown(one) for one in biometrics.progress(recording=recording)],
            },
        )


class FileView(ApiView):
    """One file of one recording."""

    scope = Scope.RECORDINGS
    parser_classes = [Piece]

    @extend_schema(
        operation_id="file",
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={200: FileShown, 304: None},
    )
    @may_answer(404)
    def get(self, request: Request, recording_id: UUID, kind: str) -> Response:
        """Where to go on."""
        recording = _own(request, recording_id)
        return representation(request, _shown(biometrics.progress_of(recording=recording, kind=kind)))

    @extend_schema(
        operation_id="send_piece",
        parameters=[
            OpenApiParameter(
                OFFSET,
                {"type": "integer", "minimum": 0, "maximum": 10**MOST_DIGITS - 1},
                OpenApiParameter.HEADER,
                required=True,
                description="Where this piece begins: what was received so far.",
            )
        ],
        request={"application/octet-stream": bytes},
        responses={200: FileAnswer},
    )
    @may_answer(404, 409, 422)
    def patch(self, request: Request, recording_id: UUID, kind: str) -> Response:
        """Send the next piece, at most 1 MiB. The last one must complete the promised digest."""
        recording = _own(request, recording_id)
        try:
            done = biometrics.take_piece(
                recording=recording,
                kind=kind,
                offset=_offset(request),
                piece=_piece(request),
                now=timezone.now(),
            )
        except biometrics.WrongPlace as error:
            raise OffsetMismatch(received=error.received) from error
        except biometrics.TooMuch as error:
            raise Refused(str(error)) from error
        except biometrics.NotWhole as error:
            raise ChecksumMismatch(received=0) from error
        return Response(_shown(done))


def _own(request: Request, recording_id: UUID) -> Recording:
    recording = biometrics.of_device(device=request.user, recording_id=recording_id)
    if recording is None:
        raise NothingFound
    return recording


def _offset(request: Request) -> int:
    text = request.headers.get(OFFSET, "")
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise ValidationError({OFFSET: [_("Sebutkan posisi awal potongan ini.")]})
    return int(text)


def _piece(request: Request) -> bytes:
    """A body of no bytes at all is not parsed by Django REST framework."""
    return request.data if isinstance(request.data, bytes) else b""


def _shown(file: biometrics.Progress) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "bytes": file.size,
        "sha256": file.sha256,
        "received": file.received,
        "complete": file.is_complete,
    }
