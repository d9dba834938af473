"""The referee: proves a plan from the problem and the plan alone, in one residual search for each flow.

Every node is labelled with the place of the first unit, in the order of ``priority.py``, that a unit
handed back there could serve. A plan is fair exactly when no need holds a unit whose place is later
than its own label, and when no source with stock left has a label at all. The fractional optimum is
proved the same way with exact fractions.

Source: Frank & Murota, arXiv 1907.02673 (no improving exchange = decreasingly minimal); Fujishige 1980.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from math import ulp
from typing import Any, NamedTuple

import numpy as np

from qipan.engine.allocation.plan import Plan, delivered
from qipan.engine.allocation.priority import MINIMUM_TURN, Claims, claims_of, compare_grains
from qipan.engine.allocation.problem import GRAINS_MAX, SCALE_MAX, IndexArray, IntArray, Problem
from qipan.engine.compiled import compiled


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a plan.

    Args:
        kind: see ``KINDS``; those that begin with ``flow_`` or ``level_`` are about the fractional optimum.
        needs, sources, edges: indices it is about; for an exchange the needs are (who holds, who lacks).
        rows: shared rows it is about (``joint.py``).
        amount: always > 0: units too many, units left over (at least 1), 1 for a wrong turn or a wrong
            shape, or the difference of level that an exchange would mend (the smallest step of float64
            at 1 where only an equal level was decided wrongly).
    """

    kind: str
    needs: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    edges: tuple[int, ...] = ()
    amount: float = 0
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        places = [("need", self.needs), ("source", self.sources), ("edge", self.edges), ("row", self.rows)]
        words = [f"{word} {', '.join(map(str, at))}" for word, at in places if at]
        return f"{self.kind}: {'; '.join(words)} ({self.amount:g})"


KINDS = (
    "shape_wrong",
    "negative",
    "over_lane",
    "over_supply",
    "over_chain",
    "over_need",
    "stock_stranded",
    "tier_starved",
    "richer_before_needier",
    "level_misstated",
    "reach_misstated",
)
"""Kinds of fault; each may carry the prefix ``flow_`` where the fractional optimum has it."""


@dataclass(frozen=True)
class Certificate:
    """What the referee found.

    Args:
        feasible: no bound is broken, in whole units and in the fractional optimum.
        fair: nothing can be exchanged for the better and nothing deliverable is left over.
        gap: 0 when both are exactly so, else the largest ``amount`` of a fault: always above 0, finite.
        faults: everything found, at most one for each node and edge and flow.
        digest: sha256 hex over problem and plan.
    """

    feasible: bool
    fair: bool
    gap: float
    faults: tuple[Fault, ...]
    digest: str


class Subject(NamedTuple):
    """One flow under proof, in grains of 1/scale units.

    Args:
        amounts: (nE,) on each edge. carried: (nU,) carried on. received: (nJ,). left: (nU,) not given away.
        prefix: what its faults are called by.
    """

    scale: int
    amounts: IntArray
    carried: IntArray
    received: IntArray
    left: IntArray
    prefix: str


LEVEL_SLACK = 1e-12
"""Relative difference that a stated level may have from its grains: rounding in float64, nothing more."""


def check(problem: Problem, plan: Plan) -> Certificate:
    """Prove or refute a plan; looks at nothing but its two arguments.

    Args:
        problem: what was asked.
        plan: any plan for it, the solver's or another's; ``part``, ``finished`` and ``cheapest`` are not judged.

    Returns:
        A certificate with every fault found. O(edges) for each of the two flows, besides sorting.

    Invariants:
        ``fair`` and ``feasible`` hold exactly when ``shipped`` is decreasingly minimal turn by turn and
        maximal in units, ``flow`` is so in grains, and the stated levels are those of ``flow``.
        Checked against planted faults in tests/engine/test_certificate.py.
    """
    digest = _digest(problem, plan)
    wrong = _wrong_shapes(problem, plan)
    if wrong:
        return Certificate(feasible=False, fair=False, gap=_gap(wrong), faults=tuple(wrong), digest=digest)
    whole = _subject(problem, 1, plan.shipped, plan.shipped_carry, "")
    fractional = _subject(problem, plan.scale, plan.flow, plan.carry, "flow_")
    broken = _broken_bounds(problem, whole) + _broken_bounds(problem, fractional)
    unfair = _misstated(problem, plan, fractional)
    for subject in (whole, fractional):
        unfair += _unfair(problem, subject)
    faults = (*broken, *unfair)
    return Certificate(feasible=not broken, fair=not unfair, gap=_gap(faults), faults=faults, digest=digest)


def _gap(faults: Sequence[Fault]) -> float:
    """How far from right: the largest amount of a fault."""
    return max((fault.amount for fault in faults), default=0)


def _wrong_shapes(problem: Problem, plan: Plan) -> list[Fault]:
    """Arrays of the plan that do not fit the problem or are not whole, amounts and scales beyond all stock."""
    edges, needs, sources = len(problem.edge_need), len(problem.need), len(problem.supply)
    lengths = {"flow": edges, "shipped": edges, "carry": sources, "shipped_carry": sources, "source_part": sources}
    lengths |= dict.fromkeys(("level", "part", "reachable"), needs)
    wrong = 0
    for name, length in lengths.items():
        given = np.asarray(getattr(plan, name))
        wrong += given.shape != (length,) or given.dtype.kind not in ("f" if name == "level" else "iub")
    if wrong:
        return [Fault("shape_wrong", amount=wrong)]
    if not 1 <= plan.scale <= SCALE_MAX or int(problem.supply.sum()) * plan.scale > max(
        GRAINS_MAX, int(problem.supply.sum())
    ):
        return [Fault("shape_wrong", amount=1)]
    for name, scale in (("flow", plan.scale), ("carry", plan.scale), ("shipped", 1), ("shipped_carry", 1)):
        beyond = np.flatnonzero(np.abs(getattr(plan, name)) > (int(problem.supply.sum()) + 1) * scale)
        if len(beyond):
            kind = "flow_over_supply" if scale > 1 else "over_supply"
            return [Fault(kind, sources=(int(at),), amount=1) if "carry" in name else
                    Fault(kind, edges=(int(at),), amount=1) for at in beyond]  # fmt: skip
    return []


def _subject(problem: Problem, scale: int, amounts: IntArray, carried: IntArray, prefix: str) -> Subject:
    """Add up what a flow brings to each need and leaves at each source."""
    left = problem.supply * scale
    np.subtract.at(left, problem.edge_source, amounts)
    left -= carried
    left[1:] += carried[:-1]
    return Subject(scale, amounts, carried, delivered(problem, amounts), left, prefix)


def _broken_bounds(problem: Problem, subject: Subject) -> list[Fault]:
    """Edges, sources and needs that carry less than nothing or more than they may."""
    scale, carried = subject.scale, subject.carried
    lane_over = np.where(problem.edge_cap < 0, 0, subject.amounts - problem.edge_cap * scale)
    found = []
    for kind, ends, beyond in (
        ("negative", "edges", -subject.amounts),
        ("over_lane", "edges", lane_over),
        ("negative", "sources", -carried),
        ("over_chain", "sources", np.where(problem.carries == 0, carried, 0)),
        ("over_supply", "sources", -subject.left),
        ("over_need", "needs", subject.received - problem.room * scale),
    ):
        for at in np.flatnonzero(beyond > 0).tolist():
            place: dict[str, Any] = {ends: (at,)}
            found.append(Fault(subject.prefix + kind, **place, amount=float(beyond[at]) / scale))
    return found


def _misstated(problem: Problem, plan: Plan, fractional: Subject) -> list[Fault]:
    """Levels that are not those of the flow, and needs wrongly called reachable or not."""
    level = problem.level_of(fractional.received, plan.scale)
    off = np.abs(plan.level - level)
    wrong = np.flatnonzero(~(off <= LEVEL_SLACK * level))
    found = [Fault("level_misstated", needs=(at,), amount=_finite(off[at])) for at in wrong.tolist()]
    wrong = np.flatnonzero(plan.reachable != problem.reachable)
    return found + [Fault("reach_misstated", needs=(at,), amount=1) for at in wrong.tolist()]


def _finite(amount: float) -> float:
    """An amount above 0 that can be compared, whatever was stated."""
    return float(amount) if np.isfinite(amount) and amount > 0 else 1.0


def _unfair(problem: Problem, subject: Subject) -> list[Fault]:
    """Units that could be passed on to someone who comes earlier, and stock that someone could use."""
    claims = claims_of(problem, subject.scale)
    claims = claims._replace(top=problem.room * subject.scale, minimum=problem.minimum * subject.scale)
    received = subject.received
    lacking = np.flatnonzero((received >= 0) & (received < claims.top))
    for_source, for_need = _labels(problem, subject, _sorted_by_next_grain(claims, received, lacking))
    found = []
    for source in np.flatnonzero((subject.left > 0) & (for_source >= 0)).tolist():
        units = max(1.0, float(subject.left[source]) / subject.scale)
        kind = subject.prefix + "stock_stranded"
        found.append(Fault(kind, (int(for_source[source]),), (source,), amount=units))
    holding = np.flatnonzero((for_need >= 0) & (received > 0))
    for need in holding[_could_pass(claims, received, holding, for_need)].tolist():
        found.append(_exchange(problem, claims, subject, need, int(for_need[need])))
    return found


def _exchange(problem: Problem, claims: Claims, subject: Subject, holder: int, lacking: int) -> Fault:
    """The fault that a unit stands with the wrong need."""
    held, lacked = int(subject.received[holder]), int(subject.received[lacking]) + 1
    turn = MINIMUM_TURN if held <= claims.minimum[holder] else int(claims.turn[holder])
    other_turn = MINIMUM_TURN if lacked <= claims.minimum[lacking] else int(claims.turn[lacking])
    if turn != other_turn:
        return Fault(subject.prefix + "tier_starved", needs=(holder, lacking), amount=1)
    ends = np.array([holder, lacking])
    after = subject.received + 0
    after[lacking] = lacked
    high, low = problem.level_of(after, subject.scale)[ends].tolist()
    return Fault(subject.prefix + "richer_before_needier", needs=(holder, lacking), amount=max(high - low, ulp(1.0)))


def _sorted_by_next_grain(claims: Claims, received: IntArray, needs: IntArray) -> IntArray:
    """The needs by the place of their next grain: roughly by float64, then exactly."""
    nth = received[needs] + 1
    turn = np.where(nth <= claims.minimum[needs], MINIMUM_TURN, claims.turn[needs])
    rough = np.lexsort((claims.span[needs], (claims.covered[needs] + nth) / claims.span[needs], turn))
    order = needs[rough]
    _settle_order(claims, received, order)
    return order


@compiled
def _settle_order(claims: Claims, received: IntArray, order: IntArray) -> None:
    """Put right, by insertion, what float64 could not tell apart."""
    for place in range(1, len(order)):
        need, at = order[place], place
        while at > 0:
            before = order[at - 1]
            if compare_grains(claims, need, received[need] + 1, before, received[before] + 1) >= 0:
                break
            order[at] = before
            at -= 1
        order[at] = need


@compiled
def _could_pass(claims: Claims, received: IntArray, holding: IntArray, for_need: IndexArray) -> IntArray:
    """Places in ``holding`` of needs whose last grain comes after the next grain of the need they could serve."""
    found = np.empty(len(holding), np.int64)
    count = 0
    for place in range(len(holding)):
        need = holding[place]
        lacking = for_need[need]
        if compare_grains(claims, lacking, received[lacking] + 1, need, received[need]) < 0:
            found[count] = place
            count += 1
    return found[:count]


def _labels(problem: Problem, subject: Subject, lacking: IntArray) -> tuple[IndexArray, IndexArray]:
    """For each source and need the need whose lacking grain comes first of all that it could serve; -1 none."""
    into = np.argsort(problem.edge_need, kind="stable").astype(np.int32)
    out = np.argsort(problem.edge_source, kind="stable").astype(np.int32)
    first_in = np.searchsorted(problem.edge_need[into], np.arange(len(problem.need) + 1))
    first_out = np.searchsorted(problem.edge_source[out], np.arange(len(problem.supply) + 1))
    is_open = ((problem.edge_cap < 0) | (subject.amounts < problem.edge_cap * subject.scale)).astype(np.int64)
    found: tuple[IndexArray, IndexArray] = _spread(
        Ways(problem.edge_source, problem.edge_need, into, first_in, out, first_out, problem.carries),
        is_open, subject.amounts, subject.carried, lacking,
    )  # fmt: skip
    return found


class Ways(NamedTuple):
    """The referee's own view of the lanes: edges by need (``into``) and by source (``out``)."""

    tail: IndexArray
    head: IndexArray
    into: IndexArray
    first_in: IntArray
    out: IndexArray
    first_out: IntArray
    carries: IntArray


@compiled
def _spread(
    ways: Ways, is_open: IntArray, amounts: IntArray, carried: IntArray, lacking: IntArray
) -> tuple[IndexArray, IndexArray]:
    """Search backward from the needs that lack something, from the first to the last, each node once."""
    sources, needs = len(ways.carries), len(ways.first_in) - 1
    for_source = np.full(sources, -1, np.int32)
    for_need = np.full(needs, -1, np.int32)
    queue = np.empty(sources + needs, np.int32)
    for first in lacking:
        if for_need[first] >= 0:
            continue
        for_need[first] = first
        queue[0], start, end = first, 0, 1
        while start < end:
            node = queue[start]
            start += 1
            if node < needs:
                for place in range(ways.first_in[node], ways.first_in[node + 1]):
                    edge = ways.into[place]
                    source = ways.tail[edge]
                    if for_source[source] < 0 and is_open[edge]:
                        for_source[source] = first
                        queue[end] = needs + source
                        end += 1
                continue
            source = node - needs
            for place in range(ways.first_out[source], ways.first_out[source + 1]):
                edge = ways.out[place]
                holder = ways.head[edge]
                if for_need[holder] < 0 and amounts[edge] > 0:
                    for_need[holder] = first
                    queue[end] = holder
                    end += 1
            if source > 0 and ways.carries[source - 1] and for_source[source - 1] < 0:
                for_source[source - 1] = first
                queue[end] = needs + source - 1
                end += 1
            if ways.carries[source] and carried[source] > 0 and for_source[source + 1] < 0:
                for_source[source + 1] = first
                queue[end] = needs + source + 1
                end += 1
    return for_source, for_need


SEALED = ("scale", "flow", "carry", "shipped", "shipped_carry", "level")
"""What of a plan is judged, and sealed by the digest."""


def _digest(problem: Problem, plan: Plan) -> str:
    """sha256 over names, types, shapes and little-endian bytes of the problem and of what is judged of the plan."""
    sealed = sha256()
    values_of = [(f.name, getattr(problem, f.name)) for f in fields(problem)]
    values_of += [(name, getattr(plan, name)) for name in SEALED]
    for name, given in values_of:
        values = np.ascontiguousarray(given)
        values = values.astype(values.dtype.newbyteorder("<"))
        sealed.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        sealed.update(values.tobytes())
    return sealed.hexdigest()
