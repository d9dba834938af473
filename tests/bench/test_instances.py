"""Made-up problems: the same for the same seed, solved and certified, of every awkward kind."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.bench.instances import AWKWARD, SCALES, family_of, instances
from qipan.engine.allocation import check, solve
from tests.engine.oracles import levels_by_programs, most_deliverable


@pytest.mark.parametrize("name", ["tiny", "small", *AWKWARD])
def test_every_small_set_is_solved_exactly(name):
    for problem in instances(name, seed=3):
        plan = solve(problem)
        certificate = check(problem, plan)
        assert (certificate.faults, certificate.gap) == ((), 0)
        assert plan.finished
        assert plan.cheapest
        assert plan.flow.sum() == int(plan.shipped.sum()) * plan.scale
        if not problem.carries.any():
            assert plan.shipped.sum() == most_deliverable(problem, problem.room.tolist())


def test_a_family_of_a_province_is_solved_exactly():
    problem = family_of(SCALES["province"], np.random.default_rng(5))
    assert check(problem, solve(problem)).gap == 0
    assert 10_000 < len(problem.edge_need) < 15_000


def test_the_same_seed_makes_the_same_problems():
    one, same, other = (next(iter(instances("small", seed=seed))) for seed in (4, 4, 5))
    assert one.edge_need.tolist() == same.edge_need.tolist()
    assert one.supply.tolist() == same.supply.tolist()
    assert one.supply.tolist() != other.supply.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_a_sequence_of_linear_programs_in_every_level(seed):
    for problem in instances("tiny", seed=seed):
        assert solve(problem).level == pytest.approx(levels_by_programs(problem), abs=1e-6)
