"""How far a stock goes: what each need of a part is entitled to when so many grains are shared.

This is the order of ``priority.py`` run forwards: grains are given by (turn, level after it, span, need
index), exactly, but without walking through them one by one. A level is a ratio; it is searched as Z / 2**q
with integers, and the last few grains are given one at a time from a heap with exact comparisons.
"""

from __future__ import annotations

import numpy as np

from qipan.engine.allocation.priority import MINIMUM_TURN, Claims, is_before
from qipan.engine.allocation.problem import IndexArray, IntArray
from qipan.engine.compiled import compiled

BITS_MAX = 60
"""Most bits behind the point of a level; the whole number stays below 2**61."""
SLACK = 1e-12


@compiled
def bounds(claims: Claims, need: int, turn: int) -> tuple[int, int]:
    """What the need has when a turn begins, and when it is over."""
    granted, minimum, top = claims.granted[need], claims.minimum[need], claims.top[need]
    own = claims.turn[need]
    if turn == MINIMUM_TURN:
        least, most = 0, minimum
    elif turn < own:
        least, most = minimum, minimum
    elif turn == own:
        least, most = minimum, top
    else:
        least, most = top, top
    return max(least, granted), max(most, granted)


@compiled
def share(claims: Claims, needs: IndexArray, turns: IndexArray, grains: int, want: IntArray, heap: IndexArray) -> bool:
    """Share grains among the needs of a part, as if every grain could reach every need.

    Args:
        needs: the part's needs. turns: every turn there is, in order, MINIMUM_TURN first.
        want: (nJ,) filled in for ``needs``; heap: (nJ,) scratch.

    Returns:
        Whether there were fewer grains than the needs may have altogether.
    """
    first, last = 0, len(turns) - 1
    most = _sum_after(claims, needs, turns[last])
    if grains >= most:
        for need in needs:
            want[need] = bounds(claims, need, turns[last])[1]
        return False
    while first < last:
        middle = (first + last) // 2
        if _sum_after(claims, needs, turns[middle]) <= grains:
            first = middle + 1
        else:
            last = middle
    turn = turns[first]
    _share_turn(claims, needs, turn, grains, want, heap)
    return True


@compiled
def _sum_after(claims: Claims, needs: IndexArray, turn: int) -> int:
    """Grains all have when a turn is over."""
    total = 0
    for need in needs:
        total += bounds(claims, need, turn)[1]
    return total


@compiled
def _share_turn(claims: Claims, needs: IndexArray, turn: int, grains: int, want: IntArray, heap: IndexArray) -> None:
    """Share inside the turn in which the grains run out."""
    lowest, highest = np.inf, 0.0
    for need in needs:
        least, most = bounds(claims, need, turn)
        if least < most:
            span = float(claims.span[need])
            lowest = min(lowest, (claims.covered[need] + least) / span)
            highest = max(highest, (claims.covered[need] + most) / span)
    bits = max(0, min(BITS_MAX, BITS_MAX - int(np.ceil(np.log2(highest)))))
    low = int(max(0.0, np.floor(lowest * 2.0**bits * (1 - SLACK)) - 1))
    high = int(np.ceil(highest * 2.0**bits * (1 + SLACK))) + 1
    at_low = _sum_at(claims, needs, turn, low, bits)
    at_high = _sum_at(claims, needs, turn, high, bits)
    halve = False  # at_low <= grains < at_high: secant steps, halved when they stall
    while high - low > 1:
        if halve or at_high == at_low:
            middle = low + (high - low) // 2
        else:
            middle = low + int((high - low) * ((grains - at_low) / (at_high - at_low)))
            middle = min(max(middle, low + 1), high - 1)
        width = high - low
        total = _sum_at(claims, needs, turn, middle, bits)
        if total <= grains:
            low, at_low = middle, total
        else:
            high, at_high = middle, total
        halve = 2 * (high - low) > width
        if at_low == grains:
            break
    total = 0
    for need in needs:
        want[need] = _at_level(claims, need, turn, low, bits)
        total += want[need]
    if grains > total:
        _give_rest(claims, needs, turn, grains - total, want, heap)


@compiled
def _sum_at(claims: Claims, needs: IndexArray, turn: int, level: int, bits: int) -> int:
    """Grains all have at a level."""
    total = 0
    for need in needs:
        total += _at_level(claims, need, turn, level, bits)
    return total


@compiled
def _at_level(claims: Claims, need: int, turn: int, level: int, bits: int) -> int:
    """Grains the need has when all that lift to at most level / 2**bits are given."""
    least, most = bounds(claims, need, turn)
    if least >= most:
        return least
    span, covered = claims.span[need], claims.covered[need]
    guess = float(level) * float(span) / 2.0**bits
    if guess >= float(covered + most) + 2.0:
        return most
    held = int(guess)
    rest = level * span - (held << bits)  # exact modulo 2**64, and small
    step = 1 << bits
    while rest < 0:
        held -= 1
        rest += step
    while rest >= step:
        held += 1
        rest -= step
    return min(max(held - covered, least), most)


@compiled
def _give_rest(claims: Claims, needs: IndexArray, turn: int, grains: int, want: IntArray, heap: IndexArray) -> None:
    """Give the last grains one at a time, each to the need whose next grain comes first."""
    size = 0
    for need in needs:
        if want[need] < bounds(claims, need, turn)[1]:
            heap[size] = need
            size += 1
    for place in range(size // 2 - 1, -1, -1):
        _sink(claims, want, heap, place, size)
    while grains > 0:
        need = heap[0]
        want[need] += 1
        grains -= 1
        if want[need] >= bounds(claims, need, turn)[1]:
            size -= 1
            heap[0] = heap[size]
        _sink(claims, want, heap, 0, size)


@compiled
def _sink(claims: Claims, want: IntArray, heap: IndexArray, place: int, size: int) -> None:
    """Let a need sink in the heap to where it belongs."""
    need = heap[place]
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and _is_next(claims, want, heap[child + 1], heap[child]):
            child += 1
        if not _is_next(claims, want, heap[child], need):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = need


@compiled
def _is_next(claims: Claims, want: IntArray, one: int, other: int) -> bool:
    """Whether the next grain of one need comes before that of another."""
    return is_before(claims, one, want[one] + 1, other, want[other] + 1)
