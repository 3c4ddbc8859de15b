"""How does an IPP message look on the wire? (RFC 8010; codes from RFC 8011 and PWG 5100.3 for collections)

Requests are written, answers are read. Whatever bytes a printer sends, reading them gives a Message
or raises Malformed, and never anything else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

VERSION = b"\x01\x01"  # IPP/1.1: every IPP/2.x printer must answer it too (PWG 5100.12 §5)
DEEPEST = 8  # collections within collections; media-col has two levels
LONGEST_NAME = 255  # octets of a name (RFC 8011 §5.1.3)


class Operation(IntEnum):
    """What we ask of printers."""

    PRINT_JOB = 0x0002
    VALIDATE_JOB = 0x0004
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B


class Group(IntEnum):
    """What a group of attributes is about."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04


class Tag(IntEnum):
    """How a value is written."""

    OUT_OF_BAND = 0x10  # ... to 0x1f: no value, for one of several reasons
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    RANGE = 0x33
    BEGIN_COLLECTION = 0x34
    TEXT_WITH_LANGUAGE = 0x35
    NAME_WITH_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME_TYPE = 0x49
    MEMBER_NAME = 0x4A


class Malformed(Exception):
    """These bytes are no IPP message."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value with the way it is written; a collection's is a mapping of names to Values."""

    tag: Tag
    value: Any


@dataclass(frozen=True, slots=True)
class Range:
    """A rangeOfInteger, both ends included."""

    lower: int
    upper: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.lower <= number <= self.upper


Attributes = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Message:
    """An answer. Values are int, bool, str, Range, dict (a collection), None (no value) or bytes."""

    status: int
    request_id: int
    groups: list[tuple[int, Attributes]] = field(default_factory=list)

    def all(self, group: Group) -> list[Attributes]:
        """Every group of this kind, in order: one for each job, for example."""
        return [attributes for kind, attributes in self.groups if kind == group]

    def first(self, group: Group) -> Attributes:
        """The first group of this kind, or an empty one."""
        return next(iter(self.all(group)), {})


# --- Writing ----------------------------------------------------------------------------------


def keyword(*words: str) -> list[Value]:
    """A keyword or several."""
    return [Value(Tag.KEYWORD, word) for word in words]


def encode(
    operation: Operation,
    *,
    request_id: int,
    groups: Iterable[tuple[Group, Mapping[str, Value | list[Value]]]],
) -> bytes:
    """A request; a document follows it as it is."""
    parts = [VERSION, struct.pack(">hi", operation, request_id)]
    for group, attributes in groups:
        parts.append(bytes([group]))
        for name, values in attributes.items():
            for n, value in enumerate(values if isinstance(values, list) else [values]):
                parts.append(_attribute("" if n else name, value))
    parts.append(bytes([Group.END]))
    return b"".join(parts)


def _attribute(name: str, value: Value) -> bytes:
    if value.tag is Tag.BEGIN_COLLECTION:
        members = b"".join(
            _field(Tag.MEMBER_NAME, "", member.encode()) + _attribute("", inner)
            for member, inner in value.value.items()
        )
        return _field(value.tag, name, b"") + members + _field(Tag.END_COLLECTION, "", b"")
    return _field(value.tag, name, _raw(value))


def _raw(value: Value) -> bytes:
    if value.tag in (Tag.INTEGER, Tag.ENUM):
        return struct.pack(">i", value.value)
    if value.tag is Tag.BOOLEAN:
        return bytes([value.value])
    return str(value.value).encode()


def _field(tag: Tag, name: str, raw: bytes) -> bytes:
    label = name.encode()
    return struct.pack(">bh", tag, len(label)) + label + struct.pack(">h", len(raw)) + raw


# --- Reading ----------------------------------------------------------------------------------


def decode(data: bytes) -> Message:
    """Read an answer. Raises Malformed."""
    reader = _Reader(data)
    reader.take(2)  # the version: an answer of another one is still read the same way
    message = Message(status=reader.number(">H"), request_id=reader.number(">i"))
    current: Attributes | None = None
    values: list[Any] | None = None
    while (tag := reader.number(">B")) != Group.END:
        if tag < Tag.OUT_OF_BAND:
            current, values = {}, None
            message.groups.append((tag, current))
            continue
        name = reader.text()
        if name and current is not None:
            values = current.setdefault(name, [])
        if values is None:
            raise Malformed("a value that belongs to no attribute")
        values.append(_value(tag, reader, depth=0))
    return message


class _Reader:
    """A position in bytes that may end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        start, self._at = self._at, self._at + length
        if length < 0 or self._at > len(self._data):
            raise Malformed("cut off")
        return self._data[start : self._at]

    def number(self, form: str) -> int:
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def block(self) -> bytes:
        return self.take(self.number(">h"))

    def text(self) -> str:
        return self.block().decode("utf-8", errors="replace")


def _value(tag: int, reader: _Reader, *, depth: int) -> Any:
    raw = reader.block()
    if tag == Tag.BEGIN_COLLECTION:
        return _collection(reader, depth=depth + 1)
    if tag in (Tag.TEXT_WITH_LANGUAGE, Tag.NAME_WITH_LANGUAGE):
        inner = _Reader(raw)
        inner.block()  # the language
        return inner.text()
    return _simple(tag, raw)


def _simple(tag: int, raw: bytes) -> Any:
    if tag & 0xF0 == Tag.OUT_OF_BAND:
        return None
    try:
        if tag in (Tag.INTEGER, Tag.ENUM):
            return struct.unpack(">i", raw)[0]
        if tag == Tag.BOOLEAN:
            return struct.unpack(">?", raw)[0]
        if tag == Tag.RANGE:
            return Range(*struct.unpack(">ii", raw))
    except struct.error:
        raise Malformed("a number of the wrong length") from None
    return raw.decode("utf-8", errors="replace") if tag >= Tag.TEXT else raw


def _collection(reader: _Reader, *, depth: int) -> dict[str, list[Any]]:
    if depth > DEEPEST:
        raise Malformed("collections too deep")
    members: dict[str, list[Any]] = {}
    values: list[Any] | None = None
    while (tag := reader.number(">B")) != Tag.END_COLLECTION:
        reader.block()  # members carry no name of their own
        if tag == Tag.MEMBER_NAME:
            values = members.setdefault(reader.text(), [])
        elif values is None or tag < Tag.OUT_OF_BAND:
            raise Malformed("a value that belongs to no member")
        else:
            values.append(_value(tag, reader, depth=depth))
    reader.block()
    reader.block()
    return members
