"""What is expected of the days to come, from the counts known at a cut alone, and how well it was expected before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor

import numpy as np

from qipan.engine import forecasting
from qipan.resumption.queries import DayCount

AHEAD = 3
"""Days ahead: what the press conference of 7 February 2020 spoke of (6 February → 9 February)."""
LEVEL = 0.8


@dataclass(frozen=True)
class Prospect:
    """What is expected of the end of a day, whole firms; the interval should hold four times in five."""

    day: date
    low: int
    middle: int
    high: int


@dataclass(frozen=True)
class Tried:
    """How one model has done ``AHEAD`` days ahead: forecasts, mean error, mean interval score, part held."""

    model: str
    forecasts: int
    error: float
    interval: float
    held: float


def prospects(counts: Sequence[DayCount], *, ahead: int = AHEAD) -> list[Prospect]:
    """The next days after the last count; none where fewer than four days are known.

    Where every division says how many enterprises it has, their sum is the ceiling.
    """
    if len(counts) < forecasting.DAYS_LEAST:
        return []
    found = _growth([float(count.resumed) for count in counts], ahead, counts[-1])
    last = counts[-1].day
    return [
        Prospect(last + timedelta(days=n + 1), floor(found.low[n]), round(found.middle[n]), ceil(found.high[n]))
        for n in range(ahead)
    ]


@dataclass(frozen=True)
class Scored:
    """A day that was expected ``AHEAD`` days before, and what came."""

    day: date
    prospect: Prospect
    came: int

    @property
    def held(self) -> bool:
        return self.prospect.low <= self.came <= self.prospect.high


def scored(counts: Sequence[DayCount], *, ahead: int = AHEAD) -> list[Scored]:
    """Every day that could be expected so many days before, oldest first; each sees only the days before it."""
    found = []
    for known in range(forecasting.DAYS_LEAST, len(counts) - ahead + 1):
        prospect = prospects(counts[:known], ahead=ahead)[-1]
        came = counts[known - 1 + ahead]
        found.append(Scored(came.day, prospect, came.resumed))
    return found


def compared(counts: Sequence[DayCount], *, ahead: int = AHEAD) -> list[Tried]:
    """The growth model beside the naive ones, on the same days; the smaller error and interval score is better."""
    series = np.array([float(count.resumed) for count in counts])
    models = {
        "growth": lambda values, days: _growth(values, days, counts[len(values) - 1]),
        "drift": lambda values, days: forecasting.last_or_drift(values, days, level=LEVEL, drifts=True),
        "last": lambda values, days: forecasting.last_or_drift(values, days, level=LEVEL, drifts=False),
    }
    found = []
    for name, model in models.items():
        score = forecasting.score(forecasting.back_test(series, ahead, model))
        if score is not None:
            found.append(Tried(name, score.forecasts, score.error, score.interval, score.held))
    return found


def _growth(values: Sequence[float] | np.ndarray, days: int, last: DayCount) -> forecasting.Expected:
    series = np.asarray(values, dtype=np.float64)
    ceiling = None if last.enterprises is None else float(max(last.enterprises, series.max()))
    return forecasting.growth(series, days, ceiling=ceiling, level=LEVEL)
