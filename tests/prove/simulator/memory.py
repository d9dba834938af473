"""What the books must say, in plain Python: every movement and promise with when it was and when it was told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

Key = tuple[int, int]
"""Account and item; lots are not told apart."""
ON_ROADS = ("depart", "receive", "loss", "return")


@dataclass(frozen=True)
class Move:
    """``qty`` grains of an item from one account to another; ``hold`` is the promise it fulfils."""

    kind: str
    src: int
    dst: int
    item: int
    qty: int
    hold: int | None = None
    reverses: int | None = None


@dataclass(frozen=True)
class Told:
    """A move, when it happened and when it was told."""

    move: Move
    happened: datetime
    known: datetime


@dataclass
class Promise:
    """``qty`` grains held out of a store, until a time or for ever; when it was made, and when it ended."""

    key: Key
    qty: int
    happened: datetime
    known: datetime
    until: datetime | None = None
    ended: tuple[datetime, datetime] | None = None


@dataclass
class Memory:
    """All moves and promises, and the balances that follow from them.

    Args:
        inside: accounts whose balance counts: stores, roads and seized goods; roads: those of them that are roads.
    """

    inside: set[int]
    roads: set[int] = field(default_factory=set)
    moves: dict[int, Told] = field(default_factory=dict)
    promises: dict[int, Promise] = field(default_factory=dict)
    reversed: set[int] = field(default_factory=set)
    onhand: Counter[Key] = field(default_factory=Counter)
    held: Counter[Key] = field(default_factory=Counter)

    def may_move(self, moves: Iterable[Move]) -> bool:
        """Whether every account inside keeps what it promised when all are done together."""
        onhand: Counter[Key] = Counter()
        held: Counter[Key] = Counter()
        for m in moves:
            onhand[m.src, m.item] -= m.qty
            onhand[m.dst, m.item] += m.qty
            if m.hold is not None:
                held[m.src, m.item] -= m.qty
        return all(
            self.onhand[key] + onhand[key] >= self.held[key] + held[key] for key in onhand if key[0] in self.inside
        )

    def may_hold(self, lines: Iterable[tuple[Key, int]]) -> bool:
        """Whether every store has that much free."""
        asked: Counter[Key] = Counter()
        for key, qty in lines:
            asked[key] += qty
        return all(self.onhand[key] - self.held[key] >= qty for key, qty in asked.items())

    def is_open(self, hold: int) -> bool:
        return self.promises[hold].ended is None

    def move(self, ids: Iterable[int], moves: Iterable[Move], *, happened: datetime, known: datetime) -> None:
        for number, m in zip(ids, moves, strict=True):
            self.moves[number] = Told(m, happened, known)
            self.onhand[m.src, m.item] -= m.qty
            self.onhand[m.dst, m.item] += m.qty
            if m.hold is not None:
                self.end(m.hold, happened=happened, known=known)
            if m.reverses is not None:
                self.reversed.add(m.reverses)

    def promise(self, hold: int, made: Promise) -> None:
        self.promises[hold] = made
        self.held[made.key] += made.qty

    def end(self, hold: int, *, happened: datetime, known: datetime) -> None:
        """A promise is fulfilled, voided or over."""
        made = self.promises[hold]
        made.ended = (happened, known)
        self.held[made.key] -= made.qty

    def balances(self) -> dict[Key, tuple[int, int]]:
        """(on hand, held) of whatever is not empty."""
        return {
            key: (qty, self.held[key])
            for key, qty in self.onhand.items()
            if key[0] in self.inside and (qty or self.held[key])
        }

    def at(self, as_of: datetime, known: datetime | None) -> dict[Key, tuple[int, int]]:
        """(on hand, held) at an instant, as it was known at another; of whatever is on hand."""
        onhand: defaultdict[Key, int] = defaultdict(int)
        for told in self._by(as_of, known):
            onhand[told.move.src, told.move.item] -= told.move.qty
            onhand[told.move.dst, told.move.item] += told.move.qty
        held: Counter[Key] = Counter()
        for made in self.promises.values():
            is_made = _is_by((made.happened, made.known), as_of, known)
            if is_made and not (made.ended and _is_by(made.ended, as_of, known)):
                held[made.key] += made.qty
        return {key: (qty, held[key]) for key, qty in onhand.items() if qty and key[0] in self.inside}

    def flows(self, as_of: datetime, known: datetime | None) -> dict[int, tuple[int, int, int]]:
        """(shipped, arrived, lost) by item on all roads, reversals taken away."""
        sums: Counter[tuple[int, str]] = Counter()
        items = set()
        for told in self._by(as_of, known):
            m = told.move
            kind = m.kind if m.reverses is None else self.moves[m.reverses].move.kind
            sign = 1 if m.reverses is None else -1
            for _road in {m.src, m.dst} & self.roads if kind in ON_ROADS else ():
                sums[m.item, kind] += sign * m.qty
                items.add(m.item)
        return {i: (sums[i, "depart"], sums[i, "receive"], sums[i, "loss"] + sums[i, "return"]) for i in items}

    def _by(self, as_of: datetime, known: datetime | None) -> Iterable[Told]:
        return (told for told in self.moves.values() if _is_by((told.happened, told.known), as_of, known))


def _is_by(when: tuple[datetime, datetime], as_of: datetime, known: datetime | None) -> bool:
    return when[0] <= as_of and (known is None or when[1] <= known)
