"""Whole units where the network cannot give them: rounded down, then handed out again, the neediest first."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation.plan import delivered
from qipan.engine.allocation.problem import IntArray, Problem
from qipan.engine.allocation.shared import Row

FINE = 16
"""What is left to hand out is handed out step by step below two to this power; above, in halving amounts."""
NEARLY = 1e-6
"""How far below a whole number still counts as that number."""


def whole_units(
    problem: Problem, amounts: npt.NDArray[np.float64], step: IntArray, rows: Sequence[Row] = ()
) -> IntArray:
    """Round a feasible plan down to whole steps, and hand out again what that leaves, in the order of need.

    Args:
        amounts: (nE,) units on each edge, feasible to 1e-6.
        step: (nE,) units that can only be sent together, >= 1.
        rows: shared rows, all kept. A lot that rounding breaks is filled up again, or closed.

    Returns:
        (nE,) int64, multiples of ``step``, feasible exactly.

    Invariants:
        Nobody unsatisfied is left whom a further step on one lane could serve; but no step is taken back
        to be passed on, so the plan may stand a step from the fairest in whole units.
    """
    hand = _Hand(problem, step, rows)
    hand.take(np.floor((amounts + NEARLY) / step).astype(np.int64) * step)
    hand.mend()
    hand.broken_lots()  # what rounding took is given back to lots before anybody else has it
    hand.give()
    while (closed := hand.broken_lots()).size:
        hand.close(int(closed[0]))
        hand.give()
    return hand.shipped


class _Hand:
    """A plan in the making: what is shipped, and what room sources, needs and rows have left."""

    def __init__(self, problem: Problem, step: IntArray, rows: Sequence[Row]) -> None:
        self.problem, self.step, self.rows = problem, step, rows
        self.shipped = np.zeros(len(problem.edge_need), dtype=np.int64)
        self.received = np.zeros(len(problem.need), dtype=np.int64)
        self.room = np.where(problem.reachable, problem.room, 0)
        self.span = problem.span.tolist()
        self.chain_end = _chain_ends(problem.carries)
        self.slack = _stock_so_far(problem)
        self.used = [0] * len(rows)
        self.is_closed = [False] * len(rows)
        self.rows_of: dict[int, list[tuple[int, int]]] = {}
        for at, row in enumerate(rows):
            for edge, load in zip(row.edges.tolist(), row.loads.tolist(), strict=True):
                self.rows_of.setdefault(edge, []).append((at, load))
        order = np.lexsort((np.arange(len(problem.edge_need)), problem.edge_cost, problem.edge_need))
        firsts = np.searchsorted(problem.edge_need[order], np.arange(len(problem.need) + 1))
        self.ways = [order[a:b].tolist() for a, b in pairwise(firsts)]

    def take(self, amounts: IntArray) -> None:
        """Ship these amounts; one too many is found by ``mend``."""
        self.shipped += amounts
        self.received += delivered(self.problem, amounts)
        drawn = np.zeros(len(self.problem.supply), dtype=np.int64)
        np.add.at(drawn, self.problem.edge_source, amounts)
        self.slack -= _along(drawn, self.problem.carries)
        for at, row in enumerate(self.rows):
            self.used[at] += int(row.load_of(amounts))

    def move(self, edge: int, units: int) -> None:
        """Ship so many units more on an edge."""
        source, need = int(self.problem.edge_source[edge]), int(self.problem.edge_need[edge])
        self.shipped[edge] += units
        self.received[need] += units
        self.slack[source : self.chain_end[source]] -= units
        for at, load in self.rows_of.get(edge, ()):
            self.used[at] += load * units

    def room_on(self, edge: int, *, is_topping_up: bool = False) -> int:
        """Most units more that may go on an edge."""
        source, need = int(self.problem.edge_source[edge]), int(self.problem.edge_need[edge])
        most = min(int(self.room[need] - self.received[need]), int(self.slack[source : self.chain_end[source]].min()))
        cap = int(self.problem.edge_cap[edge])
        if cap >= 0:
            most = min(most, cap - int(self.shipped[edge]))
        for at, load in self.rows_of.get(edge, ()):
            row = self.rows[at]
            if self.is_closed[at] or (row.lot and not self.used[at] and not is_topping_up):
                return 0
            if row.limit >= 0:
                most = min(most, (row.limit - self.used[at]) // load)
        return most

    def mend(self) -> None:
        """Take back what rounding up by a hair put beyond a bound; the last lanes of each first."""
        for edge in range(len(self.shipped) - 1, -1, -1):
            over = -self.room_on(edge, is_topping_up=True) if self.shipped[edge] else 0
            if over > 0:
                step = int(self.step[edge])
                self.move(edge, -min(int(self.shipped[edge]), -(-over // step) * step))

    def give(self) -> None:
        """Hand out step by step: each time to the need whose next unit comes first, by its cheapest open way."""
        most = int((self.room - self.received).max(initial=0))
        for halving in range(max(0, most.bit_length() - FINE), -1, -1):
            self._give_by(1 << halving)

    def _give_by(self, several: int) -> None:
        """Hand out ``several`` steps at a time, as long as so many fit anywhere."""
        queue = [self._claim(need) for need in range(len(self.room)) if self.received[need] < self.room[need]]
        heapq.heapify(queue)
        while queue:
            need = heapq.heappop(queue)[-1]
            for edge in self.ways[need]:
                units = int(self.step[edge]) * several
                if self.room_on(edge) >= units:
                    self.move(edge, units)
                    if self.received[need] < self.room[need]:
                        heapq.heappush(queue, self._claim(need))
                    break

    def broken_lots(self) -> IntArray:
        """Fill up rows whose load is above nothing and below their lot; returns those that stay below."""
        for at, row in enumerate(self.rows):
            for edge, load in zip(row.edges.tolist(), row.loads.tolist(), strict=True):
                if row.lot and 0 < self.used[at] < row.lot:
                    step = int(self.step[edge])
                    missing = -(-(row.lot - self.used[at]) // (load * step))
                    steps = min(missing, self.room_on(edge, is_topping_up=True) // step)
                    if steps > 0:
                        self.move(edge, steps * step)
        found: IntArray = np.flatnonzero([0 < used < row.lot for row, used in zip(self.rows, self.used, strict=True)])
        return found

    def close(self, at: int) -> None:
        """Nothing runs on a row."""
        self.is_closed[at] = True
        for edge in self.rows[at].edges.tolist():
            self.move(edge, -int(self.shipped[edge]))

    def _claim(self, need: int) -> tuple[int, Fraction, int, int]:
        """Where the need's next unit stands in the order of ``priority.py``."""
        nth = int(self.received[need]) + 1
        turn = 0 if nth <= self.problem.minimum[need] else 1 + int(self.problem.tier[need])
        return turn, Fraction(int(self.problem.covered[need]) + nth, self.span[need]), self.span[need], need


def _chain_ends(carries: IntArray) -> IntArray:
    """(nU,) one past the last source of each source's chain."""
    ends = np.arange(1, len(carries) + 1)
    for source in range(len(carries) - 2, -1, -1):
        if carries[source]:
            ends[source] = ends[source + 1]
    return ends


def _along(amounts: IntArray, carries: IntArray) -> IntArray:
    """(nU,) amounts summed along each chain up to each source."""
    found = amounts.copy()
    for source in range(1, len(amounts)):
        if carries[source - 1]:
            found[source] += found[source - 1]
    return found


def _stock_so_far(problem: Problem) -> IntArray:
    """(nU,) stock of a chain that has appeared by each source."""
    return _along(problem.supply, problem.carries)
