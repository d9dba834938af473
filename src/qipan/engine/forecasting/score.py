"""How well it was expected: the interval score, how often the interval held, and the error against a naive one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qipan.engine.forecasting.expected import DAYS_LEAST, Expected, FloatArray

Model = Callable[[FloatArray, int], Expected]


@dataclass(frozen=True)
class Score:
    """Of several forecasts of as many days ahead: how many, mean error and interval score in the series' unit."""

    forecasts: int
    error: float
    interval: float
    held: float


def interval_score(low: FloatArray, high: FloatArray, came: FloatArray, *, level: float) -> FloatArray:
    """The width of each interval, and what it missed by at a price; smaller is better.

    Source: Gneiting & Raftery 2007, "Strictly proper scoring rules", JASA 102, 359–378, equation (43).

    Args:
        low, high, came: the same shape, the series' unit.
        level: above 0 and below 1; what is missed costs 2 / (1 − level) for one.
    """
    price = 2 / (1 - level)
    return (high - low) + price * np.maximum(low - came, 0) + price * np.maximum(came - high, 0)


def back_test(series: FloatArray, ahead: int, model: Model) -> list[tuple[int, Expected, float]]:
    """What ``model`` would have expected ``ahead`` days later, from each day with enough days before it.

    Returns:
        (index of the day it looks at, what was expected, what came), oldest first; no forecast sees a later day.
    """
    values = np.asarray(series, dtype=np.float64)
    found = []
    for known in range(DAYS_LEAST, len(values) - ahead + 1):
        found.append((known - 1 + ahead, model(values[:known], ahead), float(values[known - 1 + ahead])))
    return found


def score(tests: list[tuple[int, Expected, float]]) -> Score | None:
    """The mean over tests of the last day of each forecast; None where there are none."""
    if not tests:
        return None
    came = np.array([value for _day, _expected, value in tests])
    low, middle, high = (
        np.array([getattr(expected, name)[-1] for _day, expected, _value in tests])
        for name in ("low", "middle", "high")
    )
    level = tests[0][1].level
    held = float(np.mean((low <= came) & (came <= high)))
    error = float(np.mean(np.abs(came - middle)))
    return Score(len(tests), error, float(np.mean(interval_score(low, high, came, level=level))), held)
