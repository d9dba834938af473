"""What is decided: the fractional optimum exactly, and the whole units to ship."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation.problem import IndexArray, IntArray, Problem

SCALED_MAX = 2**62


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """The plan of one problem.

    Args:
        problem_edge_need: (nE,) int32, the problem's ``edge_need`` (which fraction an edge counts in).
        flow_whole: (nE,) int64, whole units of the fractional optimum on each edge, >= 0.
        flow_num: (nE,) int64, the rest: 0 <= flow_num < flow_den of the edge's need.
        flow_den: (nJ,) int64, >= 1. An edge e to need j carries flow_whole[e] + flow_num[e] / flow_den[j]
            units, exactly.
        level_num, level_den: (nJ,) int64, the level in the fractional optimum, exactly, in lowest terms.
        shipped: (nE,) int64, whole units to ship on each edge.
        part: (nJ,) int32, needs with the same number are held down by the same bottleneck. -1: unreachable.
            All needs that get everything they may have form one part, the last.
        source_part: (nU,) int32, the part whose bottleneck this emptied source is; -1: of none.
        reachable: (nJ,) bool, some open lane leads there from a source that has stock.
        cheapest: whether least cost was reached; False only where ``solve`` was given a limit.

    Invariants:
        Per need, flow and shipped deliver amounts less than one unit apart downwards
        (shipped >= floor(flow)); both deliver the same total. ``check`` proves the rest.
    """

    problem_edge_need: IndexArray
    flow_whole: IntArray
    flow_num: IntArray
    flow_den: IntArray
    level_num: IntArray
    level_den: IntArray
    shipped: IntArray
    part: IndexArray
    source_part: IndexArray
    reachable: npt.NDArray[np.bool_]
    cheapest: bool

    @property
    def level(self) -> npt.NDArray[np.float64]:
        """(nJ,) float64: the level in the fractional optimum; unreachable needs stand at what covers them."""
        return self.level_num / self.level_den

    @property
    def scale(self) -> int:
        """Parts of a unit that ``flow`` counts: the least common denominator, or what fits in int64."""
        largest = 1 + int(self.flow_whole.max(initial=0))
        parts = 1
        for denominator in sorted(set(self.flow_den.tolist())):
            parts = lcm(parts, denominator)
            if parts * largest > SCALED_MAX:
                return 1 << ((SCALED_MAX // largest).bit_length() - 1)
        return parts

    @property
    def flow(self) -> IntArray:
        """(nE,) int64: the fractional optimum in units * scale; rounded down where ``scale`` had to fit."""
        scale = self.scale
        denominators = self.flow_den[self.problem_edge_need].tolist()
        rows = zip(self.flow_whole.tolist(), self.flow_num.tolist(), denominators, strict=True)
        return np.array([whole * scale + num * scale // den for whole, num, den in rows], dtype=np.int64)


def delivered(problem: Problem, amounts: IntArray) -> IntArray:
    """(nJ,) int64: units each need receives when each edge carries ``amounts`` (nE,)."""
    received = np.zeros(len(problem.need), dtype=np.int64)
    np.add.at(received, problem.edge_need, amounts)
    return received
