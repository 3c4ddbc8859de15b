"""What do we read at all? JSON without tricks, and plain bytes where a file is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from registry.api.manners.problems import Malformed, TooLarge

MAXIMUM_BYTES = 256 * 1024  # a recording has some 2 KB
MAXIMUM_DEPTH = 8  # our deepest document has five levels
MAXIMUM_DIGITS = 15  # what every JSON reader holds exactly


class StrictJson(BaseParser):
    """JSON: no doubled names, no NaN, no flood, no abyss."""

    media_type = "application/json"
    maximum_bytes = MAXIMUM_BYTES

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The document. Raises TooLarge and Malformed."""
        body = read(stream, at_most=self.maximum_bytes)
        try:
            data = json.loads(
                body.decode("utf-8"),
                object_pairs_hook=_once_each,
                parse_constant=_no_constant,
                parse_int=_whole,
            )
        except (ValueError, RecursionError) as error:
            raise Malformed from error
        if _depth_exceeds(data, MAXIMUM_DEPTH):
            raise Malformed
        return data


class StrictJsonBatch(StrictJson):
    """The same for a hundred recordings at once."""

    maximum_bytes = 2 * 1024 * 1024


class Piece(BaseParser):
    """A piece of a file."""

    media_type = "application/octet-stream"
    maximum_bytes = 1024 * 1024

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The bytes. Raises TooLarge."""
        return read(stream, at_most=self.maximum_bytes)


def read(stream: IO[bytes], *, at_most: int) -> bytes:
    """The whole body, never more than we said."""
    body = stream.read(at_most + 1)
    if len(body) > at_most:
        raise TooLarge
    return body


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > MAXIMUM_DIGITS:
        raise ValueError("a number too long to be exact")
    return int(digits)


def _depth_exceeds(data: Any, limit: int) -> bool:
    level = [data]
    for _step in range(limit):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return any(isinstance(node, dict | list) for node in level)
