"""Maximum flow between sources and needs with exact (unbounded) integers, started from any flow.

Layered augmentation after Dinic 1970, searched backward from the needs that are short, so that the
last, failing search marks exactly the nodes that could still help someone: the minimum cut nearest
to the needs, the same whatever the flow.
"""

from __future__ import annotations

from dataclasses import dataclass

UNSEEN = -1


class Lanes:
    """The shape of one bipartite network in local numbers.

    Args:
        tails: source of each edge, 0..sources-1.
        heads: need of each edge, 0..needs-1.
    """

    __slots__ = ("heads", "into", "out", "tails")

    def __init__(self, tails: list[int], heads: list[int], *, sources: int, needs: int) -> None:
        self.tails = tails
        self.heads = heads
        self.out: list[list[int]] = [[] for _ in range(sources)]
        self.into: list[list[int]] = [[] for _ in range(needs)]
        for edge, (tail, head) in enumerate(zip(tails, heads, strict=True)):
            self.out[tail].append(edge)
            self.into[head].append(edge)


@dataclass(frozen=True)
class Layers:
    """Steps from each node to the nearest short need in the residual network; UNSEEN where none."""

    source: list[int]
    need: list[int]
    starts: list[int]


@dataclass
class Filling:
    """A flow being filled up: all lists are in one scale and are changed in place.

    Args:
        cap: most on each edge. flow: now on each edge, 0 <= flow <= cap.
        stock: left at each source, >= 0. room: still wanted by each need, >= 0.
    """

    cap: list[int]
    flow: list[int]
    stock: list[int]
    room: list[int]


def fill(lanes: Lanes, filling: Filling) -> Layers:
    """Raise the flow to a maximum in place; give back the last search.

    Returns:
        Layers without starts: ``source`` and ``need`` are UNSEEN exactly where no unit could be
        passed on to a need that is still short.
    """
    while True:
        found = layers(lanes, filling)
        if not found.starts:
            return found
        _push(lanes, filling, found)


def layers(lanes: Lanes, filling: Filling) -> Layers:
    """Search backward from the short needs, up to the layer where the first leftover stock is met."""
    tails, heads, cap, flow = lanes.tails, lanes.heads, filling.cap, filling.flow
    at_source = [UNSEEN] * len(lanes.out)
    at_need = [UNSEEN] * len(lanes.into)
    frontier = [need for need, wanted in enumerate(filling.room) if wanted > 0]
    for need in frontier:
        at_need[need] = 0
    depth = 0
    while frontier:
        reached = []
        for need in frontier:
            for edge in lanes.into[need]:
                source = tails[edge]
                if at_source[source] < 0 and flow[edge] < cap[edge]:
                    at_source[source] = depth + 1
                    reached.append(source)
        starts = [source for source in reached if filling.stock[source] > 0]
        if starts:
            return Layers(at_source, at_need, starts)
        depth += 2
        frontier = []
        for source in reached:
            for edge in lanes.out[source]:
                need = heads[edge]
                if at_need[need] < 0 and flow[edge] > 0:
                    at_need[need] = depth
                    frontier.append(need)
    return Layers(at_source, at_need, [])


def _push(lanes: Lanes, filling: Filling, found: Layers) -> None:
    """Send stock down the layers until every shortest way is blocked."""
    tried_out = [0] * len(lanes.out)
    tried_into = [0] * len(lanes.into)
    for start in found.starts:
        while filling.stock[start] > 0:
            path = _walk(lanes, filling, found, (tried_out, tried_into), start)
            if not path:
                break
            _send(lanes, filling, start, path)


def _walk(lanes: Lanes, filling: Filling, found: Layers, tried: tuple[list[int], list[int]], start: int) -> list[int]:
    """Edges of one shortest way from a source to a short need, alternately forward and back; [] if none."""
    tails, heads, cap, flow, room = lanes.tails, lanes.heads, filling.cap, filling.flow, filling.room
    tried_out, tried_into = tried
    at_source, at_need = found.source, found.need
    path: list[int] = []
    source = start
    while True:
        choices, position, target = lanes.out[source], tried_out[source], at_source[source] - 1
        edge = UNSEEN
        while position < len(choices):
            edge = choices[position]
            if at_need[heads[edge]] == target and flow[edge] < cap[edge]:
                break
            position += 1
        tried_out[source] = position
        if position == len(choices):
            if not path:
                return []
            back = path.pop()
            tried_into[heads[back]] += 1
            need = heads[back]
        else:
            path.append(edge)
            need = heads[edge]
            if target == 0 and room[need] > 0:
                return path
        stepped = _step_back(lanes, filling, found, tried_into, need)
        if stepped < 0:
            forward = path.pop()
            source = tails[forward]
            tried_out[source] += 1
        else:
            path.append(stepped)
            source = tails[stepped]


def _step_back(lanes: Lanes, filling: Filling, found: Layers, tried_into: list[int], need: int) -> int:
    """The next edge whose flow this need could hand back to a source one layer closer; UNSEEN if none."""
    choices, position, target = lanes.into[need], tried_into[need], found.need[need] - 1
    if target < 0:
        return UNSEEN
    while position < len(choices):
        edge = choices[position]
        if filling.flow[edge] > 0 and found.source[lanes.tails[edge]] == target:
            tried_into[need] = position
            return edge
        position += 1
    tried_into[need] = position
    return UNSEEN


def _send(lanes: Lanes, filling: Filling, start: int, path: list[int]) -> None:
    """Move as much as the way allows along it."""
    cap, flow = filling.cap, filling.flow
    last = lanes.heads[path[-1]]
    amount = min(filling.stock[start], filling.room[last])
    for place, edge in enumerate(path):
        amount = min(amount, flow[edge] if place % 2 else cap[edge] - flow[edge])
    for place, edge in enumerate(path):
        flow[edge] += -amount if place % 2 else amount
    filling.stock[start] -= amount
    filling.room[last] -= amount
