"""What is asked: stock at sources, needs with tiers, lanes between them, all in whole units."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from qipan.engine.errors import ProblemInconsistent

IntArray = npt.NDArray[np.int64]
IndexArray = npt.NDArray[np.int32]

QUANTITY_MAX = 2**53 - 1
"""Largest single quantity: what every spreadsheet and JSON reader still holds exactly."""

WEIGHT_ONE = 10**9
"""A weight is counted in billionths: 1 is written 10**9."""

WEIGHT_MIN, WEIGHT_MAX = WEIGHT_ONE // 1000, WEIGHT_ONE * 1000
TIER_MAX = 10**6
EDGE_COST_MAX = 2**40
TOTAL_MAX = 2**50
"""Most units in all: what leaves room for exact comparisons in int64."""

SPAN_MAX = 2**61
GRAINS_MAX = 2**48
"""Most grains in all, where a unit is split into several."""

SCALE_MAX = 2**30


def _unstated() -> Any:
    """An empty array: the field's default, filled in when the number of needs or edges is known."""
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """One substitution family over one horizon: nU sources, nJ needs, nE lanes, one commodity.

    Args:
        supply: (nU,) int64, units at each source, >= 0.
        need: (nJ,) int64, units needed, > 0.
        edge_source, edge_need: (nE,) int32, ends of each lane; parallel lanes are allowed.
        covered: (nJ,) int64, units on hand or in transit, >= 0, may exceed ``need``. Counts for
            the level and draws no stock. Default 0.
        weight: (nJ,) int64, billionths, 0.001 to 1,000 (10**6..10**12). Default 10**9.
            level = (covered + delivered) / (weight / 10**9 * need).
        tier: (nJ,) int64, 0 first. Default 0.
        minimum: (nJ,) int64, 0 <= minimum <= room: delivered before any tier is levelled, over
            all tiers alike and itself leximin where it cannot all be met. Default 0.
        cap: (nJ,) int64, most that may be delivered, -1 none. Default -1.
        edge_cap: (nE,) int64, most units on the lane, -1 none. Default -1.
        edge_cost: (nE,) int64, cost of a unit, 0..2**40. Default 0.
        carries: (nU,) int64, 1 where stock of source u that is not given away becomes stock of source u + 1:
            the same chain one day later. 0 at the end of a chain (a lot expires, the horizon ends). Default 0.

    An optional field left out or given as an empty array takes its default. Arrays are copied and
    made read-only.

    Raises:
        ProblemInconsistent: a length, sign, index or total is wrong; names field, index and bound.

    Invariants:
        Supplies, needs and cover each sum up to at most 2**50; weight * need, after the weights'
        common divisor is taken out, is at most 2**61.
    """

    supply: IntArray
    need: IntArray
    edge_source: IndexArray
    edge_need: IndexArray
    covered: IntArray = field(default_factory=_unstated)
    weight: IntArray = field(default_factory=_unstated)
    tier: IntArray = field(default_factory=_unstated)
    minimum: IntArray = field(default_factory=_unstated)
    cap: IntArray = field(default_factory=_unstated)
    edge_cap: IntArray = field(default_factory=_unstated)
    edge_cost: IntArray = field(default_factory=_unstated)
    carries: IntArray = field(default_factory=_unstated)

    def __post_init__(self) -> None:
        _settle(self)
        _refuse_wrong_values(self)
        _refuse_wrong_totals(self)

    @property
    def room(self) -> IntArray:
        """(nJ,) int64: most units each need may be given, whatever the stock."""
        lacking = np.maximum(self.need - self.covered, 0)
        capped: IntArray = np.where(self.cap < 0, lacking, np.minimum(lacking, self.cap))
        return capped

    @property
    def weight_divisor(self) -> int:
        """The common divisor of all weights."""
        return int(np.gcd.reduce(self.weight)) or 1

    @property
    def span(self) -> IntArray:
        """(nJ,) int64: weight * need / weight_divisor; levels compare as (covered + delivered) / span."""
        return self.weight // self.weight_divisor * self.need

    @property
    def reachable(self) -> npt.NDArray[np.bool_]:
        """(nJ,) bool: some open lane leads there from a source that has stock, now or carried to it."""
        has_stock = _carried_on(self.supply, self.carries) > 0
        found = np.zeros(len(self.need), dtype=np.bool_)
        usable = (self.edge_cap != 0) & has_stock[self.edge_source]
        found[self.edge_need[usable]] = True
        return found

    @property
    def scale(self) -> int:
        """Grains to a unit in the fractional optimum: the largest power of two that keeps sums exact."""
        held = int(self.need.max(initial=0)) + int(self.covered.max(initial=0))
        most = max(int(self.supply.sum()), held, 1)
        return int(min(SCALE_MAX, max(1, 1 << (GRAINS_MAX.bit_length() - 1 - most.bit_length()))))

    def level_of(self, received: IntArray, scale: int = 1) -> npt.NDArray[np.float64]:
        """(nJ,) float64: the level of each need that has received so many grains of 1/scale units."""
        held: npt.NDArray[np.float64] = (self.covered * scale + received) / (self.need * scale)
        return held * (WEIGHT_ONE / self.weight)


def _carried_on(supply: IntArray, carries: IntArray) -> IntArray:
    """(nU,) all stock that could have come together at each source of its chain."""
    total = np.cumsum(supply)
    starts = np.concatenate([[True], carries[:-1] == 0]) if len(supply) else np.zeros(0, np.bool_)
    before = np.where(starts, total - supply, 0)
    found: IntArray = total - np.maximum.accumulate(before) if len(supply) else total
    return found


def _settle(problem: Problem) -> None:
    """Copy every field into its dtype, fill defaults, refuse wrong shapes, and freeze."""
    needs, edges = np.size(problem.need), np.size(problem.edge_source)
    expected = {"supply": np.size(problem.supply), "edge_source": edges, "edge_need": edges}
    expected |= {"edge_cap": edges, "edge_cost": edges, "carries": np.size(problem.supply)}
    defaults = {"weight": WEIGHT_ONE, "cap": -1, "edge_cap": -1}
    required = ("supply", "need", "edge_source", "edge_need")
    for name in (f.name for f in fields(problem)):
        given, length = np.asarray(getattr(problem, name)), expected.get(name, needs)
        if given.size == 0 and name not in required:
            given = np.full(length, defaults.get(name, 0))
        if given.shape != (length,):
            raise ProblemInconsistent(name, index=-1, value=f"of shape {given.shape}", bound=f"of shape ({length},)")
        if given.size and given.dtype.kind not in "iu":
            raise ProblemInconsistent(name, index=-1, value=f"of type {given.dtype}", bound="of whole numbers")
        if given.dtype == np.uint64:
            _refuse(name, given, given > TOTAL_MAX, bound=f"<= {TOTAL_MAX}")
        settled = given.astype(np.int64)
        if name in ("edge_source", "edge_need"):
            bound = int(expected["supply"]) if name == "edge_source" else needs
            _refuse(name, settled, (settled < 0) | (settled >= bound), bound=f"in 0..{bound - 1}")
            settled = settled.astype(np.int32)
        settled.flags.writeable = False
        object.__setattr__(problem, name, settled)


def _refuse(name: str, values: npt.NDArray[Any], wrong: npt.NDArray[np.bool_], *, bound: str) -> None:
    """Raise for the first wrong entry, if any."""
    if wrong.any():
        index = int(np.flatnonzero(wrong)[0])
        raise ProblemInconsistent(name, index=index, value=int(values[index]), bound=bound)


def _refuse_wrong_values(problem: Problem) -> None:
    """Refuse the first entry of each field that is out of its bounds."""
    bounds = {
        "supply": (0, QUANTITY_MAX),
        "need": (1, QUANTITY_MAX),
        "covered": (0, QUANTITY_MAX),
        "weight": (WEIGHT_MIN, WEIGHT_MAX),
        "tier": (0, TIER_MAX),
        "minimum": (0, QUANTITY_MAX),
        "cap": (-1, QUANTITY_MAX),
        "edge_cap": (-1, QUANTITY_MAX),
        "edge_cost": (0, EDGE_COST_MAX),
        "carries": (0, 1),
    }
    for name, (least, most) in bounds.items():
        values = getattr(problem, name)
        _refuse(name, values, (values < least) | (values > most), bound=f"in {least}..{most}")
    room = problem.room
    wrong = problem.minimum > room
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        _refuse("minimum", problem.minimum, wrong, bound=f"<= {room[first]}, the room left by need and cap")


def _refuse_wrong_totals(problem: Problem) -> None:
    """Refuse a chain without an end, and sums and spans that exact comparison in int64 has no room for."""
    if len(problem.carries) and problem.carries[-1]:
        last = len(problem.carries) - 1
        raise ProblemInconsistent("carries", index=last, value=1, bound="0: there is no later source to carry to")
    for name in ("supply", "need", "covered"):
        total = sum(getattr(problem, name).tolist())
        if total > TOTAL_MAX:
            raise ProblemInconsistent(name, index=-1, value=total, bound=f"<= {TOTAL_MAX} in total")
    wide = problem.need > SPAN_MAX // (problem.weight // problem.weight_divisor)
    if wide.any():
        index = int(np.flatnonzero(wide)[0])
        bound = f"<= {SPAN_MAX} times need, in the finest part of a weight that is used"
        raise ProblemInconsistent("weight", index=index, value=int(problem.weight[index]), bound=bound)
