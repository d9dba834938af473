"""The ledger once more in plain Python: slow, without a database, and easy to believe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.stock.books import INSIDE, STORES

Key = tuple[str, str]
"""Account and item."""


@dataclass(frozen=True)
class Line:
    """A movement: ``qty`` of an item from one account to another at an instant; the hold it ends, what it reverses."""

    src: str
    dst: str
    item: str
    qty: int
    at: int
    hold: int | None = None
    reverses: int | None = None


@dataclass
class Model:
    """What the books must say after every booking; ``post`` and ``hold`` say whether it must be refused."""

    movements: dict[int, Line] = field(default_factory=dict)
    holds: dict[int, tuple[Key, int, int]] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)

    def onhand(self, as_of: int | None = None) -> Counter[Key]:
        """What is where, of the movements by an instant."""
        sums: Counter[Key] = Counter()
        for line in self.movements.values():
            if as_of is None or line.at <= as_of:
                sums[line.dst, line.item] += line.qty
                sums[line.src, line.item] -= line.qty
        return sums

    def held(self, as_of: int | None = None) -> Counter[Key]:
        """What is promised out of stores by an instant."""
        sums: Counter[Key] = Counter()
        for number, (key, qty, at) in self.holds.items():
            is_over = number in self.ended and (as_of is None or self.ended[number] <= as_of)
            if not is_over and (as_of is None or at <= as_of):
                sums[key] += qty
        return sums

    def balances(self, as_of: int | None = None) -> dict[Key, tuple[int, int]]:
        """On hand and held of what is not empty."""
        held = self.held(as_of)
        return {key: (qty, held[key]) for key, qty in self.onhand(as_of).items() if key[0] in INSIDE and qty}

    def open_holds(self) -> list[int]:
        return [number for number in self.holds if number not in self.ended]

    def reversible(self) -> list[int]:
        """Movements that are no reversal and were not reversed."""
        reversed_ = {line.reverses for line in self.movements.values()}
        return [n for n, line in self.movements.items() if line.reverses is None and n not in reversed_]

    def may_post(self, lines: Iterable[Line]) -> bool:
        """Whether every store keeps what it promised when all lines are posted together."""
        onhand, held = self.onhand(), self.held()
        for line in lines:
            onhand[line.src, line.item] -= line.qty
            onhand[line.dst, line.item] += line.qty
            if line.hold is not None:
                held[line.src, line.item] -= line.qty
        return all(onhand[key] >= held[key] for key in {*onhand, *held} if key[0] in INSIDE)

    def post(self, ids: Iterable[int], lines: Iterable[Line]) -> None:
        for number, line in zip(ids, lines, strict=True):
            self.movements[number] = line
            if line.hold is not None:
                self.ended[line.hold] = line.at

    def may_hold(self, lines: Iterable[tuple[Key, int]]) -> bool:
        """Whether every store has that much free."""
        onhand, held = self.onhand(), self.held()
        for key, qty in lines:
            held[key] += qty
        return all(onhand[key] >= qty for key, qty in held.items() if qty and key[0] in STORES)
