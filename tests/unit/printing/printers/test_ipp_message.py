"""Are requests written as the standard says, and answers read whatever they are?"""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from printing.printers.ipp_message import (
    Group,
    Malformed,
    Operation,
    Range,
    Tag,
    Value,
    decode,
    encode,
    keyword,
)

# RFC 8010 appendix A.1 shows a request of this shape, octet by octet.
VALIDATE = bytes.fromhex(
    "0101"  # version 1.1
    "0004"  # Validate-Job
    "00000001"  # request-id
    "01"  # operation attributes
    "47 0012 617474726962757465732d63686172736574 0005 7574662d38"  # attributes-charset utf-8
    "02"  # job attributes
    "21 0006 636f70696573 0004 00000014"  # copies 20
    "44 0005 7369646573 0013 74776f2d73696465642d6c6f6e672d65646765"  # sides two-sided-long-edge
    "03"
)


def answer(*groups: bytes) -> bytes:
    return struct.pack(">2sHi", b"\x02\x00", 0, 7) + b"".join(groups) + b"\x03"


def written(tag: int, name: str, raw: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(raw)) + raw


class TestEncode:
    def test_writes_the_octets_of_the_standard(self) -> None:
        request = encode(
            Operation.VALIDATE_JOB,
            request_id=1,
            groups=[
                (Group.OPERATION, {"attributes-charset": Value(Tag.CHARSET, "utf-8")}),
                (Group.JOB, {"copies": Value(Tag.INTEGER, 20), "sides": keyword("two-sided-long-edge")}),
            ],
        )
        assert request == VALIDATE

    def test_a_request_can_be_read_again(self) -> None:
        size = {"x-dimension": Value(Tag.INTEGER, 8560), "y-dimension": Value(Tag.INTEGER, 5398)}
        media = Value(Tag.BEGIN_COLLECTION, {"media-size": Value(Tag.BEGIN_COLLECTION, size)})
        request = encode(
            Operation.PRINT_JOB,
            request_id=9,
            groups=[
                (
                    Group.JOB,
                    {"media-col": media, "which": keyword("a", "b"), "my-jobs": Value(Tag.BOOLEAN, False)},
                )
            ],
        )
        [(group, attributes)] = decode(request).groups
        assert group == Group.JOB
        assert attributes == {
            "media-col": [{"media-size": [{"x-dimension": [8560], "y-dimension": [5398]}]}],
            "which": ["a", "b"],
            "my-jobs": [False],
        }


class TestDecode:
    def test_reads_every_kind_of_value(self) -> None:
        message = decode(
            answer(
                b"\x04",
                written(Tag.INTEGER, "n", struct.pack(">i", -5)),
                written(Tag.RANGE, "r", struct.pack(">ii", 1, 9)),
                written(Tag.TEXT_WITH_LANGUAGE, "t", b"\x00\x02id\x00\x04kata"),
                written(Tag.KEYWORD, "k", b"one"),
                written(Tag.KEYWORD, "", b"two"),
                written(Tag.OUT_OF_BAND + 2, "u", b""),
                written(0x31, "d", b"\x07\xe1"),
                written(Tag.TEXT, "broken", b"\xff"),
            )
        )
        assert message.request_id == 7
        assert message.first(Group.PRINTER) == {
            "n": [-5],
            "r": [Range(1, 9)],
            "t": ["kata"],
            "k": ["one", "two"],
            "u": [None],
            "d": [b"\x07\xe1"],
            "broken": ["\ufffd"],
        }

    def test_keeps_jobs_apart(self) -> None:
        job = b"\x02" + written(Tag.INTEGER, "job-id", struct.pack(">i", 1))
        assert len(decode(answer(job, job)).all(Group.JOB)) == 2

    def test_a_group_that_is_missing_is_empty(self) -> None:
        assert decode(answer()).first(Group.JOB) == {}

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"<html>busy</html>",
            VALIDATE[:-1],
            answer(written(Tag.KEYWORD, "k", b"outside of any group")),
            answer(b"\x02", written(Tag.KEYWORD, "", b"one more of nothing")),
            answer(b"\x02", written(Tag.INTEGER, "n", b"\x00")),
            answer(b"\x02", written(Tag.BEGIN_COLLECTION, "c", b""), written(Tag.KEYWORD, "", b"no member")),
            answer(b"\x02", written(Tag.BEGIN_COLLECTION, "c", b"") * 1),
            answer(
                b"\x02",
                (written(Tag.BEGIN_COLLECTION, "c", b"") + written(Tag.MEMBER_NAME, "", b"m")) * 5000,
            ),
            answer(b"\x02", b"\x44\xff\xff"),
        ],
    )
    def test_refuses_what_is_no_message(self, data: bytes) -> None:
        with pytest.raises(Malformed):
            decode(data)

    @given(data=st.binary(max_size=300))
    @example(data=VALIDATE)
    def test_never_fails_in_another_way(self, data: bytes) -> None:
        for candidate in (data, VALIDATE[:20] + data, answer(b"\x02", data)):
            try:
                decode(candidate)
            except Malformed:
                continue

    @given(place=st.integers(0, len(VALIDATE) - 1), octet=st.integers(0, 255))
    def test_survives_any_single_wrong_octet(self, place: int, octet: int) -> None:
        with suppress(Malformed):
            decode(VALIDATE[:place] + bytes([octet]) + VALIDATE[place + 1 :])


class TestRange:
    def test_holds_both_its_ends(self) -> None:
        assert 1 in Range(1, 3)
        assert 3 in Range(1, 3)
        assert 4 not in Range(1, 3)
        assert "1" not in Range(1, 3)
