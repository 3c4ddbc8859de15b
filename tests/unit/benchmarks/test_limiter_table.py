"""Can every limiter of the table play, and does the table say what a run came to?"""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from benchmarks.limiter.__main__ import main
from benchmarks.limiter.grid import GRID
from benchmarks.limiter.roster import ROSTER, Entry
from benchmarks.limiter.scenes import QUEUES, SCENES, WEEKS
from benchmarks.limiter.world import play

SHORT = replace(QUEUES, steps=((0.0, 1.0), (60.0, 0.0), (90.0, 1.0)), end=180.0, capacity=6)


@pytest.mark.parametrize("entry", ROSTER, ids=lambda entry: entry.name)
def test_every_limiter_survives_an_outage(entry: Entry) -> None:
    limiters = entry.make(SHORT, Random(1))
    result = play(SHORT, limiters, 1)
    assert len(limiters) == SHORT.clients
    assert result.used > 0.1


def test_the_same_seed_plays_the_same_game() -> None:
    entry = next(entry for entry in ROSTER if entry.name == "SRE throttling")
    assert play(SHORT, entry.make(SHORT, Random(1)), 1) == play(SHORT, entry.make(SHORT, Random(1)), 1)


def test_scenes_have_names_of_their_own_and_end_after_their_last_step() -> None:
    assert len(SCENES) > 20
    assert all(scene.steps[-1][0] < scene.end for scene in SCENES.values())
    assert WEEKS.name in SCENES


def test_the_grid_has_every_kind_of_centre_and_trouble_under_a_name_of_its_own() -> None:
    assert not GRID.keys() & SCENES.keys()
    assert all(scene.steps[-1][0] < scene.end for scene in GRID.values())
    assert {scene.centre for scene in GRID.values()} == {"refuses", "queues", "quota"}
    assert {scene.noise for scene in GRID.values()} == {0.0, 0.02, 0.05, 0.15}


def test_the_grid_says_where_it_was_worst(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--grid", "--seeds=1", "--scenes=queues 1 × 0.05 s, ramp"]) == 0
    assert "of 1 scenes below 0.93" in capsys.readouterr().out


def test_the_table_can_be_read_by_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--seeds=1", "--scenes=limit of 1, queues", "--limiters=fixed rate"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["limiter"], row["knows_capacity"]) == ("fixed rate", "told once")
    assert 0 < row["used"] <= 1.05
    assert row["dead_per_minute"] is None
