"""How is an endpoint described? With every problem it may answer, and the headers it reads."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from registry.api.manners import once

PROBLEM_JSON = "application/problem+json"
BODIES = frozenset({"post", "put", "patch"})


class WrongField(serializers.Serializer[Any]):
    """One field that was refused."""

    field = serializers.CharField(help_text="Path with dots: `papers.0.number`; empty for the whole.")
    code = serializers.CharField(help_text="Stable.")
    detail = serializers.CharField(help_text="For people.")


class ProblemDocument(serializers.Serializer[Any]):
    """RFC 9457. `type` is stable; titles and details are worded in the language asked for."""

    type = serializers.RegexField(r"^urn:ektp:problem:[a-z-]+$")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    errors = WrongField(many=True, required=False)
    received = serializers.IntegerField(required=False, help_text="offset-mismatch: go on here.")
    used_at = serializers.DateTimeField(required=False, help_text="code-used.")
    used_by = serializers.CharField(required=False, help_text="code-used; masked.")
    request_id = serializers.UUIDField()
    server_time = serializers.DateTimeField()


DESCRIPTIONS = {
    400: "The request is malformed or a field is wrong; `errors` names each.",
    401: "No key, or one that is not live.",
    403: "The device lacks the scope, or asks from another network.",
    404: "Unknown, wrong or not yours: one answer for all.",
    409: "It contradicts what is there, or the same key is in flight (`Retry-After`).",
    412: "The version named by If-Match is no more.",
    413: "Too large.",
    415: "Not the media type of this endpoint.",
    422: "Understood and refused.",
    428: "If-Match is missing.",
    429: "Too many; wait `Retry-After` seconds.",
    500: "What nobody foresaw; name the `request_id` when you report it.",
    503: "Not now; wait `Retry-After` seconds.",
}

IDEMPOTENCY_KEY = {
    "name": once.HEADER,
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
    "description": "Minted once for one act of a person; sent again with each attempt.",
}


class OfficeSchema(AutoSchema):
    """Adds what is the same everywhere; a view adds its own with ``extend_schema``."""

    always: ClassVar[tuple[int, ...]] = (429, 500, 503)

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """What a view says of itself, and what all of them share."""
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        document = self.resolve_serializer(ProblemDocument(), "response").ref
        for code in self._problems():
            operation["responses"][str(code)] = {
                "description": DESCRIPTIONS[code],
                "content": {PROBLEM_JSON: {"schema": document}},
            }
        if self._handler("is_once"):
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        return operation

    def _handler(self, mark: str) -> Any:
        return getattr(getattr(self.view, self.method.lower(), None), mark, None)

    def get_filter_backends(self) -> list[Any]:
        return []

    def _problems(self) -> list[int]:
        codes = {*self.always, *(self._handler("problems") or ())}
        if self.view.authentication_classes:
            codes.add(401)
        if getattr(self.view, "scope", None):
            codes.add(403)
        if self.method.lower() in BODIES:
            codes |= {400, 413, 415}
        if self._handler("is_once"):
            codes |= {409, 422}
        return sorted(codes)


def may_answer(*codes: int) -> Any:
    """Say which further problems a handler may answer with."""

    def mark(handler: Any) -> Any:
        handler.problems = codes
        return handler

    return mark


def close_requests(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Spectacular hook: what is sent to us may have no unknown fields."""
    for name, component in result.get("components", {}).get("schemas", {}).items():
        if name.endswith("Request") and component.get("type") == "object":
            component["additionalProperties"] = False
    return result
