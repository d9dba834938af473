"""Rivals that are linear programs, solved by HiGHS through SciPy: what most people would write first."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

from qipan.engine.allocation import Problem
from qipan.engine.allocation.problem import WEIGHT_ONE, IntArray

Float = npt.NDArray[np.float64]
BIN_RATIO, BIN_FIRST, BIN_WORTH = 2.0, 0.02, 0.5
HELD = 1e-9


class TookTooLong(Exception):
    """A rival was not done within its time."""


def spans_of(problem: Problem) -> Float:
    """(nJ,) weight times need, in units."""
    return problem.weight / WEIGHT_ONE * problem.need


def sequence(problem: Problem, *, seconds: float, programs_max: int | None = None) -> Float:
    """Leximin by a sequence of programs, tier by tier: lift the lowest level, fix who is held down, repeat.

    Returns:
        (nJ,) units received, those of the last program where ``programs_max`` ended it.

    Raises:
        TookTooLong: it was not done within ``seconds``.
    """
    deadline = time.perf_counter() + seconds
    span, needs = spans_of(problem), len(problem.need)
    low, high = np.zeros(needs), np.zeros(needs)
    solved = 0
    for tier in np.unique(problem.tier):
        loose = np.flatnonzero((problem.tier == tier) & problem.reachable)
        high[loose] = problem.room[loose]
        while len(loose):
            level, held, received = _lift(problem, span, (low, high), loose, deadline)
            solved += 1
            if programs_max is not None and solved >= programs_max:
                return received
            fixed = loose[held]
            high[fixed] = np.minimum(span[fixed] * level, problem.room[fixed])
            low[fixed] = high[fixed] * (1 - 1e-9)
            loose = loose[~held]
    return high


def _lift(
    problem: Problem, span: Float, bounds: tuple[Float, Float], loose: IntArray, deadline: float
) -> tuple[float, npt.NDArray[np.bool_], Float]:
    """Highest level that all loose needs can reach; who is held down there (by duals or by its own bound)."""
    needs, first = len(problem.need), _columns(problem)
    shape = (len(loose), first + needs + 1)
    rows = np.arange(len(loose))
    level = sparse.csr_matrix(
        (np.concatenate([span[loose], -np.ones(len(loose))]),
         (np.concatenate([rows, rows]), np.concatenate([np.full(len(loose), first + needs), first + loose]))), shape,
    )  # fmt: skip
    sources, arriving = _network(problem, needs + 1)
    arriving = arriving - sparse.csr_matrix(
        (np.ones(needs), (np.arange(needs), first + np.arange(needs))), (needs, first + needs + 1)
    )
    cost = np.zeros(first + needs + 1)
    cost[-1] = -1
    low, high = bounds
    found = linprog(
        cost, A_ub=sparse.vstack([sources, level]), b_ub=np.concatenate([problem.supply, np.zeros(len(loose))]),
        A_eq=arriving, b_eq=np.zeros(needs),
        bounds=np.stack([
            np.concatenate([np.zeros(first), low, [0]]), np.concatenate([_caps(problem), high, [np.inf]]),
        ]).T,
        options={"time_limit": _left(deadline)},
    )  # fmt: skip
    if found.status != 0:
        raise TookTooLong
    reached = float(found.x[-1])
    held = (found.ineqlin.marginals[len(problem.supply) :] < -HELD) | (
        span[loose] * reached >= high[loose] * (1 - HELD)
    )
    if not held.any():
        held[:] = True
    return reached, held, found.x[first : first + needs]


def binner(problem: Problem, *, seconds: float) -> Float:
    """One program a tier with deliveries in bins of doubling width, earlier bins worth more (Soroush's GB).

    Source: Namyar et al., "Solving max-min fair resource allocations quickly on large graphs", NSDI 2024.

    Raises:
        TookTooLong: it was not done within ``seconds``.
    """
    deadline = time.perf_counter() + seconds
    span, needs, first = spans_of(problem), len(problem.need), _columns(problem)
    widths = [BIN_FIRST]
    while 1 - sum(widths) > HELD:
        widths.append(min(widths[-1] * BIN_RATIO, 1 - sum(widths)))
    received = np.zeros(needs)
    for tier in np.unique(problem.tier):
        members = np.flatnonzero((problem.tier == tier) & problem.reachable)
        bins = np.tile(members, len(widths))
        sources, arriving = _network(problem, len(bins))
        columns = first + np.arange(len(bins))
        arriving = arriving - sparse.csr_matrix((np.ones(len(bins)), (bins, columns)), arriving.shape)
        worth = np.repeat(BIN_WORTH ** np.arange(len(widths)), len(members))
        upto = np.minimum(np.cumsum(widths)[:, None] * span[members], problem.room[members])
        wide = np.diff(upto, axis=0, prepend=0).ravel()
        found = linprog(
            np.concatenate([np.zeros(first), -worth]), A_ub=sources, b_ub=problem.supply, A_eq=arriving, b_eq=received,
            bounds=np.stack([np.zeros(first + len(bins)), np.concatenate([_caps(problem), wide])]).T,
            options={"time_limit": _left(deadline)},
        )  # fmt: skip
        if found.status != 0:
            raise TookTooLong
        np.add.at(received, bins, np.maximum(found.x[first:], 0) * (1 - 1e-9))
    return received


def _columns(problem: Problem) -> int:
    return len(problem.edge_need) + len(problem.supply)


def _caps(problem: Problem) -> Float:
    """Upper bounds of lanes and carry-overs."""
    return np.concatenate(
        [np.where(problem.edge_cap < 0, np.inf, problem.edge_cap), np.where(problem.carries > 0, np.inf, 0.0)]
    )


def _network(problem: Problem, more: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """What leaves each source less what is carried to it; what arrives at each need; ``more`` empty columns."""
    edges, sources = len(problem.edge_need), len(problem.supply)
    chained, lanes = np.flatnonzero(problem.carries), np.arange(edges)
    ends = np.concatenate([problem.edge_source, chained, chained + 1])
    columns = np.concatenate([lanes, edges + chained, edges + chained])
    leaving = sparse.csr_matrix(
        (np.concatenate([np.ones(edges + len(chained)), -np.ones(len(chained))]), (ends, columns)),
        (sources, edges + sources + more),
    )  # fmt: skip
    shape = (len(problem.need), edges + sources + more)
    return leaving, sparse.csr_matrix((np.ones(edges), (problem.edge_need, lanes)), shape)


def _left(deadline: float) -> float:
    left = deadline - time.perf_counter()
    if left <= 0:
        raise TookTooLong
    return left
