"""Two ways side by side: turn about, in one process, so that a slow minute of the machine hits both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """What was measured against what, in seconds (medians), over how many rounds of which size."""

    name: str
    against: str
    size: str
    seconds: float
    yardstick_seconds: float
    rounds: int

    @property
    def ratio(self) -> float:
        return self.seconds / self.yardstick_seconds

    def __str__(self) -> str:
        return (
            f"{self.name:<34}{self.ratio:>8.1f} ×  {self.against:<34}"
            f"{self.seconds * 1000:>10.1f} ms / {self.yardstick_seconds * 1000:.1f} ms   {self.size}"
        )


def seconds_of(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def race(
    name: str, work: Callable[[], object], against: str, yardstick: Callable[[], object], *, size: str, rounds: int
) -> Ratio:
    """Run both once unmeasured, then turn about."""
    work()
    yardstick()
    pairs = [(seconds_of(work), seconds_of(yardstick)) for _ in range(rounds)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Ratio(name, against, size, ours, theirs, rounds)
