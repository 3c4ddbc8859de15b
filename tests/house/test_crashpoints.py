"""Is every crash point of the code in the table, and every one of the table in the code?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from registry.crashpoints import POINTS

ROOT = Path(__file__).resolve().parents[2]


def points_in_code() -> Iterator[str]:
    for app in ("registry", "printing", "ektp_project"):
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "crashpoints.here":
                    yield ast.literal_eval(node.args[0])


def test_the_table_and_the_code_name_the_same_points() -> None:
    assert set(points_in_code()) == set(POINTS)


def test_every_step_with_an_effect_outside_can_be_died_on_both_sides() -> None:
    for step in ("authorize", "print", "report"):
        assert {f"{step}.claiming", f"{step}.claimed"} <= set(POINTS)
    assert {"authorize.claimed", "authorize.answered", "authorize.recorded"} <= set(POINTS)
    assert {"print.begun", "print.sent", "print.settling", "print.settled"} <= set(POINTS)
    assert {"report.claimed", "report.told", "report.recorded"} <= set(POINTS)
