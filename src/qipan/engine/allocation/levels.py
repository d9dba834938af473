"""The fractional optimum, exactly: leximin by turns, by decomposition along minimum cuts.

For each turn one maximum flow asks whether all its needs can be filled. Where not, the nodes that
could still help a short need form a *pool* whose stock is used to the last unit, whoever gets it.
A pool stands at its common level if lanes allow; if not, the minimum cut parts it into a poorer pool,
which takes every lane into it full, and a richer one, which gives it nothing more; and so on.

Source: Megiddo 1974 (lexicographically optimal flows); Fujishige 1980; Groenevelt 1991 (decomposition).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from qipan.engine.allocation.flow import Filling, Lanes, Layers, fill
from qipan.engine.allocation.priority import MINIMUM_TURN, Claims, claims_of
from qipan.engine.allocation.problem import Problem


@dataclass
class Pool:
    """Nodes and edges still decided together; numbers are the problem's.

    Args:
        scale: parts of a unit that the current flow of these edges is counted in.
    """

    sources: list[int]
    needs: list[int]
    edges: list[int]
    scale: int


class Levelling:
    """The work sheet of one problem: what is settled so far, in exact integers.

    Attributes:
        stock: units each source may still give inside its pool.
        granted: units each need takes over full lanes from richer pools.
        floor, top: least and most each need gets in the current turn.
        flow: flow of each edge in its pool's scale, which stays that of its need once settled.
        full: lanes from a richer into a poorer pool: they carry their whole ``cap``, whatever ``flow`` says.
        flow_den, received: of each need once settled: parts of a unit, and parts received.
        tight: settled pools whose stock is used up; the rest gets all it may have.
    """

    def __init__(self, problem: Problem) -> None:
        self.claims: Claims = claims_of(problem)
        self.tails: list[int] = problem.edge_source.tolist()
        self.heads: list[int] = problem.edge_need.tolist()
        self.stock: list[int] = problem.supply.tolist()
        boundless = sum(self.stock) + 1
        self.cap = [boundless if cap < 0 else cap for cap in problem.edge_cap.tolist()]
        count = len(self.claims.room)
        self.granted = [0] * count
        self.floor = [0] * count
        self.top = [0] * count
        self.flow = [0] * len(self.tails)
        self.full = [False] * len(self.tails)
        self.flow_den = [1] * count
        self.received = [0] * count
        self.tight: list[Pool] = []
        self.reachable: list[bool] = problem.reachable.tolist()
        self.shrink = gcd(*self.claims.span) if count else 1

    def run(self) -> None:
        """Settle every need and edge, turn by turn."""
        claims = self.claims
        pool = Pool(list(range(len(self.stock))), list(range(len(claims.room))), list(range(len(self.tails))), 1)
        for turn in [MINIMUM_TURN, *sorted(set(claims.turn))]:
            limits = claims.minimum if turn == MINIMUM_TURN else claims.room
            for need in pool.needs:
                if self.reachable[need] and turn in (MINIMUM_TURN, claims.turn[need]):
                    self.top[need] = limits[need]
            pool = self._take_turn(pool)
            for need in pool.needs:
                self.floor[need] = self.top[need]
        self._settle(pool, [self.top[need] for need in pool.needs])

    def _take_turn(self, pool: Pool) -> Pool:
        """Fill the turn's needs; settle what cannot be filled and give back the pool of the others."""
        if all(self.top[need] == self.floor[need] for need in pool.needs):
            return pool
        wanted = [self.top[need] for need in pool.needs]
        short = self._fill(pool, wanted)
        if short is None:
            return pool
        poorer, richer = self._part(pool, short)
        self._level(poorer)
        return richer

    def whole_and_rest(self, edge: int) -> tuple[int, int]:
        """Units settled on the edge, and the rest in parts of ``flow_den`` of its need."""
        if self.full[edge]:
            return self.cap[edge], 0
        return divmod(self.flow[edge], self.flow_den[self.heads[edge]])

    def _level(self, pool: Pool) -> None:
        """Settle a pool whose stock will be used to the last unit."""
        waiting = [pool]
        while waiting:
            pool = waiting.pop()
            num, den = self._shared_level(pool)
            wanted = self._wanted(pool, num, den)
            for edge in pool.edges:
                self.flow[edge] = self.flow[edge] * den // pool.scale
            pool.scale = den
            short = self._fill(pool, wanted)
            if short is None:
                self._settle(pool, wanted)
                self.tight.append(pool)
            else:
                waiting.extend(self._part(pool, short))

    def _bounds(self, need: int) -> tuple[int, int]:
        """Least and most units the need may end with inside its pool."""
        return max(self.floor[need], self.granted[need]), self.top[need]

    def _shared_level(self, pool: Pool) -> tuple[int, int]:
        """The level (num, den), in units of shrink/span, at which the pool's needs would use up its stock.

        At level L a need has clamp(L * span / shrink - covered, least, most). The sum is piecewise
        linear, slope * L + rest; walk its corners in order until it reaches the stock.
        """
        claims = self.claims
        total = sum(self.stock[source] for source in pool.sources)
        total += sum(self.granted[need] for need in pool.needs)
        corners = []
        slope = rest = 0
        fine = 2 * max((claims.span[need] for need in pool.needs), default=1).bit_length() + 1
        for need in pool.needs:
            least, most = self._bounds(need)
            rest += least
            if least < most:
                span, covered = claims.span[need] // self.shrink, claims.covered[need]
                corners.append((((covered + least) << fine) // span, covered + least, span, span))
                corners.append((((covered + most) << fine) // span, covered + most, span, -span))
        corners.sort()
        num, den = 0, 1
        for _, at, span, turn in corners:
            if slope * at + rest * span >= total * span:
                break
            slope += turn
            rest -= at if turn > 0 else -at
            num, den = at, span
        if slope > 0:
            num, den = total - rest, slope
        divisor = gcd(num, den)
        return num // divisor, den // divisor

    def _wanted(self, pool: Pool, num: int, den: int) -> list[int]:
        """What each need of the pool has at the level, in 1/den units."""
        claims, shrink = self.claims, self.shrink
        wanted = []
        for need in pool.needs:
            least, most = self._bounds(need)
            at_level = num * (claims.span[need] // shrink) - claims.covered[need] * den
            wanted.append(min(max(at_level, least * den), most * den))
        return wanted

    def _fill(self, pool: Pool, wanted: list[int]) -> tuple[Layers, Lanes] | None:
        """Try to give every need what it wants, starting from the current flow; the cut if that fails."""
        scale = pool.scale
        source_at = {source: at for at, source in enumerate(pool.sources)}
        need_at = {need: at for at, need in enumerate(pool.needs)}
        tails = [source_at[self.tails[edge]] for edge in pool.edges]
        heads = [need_at[self.heads[edge]] for edge in pool.edges]
        lanes = Lanes(tails, heads, sources=len(pool.sources), needs=len(pool.needs))
        room = [want - self.granted[need] * scale for need, want in zip(pool.needs, wanted, strict=True)]
        stock = [self.stock[source] * scale for source in pool.sources]
        flow = [self.flow[edge] for edge in pool.edges]
        for edge, amount in enumerate(flow):
            kept = min(amount, room[heads[edge]])
            flow[edge] = kept
            room[heads[edge]] -= kept
            stock[tails[edge]] -= kept
        filling = Filling([self.cap[edge] * scale for edge in pool.edges], flow, stock, room)
        cut = fill(lanes, filling)
        for edge, amount in zip(pool.edges, flow, strict=True):
            self.flow[edge] = amount
        return (cut, lanes) if any(room) else None

    def _part(self, pool: Pool, short: tuple[Layers, Lanes]) -> tuple[Pool, Pool]:
        """Cut a pool in two: (poorer, richer). Lanes from richer to poorer are full, the others empty."""
        cut, lanes = short
        poorer, richer = Pool([], [], [], pool.scale), Pool([], [], [], pool.scale)
        for source, depth in zip(pool.sources, cut.source, strict=True):
            (poorer if depth >= 0 else richer).sources.append(source)
        for need, depth in zip(pool.needs, cut.need, strict=True):
            (poorer if depth >= 0 else richer).needs.append(need)
        for edge, tail, head in zip(pool.edges, lanes.tails, lanes.heads, strict=True):
            from_poorer, to_poorer = cut.source[tail] >= 0, cut.need[head] >= 0
            if from_poorer == to_poorer:
                (poorer if to_poorer else richer).edges.append(edge)
            elif to_poorer:
                self.full[edge] = True
                self.stock[self.tails[edge]] -= self.cap[edge]
                self.granted[self.heads[edge]] += self.cap[edge]
        return poorer, richer

    def _settle(self, pool: Pool, wanted: list[int]) -> None:
        """Write down what the needs of a standing pool receive, in 1/scale units."""
        for need, parts in zip(pool.needs, wanted, strict=True):
            self.flow_den[need] = pool.scale
            self.received[need] = parts
