"""Make the plan: exact levels, whole units, least cost."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation.cheapest import ship_cheapest
from qipan.engine.allocation.check import check
from qipan.engine.allocation.flow import Lanes, Sheet, fill
from qipan.engine.allocation.levels import settle, sheet_of
from qipan.engine.allocation.parts import parts_of
from qipan.engine.allocation.plan import Plan
from qipan.engine.allocation.priority import MINIMUM_TURN, Claims, claims_of
from qipan.engine.allocation.problem import IndexArray, IntArray, Problem
from qipan.engine.compiled import compiled

TRIES_PER_SECOND = 20_000_000
EXCHANGES_PER_SECOND = 200_000
"""What a second buys: fixed rates (edges tried, lanes exchanged), so that every machine stops alike."""


@dataclass(frozen=True)
class Effort:
    """How much work a plan may take. The engine has no clock: the same call gives the same plan everywhere.

    Args:
        trials: most maximum flows for the levels, and again for whole units. None: no limit.
        exchanges: most exchanges for the least cost. None: no limit.
    """

    trials: int | None = None
    exchanges: int | None = None

    @staticmethod
    def of_seconds(problem: Problem, seconds: float) -> Effort:
        """About so many seconds on an ordinary machine, counted in work.

        Raises:
            ValueError: ``seconds`` is not above 0.
        """
        if not seconds > 0:
            raise ValueError(f"seconds is {seconds}; it must be above 0")
        size = len(problem.edge_need) + len(problem.need) + len(problem.supply)
        return Effort(int(seconds * TRIES_PER_SECOND / max(size, 1)), int(seconds * EXCHANGES_PER_SECOND))


class Order(NamedTuple):
    """How the kernels see the edges, cheapest first at each end.

    Args:
        edges: (nE,) int32, the problem's edge at each place: by source, then by cost.
        head: (nE,) int32, its need. first_out: (nU + 1,) int64, where each source's places begin.
        into: (nE,) int32, places by need, then by cost. origin: (nE,) int32, their sources.
        first_in: (nJ + 1,) int64, where each need's begin.
    """

    edges: IndexArray
    head: IndexArray
    first_out: IntArray
    into: IndexArray
    origin: IndexArray
    first_in: IntArray


def solve(problem: Problem, *, effort: Effort = Effort()) -> Plan:
    """Share the stock among the needs: tier by tier, worst-off first, in whole units, then cheaply.

    Args:
        problem: see ``Problem`` for shapes, units and bounds.
        effort: most work. ``Plan.finished`` says whether the levels came to their end, ``Plan.cheapest``
            whether the cost did; a plan cut short is feasible and leaves nothing deliverable over, and
            ``check`` says how far from fair it is.

    Invariants:
        Never more than supply, lane, cap or lacking need. What a need gets does not depend on needs of
        later tiers (without minimums), on the order of the edges or on costs. Total = maximum flow.
        ``check(problem, solve(problem))`` finds no fault. Checked in tests/engine/test_allocate.py.

    Source:
        Megiddo 1974; Fujishige 1980; Frank & Murota, arXiv 1907.02673.
    """
    trials_max = -1 if effort.trials is None else effort.trials
    order = _order_of(problem)
    scale = problem.scale
    fine, is_fine_done = _settled(problem, order, scale, None, trials_max)
    whole, is_whole_done = _settled(problem, order, 1, _whole_part(problem, order, fine, scale), trials_max)
    part, source_part = parts_of(problem, fine, order.edges, scale)
    if len(order.edges) and np.ptp(problem.edge_cost):
        _reroute_greedily(problem, order, whole)
    shipped, shipped_carry, is_cheapest = ship_cheapest(
        problem, _as_given(order, whole.flow), whole.carry, exchanges_max=effort.exchanges
    )
    return Plan(
        scale=scale,
        flow=_as_given(order, fine.flow),
        carry=fine.carry,
        shipped=shipped,
        shipped_carry=shipped_carry,
        level=problem.level_of(fine.received, scale),
        part=part,
        source_part=source_part,
        reachable=problem.reachable,
        finished=bool(is_fine_done and is_whole_done),
        cheapest=is_cheapest,
    )


def levels(problem: Problem) -> npt.NDArray[np.float64]:
    """(nJ,) float64: the levels of the fractional optimum alone, those of ``Plan.level``; no whole units, no cost."""
    scale = problem.scale
    sheet, _ = _settled(problem, _order_of(problem), scale, None, -1)
    return problem.level_of(sheet.received, scale)


def deliveries(problem: Problem) -> IntArray:
    """(nJ,) int64: the whole units each need receives, those of ``solve``; no routes, no fractional optimum.

    What a question of "what if" needs: a part of the work of ``solve``.
    """
    sheet, _ = _settled(problem, _order_of(problem), 1, None, -1)
    return sheet.received


def solve_many(problems: Sequence[Problem], *, threads: int = 1, seconds: float | None = None) -> list[Plan]:
    """Solve independent families side by side; the plans are those of ``solve``, whatever ``threads`` is.

    Args:
        seconds: about the most for one family, counted in work (``Effort.of_seconds``). None: no limit.
    """

    def solved(problem: Problem) -> Plan:
        return solve(problem, effort=Effort() if seconds is None else Effort.of_seconds(problem, seconds))

    if threads == 1 or len(problems) < 2:
        return [solved(problem) for problem in problems]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(solved, problems))


def warm() -> None:
    """Compile every kernel, or load it from the cache: about half a minute the first time, then a second."""
    two = np.array([2, 2])
    ends = {"edge_source": np.array([0, 0, 1]), "edge_need": np.array([0, 1, 1])}
    problem = Problem(supply=two, need=two, **ends, edge_cost=np.array([1, 2, 1]), carries=np.array([1, 0]))
    check(problem, solve(problem))


def _order_of(problem: Problem) -> Order:
    """One sort by cost, then each end's edges counted out in that order."""
    by_cost = np.argsort(problem.edge_cost, kind="stable").astype(np.int32)
    edges, first_out = _counted_out(problem.edge_source, by_cost, len(problem.supply))
    place = np.empty_like(edges)
    place[edges] = np.arange(len(edges), dtype=np.int32)
    into, first_in = _counted_out(problem.edge_need, by_cost, len(problem.need))
    origin = problem.edge_source[into]
    return Order(edges, problem.edge_need[edges], first_out, place[into], origin, first_in)


@compiled
def _counted_out(ends: IndexArray, order: IndexArray, count: int) -> tuple[IndexArray, IntArray]:
    """(nE,) edges by their end, each end's in the given order; (count + 1,) where each end's begin."""
    first = np.zeros(count + 1, np.int64)
    for end in ends:
        first[end + 1] += 1
    for end in range(count):
        first[end + 1] += first[end]
    at = first[:-1].copy()
    found = np.empty(len(order), np.int32)
    for edge in order:
        end = ends[edge]
        found[at[end]] = edge
        at[end] += 1
    return found, first


def _settled(
    problem: Problem, order: Order, scale: int, start: tuple[IntArray, IntArray] | None, trials_max: int
) -> tuple[Sheet, bool]:
    """Levels in grains of 1/scale units, from a feasible flow or from nothing; whether they came to their end."""
    lanes = _lanes_of(problem, order, scale)
    claims = claims_of(problem, scale)
    sheet = sheet_of(lanes, problem.supply * scale, len(problem.need))
    if start is not None:
        sheet.flow[:], sheet.carry[:] = start
        sheet.left[:] -= _drawn(order.first_out, sheet.flow)
        sheet.left[:] -= sheet.carry
        sheet.left[1:] += sheet.carry[:-1]
        np.add.at(sheet.received, lanes.head, sheet.flow)
    turns = np.unique(np.append(claims.turn, MINIMUM_TURN)).astype(np.int32)
    is_done = settle(lanes, sheet, claims, turns, trials_max)
    if not is_done:
        _leave_nothing_over(lanes, sheet, claims)
    return sheet, is_done


def _lanes_of(problem: Problem, order: Order, scale: int) -> Lanes:
    """The network in grains of 1/scale units."""
    boundless = int(problem.supply.sum()) * scale + 1
    return Lanes(
        order.head, order.first_out, order.into, order.first_in, order.origin, problem.carries,
        _caps(problem.edge_cap, order.edges, scale, boundless),
    )  # fmt: skip


def _reroute_greedily(problem: Problem, order: Order, sheet: Sheet) -> None:
    """Bring every need what it received anew, by the cheapest lanes first: a better start for the least cost.

    What the cheapest lanes leave undelivered is brought by a maximum flow: it is known that it can be.
    """
    lanes = _lanes_of(problem, order, 1)
    sheet.want[:] = sheet.received
    sheet.flow[:] = 0
    sheet.carry[:] = 0
    sheet.received[:] = 0
    sheet.left[:] = problem.supply
    sheet.part_of_source[:] = 0
    sheet.part_of_need[:] = 0
    places = np.argsort(problem.edge_cost[order.edges], kind="stable")
    tails = problem.edge_source[order.edges]
    _take_cheapest(lanes, sheet, places, tails)
    fill(lanes, sheet, _all(len(lanes.carries)), _all(len(sheet.want)), 0)


@compiled
def _take_cheapest(lanes: Lanes, sheet: Sheet, places: IntArray, tails: IndexArray) -> None:
    """Fill lanes in the given order from what is left at their source, or was left there on earlier days."""
    head, cap, carries = lanes.head, lanes.cap, lanes.carries
    flow, carry, left, received, want = sheet.flow, sheet.carry, sheet.left, sheet.received, sheet.want
    for place in places:
        need, source = head[place], tails[place]
        lacking = min(want[need] - received[need], cap[place])
        while lacking > 0:
            taken = min(lacking, left[source])
            if taken > 0:
                left[source] -= taken
                lacking -= taken
                flow[place] += taken
                received[need] += taken
                for day in range(source, tails[place]):
                    carry[day] += taken
            if source == 0 or carries[source - 1] == 0:
                break
            source -= 1


def _all(count: int) -> IndexArray:
    return np.arange(count, dtype=np.int32)


def _leave_nothing_over(lanes: Lanes, sheet: Sheet, claims: Claims) -> None:
    """Deliver what can be delivered, fair or not."""
    sheet.part_of_source[:] = 0
    sheet.part_of_need[:] = 0
    sheet.want[:] = claims.top
    fill(lanes, sheet, _all(len(lanes.carries)), _all(len(claims.turn)), 0)


def _whole_part(problem: Problem, order: Order, sheet: Sheet, scale: int) -> tuple[IntArray, IntArray]:
    """The whole units of a flow on every edge, and what must be carried on for them."""
    flow = sheet.flow // scale
    return flow, _needed_carry(problem.supply, _drawn(order.first_out, flow), problem.carries)


@compiled
def _caps(caps: IntArray, edges: IndexArray, scale: int, boundless: int) -> IntArray:
    """(nE,) grains at each place; lanes without a cap take more than there is."""
    found = np.empty(len(edges), np.int64)
    for place, edge in enumerate(edges):
        found[place] = boundless if caps[edge] < 0 else caps[edge] * scale
    return found


@compiled
def _drawn(first_out: IntArray, flow: IntArray) -> IntArray:
    """(nU,) what leaves each source."""
    found = np.zeros(len(first_out) - 1, np.int64)
    for source in range(len(found)):
        for place in range(first_out[source], first_out[source + 1]):
            found[source] += flow[place]
    return found


@compiled
def _needed_carry(supply: IntArray, drawn: IntArray, carries: IntArray) -> IntArray:
    """(nU,) the least that each source must carry on so that all can be drawn where it is drawn."""
    carry = np.zeros_like(supply)
    for source in range(len(supply) - 1, 0, -1):
        if carries[source - 1]:
            carry[source - 1] = max(0, drawn[source] + carry[source] - supply[source])
    return carry


def _as_given(order: Order, amounts: IntArray) -> IntArray:
    """Amounts on the problem's edges."""
    found = np.empty_like(amounts)
    found[order.edges] = amounts
    return found
