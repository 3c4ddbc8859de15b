"""Does every import look down? The contracts are in pyproject.toml; DESIGN.md, section 4, is their reason."""

from __future__ import annotations

from importlinter import cli


def test_every_import_obeys_its_contract() -> None:
    assert cli.lint_imports() == cli.EXIT_STATUS_SUCCESS
