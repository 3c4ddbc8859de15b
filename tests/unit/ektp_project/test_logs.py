"""Does no log line hold a NIK, whoever writes it and however it is written?"""

from __future__ import annotations

import logging

import pytest
from gunicorn.config import Config

from ektp_project.logs import Formatter, masked
from ektp_project.web_log import WebLog
from tests.factories import nik_of

NIK = nik_of(1)


class TestMasked:
    @pytest.mark.parametrize(
        "text",
        [
            NIK,
            f"?q={NIK}&p=1",
            f"({NIK})",
            f"a{NIK}b",
            f"{NIK[:4]} {NIK[4:8]} {NIK[8:12]} {NIK[12:]}",
            f"{NIK[:6]}.{NIK[6:12]}.{NIK[12:]}",
            f"?q={NIK[:6]}+{NIK[6:]}",
            f"?q={NIK[:6]}%20{NIK[6:]}",
        ],
    )
    def test_hides_a_nik(self, text: str) -> None:
        assert "••••••••" in masked(text)
        assert NIK[6:12] not in masked(text).replace(" ", "").replace(".", "")

    @pytest.mark.parametrize(
        "text", ["2017-11-28 10:00:00,123", "17136 cards", "21020301018500011", "10.0.0.12:8000", "0b95964"]
    )
    def test_leaves_the_rest(self, text: str) -> None:
        assert masked(text) == text


class TestFormatter:
    def test_hides_it_in_arguments_and_tracebacks(self) -> None:
        try:
            raise ValueError(NIK)
        except ValueError as error:
            seen = (ValueError, error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "who: %s", (NIK,), seen)
        assert NIK not in Formatter().format(record)


class TestWebLog:
    def test_writes_through_the_same_mask(self, capfd: pytest.CaptureFixture[str]) -> None:
        log = WebLog(Config())
        log.error("Error handling request /admin/?q=%s", NIK)
        assert NIK[6:12] not in capfd.readouterr().err
        assert all(isinstance(handler.formatter, Formatter) for handler in log.error_log.handlers)
