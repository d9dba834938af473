"""Daily rates, such as the output of a line: a level with a trend that fades, never below zero or above a bound."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from qipan.engine.forecasting.expected import Expected, FloatArray, checked

LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0)
TRENDS = (0.0, 0.1, 0.3)
FADES = (0.6, 0.8, 0.9)
"""What is tried; the one with the least squared one-day error is taken."""


def damped(rates: FloatArray, days: int, *, bound: float | None = None, level: float = 0.8) -> Expected:
    """Expect a daily rate for the next days: Holt's smoothing with a trend that fades (Gardner & McKenzie 1985).

    The interval is normal with the spread of the one-day errors; its width grows as the model's errors add up
    (Hyndman & Athanasopoulos, 8.7, class AAdN).

    Args:
        rates: shape (n,), n ≥ 4, each ≥ 0, one number a day, oldest first.
        days: how many days ahead, 1 to 60.
        bound: what a day cannot pass, such as 1.2 times the verified capacity; None: no bound.

    Raises:
        ProblemInconsistent.
    """
    values = checked(rates, days, level, field="rates")
    tried = [(a, b, f) for a in LEVELS for b in TRENDS for f in FADES]
    alpha, beta, fade = min(tried, key=lambda how: float(np.sum(_smooth(values, *how)[0] ** 2)))
    errors, here, trend = _smooth(values, alpha, beta, fade)
    ahead = np.arange(1, days + 1, dtype=np.float64)
    faded = np.cumsum(fade**ahead)
    carried = alpha * (1 + beta * np.concatenate([[0.0], faded[:-1]]))
    spread = float(np.sqrt(np.sum(errors**2) / max(len(errors) - 1, 1)))
    growing = np.sqrt(1 + np.concatenate([[0.0], np.cumsum(carried[1:] ** 2)]))
    wide = NormalDist().inv_cdf(0.5 + level / 2) * spread * growing
    most = np.inf if bound is None else max(bound, float(values.max()))
    middle = np.clip(here + faded * trend, 0, most)
    return Expected("damped", level, middle, np.clip(middle - wide, 0, most), np.clip(middle + wide, 0, most))


def _smooth(values: FloatArray, alpha: float, beta: float, fade: float) -> tuple[FloatArray, float, float]:
    """One-day errors of shape (n − 1,), the last level and trend."""
    here, trend = float(values[0]), 0.0
    errors = np.empty(len(values) - 1)
    for n, value in enumerate(values[1:]):
        expected = here + fade * trend
        errors[n] = value - expected
        here = expected + alpha * errors[n]
        trend = fade * trend + alpha * beta * errors[n]
    return errors, here, trend
