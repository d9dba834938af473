"""What is decided: the fractional optimum, and the whole units to ship."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation.problem import IndexArray, IntArray, Problem

UNREACHABLE = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """The plan of one problem.

    Args:
        scale: grains to a unit, a power of two.
        flow: (nE,) int64, the fractional optimum in grains on each edge. carry: (nU,) int64, grains
            carried from source u to u + 1.
        shipped: (nE,) int64, whole units to ship on each edge. shipped_carry: (nU,) int64, whole units
            carried on.
        level: (nJ,) float64, the level in the fractional optimum; unreachable needs stand at what
            covers them.
        part: (nJ,) int32, needs with the same number are held down by the same bottleneck. -1: unreachable.
            All needs that get everything they may have form one part, the last.
        source_part: (nU,) int32, the part whose bottleneck this emptied source is; -1: of none.
        reachable: (nJ,) bool, some open lane leads there from a source that has stock.
        finished: whether the search for levels came to its end; False only where ``solve`` was limited.
        cheapest: whether least cost was reached; False only where ``solve`` was limited.

    Invariants:
        Flow and shipped are both decreasingly minimal in the order of ``priority.py``, one counted in grains
        and one in units, and both deliver the same total. ``check`` proves it.
    """

    scale: int
    flow: IntArray
    carry: IntArray
    shipped: IntArray
    shipped_carry: IntArray
    level: npt.NDArray[np.float64]
    part: IndexArray
    source_part: IndexArray
    reachable: npt.NDArray[np.bool_]
    finished: bool
    cheapest: bool


def delivered(problem: Problem, amounts: IntArray) -> IntArray:
    """(nJ,) int64: what each need receives when each edge carries ``amounts`` (nE,)."""
    received = np.zeros(len(problem.need), dtype=np.int64)
    np.add.at(received, problem.edge_need, amounts)
    return received
