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
from qipan.engine.compiled import compiled

UNSEEN = -1


class Lanes(NamedTuple):
    """The shape of a network, read only.

    Args:
        tail, head: (nE,) int32, source and need of each edge, sorted by source.
        first_out: (nU + 1,) int64, edges of source u are first_out[u] .. first_out[u + 1] - 1.
        into: (nE,) int32, edges sorted by need; first_in: (nJ + 1,) int64, where each need's begin.
        carries: (nU,) int64, 1 where stock at u may wait and become stock at u + 1.
        cap: (nE,) int64, most grains on each edge.
    """

    tail: IndexArray
    head: IndexArray
    first_out: IntArray
    into: IndexArray
    first_in: IntArray
    carries: IntArray
    cap: IntArray


class Sheet(NamedTuple):
    """The work sheet: what flows now, and scratch room for searches. Changed in place.

    Args:
        flow: (nE,) grains on each edge. carry: (nU,) grains carried from u to u + 1.
        left: (nU,) stock not given away. received: (nJ,) grains. want: (nJ,) what each is to receive.
        part_of_source, part_of_need: which part each node belongs to; other parts are not touched.
        source_steps, need_steps: steps to the nearest short need, UNSEEN where none.
        source_tried, need_tried: arcs tried in this round. queue: (nU + nJ,). path: (nU + nJ + 1,).
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
    source_steps, need_steps, queue = sheet.source_steps, sheet.need_steps, sheet.queue
    count = len(need_steps)
    end = 0
    for source in sources:
        source_steps[source] = UNSEEN
        sheet.source_tried[source] = 0
    for need in needs:
        sheet.need_tried[need] = 0
        if sheet.received[need] < sheet.want[need]:
            need_steps[need] = 0
            queue[end] = need
            end += 1
        else:
            need_steps[need] = UNSEEN
    met = False
    start = 0
    while start < end:
        node = queue[start]
        start += 1
        if node < count:
            steps = need_steps[node] + 1
            for place in range(lanes.first_in[node], lanes.first_in[node + 1]):
                edge = lanes.into[place]
                source = lanes.tail[edge]
                if (
                    source_steps[source] == UNSEEN
                    and sheet.part_of_source[source] == part
                    and sheet.flow[edge] < lanes.cap[edge]
                ):
                    source_steps[source] = steps
                    met |= sheet.left[source] > 0
                    queue[end] = count + source
                    end += 1
            continue
        source = node - count
        steps = source_steps[source] + 1
        for edge in range(lanes.first_out[source], lanes.first_out[source + 1]):
            need = lanes.head[edge]
            if need_steps[need] == UNSEEN and sheet.flow[edge] > 0 and sheet.part_of_need[need] == part:
                need_steps[need] = steps
                queue[end] = need
                end += 1
        if source > 0 and lanes.carries[source - 1] and _is_unseen(sheet, source - 1, part):
            source_steps[source - 1] = steps
            met |= sheet.left[source - 1] > 0
            queue[end] = count + source - 1
            end += 1
        if lanes.carries[source] and sheet.carry[source] > 0 and _is_unseen(sheet, source + 1, part):
            source_steps[source + 1] = steps
            met |= sheet.left[source + 1] > 0
            queue[end] = count + source + 1
            end += 1
    return met


@compiled
def _is_unseen(sheet: Sheet, source: int, part: int) -> bool:
    """Whether the search has not been at a source of the part yet."""
    return sheet.source_steps[source] == UNSEEN and sheet.part_of_source[source] == part


@compiled
def _push_from(lanes: Lanes, sheet: Sheet, part: int, start: int) -> int:
    """Send a source's stock down the steps until it is gone or every way is blocked; grains brought.

    A path is a list of arcs: edge e forward is e, handed back is nE + e; carried on from u is 2 nE + u,
    carried back to u is 2 nE + nU + u.
    """
    edges, nodes = len(lanes.tail), len(lanes.carries)
    path = sheet.path
    brought, length = 0, 0
    node, at_source = start, True
    while sheet.left[start] > 0:
        arc = _next_from_source(lanes, sheet, part, node) if at_source else _next_from_need(lanes, sheet, part, node)
        if arc == UNSEEN:
            if length == 0:
                break
            length -= 1
            node, at_source = _tail_of(lanes, path[length])
            if at_source:
                sheet.source_tried[node] += 1
            else:
                sheet.need_tried[node] += 1
            continue
        path[length] = arc
        length += 1
        if arc < edges:
            node, at_source = int(lanes.head[arc]), False
            if sheet.need_steps[node] == 0:
                amount, length = _send(lanes, sheet, length, start, node)
                brought += amount
                node, at_source = _tail_of(lanes, path[length])
        elif arc < 2 * edges:
            node, at_source = int(lanes.tail[arc - edges]), True
        elif arc < 2 * edges + nodes:
            node, at_source = arc - 2 * edges + 1, True
        else:
            node, at_source = arc - 2 * edges - nodes, True
    return brought


@compiled
def _next_from_source(lanes: Lanes, sheet: Sheet, part: int, node: int) -> int:
    """The next arc that brings a source's stock one step closer; UNSEEN if none is left."""
    edges, nodes = len(lanes.tail), len(lanes.carries)
    target = sheet.source_steps[node] - 1
    first = lanes.first_out[node]
    degree = lanes.first_out[node + 1] - first
    tried = sheet.source_tried[node]
    while tried < degree:
        edge = first + tried
        need = lanes.head[edge]
        if (
            sheet.need_steps[need] == target
            and sheet.part_of_need[need] == part
            and sheet.flow[edge] < lanes.cap[edge]
            and (target > 0 or sheet.received[need] < sheet.want[need])
        ):
            sheet.source_tried[node] = tried
            return int(edge)
        tried += 1
    sheet.source_tried[node] = tried
    if tried == degree:
        if lanes.carries[node] and _is_at(sheet, node + 1, part, target):
            return 2 * edges + node
        tried += 1
        sheet.source_tried[node] = tried
    if tried == degree + 1 and node > 0 and sheet.carry[node - 1] > 0 and _is_at(sheet, node - 1, part, target):
        return 2 * edges + nodes + node - 1
    return UNSEEN


@compiled
def _is_at(sheet: Sheet, source: int, part: int, steps: int) -> bool:
    """Whether a source of the part is so many steps away."""
    return steps > 0 and sheet.source_steps[source] == steps and sheet.part_of_source[source] == part


@compiled
def _next_from_need(lanes: Lanes, sheet: Sheet, part: int, node: int) -> int:
    """The next arc over which a need hands back to a source one step closer; UNSEEN if none is left."""
    edges = len(lanes.tail)
    target = sheet.need_steps[node] - 1
    first, last = lanes.first_in[node], lanes.first_in[node + 1]
    place = first + sheet.need_tried[node]
    while target >= 0 and place < last:
        edge = lanes.into[place]
        source = lanes.tail[edge]
        if sheet.flow[edge] > 0 and sheet.source_steps[source] == target and sheet.part_of_source[source] == part:
            sheet.need_tried[node] = place - first
            return int(edges + edge)
        place += 1
    sheet.need_tried[node] = place - first
    return UNSEEN


@compiled
def _tail_of(lanes: Lanes, arc: int) -> tuple[int, bool]:
    """The node an arc leaves, and whether it is a source."""
    edges, nodes = len(lanes.tail), len(lanes.carries)
    if arc < edges:
        return int(lanes.tail[arc]), True
    if arc < 2 * edges:
        return int(lanes.head[arc - edges]), False
    if arc < 2 * edges + nodes:
        return arc - 2 * edges, True
    return arc - 2 * edges - nodes + 1, True


@compiled
def _room_on(lanes: Lanes, sheet: Sheet, arc: int) -> int:
    """Grains an arc of a path can still take."""
    edges, nodes = len(lanes.tail), len(lanes.carries)
    if arc < edges:
        return lanes.cap[arc] - sheet.flow[arc]
    if arc < 2 * edges:
        return sheet.flow[arc - edges]
    if arc < 2 * edges + nodes:
        return 2**62
    return sheet.carry[arc - 2 * edges - nodes]


@compiled
def _send(lanes: Lanes, sheet: Sheet, length: int, start: int, need: int) -> tuple[int, int]:
    """Move what the path allows from its start to the need; (grains, arcs before the first that is now blocked)."""
    edges, nodes = len(lanes.tail), len(lanes.carries)
    amount = min(sheet.left[start], sheet.want[need] - sheet.received[need])
    for place in range(length):
        amount = min(amount, _room_on(lanes, sheet, sheet.path[place]))
    kept = length - 1
    for place in range(length - 1, -1, -1):
        arc = sheet.path[place]
        if arc < edges:
            sheet.flow[arc] += amount
        elif arc < 2 * edges:
            sheet.flow[arc - edges] -= amount
        elif arc < 2 * edges + nodes:
            sheet.carry[arc - 2 * edges] += amount
        else:
            sheet.carry[arc - 2 * edges - nodes] -= amount
        if _room_on(lanes, sheet, arc) == 0:
            kept = place
    sheet.left[start] -= amount
    sheet.received[need] += amount
    return amount, kept
