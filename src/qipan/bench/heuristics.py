"""Rivals that are quick and roughly fair, after their papers; with stock that waits, which those lack, day by day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qipan.bench.programs import spans_of
from qipan.engine.allocation import Problem, solve
from qipan.engine.allocation.plan import delivered

Float = npt.NDArray[np.float64]
SPLIT = 8


def waterfilling(problem: Problem, *, rounds: int = 10) -> Float:
    """Adaptive water-filling (Soroush's AW): each need's lanes are filled beside each other at one water level a
    source, and the shares of the lanes follow what they got, ``rounds`` times over.

    Source: Namyar et al., NSDI 2024.
    """
    span, lanes = spans_of(problem), len(problem.edge_need)
    received, left = np.zeros(len(problem.need)), problem.supply.astype(float)
    cap = np.where(problem.edge_cap < 0, np.inf, problem.edge_cap)
    day = _place_in_chain(problem)
    for tier in np.unique(problem.tier):
        mine = np.flatnonzero(problem.tier[problem.edge_need] == tier)
        lanes_into = np.bincount(problem.edge_need, minlength=len(span))
        lane_share = 1 / np.maximum(lanes_into, 1)[problem.edge_need]
        best: Float = np.zeros(lanes)
        for _ in range(rounds):
            got = _fill_once(problem, mine, (span, lane_share, cap), left, day)
            total = np.bincount(problem.edge_need, got, len(span))[problem.edge_need]
            lane_share = np.where(total > 0, 0.5 * lane_share + 0.5 * got / np.maximum(total, 1e-12), lane_share)
            if got.sum() >= best.sum() - 1e-9:
                best = got
        received += np.bincount(problem.edge_need, best, len(span))
        left = left - np.bincount(problem.edge_source, best, len(left))
        left = _borrow(left, problem)
    return received


def random_split(problem: Problem, *, seed: int = 1) -> Float:
    """Needs dealt at random into 8 lots with an eighth of all stock and lanes each (POP); each lot solved exactly here.

    Source: Narayanan et al., "Solving Large-Scale Granular Resource Allocation Problems Efficiently with POP",
    SOSP 2021.
    """
    lot = np.random.default_rng(seed).integers(0, SPLIT, len(problem.need))
    received = np.zeros(len(problem.need))
    for number in range(SPLIT):
        needs = np.flatnonzero(lot == number)
        lanes = np.flatnonzero(lot[problem.edge_need] == number)
        part = replace(
            problem,
            supply=problem.supply // SPLIT + (number < problem.supply % SPLIT),
            edge_source=problem.edge_source[lanes],
            edge_need=np.searchsorted(needs, problem.edge_need[lanes]).astype(np.int32),
            edge_cap=problem.edge_cap[lanes],
            edge_cost=problem.edge_cost[lanes],
            **{n: getattr(problem, n)[needs] for n in ("need", "covered", "weight", "tier", "minimum", "cap")},
        )
        plan = solve(part)
        received[needs] = delivered(part, plan.flow) / plan.scale
    return received


def _place_in_chain(problem: Problem) -> npt.NDArray[np.int64]:
    """(nU,) how many sources of the chain come before each."""
    at = np.arange(len(problem.supply))
    starts = np.concatenate([[True], problem.carries[:-1] == 0])
    found: npt.NDArray[np.int64] = at - np.maximum.accumulate(np.where(starts, at, 0))
    return found


def _fill_once(
    problem: Problem,
    mine: npt.NDArray[np.int64],
    shares: tuple[Float, Float, Float],
    left: Float,
    day: npt.NDArray[np.int64],
) -> Float:
    """One filling, day by day: every source at one level over its lanes, twice again what is over; the rest waits."""
    span, lane_share, cap = shares
    got = np.zeros(len(problem.edge_need))
    there = left.copy()
    for now in range(int(day.max(initial=0)) + 1):
        lanes = mine[day[problem.edge_source[mine]] == now]
        source, need = problem.edge_source[lanes], problem.edge_need[lanes]
        weight = lane_share[lanes] * span[need]
        most = np.minimum(cap[lanes], lane_share[lanes] * problem.room[need])
        for _ in range(3):
            open_weight = np.where(got[lanes] < most - 1e-9, weight, 0.0)
            total = np.bincount(source, open_weight, len(there))
            level = np.where(total > 0, there / np.maximum(total, 1e-12), 0.0)
            more = np.minimum(level[source] * open_weight, most - got[lanes])
            got[lanes] += more
            there -= np.bincount(source, more, len(there))
        waits = np.flatnonzero((day == now) & (problem.carries > 0))
        there[waits + 1] += np.maximum(there[waits], 0)
        there[waits] = 0
    return got


def _borrow(left: Float, problem: Problem) -> Float:
    """What was drawn beyond a day's own stock came from the days before."""
    left = left.copy()
    for source in range(len(left) - 1, 0, -1):
        if left[source] < 0 and problem.carries[source - 1]:
            left[source - 1] += left[source]
            left[source] = 0
    return np.maximum(left, 0)
