"""Ways of goods on a board: on the lines between the squares, joined like tributaries.

A vertex is a crossing of grid lines: (0, 0) is the board's top left corner. A
square at column c and row r touches the vertices (c, r), (c+1, r), (c, r+1)
and (c+1, r+1). No way ever crosses a square.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise

Vertex = tuple[int, int]
Square = tuple[int, int]
Edge = tuple[Vertex, Vertex]
Area = tuple[int, int, int, int]

STEPS = ((1, 0), (-1, 0), (0, 1), (0, -1))
NO_HEADING = (0, 0)
TURN = 0.35
BORDER = 2.5
SHUNNED = 8.0
QUIET = 1.5
SHARED = 0.62


def corners(square: Square) -> tuple[Vertex, ...]:
    """The four vertices a square touches."""
    column, row = square
    return ((column, row), (column + 1, row), (column, row + 1), (column + 1, row + 1))


def edge(one: Vertex, other: Vertex) -> Edge:
    """The line between two neighbours, whichever comes first."""
    return (one, other) if one <= other else (other, one)


@dataclass
class Ways:
    """A growing tree of ways to ``root`` on a board of ``columns`` × ``rows`` squares.

    ``shunned`` lines are taken only when there is nothing else; ``quiet`` areas
    (left, top, right, bottom, in vertices) hold words that lines should go round;
    ``low_berth`` is the price of leaving a square by its lower corners, where it has words.

    Invariants: every vertex of the tree but the root has one next vertex, a
    neighbour on the grid, and following it ends at the root.
    """

    columns: int
    rows: int
    root: Vertex
    shunned: frozenset[Edge] = frozenset()
    quiet: tuple[Area, ...] = ()
    low_berth: float = 0.0
    onward: dict[Vertex, Vertex] = field(default_factory=dict)
    berths: dict[Square, Vertex] = field(default_factory=dict)

    def __contains__(self, vertex: Vertex) -> bool:
        return vertex == self.root or vertex in self.onward

    def way(self, vertex: Vertex) -> Iterator[Vertex]:
        """``vertex`` and every vertex after it, the root last."""
        while vertex != self.root:
            yield vertex
            vertex = self.onward[vertex]
        yield vertex

    def between(self, one: Vertex, other: Vertex) -> list[Vertex]:
        """The only way inside the tree from one vertex to another."""
        there, back = list(self.way(one)), list(self.way(other))
        while len(there) > 1 and len(back) > 1 and there[-2] == back[-2]:
            there.pop()
            back.pop()
        return there + back[-2::-1]

    def join(self, square: Square) -> Vertex:
        """Lead ``square`` into the tree by the cheapest way; the vertex it leaves from.

        A line already used costs less than a fresh one, so ways join early.
        """
        if square in self.berths:
            return self.berths[square]
        queue: list[tuple[float, bool, tuple[Vertex, ...], Vertex]] = [
            (self.low_berth if start[1] > square[1] else 0.0, False, (start,), NO_HEADING)
            for start in sorted(corners(square))
        ]
        seen = set()
        while queue:
            cost, has_arrived, way, heading = heappop(queue)
            here = way[-1]
            if has_arrived:
                self.onward.update(pairwise(way))
                self.berths[square] = way[0]
                return way[0]
            if (here, heading) in seen:
                continue
            seen.add((here, heading))
            if here in self:
                rest = SHARED * (len(list(self.way(here))) - 1)
                heappush(queue, (cost + rest, True, way, heading))
                continue
            for step in STEPS:
                there = (here[0] + step[0], here[1] + step[1])
                if 0 <= there[0] <= self.columns and 0 <= there[1] <= self.rows and there not in way:
                    turn = 0.0 if heading in (NO_HEADING, step) else TURN
                    heappush(queue, (cost + turn + self._price(here, there), False, (*way, there), step))
        raise AssertionError("every square of a board reaches the root")

    def _price(self, here: Vertex, there: Vertex) -> float:
        line = edge(here, there)
        if line in self.shunned:
            return SHUNNED
        is_border = (here[0] == there[0] and here[0] in (0, self.columns)) or (
            here[1] == there[1] and here[1] in (0, self.rows)
        )
        x, y = (here[0] + there[0]) / 2, (here[1] + there[1]) / 2
        is_quiet = any(left < x < right and top < y < bottom for left, top, right, bottom in self.quiet)
        return 1.0 + (BORDER if is_border else 0.0) + (QUIET if is_quiet else 0.0)


@dataclass
class Loads:
    """Amounts by line, and the chains of lines that carry the same amount."""

    by_edge: dict[Edge, float] = field(default_factory=dict)

    def carry(self, way: list[Vertex], amount: float) -> None:
        for here, there in pairwise(way):
            line = edge(here, there)
            self.by_edge[line] = self.by_edge.get(line, 0.0) + amount

    def most(self) -> float:
        return max(self.by_edge.values(), default=0.0)

    def chains(self, ways: Ways) -> list[tuple[float, list[Vertex]]]:
        """Longest runs of equal amount, each from its far end towards the root; small amounts first."""
        loaded = [vertex for vertex in ways.onward if edge(vertex, ways.onward[vertex]) in self.by_edge]
        feeders: dict[Vertex, list[Vertex]] = {}
        for vertex in loaded:
            feeders.setdefault(ways.onward[vertex], []).append(vertex)

        def amount(vertex: Vertex) -> float:
            return self.by_edge.get(edge(vertex, ways.onward[vertex]), 0.0)

        chains = []
        for vertex in loaded:
            before = feeders.get(vertex, [])
            if len(before) == 1 and amount(before[0]) == amount(vertex):
                continue
            chain = [vertex, ways.onward[vertex]]
            while chain[-1] != ways.root and amount(chain[-1]) == amount(vertex):
                if len(feeders[chain[-1]]) != 1:
                    break
                chain.append(ways.onward[chain[-1]])
            chains.append((amount(vertex), chain))
        return sorted(chains)
