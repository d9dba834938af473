"""The order in which units are given: the one definition that solver, referee and explanation share.

Every unit a need could receive has a place in one strict order: (turn, level after it, span, need
index). Of two units that lift to the same level, the one with the smaller span lifts the need that
stands lower now. The solver gives units in this order as far as stock and lanes allow; a plan is fair
when nobody holds a unit that could be passed to a need whose next unit comes earlier.

A unit is thus given where it makes the least-rich holder: a need of one unit waits until the others
stand at 1. Where a clinic must not wait beside a city, give it a minimum.

The fractional optimum is the same thing counted in grains, ``scale`` to a unit.

Source: Frank & Murota 2019, "Discrete decreasing minimization" (arXiv 1808.08477, 1907.02673). The
deliverable vectors of a network are an M-convex set: no improving exchange means no better plan, and
where all spans are alike the plan is decreasingly minimal and increasingly maximal (leximin) at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qipan.engine.allocation.problem import IndexArray, IntArray, Problem
from qipan.engine.compiled import compiled

MINIMUM_TURN = 0
"""Turn of the units below a need's minimum; those above wait for turn 1 + tier."""

HALF_BITS = 31
HALF = (1 << HALF_BITS) - 1


class Claims(NamedTuple):
    """What the order needs to know of every need; all (nJ,), amounts in grains below 2**52.

    Args:
        turn: int32, 1 + tier. span: int64, below 2**61; level = (covered + received) / span.
        covered: what it has already. minimum: what comes before all turns. top: the most it may get.
        granted: what reaches it from richer parts over full lanes, whatever else is shared out.
    """

    turn: IndexArray
    span: IntArray
    covered: IntArray
    minimum: IntArray
    top: IntArray
    granted: IntArray


def claims_of(problem: Problem, scale: int = 1) -> Claims:
    """Read the claims out of a problem, in grains of 1/scale units; what is unreachable claims nothing."""
    top = np.where(problem.reachable, problem.room, 0) * scale
    return Claims(
        turn=(problem.tier + 1).astype(np.int32),
        span=problem.span,
        covered=problem.covered * scale,
        minimum=np.minimum(problem.minimum * scale, top),
        top=top,
        granted=np.zeros_like(top),
    )


@compiled
def compare_products(a: int, b: int, c: int, d: int) -> int:
    """-1, 0 or 1 as a * b is below, equal to or above c * d, exactly; all in 0 .. 2**62."""
    a1, a0, b1, b0 = a >> HALF_BITS, a & HALF, b >> HALF_BITS, b & HALF
    c1, c0, d1, d0 = c >> HALF_BITS, c & HALF, d >> HALF_BITS, d & HALF
    low = a0 * b0
    middle = a1 * b0 + a0 * b1 + (low >> HALF_BITS)
    high = a1 * b1 + (middle >> HALF_BITS)
    other_low = c0 * d0
    other_middle = c1 * d0 + c0 * d1 + (other_low >> HALF_BITS)
    other_high = c1 * d1 + (other_middle >> HALF_BITS)
    if high != other_high:
        return 1 if high > other_high else -1
    middle, other_middle = middle & HALF, other_middle & HALF
    if middle != other_middle:
        return 1 if middle > other_middle else -1
    low, other_low = low & HALF, other_low & HALF
    return 0 if low == other_low else 1 if low > other_low else -1


@compiled
def compare_grains(claims: Claims, one: int, one_nth: int, other: int, other_nth: int) -> int:
    """-1, 0 or 1 as the n-th grain of one need comes before, beside or after the m-th of another."""
    turn = MINIMUM_TURN if one_nth <= claims.minimum[one] else claims.turn[one]
    other_turn = MINIMUM_TURN if other_nth <= claims.minimum[other] else claims.turn[other]
    if turn != other_turn:
        return -1 if turn < other_turn else 1
    held, other_held = claims.covered[one] + one_nth, claims.covered[other] + other_nth
    found = compare_products(held, claims.span[other], other_held, claims.span[one])
    if found != 0:
        return found
    difference = claims.span[one] - claims.span[other]
    return 0 if difference == 0 else 1 if difference > 0 else -1


@compiled
def is_before(claims: Claims, one: int, one_nth: int, other: int, other_nth: int) -> bool:
    """Whether the n-th grain of one need comes before the m-th of another; the lower index wins a tie."""
    found = compare_grains(claims, one, one_nth, other, other_nth)
    return one < other if found == 0 else found < 0


def units_before(claims: Claims, need: int, received: int, other: int, nth: int) -> int:
    """How many further units a need may take before the n-th unit of another has its turn."""
    fewest, most = received, int(claims.top[need])
    while fewest < most:
        middle = (fewest + most + 1) // 2
        if is_before(claims, need, middle, other, nth):
            fewest = middle
        else:
            most = middle - 1
    return fewest - received
