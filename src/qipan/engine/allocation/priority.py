"""The order in which units are given: the one definition that solver, referee and explanation share.

Every unit a need could receive has a place in one strict order: (turn, level after it, span, need
index). Of two units that lift to the same level, the one with the smaller span lifts the need that
stands lower now. The solver gives units in this order as far as stock and lanes allow; a plan is fair
when nobody holds a unit that could be passed to a need whose next unit comes earlier.

A unit is thus given where it makes the least-rich holder: a need of one unit waits until the others
stand at 1. Where a clinic must not wait beside a city, give it a minimum.

Source: Frank & Murota 2019, "Discrete decreasing minimization" (arXiv 1808.08477, 1907.02673). The
deliverable vectors of a network are an M-convex set: no improving exchange means no better plan, and
where all spans are alike the plan is decreasingly minimal and increasingly maximal (leximin) at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qipan.engine.allocation.problem import Problem

MINIMUM_TURN = 0
"""Turn of the units below a need's minimum; those above wait for turn 1 + tier."""

Place = tuple[int, Fraction, int]
"""(turn, (covered + units with this one) / span, span): smaller comes first; equal is equally fair."""


@dataclass(frozen=True)
class Claims:
    """What the order needs to know of every need, as plain integers (exact at any size).

    Args:
        covered, span, minimum, room, turn: one entry for each need; ``turn`` is 1 + tier.
    """

    covered: list[int]
    span: list[int]
    minimum: list[int]
    room: list[int]
    turn: list[int]

    def next_unit(self, need: int, received: int) -> Place:
        """Place of the unit after ``received`` units; the need must have room for it."""
        span = self.span[need]
        level = Fraction(self.covered[need] + received + 1, span)
        return (MINIMUM_TURN if received < self.minimum[need] else self.turn[need], level, span)

    def last_unit(self, need: int, received: int) -> Place:
        """Place of the last of ``received`` units, which must be >= 1."""
        return self.next_unit(need, received - 1)

    def units_before(self, need: int, received: int, place: Place, *, wins_tie: bool) -> int:
        """How many further units this need may take before a unit at ``place`` has its turn.

        Args:
            received: units it has already.
            wins_tie: whether this need goes first where two units stand at the same place.
        """
        turn, level, other_span = place
        span, most = self.span[need], self.room[need]
        exact = level.numerator * span
        before_level = (exact - 1) // level.denominator - self.covered[need]
        if exact % level.denominator == 0 and (span, not wins_tie) < (other_span, True):
            before_level += 1
        minimum = self.minimum[need]
        if turn == MINIMUM_TURN:
            reached = min(minimum, before_level)
        elif turn > self.turn[need]:
            reached = most
        elif turn == self.turn[need]:
            reached = max(minimum, min(most, before_level))
        else:
            reached = minimum
        return max(0, reached - received)


def claims_of(problem: Problem) -> Claims:
    """Read the claims out of a problem."""
    return Claims(
        covered=problem.covered.tolist(),
        span=problem.span.tolist(),
        minimum=problem.minimum.tolist(),
        room=problem.room.tolist(),
        turn=(problem.tier + 1).tolist(),
    )
