"""Least cost among the whole plans that deliver exactly the same units to every need.

A network simplex started from the fair plan: the lanes it uses are brought into a spanning tree one by
one, each pushed the cheaper way round the cycle it closes; then a lane that is dearer or cheaper than
the way round the tree enters and the lane that blocks the exchange leaves, until none is. Trees are kept
strongly feasible (Cunningham 1976), so that the search ends.

Source: Ahuja, Magnanti & Orlin 1993, chapter 11.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qipan.engine.allocation.problem import IndexArray, IntArray, Problem
from qipan.engine.compiled import compiled

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
        parent, arc: the node above and the arc to it. depth: arcs to the root. potential: int64.
        first, following, previous: children as a list in both directions. stack: scratch.
    """

    parent: IndexArray
    arc: IndexArray
    depth: IndexArray
    potential: IntArray
    first: IndexArray
    following: IndexArray
    previous: IndexArray
    stack: IndexArray


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
    is_cheapest = bool(_run(arcs, len(problem.supply) + len(problem.need), limit))
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
def _run(arcs: Arcs, root: int, exchanges_max: int) -> bool:
    """Exchange until nothing is cheaper, or the limit; whether nothing is cheaper."""
    tree = _star(arcs, root)
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
        best, entering = 0, NOBODY
        for _ in range(block):
            gain = _gain(arcs, tree, at) * arcs.state[at]
            if gain < best:
                best, entering = gain, at
            at = at + 1 if at + 1 < count else 0
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
def _gain(arcs: Arcs, tree: Tree, arc: int) -> int:
    """What one unit more on the arc costs, the way round the tree counted back."""
    return arcs.cost[arc] + tree.potential[arcs.tail[arc]] - tree.potential[arcs.head[arc]]


@compiled
def _star(arcs: Arcs, root: int) -> Tree:
    """Every node hung from the root by its own arc."""
    first_own = len(arcs.tail) - root
    nodes = root + 1
    tree = Tree(
        np.full(nodes, root, np.int32), np.full(nodes, NOBODY, np.int32), np.ones(nodes, np.int32),
        np.zeros(nodes, np.int64), np.full(nodes, NOBODY, np.int32), np.full(nodes, NOBODY, np.int32),
        np.full(nodes, NOBODY, np.int32), np.empty(nodes, np.int32),
    )  # fmt: skip
    tree.parent[root], tree.depth[root] = NOBODY, 0
    for node in range(root):
        tree.arc[node] = first_own + node
        tree.potential[node] = -arcs.cost[first_own + node]
        tree.following[node] = node + 1 if node + 1 < root else NOBODY
        tree.previous[node] = node - 1
    tree.first[root] = 0 if root > 0 else NOBODY
    return tree


@compiled
def _room(arcs: Arcs, arc: int, ahead: bool) -> int:
    """Units the arc can still take in its direction, or against it."""
    return arcs.cap[arc] - arcs.flow[arc] if ahead else arcs.flow[arc]


@compiled
def _exchange(arcs: Arcs, tree: Tree, entering: int, ahead: bool) -> None:
    """Push round the cycle that the entering arc closes, and swap it for the arc that blocks.

    Of several that block, the last in the direction of the push, seen from where the two ways to the
    root meet: that keeps the tree strongly feasible.
    """
    first, last = arcs.tail[entering], arcs.head[entering]
    if not ahead:
        first, last = last, first
    amount, below, on_first_side = _room(arcs, entering, ahead), NOBODY, False
    a, b = first, last
    while a != b:
        if tree.depth[a] >= tree.depth[b]:
            arc = tree.arc[a]
            room = _room(arcs, arc, arcs.tail[arc] != a)
            if room < amount:
                amount, below, on_first_side = room, a, True
            a = tree.parent[a]
        else:
            b = tree.parent[b]
    a, b = first, last
    while a != b:
        if tree.depth[a] >= tree.depth[b]:
            a = tree.parent[a]
        else:
            arc = tree.arc[b]
            room = _room(arcs, arc, arcs.tail[arc] == b)
            if room <= amount:
                amount, below, on_first_side = room, b, False
            b = tree.parent[b]
    if amount > 0:
        arcs.flow[entering] += amount if ahead else -amount
        a, b = first, last
        while a != b:
            if tree.depth[a] >= tree.depth[b]:
                arc = tree.arc[a]
                arcs.flow[arc] += -amount if arcs.tail[arc] == a else amount
                a = tree.parent[a]
            else:
                arc = tree.arc[b]
                arcs.flow[arc] += amount if arcs.tail[arc] == b else -amount
                b = tree.parent[b]
    if below == NOBODY:
        arcs.state[entering] = AT_CAP if ahead else AT_NOTHING
        return
    leaving = tree.arc[below]
    arcs.state[leaving] = AT_NOTHING if arcs.flow[leaving] == 0 else AT_CAP
    arcs.state[entering] = IN_TREE
    if on_first_side:
        _hang(arcs, tree, first, last, entering, below)
    else:
        _hang(arcs, tree, last, first, entering, below)


@compiled
def _hang(arcs: Arcs, tree: Tree, inner: int, outer: int, entering: int, below: int) -> None:
    """Turn the branch under ``below`` round and hang it by the entering arc from ``outer``."""
    node, parent, arc = inner, outer, np.int32(entering)
    while True:
        next_node, next_arc = tree.parent[node], tree.arc[node]
        _take_out(tree, node, next_node)
        tree.parent[node], tree.arc[node] = parent, arc
        head = tree.first[parent]
        tree.following[node], tree.previous[node] = head, NOBODY
        if head != NOBODY:
            tree.previous[head] = node
        tree.first[parent] = node
        if node == below:
            break
        node, parent, arc = next_node, node, next_arc
    step = arcs.cost[entering] + tree.potential[arcs.tail[entering]] - tree.potential[arcs.head[entering]]
    if arcs.head[entering] != inner:
        step = -step
    tree.stack[0] = inner
    size = 1
    while size > 0:
        size -= 1
        node = tree.stack[size]
        tree.potential[node] += step
        tree.depth[node] = tree.depth[tree.parent[node]] + 1
        child = tree.first[node]
        while child != NOBODY:
            tree.stack[size] = child
            size += 1
            child = tree.following[child]


@compiled
def _take_out(tree: Tree, node: int, parent: int) -> None:
    """Take a node out of its parent's children."""
    before, after = tree.previous[node], tree.following[node]
    if before == NOBODY:
        tree.first[parent] = after
    else:
        tree.following[before] = after
    if after != NOBODY:
        tree.previous[after] = before
