"""Least cost among the whole plans that deliver exactly the same units to every need.

A network simplex started from the fair plan: the lanes it uses are brought into a spanning tree one by
one, each pushed the cheaper way round the cycle it closes; then a lane that is dearer or cheaper than
the way round the tree enters and the lane that blocks the exchange leaves, until none is. Trees are kept
strongly feasible (Cunningham 1976), so that the search ends.

There are many needs and few sources, and almost every need is a leaf. So potentials and depths are kept
for sources only; a need's follow from the node above it, and leaves stand in no list of children: an
exchange touches hundreds of nodes where it would touch thousands.

Source: Ahuja, Magnanti & Orlin 1993, chapter 11.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qipan.engine.allocation.problem import IndexArray, IntArray, Problem
from qipan.engine.compiled import compiled, inlined

AT_NOTHING, IN_TREE, AT_CAP, BETWEEN = 1, 0, -1, 2
NOBODY = -1
BOUNDLESS = 2**52
BLOCK_MIN = 64


class Arcs(NamedTuple):
    """Arcs in order: lanes; stock carried on; each source to the root (stock kept); each need to the root (a
    stand-in dearer than any way of lanes, empty for good). Nodes: sources, needs, root.

    Args:
        tail, head: (nA,) int32. cap, cost, flow: (nA,) int64. state: (nA,) int64, one of the four.
    """

    tail: IndexArray
    head: IndexArray
    cap: IntArray
    cost: IntArray
    flow: IntArray
    state: IntArray


class Tree(NamedTuple):
    """A spanning tree over the nodes, hung from the root; all (nN,).

    Args:
        parent, arc: the node above and the arc to it.
        depth, potential: of sources and root; a need's depth is one more than its parent's.
        anchor, offset: a node's potential is that of its anchor, and ``offset`` (int64) more: for a need its
            parent, for others the node itself.
        first, following, previous: children as a list in both directions, without needs that are leaves.
        stack: scratch. sources: (1,) int64, how many there are: needs follow them.
    """

    parent: IndexArray
    arc: IndexArray
    anchor: IndexArray
    offset: IntArray
    depth: IndexArray
    potential: IntArray
    first: IndexArray
    following: IndexArray
    previous: IndexArray
    stack: IndexArray
    sources: IntArray


def ship_cheapest(
    problem: Problem, shipped: IntArray, carried: IntArray, *, exchanges_max: int | None
) -> tuple[IntArray, IntArray, bool]:
    """Re-route a whole plan to least cost, with what every need receives kept.

    Args:
        shipped: (nE,) int64, carried: (nU,) int64: a feasible whole plan.
        exchanges_max: most exchanges, None = no limit.

    Returns:
        (nE,) int64 and (nU,) int64 whole units, and whether they are of least cost.
    """
    if len(shipped) == 0 or (problem.edge_cost == problem.edge_cost[0]).all():
        return shipped, carried, True
    received = np.zeros(len(problem.need), dtype=np.int64)
    np.add.at(received, problem.edge_need, shipped)
    edges = np.flatnonzero((received[problem.edge_need] > 0) & (problem.edge_cap != 0))
    arcs = _arcs_of(problem, edges, shipped, carried)
    limit = -1 if exchanges_max is None else exchanges_max
    is_cheapest = bool(_run(arcs, len(problem.supply), len(problem.supply) + len(problem.need), limit))
    flow = np.zeros_like(shipped)
    flow[edges] = arcs.flow[: len(edges)]
    carry = np.zeros_like(carried)
    chained = np.flatnonzero(problem.carries)
    carry[chained] = arcs.flow[len(edges) : len(edges) + len(chained)]
    return flow, carry, is_cheapest


def cost_of(problem: Problem, amounts: IntArray) -> int:
    """Cost of carrying ``amounts`` (nE,), exactly at any size."""
    return sum(units * cost for units, cost in zip(amounts.tolist(), problem.edge_cost.tolist(), strict=True))


def _arcs_of(problem: Problem, edges: IntArray, shipped: IntArray, carried: IntArray) -> Arcs:
    """The arcs of a plan, with its flow."""
    sources, needs = len(problem.supply), len(problem.need)
    root = sources + needs
    chained = np.flatnonzero(problem.carries)
    left = problem.supply.copy()
    np.subtract.at(left, problem.edge_source, shipped)
    left -= carried
    left[1:] += carried[:-1]
    lane_cap = problem.edge_cap[edges]
    own = np.arange(root)
    cap = np.full(len(edges) + len(chained) + root, BOUNDLESS, dtype=np.int64)
    cap[: len(edges)] = np.where(lane_cap < 0, BOUNDLESS, lane_cap)
    cost = np.zeros(len(cap), dtype=np.int64)
    cost[: len(edges)] = problem.edge_cost[edges]
    cost[len(cap) - needs :] = 1 + (root + 1) * int(problem.edge_cost.max())
    flow = np.concatenate([shipped[edges], carried[chained], left, np.zeros(needs, np.int64)])
    state = np.where(flow == 0, AT_NOTHING, np.where(flow == cap, AT_CAP, BETWEEN))
    state[len(cap) - root :] = IN_TREE
    return Arcs(
        tail=np.concatenate([problem.edge_source[edges], chained, own]).astype(np.int32),
        head=np.concatenate([problem.edge_need[edges] + sources, chained + 1, np.full(root, root)]).astype(np.int32),
        cap=cap,
        cost=cost,
        flow=flow,
        state=state.astype(np.int64),
    )


@compiled
def _run(arcs: Arcs, sources: int, root: int, exchanges_max: int) -> bool:
    """Exchange until nothing is cheaper, or the limit; whether nothing is cheaper."""
    tree = _star(arcs, sources, root)
    count = len(arcs.tail)
    done = 0
    for arc in range(count):
        if arcs.state[arc] == BETWEEN:
            if done == exchanges_max:
                return False
            _exchange(arcs, tree, arc, _gain(arcs, tree, arc) <= 0)
            done += 1
    block = max(BLOCK_MIN, int(np.sqrt(count)))
    at = quiet = 0
    while quiet < count:
        entering = _cheapest_in(arcs, tree, at, block)
        at = (at + block) % count
        quiet += block
        if entering == NOBODY:
            continue
        if done == exchanges_max:
            return False
        quiet = 0
        _exchange(arcs, tree, entering, arcs.state[entering] == AT_NOTHING)
        done += 1
    return True


@compiled
def _cheapest_in(arcs: Arcs, tree: Tree, start: int, block: int) -> int:
    """The arc of a block that would save most a unit; NOBODY if none saves anything."""
    tail, head, cost, state = arcs.tail, arcs.head, arcs.cost, arcs.state
    potential, anchor, offset = tree.potential, tree.anchor, tree.offset
    best, entering, at = 0, NOBODY, start
    for _ in range(block):
        if state[at] != IN_TREE:
            one, other = tail[at], head[at]
            gain = cost[at] + potential[anchor[one]] + offset[one] - potential[anchor[other]] - offset[other]
            gain *= state[at]
            if gain < best:
                best, entering = gain, at
        at = at + 1 if at + 1 < len(tail) else 0
    return entering


@inlined
def _gain(arcs: Arcs, tree: Tree, arc: int) -> int:
    """What one unit more on the arc costs, the way round the tree counted back."""
    tail, head = arcs.tail[arc], arcs.head[arc]
    before = tree.potential[tree.anchor[tail]] + tree.offset[tail]
    return arcs.cost[arc] + before - tree.potential[tree.anchor[head]] - tree.offset[head]


@compiled
def _star(arcs: Arcs, sources: int, root: int) -> Tree:
    """Every node hung from the root by its own arc."""
    first_own = len(arcs.tail) - root
    nodes = root + 1
    tree = Tree(
        np.full(nodes, root, np.int32), np.full(nodes, NOBODY, np.int32), np.arange(nodes).astype(np.int32),
        np.zeros(nodes, np.int64), np.ones(nodes, np.int32), np.zeros(nodes, np.int64),
        np.full(nodes, NOBODY, np.int32), np.full(nodes, NOBODY, np.int32), np.full(nodes, NOBODY, np.int32),
        np.empty(nodes, np.int32), np.full(1, sources, np.int64),
    )  # fmt: skip
    tree.parent[root], tree.depth[root] = NOBODY, 0
    for node in range(root):
        tree.arc[node] = first_own + node
        if node < sources:
            tree.potential[node] = -arcs.cost[first_own + node]
            _put_in(tree.first, tree.following, tree.previous, node, root)
        else:
            tree.anchor[node], tree.offset[node] = root, -arcs.cost[first_own + node]
    return tree


@compiled
def _exchange(arcs: Arcs, tree: Tree, entering: int, ahead: bool) -> None:
    """Push round the cycle that the entering arc closes, and swap it for the arc that blocks.

    Of several that block, the last in the direction of the push, seen from where the two ways to the
    root meet: that keeps the tree strongly feasible.
    """
    tail, cap, flow, state = arcs.tail, arcs.cap, arcs.flow, arcs.state
    parent, arc_up, anchor, depth = tree.parent, tree.arc, tree.anchor, tree.depth
    first, last = tail[entering], arcs.head[entering]
    if not ahead:
        first, last = last, first
    amount, below, on_first_side = cap[entering] - flow[entering] if ahead else flow[entering], NOBODY, False
    a, b = first, last
    count = 0
    while a != b:
        if depth[anchor[a]] + (anchor[a] != a) >= depth[anchor[b]] + (anchor[b] != b):
            arc = arc_up[a]
            room = flow[arc] if tail[arc] == a else cap[arc] - flow[arc]
            if room < amount:
                amount, below, on_first_side = room, a, True
            a = parent[a]
        else:
            tree.stack[count] = b
            count += 1
            b = parent[b]
    for place in range(count):
        node = tree.stack[place]
        arc = arc_up[node]
        room = cap[arc] - flow[arc] if tail[arc] == node else flow[arc]
        if room <= amount:
            amount, below, on_first_side = room, node, False
    if amount > 0:
        flow[entering] += amount if ahead else -amount
        for place in range(count):
            node = tree.stack[place]
            flow[arc_up[node]] += amount if tail[arc_up[node]] == node else -amount
        node = first
        while node != a:
            flow[arc_up[node]] += -amount if tail[arc_up[node]] == node else amount
            node = parent[node]
    if below == NOBODY:
        state[entering] = AT_CAP if ahead else AT_NOTHING
        return
    leaving = arc_up[below]
    state[leaving] = AT_NOTHING if flow[leaving] == 0 else AT_CAP
    state[entering] = IN_TREE
    if on_first_side:
        _hang(arcs, tree, first, last, entering, below)
    else:
        _hang(arcs, tree, last, first, entering, below)


@compiled
def _hang(arcs: Arcs, tree: Tree, inner: int, outer: int, entering: int, below: int) -> None:
    """Turn the branch under ``below`` round and hang it by the entering arc from ``outer``."""
    step = _gain(arcs, tree, entering)
    if arcs.head[entering] != inner:
        step = -step
    parent, arc_up, anchor, offset, first = tree.parent, tree.arc, tree.anchor, tree.offset, tree.first
    following, previous, tail, cost = tree.following, tree.previous, arcs.tail, arcs.cost
    if anchor[outer] != outer and first[outer] == NOBODY:
        _put_in(first, following, previous, outer, parent[outer])
    node, onto, arc = inner, outer, entering
    is_listed = anchor[inner] == inner or first[inner] != NOBODY
    while True:
        above, next_arc = parent[node], arc_up[node]
        if is_listed:
            _take_out(first, following, previous, node, above)
        parent[node], arc_up[node] = onto, arc
        if anchor[node] != node:
            anchor[node] = onto
            offset[node] = -cost[arc] if tail[arc] == node else cost[arc]
        if node != below or anchor[node] == node or first[node] != NOBODY:
            _put_in(first, following, previous, node, onto)
        if node == below:
            break
        node, onto, arc, is_listed = above, node, next_arc, True
    if anchor[above] != above and first[above] == NOBODY:
        _take_out(first, following, previous, above, parent[above])
    _lift(tree, inner, step)


@compiled
def _lift(tree: Tree, top: int, step: int) -> None:
    """Raise the potentials of a branch by one step, and count its depths anew."""
    anchor, depth, potential, parent = tree.anchor, tree.depth, tree.potential, tree.parent
    first, following, stack = tree.first, tree.following, tree.stack
    stack[0] = top
    size = 1
    while size > 0:
        size -= 1
        node = stack[size]
        if anchor[node] == node:
            above = parent[node]
            potential[node] += step
            depth[node] = depth[anchor[above]] + (anchor[above] != above) + 1
        child = first[node]
        while child != NOBODY:
            stack[size] = child
            size += 1
            child = following[child]


@inlined
def _put_in(first: IndexArray, following: IndexArray, previous: IndexArray, node: int, parent: int) -> None:
    """List a node among its parent's children."""
    head = first[parent]
    following[node], previous[node] = head, NOBODY
    if head != NOBODY:
        previous[head] = node
    first[parent] = node


@inlined
def _take_out(first: IndexArray, following: IndexArray, previous: IndexArray, node: int, parent: int) -> None:
    """Take a node out of its parent's children."""
    before, after = previous[node], following[node]
    if before == NOBODY:
        first[parent] = after
    else:
        following[before] = after
    if after != NOBODY:
        previous[after] = before
