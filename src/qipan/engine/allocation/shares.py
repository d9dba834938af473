"""How far a stock goes: what each need of a part is entitled to when so many grains are shared.

This is the order of ``priority.py`` run forwards: grains are given by (turn, level after it, span, need
index), exactly, but without walking through them one by one. A level is a ratio; it is searched as Z / 2**q
with integers, and the last few grains are given one at a time from a heap with exact comparisons.
"""

from __future__ import annotations

import numpy as np

from qipan.engine.allocation.priority import MINIMUM_TURN, Claims, is_before
from qipan.engine.allocation.problem import IndexArray, IntArray
from qipan.engine.compiled import compiled, inlined

BITS_MAX = 60
"""Most bits behind the point of a level; the whole number stays below 2**61."""
SLACK = 1e-12


@compiled
def share(claims: Claims, needs: IndexArray, turns: IndexArray, grains: int, want: IntArray) -> bool:
    """Share grains among the needs of a part, as if every grain could reach every need.

    Args:
        needs: the part's needs. turns: every turn there is, in order, MINIMUM_TURN first.
        grains: at least what is ``granted`` to the needs.
        want: (nJ,) filled in for ``needs``.

    Returns:
        Whether there were fewer grains than the needs may have altogether.
    """
    first, last = 0, len(turns) - 1
    if grains >= _take_turn(claims, needs, turns[last], want):
        return False
    while first < last:
        middle = (first + last) // 2
        if _take_turn(claims, needs, turns[middle], want) <= grains:
            first = middle + 1
        else:
            last = middle
    _share_turn(claims, needs, turns[first], grains, want)
    return True


@inlined
def _bounds(claims_turn: int, minimum: int, top: int, granted: int, turn: int) -> tuple[int, int]:
    """What a need has when a turn begins, and when it is over."""
    least, most = minimum, minimum
    if turn == MINIMUM_TURN:
        least = 0
    elif turn == claims_turn:
        most = top
    elif turn > claims_turn:
        least, most = top, top
    return max(least, granted), max(most, granted)


@compiled
def _take_turn(claims: Claims, needs: IndexArray, turn: int, want: IntArray) -> int:
    """Let all have what they have when a turn is over; how much that is."""
    own, minimum, top, granted = claims.turn, claims.minimum, claims.top, claims.granted
    total = 0
    for need in needs:
        _, most = _bounds(own[need], minimum[need], top[need], granted[need], turn)
        want[need] = most
        total += most
    return total


@compiled
def _share_turn(claims: Claims, needs: IndexArray, turn: int, grains: int, want: IntArray) -> None:
    """Share inside the turn in which the grains run out."""
    own, minimum, top, granted = claims.turn, claims.minimum, claims.top, claims.granted
    span, covered = claims.span, claims.covered
    open_needs = np.empty(len(needs), np.int32)
    table = np.empty((4, len(needs)), np.int64)
    lowest, highest, size = np.inf, 0.0, 0
    for need in needs:
        least, most = _bounds(own[need], minimum[need], top[need], granted[need], turn)
        want[need] = least
        if least == most:
            grains -= least
            continue
        open_needs[size] = need
        table[0, size], table[1, size] = covered[need] + least, covered[need] + most
        table[2, size], table[3, size] = span[need], covered[need]
        lowest = min(lowest, float(covered[need] + least) / float(span[need]))
        highest = max(highest, float(covered[need] + most) / float(span[need]))
        grains += covered[need]
        size += 1
    bits = max(0, min(BITS_MAX, BITS_MAX - int(np.ceil(np.log2(highest)))))
    low = int(max(0.0, np.floor(lowest * 2.0**bits * (1 - SLACK)) - 1))
    high = int(np.ceil(highest * 2.0**bits * (1 + SLACK))) + 1
    least_held, most_held, spans = table[0, :size], table[1, :size], table[2, :size]
    level = _level_of(least_held, most_held, spans, grains, (low, high, bits))
    for place in range(size):
        held = _held(least_held[place], most_held[place], spans[place], level, bits)
        want[open_needs[place]] = held - table[3, place]
        least_held[place] = held
        grains -= held
    if grains > 0:
        _give_rest(claims, open_needs[:size], grains, most_held, want)


@compiled
def _level_of(least: IntArray, most: IntArray, spans: IntArray, grains: int, within: tuple[int, int, int]) -> int:
    """The highest level Z (of Z / 2**bits) at which all together hold at most so many grains.

    Args:
        within: (low, high, bits); at ``low`` they hold no more than the grains, at ``high`` more.
    """
    low, high, bits = within
    at_low, at_high = _sum_at(least, most, spans, low, bits), _sum_at(least, most, spans, high, bits)
    halve = False
    while high - low > 1 and at_low < grains:
        if halve or at_high == at_low:
            middle = low + (high - low) // 2
        else:
            middle = low + int((high - low) * ((grains - at_low) / (at_high - at_low)))
            middle = min(max(middle, low + 1), high - 1)
        width = high - low
        total = _sum_at(least, most, spans, middle, bits)
        if total <= grains:
            low, at_low = middle, total
        else:
            high, at_high = middle, total
        halve = 2 * (high - low) > width
    return low


@compiled
def _sum_at(least: IntArray, most: IntArray, spans: IntArray, level: int, bits: int) -> int:
    """Grains all hold at a level."""
    total = 0
    for place in range(len(spans)):
        total += _held(least[place], most[place], spans[place], level, bits)
    return total


@inlined
def _held(least: int, most: int, span: int, level: int, bits: int) -> int:
    """Grains a need holds when all that lift to at most level / 2**bits are given, between least and most."""
    guess = float(level) * float(span) / float(1 << bits)
    held = most
    if guess < float(most) + 2.0:
        held = int(guess)
        rest = level * span - (held << bits)  # exact modulo 2**64, and small
        if rest < 0:
            held -= 1 + (-rest - 1 >> bits)
        else:
            held += rest >> bits
        held = min(max(held, least), most)
    return held


@compiled
def _give_rest(claims: Claims, needs: IndexArray, grains: int, most_held: IntArray, want: IntArray) -> None:
    """Give the last grains one at a time, each to the need whose next grain comes first.

    Args:
        needs, most_held: the needs that may have more, and the most each may hold, cover counted in.
    """
    covered = claims.covered
    heap = np.empty(len(needs), np.int32)
    most = np.empty(len(want), np.int64)
    size = 0
    for place in range(len(needs)):
        need = needs[place]
        most[need] = most_held[place] - covered[need]
        if want[need] < most[need]:
            heap[size] = need
            size += 1
    for place in range(size // 2 - 1, -1, -1):
        _sink(claims, want, heap, place, size)
    while grains > 0:
        need = heap[0]
        want[need] += 1
        grains -= 1
        if want[need] >= most[need]:
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
