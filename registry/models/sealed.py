"""Which columns depend on a key of the vault? Those of these classes, so that no rotation forgets one."""

from __future__ import annotations

from typing import Any

from django.db import models


class SealedField(models.BinaryField):
    """A value that the vault sealed. ``bond``: the property of the row that says what it is sealed to."""

    def __init__(self, *args: Any, bond: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bond = bond  # not a fact of the database: migrations need not know it


class CodeDigestField(models.BinaryField):
    """The blind index of a code that lives briefly: its row has ``used_at`` and ``expires_at``."""
