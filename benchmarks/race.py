"""Two ways side by side: turn about, in one process, so that a slow minute of the machine hits both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


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


@dataclass(frozen=True)
class Rate:
    """How much of another way's speed one reaches: above 1 it is the faster one.

    ``ratio``, ``low`` and ``high`` are the median and the quartiles of the rounds' own ratios; ``aim`` is the least
    that is wanted, None where it is only told.
    """

    name: str
    against: str
    size: str
    seconds: float
    yardstick_seconds: float
    rounds: int
    ratio: float
    low: float
    high: float
    aim: float | None

    def __str__(self) -> str:
        aim = "" if self.aim is None else f" (aim {self.aim:g}{'' if self.ratio >= self.aim else ', missed'})"
        return (
            f"{self.name:<42}{self.ratio:>8.2f} × as fast{aim}, quartiles {self.low:.2f} to {self.high:.2f}, against"
            f" {self.against:<34}{self.seconds * 1000:.2f} ms / {self.yardstick_seconds * 1000:.2f} ms   {self.size}"
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


def race_rates(
    name: str,
    work: Callable[[], object],
    against: str,
    yardstick: Callable[[], object],
    *,
    size: str,
    rounds: int,
    each: int = 1,
    aim: float | None = None,
) -> Rate:
    """As ``race``, as a rate; ``each`` is how many a turn books, so that seconds are those of one."""
    work()
    yardstick()
    pairs = []
    for number in range(rounds):
        one, other = (seconds_of(each_way) for each_way in in_order(number, work, yardstick))
        pairs.append(in_order(number, one, other))
    return rate_of(name, against, pairs, size=size, each=each, aim=aim)


def rate_of(
    name: str, against: str, pairs: Sequence[tuple[float, float]], *, size: str, each: int = 1, aim: float | None = None
) -> Rate:
    """The rate of what took the first seconds of each pair against what took the second."""
    ours, theirs = (statistics.median(column) / each for column in zip(*pairs, strict=True))
    low, middle, high = statistics.quantiles([yardstick / taken for taken, yardstick in pairs], n=4)
    return Rate(name, against, size, ours, theirs, len(pairs), middle, low, high, aim)


def in_order(number: int, first: T, second: T) -> tuple[T, T]:
    """Both, the other way round in every second round; twice is the first order again."""
    return (second, first) if number % 2 else (first, second)
