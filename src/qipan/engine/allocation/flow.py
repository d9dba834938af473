"""Maximum flow through one part of the network, started from any flow.

Layered augmentation (Dinic 1970), searched backward from the needs that are short, so that the last,
failing search marks exactly the nodes that could still help one of them: the minimum cut nearest to
the needs, the same whatever the flow. Stock waits in a chain: what a source has may be carried to the
next node of its chain, and what is carried may be handed back.

All amounts are int64 grains. Compiled with Numba; nothing here allocates per edge.
"""

from __future__ import annotations

from typing import NamedTuple

from qipan.engine.allocation.problem import IndexArray, IntArray
from qipan.engine.compiled import compiled, inlined

UNSEEN = -1


class Lanes(NamedTuple):
    """The shape of a network, read only.

    Args:
        head: (nE,) int32, need of each edge; edges are sorted by source.
        first_out: (nU + 1,) int64, edges of source u are first_out[u] .. first_out[u + 1] - 1.
        into: (nE,) int32, edges sorted by need; first_in: (nJ + 1,) int64, where each need's begin.
        origin: (nE,) int32, the source of each edge of ``into``: read in order.
        carries: (nU,) int64, 1 where stock at u may wait and become stock at u + 1.
        cap: (nE,) int64, most grains on each edge.
    """

    head: IndexArray
    first_out: IntArray
    into: IndexArray
    first_in: IntArray
    origin: IndexArray
    carries: IntArray
    cap: IntArray


class Sheet(NamedTuple):
    """The work sheet: what flows now, and scratch room for searches. Changed in place.

    Args:
        flow: (nE,) grains on each edge. carry: (nU,) grains carried from u to u + 1.
        left: (nU,) stock not given away. received: (nJ,) grains. want: (nJ,) what each is to receive.
        part_of_source, part_of_need: which part each node belongs to; other parts are not touched.
        source_steps, need_steps: steps to the nearest short need, UNSEEN where none.
        source_tried, need_tried: arcs tried in this round. queue: (nU + nJ,). path: (2 (nU + nJ + 1),).
    """

    flow: IntArray
    carry: IntArray
    left: IntArray
    received: IntArray
    want: IntArray
    part_of_source: IndexArray
    part_of_need: IndexArray
    source_steps: IndexArray
    need_steps: IndexArray
    source_tried: IndexArray
    need_tried: IndexArray
    queue: IndexArray
    path: IntArray


@compiled
def fill(lanes: Lanes, sheet: Sheet, sources: IndexArray, needs: IndexArray, part: int) -> int:
    """Raise the flow inside a part until no grain can be brought to a need that wants one.

    Args:
        sources, needs: the part's nodes.

    Returns:
        Grains still wanted. Afterwards ``source_steps`` and ``need_steps`` are UNSEEN exactly on the
        nodes from which nothing could be passed on to a need that is still short.
    """
    short = 0
    for need in needs:
        short += sheet.want[need] - sheet.received[need]
    while short > 0:
        if not _search(lanes, sheet, sources, needs, part):
            break
        moved = 0
        for source in sources:
            if sheet.left[source] > 0 and sheet.source_steps[source] > 0:
                moved += _push_from(lanes, sheet, part, source)
        short -= moved
    return short


@compiled
def _search(lanes: Lanes, sheet: Sheet, sources: IndexArray, needs: IndexArray, part: int) -> bool:
    """Count the steps from every node to the nearest short need; whether any stock was met."""
    head, first_out, into, first_in, origin, carries, cap = lanes
    flow, carry, left = sheet.flow, sheet.carry, sheet.left
    source_steps, need_steps, queue = sheet.source_steps, sheet.need_steps, sheet.queue
    part_of_source, part_of_need = sheet.part_of_source, sheet.part_of_need
    count = len(need_steps)
    end = _start_search(sheet, sources, needs)
    met = False
    start = 0
    while start < end:
        node = queue[start]
        start += 1
        if node < count:
            steps = need_steps[node] + 1
            for place in range(first_in[node], first_in[node + 1]):
                source = origin[place]
                if source_steps[source] != UNSEEN or part_of_source[source] != part:
                    continue
                edge = into[place]
                if flow[edge] < cap[edge]:
                    source_steps[source] = steps
                    met |= left[source] > 0
                    queue[end] = count + source
                    end += 1
            continue
        source = node - count
        steps = source_steps[source] + 1
        for edge in range(first_out[source], first_out[source + 1]):
            if flow[edge] == 0:
                continue
            need = head[edge]
            if need_steps[need] == UNSEEN and part_of_need[need] == part:
                need_steps[need] = steps
                queue[end] = need
                end += 1
        before, after = source - 1, source + 1
        gives = source > 0 and carries[before] > 0
        if gives and source_steps[before] == UNSEEN and part_of_source[before] == part:
            source_steps[before] = steps
            met |= left[before] > 0
            queue[end] = count + before
            end += 1
        gives = carries[source] > 0 and carry[source] > 0
        if gives and source_steps[after] == UNSEEN and part_of_source[after] == part:
            source_steps[after] = steps
            met |= left[after] > 0
            queue[end] = count + after
            end += 1
    return met


@compiled
def _start_search(sheet: Sheet, sources: IndexArray, needs: IndexArray) -> int:
    """Forget the last search and queue the needs that are short; how many they are."""
    source_steps, need_steps, queue = sheet.source_steps, sheet.need_steps, sheet.queue
    received, want, source_tried, need_tried = sheet.received, sheet.want, sheet.source_tried, sheet.need_tried
    for source in sources:
        source_steps[source] = UNSEEN
        source_tried[source] = 0
    end = 0
    for need in needs:
        need_tried[need] = 0
        if received[need] < want[need]:
            need_steps[need] = 0
            queue[end] = need
            end += 1
        else:
            need_steps[need] = UNSEEN
    return end


@compiled
def _push_from(lanes: Lanes, sheet: Sheet, part: int, start: int) -> int:
    """Send a source's stock down the steps until it is gone or every way is blocked; grains brought.

    A path is a list of arcs: edge e forward is e, handed back is nE + e; carried on from u is 2 nE + u,
    carried back to u is 2 nE + nU + u. The nodes they leave stand in the second half: need j as j, source u as ~u.
    """
    head, first_out, into, first_in, origin, carries, cap = lanes
    flow, carry, left, received, want = sheet.flow, sheet.carry, sheet.left, sheet.received, sheet.want
    part_of_source, part_of_need = sheet.part_of_source, sheet.part_of_need
    source_steps, need_steps = sheet.source_steps, sheet.need_steps
    source_tried, need_tried, path = sheet.source_tried, sheet.need_tried, sheet.path
    edges, nodes, half = len(head), len(carries), len(path) // 2
    brought, length = 0, 0
    node, at_source = start, True
    while left[start] > 0:
        arc, entered = UNSEEN, 0
        if at_source:
            target = source_steps[node] - 1
            first = first_out[node]
            degree = first_out[node + 1] - first
            tried = source_tried[node]
            while tried < degree:
                edge = first + tried
                need = head[edge]
                is_open = flow[edge] < cap[edge] and (target > 0 or received[need] < want[need])
                if is_open and need_steps[need] == target and part_of_need[need] == part:
                    arc, entered = edge, need
                    break
                tried += 1
            if tried == degree:
                other = node + 1
                is_open = target > 0 and carries[node] > 0
                if is_open and source_steps[other] == target and part_of_source[other] == part:
                    arc, entered = 2 * edges + node, other
                tried += arc == UNSEEN
            if tried == degree + 1:
                other = node - 1
                is_open = target > 0 and node > 0 and carry[other] > 0
                if is_open and source_steps[other] == target and part_of_source[other] == part:
                    arc, entered = 2 * edges + nodes + other, other
            source_tried[node] = tried
        else:
            target = need_steps[node] - 1
            place, last = first_in[node] + need_tried[node], first_in[node + 1]
            while target >= 0 and place < last:
                source = origin[place]
                if source_steps[source] == target and part_of_source[source] == part and flow[into[place]] > 0:
                    arc, entered = edges + into[place], source
                    break
                place += 1
            need_tried[node] = place - first_in[node]
        if arc == UNSEEN:
            if length == 0:
                break
            length -= 1
            node, at_source = _left_by(path[half + length])
            if at_source:
                source_tried[node] += 1
            else:
                need_tried[node] += 1
            continue
        path[length], path[half + length] = arc, ~node if at_source else node
        length += 1
        node, at_source = entered, arc >= edges
        if not at_source and need_steps[node] == 0:
            amount, length = _send(lanes, sheet, length, start, node)
            brought += amount
            node, at_source = _left_by(path[half + length])
    return brought


@inlined
def _left_by(code: int) -> tuple[int, bool]:
    """The node that an arc of a path leaves, and whether it is a source."""
    node, at_source = code, code < 0
    if at_source:
        node = ~code
    return node, at_source


@compiled
def _send(lanes: Lanes, sheet: Sheet, length: int, start: int, need: int) -> tuple[int, int]:
    """Move what the path allows from its start to the need; (grains, arcs before the first that is now blocked)."""
    cap, flow, carry, path = lanes.cap, sheet.flow, sheet.carry, sheet.path
    edges, nodes = len(cap), len(carry)
    amount = min(sheet.left[start], sheet.want[need] - sheet.received[need])
    for place in range(length):
        arc = path[place]
        if arc < edges:
            amount = min(amount, cap[arc] - flow[arc])
        elif arc < 2 * edges:
            amount = min(amount, flow[arc - edges])
        elif arc >= 2 * edges + nodes:
            amount = min(amount, carry[arc - 2 * edges - nodes])
    kept = length - 1
    for place in range(length - 1, -1, -1):
        arc = path[place]
        room = 1
        if arc < edges:
            flow[arc] += amount
            room = cap[arc] - flow[arc]
        elif arc < 2 * edges:
            flow[arc - edges] -= amount
            room = flow[arc - edges]
        elif arc < 2 * edges + nodes:
            carry[arc - 2 * edges] += amount
        else:
            carry[arc - 2 * edges - nodes] -= amount
            room = carry[arc - 2 * edges - nodes]
        if room == 0:
            kept = place
    sheet.left[start] -= amount
    sheet.received[need] += amount
    return amount, kept
