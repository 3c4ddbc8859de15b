"""Is an office told that its keys do not fit its rows, before it takes anybody in twice?"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.core import checks

from tests import factories

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    """The numbers of what ``manage.py check --database default`` says of the registry."""
    said = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [message.id for message in said if message.id and message.id.startswith("registry.")]


class TestKeysFitTheRows:
    def test_is_content_with_an_empty_office_and_with_the_right_keys(self) -> None:
        assert found() == []
        factories.take(factories.an_office(), 1, 2)
        assert found() == []

    def test_sees_another_index_key_under_the_same_number(self, settings: Any) -> None:
        factories.take(factories.an_office(), 1)
        settings.NIK_INDEX_KEYS = {1: os.urandom(32)}
        assert found() == ["registry.E003"]

    def test_sees_another_sealing_key(self, settings: Any) -> None:
        factories.take(factories.an_office(), 1)
        settings.NIK_KEYS = {1: os.urandom(32)}
        assert found() == ["registry.E002"]

    def test_sees_an_index_key_that_was_taken_away_too_early(self, settings: Any) -> None:
        settings.NIK_INDEX_KEYS = {2: os.urandom(32)}
        assert found() == ["registry.E001"]
