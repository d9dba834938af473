"""Counts that grow towards a ceiling: firms that have resumed, of all firms there are.

Of those that have not yet resumed, a part does so each day by itself (a date has come, a permit was given), and a part
because others have (suppliers, customers, transport):

    new(t) = (a + b · y(t) / K) · (K − y(t)),   a, b ≥ 0

This is Bass's model of adoption (Management Science 15, 1969, 215–227), fitted to the daily changes: for a known
ceiling K it is linear in a and b. Changes are counts, with a variance that grows with their mean (quasi-Poisson), so
the fit is weighted anew with its own means. Where no ceiling is known, several are tried, each with the weight of its
likelihood. The interval comes of paths: parameters as uncertain as the fit leaves them, and each day's change drawn
with the variance that was seen. Paths never fall and never pass the ceiling. The same series gives the same answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qipan.engine.errors import ProblemInconsistent
from qipan.engine.forecasting.expected import Expected, FloatArray, checked

PATHS = 2_000
ROUNDS = 6
CEILINGS = 24
"""How many ceilings are tried between just above the last count and twelve times it, where none is known."""
SEED = 20200206


class _Fit(NamedTuple):
    """Parameters for one ceiling: a and b, their covariance, the spread of changes, the weight of the ceiling."""

    ceiling: float
    middle: FloatArray
    covariance: FloatArray
    spread: float
    misfit: float


def growth(counts: FloatArray, days: int, *, ceiling: float | None = None, level: float = 0.8) -> Expected:
    """Expect a growing count for the next days.

    A fall in the counts (a correction) counts as no change.

    Args:
        counts: shape (n,), n ≥ 4, each ≥ 0, one number a day, oldest first.
        days: how many days ahead, 1 to 60.
        ceiling: what the count cannot pass, ≥ the last count; None: not known.
        level: how often the interval should hold what comes, above 0 and below 1.

    Raises:
        ProblemInconsistent.
    """
    values = checked(counts, days, level, field="counts")
    last = float(values[-1])
    if ceiling is not None and not ceiling >= values.max():
        raise ProblemInconsistent("ceiling", index=-1, value=str(ceiling), bound=f">= {values.max():g}, the counts")
    tried = [ceiling] if ceiling is not None else list(np.geomspace(max(last * 1.02, 1), max(last * 12, 12), CEILINGS))
    fits = [_fit(values, k) for k in tried]
    chances = _chances(fits)
    chance = np.random.default_rng(SEED)
    ends = np.concatenate(
        [
            _paths(last, days, fit, count, chance)
            for fit, count in zip(fits, np.round(PATHS * chances).astype(int), strict=True)
            if count
        ]
    )
    tail = (1 - level) / 2
    low, middle, high = np.quantile(ends, [tail, 0.5, 1 - tail], axis=0)
    return Expected("growth", level, middle, low, high)


def _fit(values: FloatArray, ceiling: float) -> _Fit:
    """Weighted least squares of the changes on (K − y) and y (K − y) / K, both parameters at least 0."""
    before, change = values[:-1], np.maximum(np.diff(values), 0)
    room = np.maximum(ceiling - before, 0)
    shape = np.stack([room, room * before / max(ceiling, 1e-9)], axis=1)
    found, weight = np.zeros(2), np.ones(len(change))
    for _round in range(ROUNDS):
        found = _at_least_zero(shape, change, weight)
        weight = 1 / np.maximum(shape @ found, 1.0)
    free = max(len(change) - 2, 1)
    misfit = float(np.sum(weight * (change - shape @ found) ** 2))
    spread = max(misfit / free, 1.0)
    normal = shape.T @ (shape * weight[:, None])
    covariance = np.asarray(np.linalg.pinv(normal) * spread, dtype=np.float64)
    return _Fit(ceiling, found, covariance, spread, misfit)


def _at_least_zero(shape: FloatArray, change: FloatArray, weight: FloatArray) -> FloatArray:
    """Least squares in two parameters, neither below zero: the free solution, or the best of the two edges."""
    root = np.sqrt(weight)
    free = np.asarray(np.linalg.lstsq(shape * root[:, None], change * root, rcond=None)[0], dtype=np.float64)
    if free.min() >= 0:
        return free
    edges = []
    for n in (0, 1):
        across = float(np.sum(weight * shape[:, n] ** 2))
        edge = np.zeros(2)
        edge[n] = max(float(np.sum(weight * shape[:, n] * change)) / across, 0) if across else 0
        edges.append(edge)
    return min(edges, key=lambda edge: float(np.sum(weight * (change - shape @ edge) ** 2)))


def _chances(fits: list[_Fit]) -> FloatArray:
    """The weight of each ceiling: its likelihood against that of the best."""
    misfit = np.array([fit.misfit for fit in fits])
    spread = max(min(fit.spread for fit in fits), 1.0)
    weight = np.exp(-(misfit - misfit.min()) / (2 * spread))
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _parameters(fit: _Fit, count: int, chance: np.random.Generator) -> FloatArray:
    """a and b drawn as uncertain as the fit leaves them, shape (2, count), neither below zero.

    A draw outside gives way to the fit itself and is not cut off: along the ridge where a and b stand for each other,
    cutting a at zero would leave b too large and every path too steep.
    """
    drawn = chance.multivariate_normal(fit.middle, fit.covariance, size=count, check_valid="ignore")
    kept = np.where(drawn.min(axis=1, keepdims=True) >= 0, drawn, fit.middle)
    return np.asarray(kept.T, dtype=np.float64)


def _paths(last: float, days: int, fit: _Fit, count: int, chance: np.random.Generator) -> FloatArray:
    """Paths of shape (count, days): parameters drawn once a path, changes drawn with the variance that was seen."""
    alone, others = _parameters(fit, count, chance)
    here = np.full(count, last)
    paths = np.empty((count, days))
    for day in range(days):
        mean = (alone + others * here / max(fit.ceiling, 1e-9)) * np.maximum(fit.ceiling - here, 0)
        fresh = fit.spread * chance.poisson(np.maximum(mean, 0) / fit.spread)
        here = np.minimum(here + fresh, fit.ceiling)
        paths[:, day] = here
    return paths
