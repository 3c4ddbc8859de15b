"""What does every test need before it can stand on the real database?"""

from __future__ import annotations

from typing import Any

import pgtrigger
import pytest
from django.test import TransactionTestCase


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    """A password that is safe costs half a second; no test is about that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_guards() -> Any:
    """Between tests that commit, Django empties the tables; the append-only ones refuse that to all else."""
    flush = TransactionTestCase._fixture_teardown

    def unguarded(case: TransactionTestCase) -> None:
        with pgtrigger.ignore():
            flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", unguarded)
        yield
