"""Which values do we take? Those of the schema, and no others that happen to look like them.

Django REST framework reads "5" as 5 and 5 as "5". A machine that mixes them up is told, before
something else of it is read wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import SkipField, empty
from rest_framework.validators import ProhibitSurrogateCharactersValidator

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
UUID_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


class Strict(serializers.Serializer[Any]):
    """An object whose every field is known."""

    default_error_messages = {
        "unknown": _("Isian ini tidak dikenal."),
        "invalid": _("Harus berupa objek JSON."),
    }

    @cached_property
    def known(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Its fields; each is read under its own name, and none is a form's."""
        return dict(self.fields.items())

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"": [self.error_messages["invalid"]]}, code="invalid")
        unknown = [name for name in data if name not in self.known]
        if unknown:
            raise serializers.ValidationError(
                {name: [self.error_messages["unknown"]] for name in unknown[:20]}, code="unknown"
            )
        found, wrong = {}, {}
        for name, field in self.known.items():
            try:
                found[name] = field.run_validation(data.get(name, empty))
            except SkipField:
                pass
            except serializers.ValidationError as error:
                wrong[name] = error.detail
        if wrong:
            raise serializers.ValidationError(wrong)
        return found

    def run_validators(self, value: Any) -> None:
        """None of ours has any: what concerns several fields stands in ``validate``."""


def read(kind: type[Strict], data: Any) -> dict[str, Any]:
    """``data`` as ``kind`` describes it. Raises ValidationError.

    One reader of each kind serves all: making its fields anew for each request took six times as
    long as reading with them.
    """
    return dict(_reader(kind).run_validation(data))


@cache
def _reader(kind: type[Strict]) -> Strict:
    return kind()


def no_surrogates(text: str) -> None:
    """Refuse halves of characters; Django REST framework looks at each, also where there can be none."""
    if not text.isascii():
        ProhibitSurrogateCharactersValidator()(text)


class _Characters:
    """What is checked of every JSON string."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.validators = [
            no_surrogates if isinstance(one, ProhibitSurrogateCharactersValidator) else one
            for one in self.validators
        ]


class Text(_Characters, serializers.CharField):
    """A JSON string; blanks at its ends are kept out."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Pattern(_Characters, serializers.RegexField):
    """A JSON string of a given form."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A JSON number without a fraction."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    """``true`` or ``false``."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input="…")
        return data


class OneOf(serializers.ChoiceField):
    """One of the listed words."""

    default_error_messages = {"invalid_choice": _("Bukan salah satu pilihan yang dikenal.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input="…")
        return super().to_internal_value(data)


class Day(serializers.DateField):
    """``2017-11-28``."""

    default_error_messages = {"invalid": _("Tulis tanggal seperti 2017-11-28.")}

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            self.fail("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail("invalid")


class Moment(serializers.DateTimeField):
    """``2017-11-28T10:00:00+07:00``: RFC 3339, always with its offset."""

    default_error_messages = {"invalid": _("Tulis waktu seperti 2017-11-28T10:00:00+07:00.")}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            self.fail("invalid")
        try:
            found = parse_datetime(value)
        except ValueError:
            found = None
        if found is None or not (1900 < found.year < 9000):  # beyond these, zones overflow
            self.fail("invalid")
        return found


class Identifier(serializers.UUIDField):
    """A UUID in its usual form."""

    default_error_messages = {"invalid": _("Tulis UUID dalam huruf kecil dengan tanda hubung.")}

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not UUID_FORM.fullmatch(data):
            self.fail("invalid")
        return UUID(data)


class Answer(serializers.Serializer[Any]):
    """What stands in every answer that is not a versioned representation."""

    server_time = serializers.DateTimeField(help_text="The office's clock; RFC 3339 with offset.")
    request_id = serializers.UUIDField(help_text="Name this when you ask us about an answer.")
