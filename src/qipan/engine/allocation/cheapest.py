"""Least cost among the whole plans that deliver exactly the same units to every need.

A network simplex on the tree of used lanes: a lane that is dearer or cheaper than the way round the
tree enters, the last lane that blocks the exchange leaves. Trees are kept strongly feasible
(Cunningham 1976), so that the search ends; the dearest offer first (Dantzig), priced with numpy.

Source: Ahuja, Magnanti & Orlin 1993, chapter 11.
"""

from __future__ import annotations

import numpy as np

from qipan.engine.allocation.plan import delivered
from qipan.engine.allocation.problem import IntArray, Problem

AT_NOTHING, IN_TREE, AT_CAP = 1, 0, -1


def ship_cheapest(problem: Problem, shipped: IntArray, *, exchanges_max: int | None) -> tuple[IntArray, bool]:
    """Re-route a whole plan to least cost, with what every need receives kept.

    Args:
        shipped: (nE,) int64, a feasible whole plan.
        exchanges_max: most exchanges, None = no limit.

    Returns:
        (nE,) int64 whole units, and whether they are of least cost.
    """
    received = delivered(problem, shipped)
    used = (received[problem.edge_need] > 0) & (problem.edge_cap != 0) & (problem.supply[problem.edge_source] > 0)
    edges = np.flatnonzero(used)
    if len(edges) == 0 or len(np.unique(problem.edge_cost[edges])) == 1:
        return shipped, True
    tree = Tree(problem, edges, received)
    is_cheapest = tree.run(exchanges_max)
    if not is_cheapest and tree.is_missing_units():
        return shipped, False
    flow = np.zeros_like(shipped)
    flow[edges] = tree.flow[: len(edges)]
    if not is_cheapest and cost_of(problem, flow) > cost_of(problem, shipped):
        return shipped, False
    return flow, is_cheapest


def cost_of(problem: Problem, amounts: IntArray) -> int:
    """Cost of carrying ``amounts`` (nE,), exactly at any size."""
    return sum(units * cost for units, cost in zip(amounts.tolist(), problem.edge_cost.tolist(), strict=True))


class Tree:
    """A spanning tree of lanes with potentials, over sources, supplied needs and one root.

    Arcs in order: the edges given; each source to the root (stock kept, free); the root to each need
    (a stand-in dearer than any way of lanes, empty in the end). Node numbers: sources, needs, root.
    """

    def __init__(self, problem: Problem, edges: IntArray, received: IntArray) -> None:
        supplied = np.flatnonzero(received > 0)
        sources, needs = len(problem.supply), len(supplied)
        need_at = np.full(len(received), -1, dtype=np.int64)
        need_at[supplied] = np.arange(needs) + sources
        self.root = root = sources + needs
        boundless = int(problem.supply.sum()) + 1
        cap = problem.edge_cap[edges]
        dearest = int(problem.edge_cost[edges].max())
        standin = 1 + (sources + needs + 1) * dearest
        self.tail = np.concatenate([problem.edge_source[edges], np.arange(sources), np.full(needs, root)])
        self.head = np.concatenate([need_at[problem.edge_need[edges]], np.full(sources, root), need_at[supplied]])
        self.cost = np.concatenate(
            [problem.edge_cost[edges], np.zeros(sources, np.int64), np.full(needs, standin, np.int64)]
        )
        self.state = np.full(len(self.tail), AT_NOTHING, dtype=np.int64)
        self.state[len(edges) :] = IN_TREE
        self.potential = np.zeros(root + 1, dtype=np.int64)
        self.potential[sources:root] = standin
        self.tails: list[int] = self.tail.tolist()
        self.heads: list[int] = self.head.tolist()
        self.cap: list[int] = [*np.where(cap < 0, boundless, cap).tolist(), *[boundless] * root]
        self.flow: list[int] = [*[0] * len(edges), *problem.supply.tolist(), *received[supplied].tolist()]
        self.first_standin = len(edges) + sources
        self.parent: list[int] = [root] * root + [-1]
        self.arc_up: list[int] = [*range(len(edges), len(edges) + root), -1]
        self.depth: list[int] = [1] * root + [0]
        self.children: list[set[int]] = [set() for _ in range(root)] + [set(range(root))]

    def is_missing_units(self) -> bool:
        """Whether a stand-in still carries units."""
        return any(self.flow[self.first_standin :])

    def run(self, exchanges_max: int | None) -> bool:
        """Exchange until nothing is cheaper, or the limit; whether nothing is cheaper."""
        done = 0
        while True:
            gain = (self.cost + self.potential[self.tail] - self.potential[self.head]) * self.state
            entering = int(gain.argmin())
            if gain[entering] >= 0:
                return True
            if exchanges_max is not None and done >= exchanges_max:
                return False
            self._exchange(entering)
            done += 1

    def _exchange(self, entering: int) -> None:
        """Push round the cycle that the entering arc closes, and swap it for the arc that blocks."""
        ahead = int(self.state[entering]) == AT_NOTHING
        first, last = self.tails[entering], self.heads[entering]
        if not ahead:
            first, last = last, first
        before, after = self._cycle(first, last)
        amount, leaving, below = self.cap[entering], -1, -1
        for node in before:
            left = self._left(node, upward=False)
            if left < amount:
                amount, leaving, below = left, self.arc_up[node], node
        on_first_side = leaving >= 0
        if amount == self.cap[entering]:
            leaving, on_first_side = entering, False
        for node in after:
            left = self._left(node, upward=True)
            if left <= amount:
                amount, leaving, below, on_first_side = left, self.arc_up[node], node, False
        self._send(entering, amount if ahead else -amount, (before, after), amount)
        if leaving == entering:
            self.state[entering] = AT_CAP if ahead else AT_NOTHING
            return
        self.state[leaving] = AT_NOTHING if self.flow[leaving] == 0 else AT_CAP
        self.state[entering] = IN_TREE
        inner, outer = (first, last) if on_first_side else (last, first)
        self._hang(inner, outer, entering, below)

    def _cycle(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Nodes from each end upward, without the one where their ways to the root meet."""
        before, after = [], []
        while first != last:
            if self.depth[first] >= self.depth[last]:
                before.append(first)
                first = self.parent[first]
            else:
                after.append(last)
                last = self.parent[last]
        return before, after

    def _left(self, node: int, *, upward: bool) -> int:
        """What may still be pushed along the arc between the node and its parent."""
        arc = self.arc_up[node]
        along: bool = (self.tails[arc] == node) == upward
        carried = self.flow[arc]
        return self.cap[arc] - carried if along else carried

    def _send(self, entering: int, signed: int, cycle: tuple[list[int], list[int]], amount: int) -> None:
        """Move the amount round the cycle."""
        before, after = cycle
        self.flow[entering] += signed
        if amount == 0:
            return
        for node in before:
            arc = self.arc_up[node]
            self.flow[arc] += -amount if self.tails[arc] == node else amount
        for node in after:
            arc = self.arc_up[node]
            self.flow[arc] += amount if self.tails[arc] == node else -amount

    def _hang(self, inner: int, outer: int, entering: int, below: int) -> None:
        """Turn the branch under ``below`` round and hang it by the entering arc from ``outer``."""
        node, parent, arc = inner, outer, entering
        while True:
            next_node, next_arc = self.parent[node], self.arc_up[node]
            self.children[next_node].discard(node)
            self.children[parent].add(node)
            self.parent[node], self.arc_up[node] = parent, arc
            if node == below:
                break
            node, parent, arc = next_node, node, next_arc
        branch = [inner]
        for node in branch:
            self.depth[node] = self.depth[self.parent[node]] + 1
            branch.extend(self.children[node])
        step = int(self.cost[entering] + self.potential[self.tail[entering]] - self.potential[self.head[entering]])
        self.potential[branch] += step if self.head[entering] == inner else -step
