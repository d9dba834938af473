"""The answer of every forecast, and the naive ones."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from qipan.engine.errors import ProblemInconsistent

FloatArray = NDArray[np.float64]
DAYS_LEAST = 4
"""With fewer days nothing is expected: three changes are the least that can differ from each other."""
DAYS_MOST = 60
RECENT = 3
"""The naive drift goes on as the last three changes did on average."""


@dataclass(frozen=True)
class Expected:
    """What is expected of the next days, in the unit of the series; arrays of shape (days,), low ≤ middle ≤ high.

    ``level`` is how often the interval should hold what comes: 0.8 is four times in five.
    """

    model: str
    level: float
    middle: FloatArray
    low: FloatArray
    high: FloatArray


def checked(series: FloatArray, days: int, level: float, *, field: str) -> FloatArray:
    """The series as floats.

    Raises:
        ProblemInconsistent: fewer than ``DAYS_LEAST`` days, a number below zero or none, days not 1 to ``DAYS_MOST``,
            level not within (0, 1).
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 1 or len(values) < DAYS_LEAST:
        raise ProblemInconsistent(field, index=-1, value=int(values.size), bound=f"{DAYS_LEAST} days or more")
    bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
    if len(bad):
        raise ProblemInconsistent(field, index=int(bad[0]), value=str(values[bad[0]]), bound=">= 0")
    if not 1 <= days <= DAYS_MOST:
        raise ProblemInconsistent("days", index=-1, value=days, bound=f"1 to {DAYS_MOST}")
    if not 0 < level < 1:
        raise ProblemInconsistent("level", index=-1, value=str(level), bound="above 0 and below 1")
    return values


def last_or_drift(series: FloatArray, days: int, *, level: float = 0.8, drifts: bool) -> Expected:
    """The naive forecasts: as the last day, or going on as the last three changes did on average.

    The interval is normal, with the spread of the one-day errors such a forecast would have made, growing with the
    root of the days (random walk; Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., 5.5).

    Args:
        series: shape (n,), n ≥ 4, each ≥ 0, one number a day, oldest first.
        days: 1 to 60.

    Raises:
        ProblemInconsistent.
    """
    values = checked(series, days, level, field="series")
    changes = np.diff(values)
    ahead = np.arange(1, days + 1, dtype=np.float64)
    step = float(changes[-RECENT:].mean()) if drifts else 0.0
    past = [float(changes[max(0, n - RECENT) : n].mean()) if drifts else 0.0 for n in range(1, len(changes))]
    spread = float(np.sqrt(np.mean((changes[1:] - np.array(past)) ** 2)))
    wide = NormalDist().inv_cdf(0.5 + level / 2) * spread * np.sqrt(ahead)
    middle = np.maximum(values[-1] + step * ahead, 0)
    return Expected("drift" if drifts else "last", level, middle, np.maximum(middle - wide, 0), middle + wide)
