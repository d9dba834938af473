"""The bench: rivals answer the same problem, their errors are measured, and the table says what was not done."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from qipan.bench import heuristics, programs, table
from qipan.bench.instances import instances
from qipan.engine.allocation import solve
from qipan.server.cli import app


@pytest.mark.parametrize("seed", range(3))
def test_the_sequence_of_programs_reaches_the_exact_levels(seed):
    for name in ("tiny", "small"):
        problem = next(iter(instances(name, seed=seed)))
        got = programs.sequence(problem, seconds=60)
        assert problem.level_of(got) == pytest.approx(solve(problem).level, abs=1e-6)


@pytest.mark.parametrize(
    "rival",
    [
        lambda p: programs.sequence(p, seconds=60, programs_max=1),
        lambda p: programs.binner(p, seconds=60),
        heuristics.waterfilling,
        heuristics.random_split,
    ],
    ids=["first program", "bins", "water-filling", "random split"],
)
def test_every_rival_delivers_what_can_be_delivered_and_is_less_fair(rival):
    problem = next(iter(instances("province", seed=1)))
    got, exact = rival(problem), solve(problem)
    assert (got >= -1e-9).all()
    assert (got <= problem.room * (1 + 1e-6)).all()
    assert got.sum() <= exact.shipped.sum() * (1 + 1e-6)
    assert np.abs(problem.level_of(got) - exact.level).max() > 0.01


def test_the_table_is_printed_and_machine_readable():
    found = json.loads(CliRunner().invoke(app, ["bench", "allocation", "--scale", "tiny", "--json"]).stdout)
    rows = {row["name"]: row for row in found["rows"]}
    assert found["gap"] == 0
    assert found["edges"] == sum(len(p.edge_need) for p in instances("tiny", seed=1))
    assert rows["this engine: levels alone"]["ratio"] == 1
    assert rows["HiGHS: the sequence of linear programs"]["worst_off"] < 1e-6
    text = CliRunner().invoke(app, ["bench", "allocation", "--scale", "tiny"]).stdout
    assert "certified gap 0" in text
    assert "adaptive water-filling" in text


def test_a_rival_that_is_not_done_in_time_is_shown_as_such():
    def late(problem):
        raise programs.TookTooLong

    problem = next(iter(instances("tiny", seed=1)))
    row = table._row("late", late, [problem], [solve(problem).level], 1.0)
    assert (row.ratio, row.mean_off) == (None, None)


def test_an_unknown_scale_is_wrong_usage():
    assert CliRunner().invoke(app, ["bench", "allocation", "--scale", "planet"]).exit_code == 2
