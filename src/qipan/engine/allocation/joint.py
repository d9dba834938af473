"""Problems that share rows: the network first, then programs for what a broken row joins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation.check import Fault
from qipan.engine.allocation.plan import Plan, delivered
from qipan.engine.allocation.problem import WEIGHT_ONE, IntArray, Problem
from qipan.engine.allocation.programs import lift
from qipan.engine.allocation.shared import Row, Shared, joined, refuse_wrong_rows
from qipan.engine.allocation.solve import Effort, solve_many
from qipan.engine.allocation.wholes import whole_units

BINDS = 1e-6


@dataclass(frozen=True, eq=False)
class Joint:
    """The plan of several problems under shared rows.

    Args:
        plans: of the network alone, one each problem.
        shipped: (nE,) each, whole steps to ship.
        level: (nJ,) each, the level in the fractional optimum: under the rows where the problem was joined, else
            the network's (whole units may keep a row that grains of a unit would break).
        joined: for each problem, the number of the component it was solved in by programs; -1: the network's
            plan breaks no row, and is the plan.
        bound: places in ``shared`` of the rows that hold the plan down.
        finished: False where ``effort`` ended the programs early: feasible, but not proven fair.
    """

    plans: list[Plan]
    shipped: list[IntArray]
    level: list[npt.NDArray[np.float64]]
    joined: list[int]
    bound: tuple[int, ...]
    finished: bool


def solve_jointly(
    problems: Sequence[Problem],
    shared: Sequence[Shared],
    *,
    steps: Sequence[IntArray] | None = None,
    effort: Effort | None = None,
    solver: Callable[[Sequence[Problem]], list[Plan]] = solve_many,
) -> Joint:
    """Solve problems that share rows.

    Args:
        shared: capacities over goods, least lots. Rows that the network's plans keep cost nothing.
        steps: (nE,) each, units that can only be sent together. Default 1 everywhere.
        solver: solves the families by themselves; elsewhere than here, it may be. Default ``solve_many``.
        effort: ``exchanges`` bounds the steps of the simplex method.

    Raises:
        ProblemInconsistent: a row points nowhere, or the joined sums are too large.

    Invariants:
        Where no row is broken and every step is 1, ``shipped`` is that of ``solve``. Elsewhere the levels
        are leximin to 1e-6 and whole steps come from rounding (see ``wholes.py``).
    """
    refuse_wrong_rows(problems, shared)
    plans = solver(problems)
    state = _State(problems, plans, shared, steps or [np.ones(len(p.edge_need), np.int64) for p in problems])
    limit = None if effort is None else effort.exchanges
    while broken := state.broken():
        state.join(broken)
        state.solve(limit)
    return Joint(plans, state.shipped, state.level, state.group, tuple(sorted(state.bound)), state.is_done)


class _State:
    """Which problems are joined, which rows count, and what is shipped so far."""

    def __init__(
        self, problems: Sequence[Problem], plans: Sequence[Plan], shared: Sequence[Shared], steps: Sequence[IntArray]
    ) -> None:
        self.problems, self.plans, self.shared, self.steps = problems, plans, shared, steps
        self.shipped = [_in_steps(*each) for each in zip(problems, plans, steps, strict=True)]
        self.level = [plan.level for plan in plans]
        self.amounts: list[npt.NDArray[Any]] = list(self.shipped)
        self.group = [-1] * len(problems)
        self.active: set[int] = set()
        self.bound: set[int] = set()
        self.is_done = True

    def broken(self) -> list[int]:
        """Rows that the plan so far breaks and that do not count yet."""
        return [at for at in range(len(self.shared)) if at not in self.active and self._is_broken(at)]

    def _is_broken(self, at: int) -> bool:
        row = self.shared[at]
        pairs = zip(row.problem.tolist(), row.edge.tolist(), row.load.tolist(), strict=True)
        triples = list(pairs)
        load = sum(int(self.shipped[problem][edge]) * each for problem, edge, each in triples)
        if (0 <= row.limit < load) or 0 < load < row.lot:
            return True
        fraction = sum(float(self.amounts[problem][edge]) * each for problem, edge, each in triples)
        return row.limit >= 0 and fraction > row.limit * (1 + BINDS) + BINDS

    def join(self, broken: Sequence[int]) -> None:
        """Let rows count, and put the problems that they touch into one component each."""
        self.active |= set(broken)
        parent = list(range(len(self.problems)))

        def root(problem: int) -> int:
            while parent[problem] != problem:
                problem = parent[problem]
            return problem

        touched: set[int] = set()
        for at in sorted(self.active):
            members = np.unique(self.shared[at].problem).tolist()
            touched |= set(members)
            for member in members[1:]:
                parent[max(root(members[0]), root(member))] = min(root(members[0]), root(member))
        roots = sorted({root(problem) for problem in touched})
        self.group = [roots.index(root(p)) if p in touched else -1 for p in range(len(self.problems))]

    def solve(self, steps_max: int | None) -> None:
        """Solve every component with the rows that count."""
        self.bound.clear()
        self.is_done = True
        for number in range(max(self.group) + 1):
            self._solve_component([p for p, group in enumerate(self.group) if group == number], steps_max)

    def _solve_component(self, members: list[int], steps_max: int | None) -> None:
        whole = joined([self.problems[p] for p in members])
        firsts = dict(zip(members, np.cumsum([0] + [len(self.problems[p].edge_need) for p in members]), strict=False))
        counting = [at for at in sorted(self.active) if int(self.shared[at].problem[0]) in firsts]
        rows = [_row(self.shared[at], firsts) for at in counting]
        lots = [at for at, row in enumerate(rows) if row.lot]
        start = _within(np.concatenate([self.plans[p].flow / self.plans[p].scale for p in members]), rows)
        found = lift(whole, rows, lots, start=start, steps_max=steps_max)
        self.is_done &= found.is_done
        step = np.concatenate([self.steps[p] for p in members])
        shipped = whole_units(whole, found.amounts, step, rows)
        level = (whole.covered + found.received) / (whole.weight / WEIGHT_ONE * whole.need)
        needs = np.cumsum([0] + [len(self.problems[p].need) for p in members])
        for place, p in enumerate(members):
            self.shipped[p] = shipped[firsts[p] : firsts[p] + len(self.problems[p].edge_need)]
            self.amounts[p] = found.amounts[firsts[p] : firsts[p] + len(self.problems[p].edge_need)]
            self.level[p] = level[needs[place] : needs[place + 1]]
        for place, (at, row) in enumerate(zip(counting, rows, strict=True)):
            load = float(row.load_of(found.amounts))
            is_full = row.limit >= 0 and load >= row.limit * (1 - BINDS) - BINDS
            if is_full or found.is_open.get(place) is False or (row.lot and load <= row.lot * (1 + BINDS)):
                self.bound.add(at)


def _row(shared: Shared, firsts: dict[int, int]) -> Row:
    """A shared row on the edges of the joined problem."""
    at = np.array([firsts[problem] for problem in shared.problem.tolist()], dtype=np.int64)
    return Row(at + shared.edge, np.asarray(shared.load, dtype=np.int64), shared.limit, shared.lot)


def _within(amounts: npt.NDArray[np.float64], rows: Sequence[Row]) -> npt.NDArray[np.float64]:
    """A plan thinned out until every row has room for it."""
    for row in rows:
        load = row.load_of(amounts)
        if 0 <= row.limit < load:
            amounts[row.edges] *= row.limit / load
    return amounts


def _in_steps(problem: Problem, plan: Plan, step: IntArray) -> IntArray:
    """The network's own whole units, or the fractional optimum in whole steps where units go in steps."""
    if (step == 1).all():
        return plan.shipped
    return whole_units(problem, plan.flow / plan.scale, step)


def check_jointly(
    problems: Sequence[Problem], shared: Sequence[Shared], shipped: Sequence[IntArray], steps: Sequence[IntArray]
) -> list[Fault]:
    """Whether whole steps keep every bound: stock along its chains, lanes, needs, steps, rows. From nothing else.

    Returns:
        Every bound that is broken; empty where the plan can be carried out.
    """
    found = []
    for problem, amounts, step in zip(problems, shipped, steps, strict=True):
        received = delivered(problem, amounts)
        drawn = np.zeros(len(problem.supply), dtype=np.int64)
        np.add.at(drawn, problem.edge_source, amounts)
        over_lane = (problem.edge_cap >= 0) & (amounts > problem.edge_cap)
        found += [Fault("negative", edges=(int(e),), amount=1) for e in np.flatnonzero(amounts < 0)]
        found += [Fault("over_step", edges=(int(e),), amount=1) for e in np.flatnonzero(amounts % step)]
        found += [Fault("over_lane", edges=(int(e),), amount=1) for e in np.flatnonzero(over_lane)]
        found += [Fault("over_need", needs=(int(j),), amount=1) for j in np.flatnonzero(received > problem.room)]
        found += [Fault("over_supply", sources=(source,), amount=short) for source, short in _overdrawn(problem, drawn)]
    for number, row in enumerate(shared):
        pairs = zip(row.problem.tolist(), row.edge.tolist(), row.load.tolist(), strict=True)
        load = sum(int(shipped[problem][edge]) * each for problem, edge, each in pairs)
        if 0 <= row.limit < load:
            found.append(Fault("over_row", rows=(number,), amount=load - row.limit))
        if 0 < load < row.lot:
            found.append(Fault("under_lot", rows=(number,), amount=row.lot - load))
    return found


def _overdrawn(problem: Problem, drawn: IntArray) -> list[tuple[int, int]]:
    """(source, units) where more is drawn along a chain than has appeared there."""
    found, left = [], 0
    for source, (stock, out) in enumerate(zip(problem.supply.tolist(), drawn.tolist(), strict=True)):
        carried = left if source and problem.carries[source - 1] else 0
        left = carried + stock - out
        if left < 0:
            found.append((source, -left))
    return found
