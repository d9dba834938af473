"""Leximin levels where goods share rows: a sequence of linear programs, solved by HiGHS.

Only ``joint.py`` comes here, and only with what a broken row joins. One model is kept and its bounds
are moved, so that every program starts from the last one's basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation.problem import WEIGHT_ONE, IntArray, Problem
from qipan.engine.allocation.shared import Row

Float = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HELD = 1e-7
"""A need is held down where its share in the price of the level is above this; feasible to the same measure."""

SLACK = 1e-9
NODES_MAX = 10_000
FREE = -np.inf


@dataclass(frozen=True, eq=False)
class Lifted:
    """What the programs found.

    Args:
        amounts: (nE,) units on each edge. received: (nJ,) units. is_open: a flag for each row with a lot, by row.
        is_done: whether the sequence came to its end.
    """

    amounts: Float
    received: Float
    is_open: dict[int, bool]
    is_done: bool


class _Limited(Exception):
    """The steps that were allowed are used up."""


def lift(
    problem: Problem, rows: Sequence[Row], lots: Sequence[int], *, start: Float, steps_max: int | None = None
) -> Lifted:
    """Levels of a problem under rows, tier by tier: lift the lowest, hold who can rise no further, repeat.

    Args:
        rows: the rows that count. lots: places in ``rows`` whose lot counts: which of them run is chosen
            first, so that the lowest level of each tier in turn is highest and then most is delivered;
            the levels are exact for that choice.
        start: (nE,) a plan that keeps the rows: the answer where not even one program comes to its end.
        steps_max: most steps of the simplex method in all. None: no limit.

    Returns:
        What was reached; where the steps ran out, what the last finished program delivers.
    """
    model = _Model(problem, rows, steps_max)
    model.amounts = start
    np.add.at(model.received, problem.edge_need, start)
    is_open: dict[int, bool] = {}
    is_done = True
    try:
        if lots:
            is_open = model.choose(lots)
        for tier, high in _turns(problem):
            model.settle(tier, high)
        model.make_cheapest()
    except _Limited:
        is_done = False
    return Lifted(model.amounts, model.received, is_open, is_done)


def _turns(problem: Problem) -> list[tuple[IntArray, IntArray]]:
    """(needs, most each may receive) of every turn: minimums of all tiers, then tier after tier."""
    reachable, room = problem.reachable, problem.room
    found = []
    below = np.flatnonzero(reachable & (problem.minimum > 0))
    if len(below):
        found.append((below, problem.minimum))
    for tier in np.unique(problem.tier[reachable]):
        found.append((np.flatnonzero((problem.tier == tier) & reachable), room))
    return found


class _Model:
    """Columns: edges, carries, received of each need, the level, one choice for each lot.

    Everything is counted so that numbers stay near one, whatever the quantities: what a need receives, and what goes
    to it on an edge, in its span (so that received + covered is its level); a source row and its carries in the
    largest span on its chain; a shared row in its largest load.
    """

    def __init__(self, problem: Problem, rows: Sequence[Row], steps_max: int | None) -> None:
        import highspy

        self.problem, self.rows = problem, rows
        self.span: Float = problem.weight / WEIGHT_ONE * problem.need
        self.edges, self.sources, self.needs = len(problem.edge_need), len(problem.supply), len(problem.need)
        self.at_received = self.edges + self.sources
        self.at_level = self.at_received + self.needs
        self.room: Float = np.where(problem.reachable, problem.room, 0) / self.span
        self.covered: Float = problem.covered / self.span
        self.low = np.zeros(self.needs)
        self.chain: Float = _largest_on_chains(problem, self.span)
        self.amounts, self.received = np.zeros(self.edges), np.zeros(self.needs)
        self.totals: list[int] = []
        self.steps_left = steps_max
        self.solver: Any = highspy.Highs()
        self.solver.silent()
        for option, value in (("threads", 1), ("simplex_strategy", 4), ("solver", "simplex"),
                              ("primal_feasibility_tolerance", HELD), ("dual_feasibility_tolerance", HELD),
                              ("small_matrix_value", 1e-12), ("mip_rel_gap", 0.0), ("mip_abs_gap", HELD),
                              ("mip_max_nodes", NODES_MAX)):  # fmt: skip
            self.solver.setOptionValue(option, value)
        self.solver.passModel(self._program(highspy))
        self.solver.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def _program(self, highspy: Any) -> Any:
        """All rows with the level rows still open: sources, needs, levels, shared rows, lots."""
        p, lanes = self.problem, np.arange(self.edges)
        chained, needs = np.flatnonzero(p.carries), np.arange(self.needs)
        at_needs, at_levels = self.sources, self.sources + self.needs
        self.at_rows = at_levels + self.needs
        span = self.span[p.edge_need]
        parts: list[tuple[Any, Any, Any]] = [
            (p.edge_source, lanes, span / self.chain[p.edge_source]),
            (chained, self.edges + chained, np.ones(len(chained))),
            (chained + 1, self.edges + chained, -np.ones(len(chained))),
            (at_needs + p.edge_need, lanes, np.ones(self.edges)),
            (at_needs + needs, self.at_received + needs, -np.ones(self.needs)),
            (at_levels + needs, self.at_received + needs, np.ones(self.needs)),
            (at_levels + needs, np.full(self.needs, self.at_level), -np.ones(self.needs)),
        ]
        limits = np.full(len(self.rows), np.inf)
        for at, row in enumerate(self.rows):
            loads = self._loads(row)
            parts.append((np.full(len(row.edges), self.at_rows + at), row.edges, loads / loads.max(initial=1e-9)))
            if row.limit >= 0:
                limits[at] = row.limit / loads.max(initial=1e-9)
        return _packed(
            highspy,
            parts,
            columns=(
                np.zeros(self.at_level + 1),
                np.concatenate([_caps(p.edge_cap) / span, np.where(p.carries > 0, np.inf, 0), self.room, [np.inf]]),
            ),
            rows=(
                np.concatenate([np.full(self.sources, FREE), np.zeros(self.needs), np.full(self.needs, FREE),
                                np.zeros(len(self.rows))]),
                np.concatenate([p.supply / self.chain, np.zeros(self.needs), np.full(self.needs, np.inf), limits]),
            ),
        )  # fmt: skip

    def _loads(self, row: Row) -> Float:
        """(n,) load on a row of a whole span on each of its edges."""
        loads: Float = row.loads * self.span[self.problem.edge_need[row.edges]]
        return loads

    def settle(self, members: IntArray, most: IntArray) -> None:
        """Lift the members of one turn to their leximin levels, up to ``most`` each, and hold them there.

        Those of later turns may receive whatever the rows of a lot force onto the road beside.
        """
        loose = members
        top = np.maximum(most / self.span, self.low) + self.covered
        while len(loose):
            highest = top[loose].min()
            level, price = self._lift(loose, highest)
            at_top = top[loose] <= level + SLACK
            held = at_top | (np.abs(price[self.sources + self.needs + loose]) > HELD)
            if not held.any():
                held[:] = True
            done = loose[held]
            value = np.clip(np.minimum(level, top[done]) - self.covered[done], self.low[done], self.room[done])
            self._at_least(done, value * (1 - SLACK))
            loose = loose[~held]
        self.solver.changeColBounds(self.at_level, 0.0, np.inf)

    def _lift(self, needs: IntArray, highest: float) -> tuple[float, Float]:
        """The highest common level of some needs, up to ``highest``; (level, price of every row)."""
        self._ask({self.at_level: 1.0})
        self.solver.changeColBounds(self.at_level, 0.0, float(highest))
        self._levels(needs, is_on=True)
        found = self._run()
        self._levels(needs, is_on=False)
        return found

    def choose(self, lots: Sequence[int]) -> dict[int, bool]:
        """Which lots run: for each tier in turn as high a lowest level as can be, then as much as can be."""
        choices = self._choices(lots)
        for members, most in _turns(self.problem):
            top = most[members] / self.span[members] + self.covered[members]
            wanting = members
            while len(wanting):
                level, _price = self._lift(wanting, top.min())
                floor = np.clip(level - self.covered[wanting], 0, self.room[wanting]) * (1 - HELD) - SLACK
                self._at_least(wanting, np.maximum(self.low[wanting], floor))
                is_capped = top <= level + HELD
                if not is_capped.any():
                    break
                wanting, top = wanting[~is_capped], top[~is_capped]
            self._bind_total(members)
        self._ask({self.at_received + need: span for need, span in enumerate((self.span / self.span.max()).tolist())})
        self.solver.changeColBounds(self.at_level, 0.0, np.inf)
        self._run()
        found = {row: self.solution[column] > 0.5 for row, column in choices.items()}
        for row, column in choices.items():
            self.solver.changeColBounds(column, float(found[row]), float(found[row]))
            self._settle_lot(column)
        if self.totals:
            self.solver.deleteRows(len(self.totals), np.array(self.totals, dtype=np.int32))
            self.totals.clear()
        self._at_least(np.arange(self.needs), np.zeros(self.needs))
        return found

    def _bind_total(self, needs: IntArray) -> None:
        """Later tiers may not lower what these receive together."""
        worth = self.span[needs] / self.span[needs].max()
        self._ask(dict(zip((self.at_received + needs).tolist(), worth.tolist(), strict=True)))
        self._run()
        total = float((self.solution[self.at_received + needs] * worth).sum())
        self.totals.append(self.solver.getNumRow())
        columns = (self.at_received + needs).astype(np.int32)
        self.solver.addRow(total * (1 - HELD) - SLACK, np.inf, len(needs), columns, worth)

    def _choices(self, lots: Sequence[int]) -> dict[int, int]:
        """One column of 0 or 1 for each lot: its load is at least lot * choice and at most all it could be."""
        import highspy

        found = {}
        for row in lots:
            column = self.solver.getNumCol()
            self.solver.addVar(0.0, 1.0)
            self.solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
            found[row] = column
            edges, loads = self.rows[row].edges, self._loads(self.rows[row])
            scale = float(loads.max())
            columns = np.append(edges, column).astype(np.int32)
            least, most = self.rows[row].lot / scale, self._most_load(row) / scale
            self.solver.addRow(0.0, np.inf, len(columns), columns, np.append(loads / scale, -least))
            self.solver.addRow(FREE, 0.0, len(columns), columns, np.append(loads / scale, -most))
        return found

    def _most_load(self, row: int) -> float:
        """The most load that could be on a row: its limit, or what its sources and needs allow."""
        if self.rows[row].limit >= 0:
            return float(self.rows[row].limit)
        edges = self.rows[row].edges
        most = float((self.problem.room[self.problem.edge_need[edges]] * self.rows[row].loads).sum())
        return max(most, float(self.rows[row].lot))

    def _settle_lot(self, column: int) -> None:
        """A decided lot needs whole numbers no longer."""
        import highspy

        self.solver.changeColIntegrality(column, highspy.HighsVarType.kContinuous)

    def make_cheapest(self) -> None:
        """Among the plans with these levels, one of least cost."""
        costs = np.maximum(self.problem.edge_cost, 0) * self.span[self.problem.edge_need]
        if costs.any():
            scale = float(costs.max())
            self._ask({edge: -cost / scale for edge, cost in enumerate(costs.tolist()) if cost})
            self._run()

    def _ask(self, worth: dict[int, float]) -> None:
        """What is to be highest."""
        count = self.solver.getNumCol()
        prices = np.zeros(count)
        prices[list(worth)] = list(worth.values())
        self.solver.changeColsCost(count, np.arange(count, dtype=np.int32), prices)

    def _at_least(self, needs: IntArray, low: Float) -> None:
        """What needs receive at least, in their spans; at most it is their room."""
        self.low[needs] = np.minimum(low, self.room[needs])
        columns = (self.at_received + needs).astype(np.int32)
        self.solver.changeColsBounds(len(needs), columns, self.low[needs].copy(), self.room[needs].copy())

    def _levels(self, needs: IntArray, *, is_on: bool) -> None:
        """Whether needs must stand at the level."""
        rows = (self.sources + self.needs + needs).astype(np.int32)
        low = -self.covered[needs] if is_on else np.full(len(needs), FREE)
        self.solver.changeRowsBounds(len(needs), rows, low, np.full(len(needs), np.inf))

    def _run(self) -> tuple[float, Float]:
        """Solve; (level reached, price of every row)."""
        import highspy

        if self.steps_left is not None:
            if self.steps_left <= 0:
                raise _Limited
            self.solver.setOptionValue("simplex_iteration_limit", int(self.steps_left))
        self.solver.run()
        if self.steps_left is not None:
            self.steps_left -= max(int(self.solver.getInfo().simplex_iteration_count), 1)
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise _Limited
        found = self.solver.getSolution()
        self.solution = np.array(found.col_value)
        self.amounts = np.maximum(self.solution[: self.edges], 0) * self.span[self.problem.edge_need]
        self.received = self.solution[self.at_received : self.at_level] * self.span
        return float(self.solution[self.at_level]), np.array(found.row_dual)


def _largest_on_chains(problem: Problem, span: Float) -> Float:
    """(nU,) the largest span of a need that any source of the chain serves, 1 where it serves none."""
    found = np.zeros(len(problem.supply))
    np.maximum.at(found, problem.edge_source, span[problem.edge_need])
    firsts = np.concatenate([[True], problem.carries[:-1] == 0])[: len(found)]
    chain = np.cumsum(firsts) - 1
    largest = np.zeros(chain.max(initial=-1) + 1)
    np.maximum.at(largest, chain, found)
    scale: Float = np.where(largest > 0, largest, 1.0)[chain]
    return scale


def _caps(caps: IntArray) -> Float:
    return np.where(caps < 0, np.inf, caps)


def _packed(
    highspy: Any, parts: list[tuple[Any, Any, Any]], *, columns: tuple[Float, Float],
    rows: tuple[Float, Float],
) -> Any:  # fmt: skip
    """HiGHS's own form of a program given as (row, column, value) and bounds of columns and rows."""
    at, to, value = (np.concatenate([part[i] for part in parts]) for i in range(3))
    order = np.lexsort((to, at))
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(columns[0]), len(rows[0])
    program.col_cost_ = np.zeros(len(columns[0]))
    program.col_lower_, program.col_upper_ = columns
    program.row_lower_, program.row_upper_ = rows
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=len(rows[0])))])
    program.a_matrix_.index_ = to[order]
    program.a_matrix_.value_ = value[order]
    return program
