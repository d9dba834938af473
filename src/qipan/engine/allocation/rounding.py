"""Whole units from the fractional optimum: its floor, then one unit at a time to whoever is next.

The decreasingly minimal whole plan never lies below the floor of the fractional optimum (were it so,
a unit could pass to that need from one that stands above its fractional level), so fewer than nJ
units remain to be given, each along a residual path. A need that no leftover stock can reach stays
so for good, and with it everyone who could have helped it.

Source: Frank & Murota 2019 (arXiv 1907.02673); Federgruen & Groenevelt 1986 (greedy on polymatroids).
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from qipan.engine.allocation.flow import Filling, Lanes, fill
from qipan.engine.allocation.levels import Levelling
from qipan.engine.allocation.problem import Problem


def ship_whole_units(problem: Problem, levelling: Levelling) -> list[int]:
    """Whole units on each edge, discretely fair and with nothing deliverable left over.

    Returns:
        (nE,) whole units. Units per need are the same whatever the order of the edges; equal
        claims are decided by the lowest need index.
    """
    lanes = Lanes(levelling.tails, levelling.heads, sources=len(problem.supply), needs=len(levelling.claims.room))
    received = [parts // den for parts, den in zip(levelling.received, levelling.flow_den, strict=True)]
    filling = Filling(
        cap=levelling.cap,
        flow=[levelling.whole_and_rest(edge)[0] for edge in range(len(lanes.tails))],
        stock=problem.supply.tolist(),
        room=list(received),
    )
    for tail, head, amount in zip(lanes.tails, lanes.heads, filling.flow, strict=True):
        filling.stock[tail] -= amount
        filling.room[head] -= amount
    fill(lanes, filling)
    _give_the_rest(lanes, filling, levelling, received)
    return filling.flow


def _give_the_rest(lanes: Lanes, filling: Filling, levelling: Levelling, received: list[int]) -> None:
    """Give the units still in stock, each to the first need in order that one can reach."""
    claims = levelling.claims
    waiting = [
        (claims.next_unit(need, units), need) for need, units in enumerate(received) if units < claims.room[need]
    ]
    heapify(waiting)
    closed_sources, closed_needs = [False] * len(lanes.out), [False] * len(lanes.into)
    while waiting:
        _, need = heappop(waiting)
        if closed_needs[need] or not _bring_one(lanes, filling, need, (closed_sources, closed_needs)):
            continue
        received[need] += 1
        if received[need] < claims.room[need]:
            heappush(waiting, (claims.next_unit(need, received[need]), need))


def _bring_one(lanes: Lanes, filling: Filling, need: int, closed: tuple[list[bool], list[bool]]) -> bool:
    """Bring one unit of leftover stock to the need; if none can reach it, close all who could help it."""
    cap, flow, stock = filling.cap, filling.flow, filling.stock
    closed_sources, closed_needs = closed
    next_edge_of_source: dict[int, int] = {}
    next_edge_of_need: dict[int, int] = {need: -1}
    frontier = [need]
    for at in frontier:
        for edge in lanes.into[at]:
            source = lanes.tails[edge]
            if source in next_edge_of_source or closed_sources[source] or flow[edge] >= cap[edge]:
                continue
            next_edge_of_source[source] = edge
            if stock[source] > 0:
                stock[source] -= 1
                _shift_one(lanes, flow, source, (next_edge_of_source, next_edge_of_need))
                return True
            for back in lanes.out[source]:
                giver = lanes.heads[back]
                if flow[back] > 0 and giver not in next_edge_of_need and not closed_needs[giver]:
                    next_edge_of_need[giver] = back
                    frontier.append(giver)
    for source in next_edge_of_source:
        closed_sources[source] = True
    for at in frontier:
        closed_needs[at] = True
    return False


def _shift_one(lanes: Lanes, flow: list[int], source: int, steps: tuple[dict[int, int], dict[int, int]]) -> None:
    """Follow the steps from a source to the need that asked, passing one unit along."""
    next_edge_of_source, next_edge_of_need = steps
    while True:
        forward = next_edge_of_source[source]
        flow[forward] += 1
        back = next_edge_of_need[lanes.heads[forward]]
        if back < 0:
            return
        flow[back] -= 1
        source = lanes.tails[back]
