"""Why a need got what it got, as numbers and indices that a sentence can be made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation.plan import Plan, delivered
from qipan.engine.allocation.priority import Claims, claims_of, is_before, units_before
from qipan.engine.allocation.problem import IntArray, Problem

CAUSES = (
    "nothing_short",
    "met",
    "capped",
    "unreachable",
    "shared_level",
    "lane_full",
    "earlier_tier_first",
    "minimum_first",
    "above_level",
)
"""Every cause. Short of nothing before the plan; given all it lacked; given all its cap allows; no open
lane from any stock; at one level with its sharers; its lanes are full; all stock it could have goes to
earlier tiers; goes to minimums; goes to needs at lower levels."""


@dataclass(frozen=True)
class Reason:
    """Why one need got its number.

    Args:
        need_index: which need. delivered, need, covered, room: its units; ``delivered`` is what is shipped.
        level: in the fractional optimum. level_shipped: with the whole units shipped.
        tier: its tier. cause: one of ``CAUSES``.
        sharers: needs held down by the same bottleneck, itself among them; () where it is not short.
        part_supply: units shipped to the sharers: the most that can be had for them.
        part_need: units they still lacked before: sum of max(0, need - covered).
        sources_emptied: sources of that bottleneck, all used to the last unit (those without stock
            where it is unreachable). lanes_full: edges into the sharers' needs that bind as well.
        next_unit_to: need that one more unit at these sources would go to (through a wider lane where
            only lanes bind); None where nobody could use it.
        units_until_this: how many more units the bottleneck needs until this need gets one more, that
            unit counted, if lanes do not bind on the way; None where more stock would not help it.
    """

    need_index: int
    delivered: int
    need: int
    covered: int
    room: int
    level: float
    level_shipped: float
    tier: int
    cause: str
    sharers: tuple[int, ...]
    part_supply: int
    part_need: int
    sources_emptied: tuple[int, ...]
    lanes_full: tuple[int, ...]
    next_unit_to: int | None
    units_until_this: int | None


@dataclass(frozen=True)
class Bottleneck:
    """What holds a short need down."""

    sharers: IntArray
    sources: IntArray
    lanes: IntArray


NOTHING: IntArray = np.empty(0, dtype=np.int64)


def explain(problem: Problem, plan: Plan, need_index: int) -> Reason:
    """Say why a need got what it got, from the problem and a certified plan.

    Args:
        need_index: 0..nJ-1.

    Raises:
        IndexError: there is no such need.

    Invariants:
        Reads the plan, never solves again: O(edges) for each need.
    """
    if not 0 <= need_index < len(problem.need):
        raise IndexError(f"need_index is {need_index}; it must be in 0..{len(problem.need) - 1}")
    at = need_index
    received = delivered(problem, plan.shipped)
    bottleneck = _bottleneck(problem, plan, at, received)
    next_to, until = _next_unit(problem, plan, at, received, bottleneck)
    sharers = bottleneck.sharers
    lacking = np.maximum(problem.need - problem.covered, 0)
    return Reason(
        need_index=at,
        delivered=int(received[at]),
        need=int(problem.need[at]),
        covered=int(problem.covered[at]),
        room=int(problem.room[at]),
        level=float(plan.level[at]),
        level_shipped=float(problem.level_of(received)[at]),
        tier=int(problem.tier[at]),
        cause=_cause(problem, plan, at, received, bottleneck),
        sharers=tuple(sharers.tolist()),
        part_supply=int(received[sharers].sum()),
        part_need=int(lacking[sharers].sum()),
        sources_emptied=tuple(bottleneck.sources.tolist()),
        lanes_full=tuple(bottleneck.lanes.tolist()),
        next_unit_to=next_to,
        units_until_this=until,
    )


def _bottleneck(problem: Problem, plan: Plan, at: int, received: IntArray) -> Bottleneck:
    """Who shares the need's bottleneck, and which sources and lanes it is made of."""
    lanes_in = problem.edge_need == at
    if received[at] >= problem.room[at]:
        return Bottleneck(NOTHING, NOTHING, NOTHING)
    if not plan.reachable[at]:
        open_lanes = lanes_in & (problem.edge_cap != 0)
        return Bottleneck(
            np.array([at]), np.unique(problem.edge_source[open_lanes]), np.flatnonzero(lanes_in & ~open_lanes)
        )
    part = plan.part[at]
    sharers = np.flatnonzero(plan.part == part)
    sources = np.flatnonzero(plan.source_part == part)
    into_part = plan.part[problem.edge_need] == part
    is_full = (problem.edge_cap >= 0) & (plan.shipped >= problem.edge_cap)
    lanes = np.flatnonzero(into_part & is_full & (plan.source_part[problem.edge_source] != part))
    if len(sources) == 0:
        reaching, _ = _reaching(problem, plan, at)
        sources = np.flatnonzero(reaching)
    return Bottleneck(sharers, sources, lanes)


def _cause(problem: Problem, plan: Plan, at: int, received: IntArray, bottleneck: Bottleneck) -> str:
    """The word for it; the first that applies."""
    lacking = problem.need[at] - problem.covered[at]
    if lacking <= 0:
        return "nothing_short"
    if received[at] >= problem.room[at]:
        return "met" if received[at] >= lacking else "capped"
    if not plan.reachable[at]:
        return "unreachable"
    if len(bottleneck.sources) == 0:
        return "lane_full"
    return _cause_of_sharing(problem, plan, at, received)


def _cause_of_sharing(problem: Problem, plan: Plan, at: int, received: IntArray) -> str:
    """The word for a need whose sources are emptied: by its sharers, or by others before its turn."""
    if _is_given_a_share(problem, plan, at):
        return "shared_level"
    _, rivals = _reaching(problem, plan, at)
    rivals[at] = False
    if (rivals & (problem.tier < problem.tier[at])).any():
        return "earlier_tier_first"
    if (rivals & (received <= problem.minimum)).any():
        return "minimum_first"
    return "above_level" if (rivals & (plan.level < plan.level[at])).any() else "shared_level"


def _is_given_a_share(problem: Problem, plan: Plan, at: int) -> bool:
    """Whether the fractional optimum gives the need anything beyond its minimum."""
    return int(plan.flow[problem.edge_need == at].sum()) > int(problem.minimum[at]) * plan.scale


def _reaching(problem: Problem, plan: Plan, at: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(sources, needs) from which a unit could be passed on to the need, if their holders let it go."""
    sources, needs = np.zeros(len(problem.supply), np.bool_), np.zeros(len(problem.need), np.bool_)
    is_open = (problem.edge_cap < 0) | (plan.shipped < problem.edge_cap)
    chained, carried = np.flatnonzero(problem.carries), np.flatnonzero(plan.shipped_carry)
    needs[at] = True
    count = 0
    while count < (count := int(needs.sum() + sources.sum())):
        sources[problem.edge_source[is_open & needs[problem.edge_need]]] = True
        sources[chained[sources[chained + 1]]] = True
        sources[carried[sources[carried]] + 1] = True
        needs[problem.edge_need[(plan.shipped > 0) & sources[problem.edge_source]]] = True
    return sources, needs


def _reached(problem: Problem, plan: Plan, starts: IntArray) -> npt.NDArray[np.bool_]:
    """(nJ,) needs that one more unit at any of the sources could be brought to."""
    sources, needs = np.zeros(len(problem.supply), np.bool_), np.zeros(len(problem.need), np.bool_)
    is_open = (problem.edge_cap < 0) | (plan.shipped < problem.edge_cap)
    chained, carried = np.flatnonzero(problem.carries), np.flatnonzero(plan.shipped_carry)
    sources[starts] = True
    count = 0
    while count < (count := int(needs.sum() + sources.sum())):
        needs[problem.edge_need[is_open & sources[problem.edge_source]]] = True
        sources[chained[sources[chained]] + 1] = True
        sources[carried[sources[carried + 1]]] = True
        sources[problem.edge_source[(plan.shipped > 0) & needs[problem.edge_need]]] = True
    return needs


def _next_unit(
    problem: Problem, plan: Plan, at: int, received: IntArray, bottleneck: Bottleneck
) -> tuple[int | None, int | None]:
    """Who would get one more unit of the bottleneck, and how many it takes until this need does."""
    room = problem.room
    if len(bottleneck.sources):
        candidates = _reached(problem, plan, bottleneck.sources) & (received < room)
    else:
        candidates = np.zeros(len(room), np.bool_)
        candidates[bottleneck.sharers] = received[bottleneck.sharers] < room[bottleneck.sharers]
    claims = claims_of(problem)
    got: list[int] = received.tolist()
    waiting = [int(need) for need in np.flatnonzero(candidates)]
    if not waiting:
        return None, None
    next_to = waiting[0]
    for need in waiting:
        if is_before(claims, need, got[need] + 1, next_to, got[next_to] + 1):
            next_to = need
    if len(bottleneck.sources) == 0 or not candidates[at]:
        return next_to, None
    return next_to, _units_until(claims, got, waiting, at)


def _units_until(claims: Claims, got: list[int], waiting: list[int], at: int) -> int:
    """Units that come before the need's next unit among those who wait, and that unit itself."""
    others = (need for need in waiting if need != at)
    return 1 + sum(units_before(claims, need, got[need], at, got[at] + 1) for need in others)
