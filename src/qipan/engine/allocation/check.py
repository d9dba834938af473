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
from fractions import Fraction
from hashlib import sha256
from math import ulp
from typing import Any

import numpy as np

from qipan.engine.allocation.flow import Lanes
from qipan.engine.allocation.plan import Plan
from qipan.engine.allocation.priority import MINIMUM_TURN, Claims, claims_of
from qipan.engine.allocation.problem import Problem

Amount = int | Fraction


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a plan.

    Args:
        kind: see ``KINDS``; those that begin with ``flow_`` or ``level_`` are about the fractional optimum.
        needs, sources, edges: indices it is about; for an exchange the needs are (who holds, who lacks).
        amount: always > 0: units too many, units left over (at least 1), 1 for a wrong turn or a wrong
            shape, or the difference of level that an exchange would mend (the smallest step of float64
            at 1 where only an equal level was decided wrongly).
    """

    kind: str
    needs: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    edges: tuple[int, ...] = ()
    amount: float = 0

    def __str__(self) -> str:
        places = [("need", self.needs), ("source", self.sources), ("edge", self.edges)]
        words = [f"{word} {', '.join(map(str, at))}" for word, at in places if at]
        return f"{self.kind}: {'; '.join(words)} ({self.amount:g})"


KINDS = (
    "shape_wrong",
    "negative",
    "over_lane",
    "over_supply",
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


@dataclass(frozen=True)
class Subject:
    """One flow under proof, whole or fractional: amounts in units, exactly.

    Args:
        amounts: on each edge. received: by each need. left: stock left at each source.
        prefix: what its faults are called by.
    """

    amounts: Sequence[Amount]
    received: list[Amount]
    left: list[Amount]
    prefix: str


def check(problem: Problem, plan: Plan) -> Certificate:
    """Prove or refute a plan; looks at nothing but its two arguments.

    Args:
        problem: what was asked.
        plan: any plan for it, the solver's or another's; ``part`` and ``cheapest`` are not judged.

    Returns:
        A certificate with every fault found. O(edges) for each of the two flows, besides sorting.

    Invariants:
        ``fair`` and ``feasible`` hold exactly when ``shipped`` is decreasingly minimal turn by turn and
        maximal, and the stated levels are the fractional leximin optimum.
        Checked against planted faults in tests/engine/test_certificate.py.
    """
    digest = _digest(problem, plan)
    wrong = _wrong_shapes(problem, plan)
    if wrong:
        return Certificate(feasible=False, fair=False, gap=_gap(wrong), faults=tuple(wrong), digest=digest)
    claims = claims_of(problem)
    tails, heads = problem.edge_source.tolist(), problem.edge_need.tolist()
    lanes = Lanes(tails, heads, sources=len(problem.supply), needs=len(problem.need))
    whole = _subject(problem, lanes, plan.shipped.tolist(), "")
    rows = zip(plan.flow_whole.tolist(), plan.flow_num.tolist(), lanes.heads, strict=True)
    dens = plan.flow_den.tolist()
    exact = [unit if num == 0 else unit + Fraction(num, dens[head]) for unit, num, head in rows]
    fractional = _subject(problem, lanes, exact, "flow_")
    broken = _broken_bounds(problem, whole) + _broken_bounds(problem, fractional)
    unfair = _misstated(problem, plan, fractional, claims)
    for subject in (whole, fractional):
        unfair += _unfair(problem, lanes, subject, claims)
    faults = (*broken, *unfair)
    return Certificate(feasible=not broken, fair=not unfair, gap=_gap(faults), faults=faults, digest=digest)


def _gap(faults: Sequence[Fault]) -> float:
    """How far from right: the largest amount of a fault."""
    return max((fault.amount for fault in faults), default=0)


def _wrong_shapes(problem: Problem, plan: Plan) -> list[Fault]:
    """Arrays of the plan that do not fit the problem or are not whole, and impossible denominators."""
    edges, needs, sources = len(problem.edge_need), len(problem.need), len(problem.supply)
    lengths = dict.fromkeys(("flow_whole", "flow_num", "shipped"), edges)
    lengths |= dict.fromkeys(("flow_den", "level_num", "level_den", "part", "reachable"), needs)
    lengths["source_part"] = sources
    wrong = 0
    for name, length in lengths.items():
        given = np.asarray(getattr(plan, name))
        wrong += given.shape != (length,) or given.dtype.kind not in "iub"
    if wrong:
        return [Fault("shape_wrong", amount=wrong)]
    bad = (plan.flow_den < 1) | (plan.level_den < 1)
    return [Fault("shape_wrong", needs=(int(need),), amount=1) for need in np.flatnonzero(bad)]


def _subject(problem: Problem, lanes: Lanes, amounts: Sequence[Amount], prefix: str) -> Subject:
    """Add up what a flow brings to each need and leaves at each source."""
    received: list[Amount] = [0] * len(lanes.into)
    left: list[Amount] = list(problem.supply.tolist())
    for tail, head, amount in zip(lanes.tails, lanes.heads, amounts, strict=True):
        if amount:
            received[head] += amount
            left[tail] -= amount
    return Subject(amounts, received, left, prefix)


def _broken_bounds(problem: Problem, subject: Subject) -> list[Fault]:
    """Edges, sources and needs that carry less than nothing or more than they may."""
    prefix = subject.prefix
    found = []
    for edge, (amount, cap) in enumerate(zip(subject.amounts, problem.edge_cap.tolist(), strict=True)):
        if amount < 0:
            found.append(Fault(prefix + "negative", edges=(edge,), amount=float(-amount)))
        elif 0 <= cap < amount:
            found.append(Fault(prefix + "over_lane", edges=(edge,), amount=float(amount - cap)))
    for source, left in enumerate(subject.left):
        if left < 0:
            found.append(Fault(prefix + "over_supply", sources=(source,), amount=float(-left)))
    for need, (received, room) in enumerate(zip(subject.received, problem.room.tolist(), strict=True)):
        if received > room:
            found.append(Fault(prefix + "over_need", needs=(need,), amount=float(received - room)))
    return found


def _misstated(problem: Problem, plan: Plan, fractional: Subject, claims: Claims) -> list[Fault]:
    """Levels that are not those of the flow, and needs wrongly called reachable or not."""
    found = []
    stated = zip(plan.level_num.tolist(), plan.level_den.tolist(), strict=True)
    for need, (num, den) in enumerate(stated):
        level = Fraction(1000 * (claims.covered[need] + fractional.received[need])) / claims.span[need]
        if level != Fraction(num, den):
            off = abs(float(level - Fraction(num, den)))
            found.append(Fault("level_misstated", needs=(need,), amount=off))
    wrong = np.flatnonzero(plan.reachable != problem.reachable)
    return found + [Fault("reach_misstated", needs=(int(need),), amount=1) for need in wrong]


def _unfair(problem: Problem, lanes: Lanes, subject: Subject, claims: Claims) -> list[Fault]:
    """Units that could be passed on to someone who comes earlier, and stock that someone could use."""
    holds: list[Any] = [None] * len(claims.room)
    lacks: list[Any] = [None] * len(claims.room)
    for need, received in enumerate(subject.received):
        if received > 0:
            holds[need] = _held_place(claims, need, received, subject.prefix)
        if received < claims.room[need]:
            lacks[need] = _lacked_place(claims, need, received, subject.prefix)
    for_source, for_need = _labels(problem, lanes, subject, lacks)
    found = []
    for source, left in enumerate(subject.left):
        lacking = for_source[source]
        if left > 0 and lacking >= 0:
            found.append(Fault(subject.prefix + "stock_stranded", (lacking,), (source,), amount=max(1.0, float(left))))
    for need, lacking in enumerate(for_need):
        if lacking >= 0 and holds[need] is not None and lacks[lacking] < holds[need]:
            found.append(_exchange(need, lacking, holds[need], lacks[lacking], subject.prefix))
    return found


def _held_place(claims: Claims, need: int, received: Amount, prefix: str) -> tuple[Any, ...]:
    """Place of the last unit (or sliver of one) that the need holds."""
    if not prefix:
        return claims.last_unit(need, int(received))
    turn = MINIMUM_TURN if received <= claims.minimum[need] else claims.turn[need]
    return (turn, (claims.covered[need] + received) / Fraction(claims.span[need]))


def _lacked_place(claims: Claims, need: int, received: Amount, prefix: str) -> tuple[Any, ...]:
    """Place of the next unit (or sliver of one) that the need lacks."""
    if not prefix:
        return claims.next_unit(need, int(received))
    turn = MINIMUM_TURN if received < claims.minimum[need] else claims.turn[need]
    return (turn, (claims.covered[need] + received) / Fraction(claims.span[need]))


def _exchange(holder: int, lacking: int, held: Any, lacked: Any, prefix: str) -> Fault:
    """The fault that a unit stands with the wrong need."""
    if held[0] != lacked[0]:
        return Fault(prefix + "tier_starved", needs=(holder, lacking), amount=1)
    off = 1000 * float(held[1] - lacked[1])
    return Fault(prefix + "richer_before_needier", needs=(holder, lacking), amount=off or ulp(1.0))


def _labels(problem: Problem, lanes: Lanes, subject: Subject, lacks: list[Any]) -> tuple[list[int], list[int]]:
    """For each source and need the need whose lacking unit comes first of all that it could serve; -1 none.

    Needs that lack something are searched backward from the first to the last, each node once.
    """
    for_source, for_need = [-1] * len(lanes.out), [-1] * len(lanes.into)
    amounts, caps = subject.amounts, problem.edge_cap.tolist()
    order = sorted((need for need, place in enumerate(lacks) if place is not None), key=lambda need: lacks[need])
    for lacking in order:
        if for_need[lacking] >= 0:
            continue
        for_need[lacking] = lacking
        frontier = [lacking]
        for need in frontier:
            for edge in lanes.into[need]:
                source = lanes.tails[edge]
                if for_source[source] >= 0 or 0 <= caps[edge] <= amounts[edge]:
                    continue
                for_source[source] = lacking
                for back in lanes.out[source]:
                    holder = lanes.heads[back]
                    if for_need[holder] < 0 and amounts[back] > 0:
                        for_need[holder] = lacking
                        frontier.append(holder)
    return for_source, for_need


def _digest(problem: Problem, plan: Plan) -> str:
    """sha256 over names, types, shapes and little-endian bytes of every field."""
    sealed = sha256()
    for part in (problem, plan):
        for name in (f.name for f in fields(part)):
            values = np.ascontiguousarray(getattr(part, name))
            values = values.astype(values.dtype.newbyteorder("<"))
            sealed.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
            sealed.update(values.tobytes())
    return sealed.hexdigest()
