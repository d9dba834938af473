"""What a trial is, and what it says when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.prove.world import Ground

SHORT_BELOW = 0.2


@dataclass(frozen=True)
class Effort:
    """How hard to try.

    Args:
        size: 1.0 in `make prove`, about 0.02 in `make test`; a trial scales its rounds or seconds by it.
        seed: of every random choice; the same seed and size make the same choices.
        folder: an empty folder of this run, passable by other users; removed afterwards.
        ground: the server its books stand on, unless it needs one of its own (``world.standing``).
    """

    size: float
    seed: int
    folder: Path
    ground: Ground

    @property
    def is_short(self) -> bool:
        """Whether this is the size of `make test`, in which nothing may take long to begin."""
        return self.size < SHORT_BELOW

    def times(self, full: int, least: int = 1) -> int:
        """``full`` scaled by the size, at least ``least``."""
        return max(least, round(full * self.size))


@dataclass(frozen=True)
class Outcome:
    """What was found.

    Args:
        cases: how often the promise was put to the test; 0 proves nothing and counts as a violation.
        violations: each broken case in one sentence, with what is needed to see it again.
        figure: one measured figure worth a column, such as "20,000 of 20,000 given out".
    """

    cases: int
    violations: list[str] = field(default_factory=list)
    figure: str = ""


Run = Callable[[Effort], Outcome]


@dataclass(frozen=True)
class Trial:
    """One attack on one promise.

    Args:
        promise: "P1" to "P18".
        name: a short word, unique within the promise.
        claim: what is tried, in one line of the table.
        run: the attack on the product as it is; must find nothing.
        mutants: the same attack with a guard taken away, by the guard's name; each must find violations.
    """

    promise: str
    name: str
    claim: str
    run: Run
    mutants: dict[str, Run]

    @property
    def key(self) -> str:
        return f"{self.promise}/{self.name}"
