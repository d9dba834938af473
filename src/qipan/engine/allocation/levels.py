"""Levels by decomposition: share, try, and part where lanes forbid it.

The whole network is the first part. A part's grains are shared as if each could reach every need; one
maximum flow tries it. If that succeeds, the part is settled. If not, its minimum cut parts it: on the
poorer side all stock is used to the last grain, whoever gets it, and every lane into it is full; the
richer side sends it nothing more. Both go on alone, each with its own smaller search.

Because the order of grains is strict, whole units and the fractional optimum (in grains) are the same
computation, and the answer does not depend on the order of edges or on the flow one starts from.

Source: Megiddo 1974 (lexicographically optimal flows); Fujishige 1980; Groenevelt 1991 (decomposition);
Frank & Murota, arXiv 1907.02673 (whole units).
"""

from __future__ import annotations

import numpy as np

from qipan.engine.allocation.flow import UNSEEN, Lanes, Sheet, fill
from qipan.engine.allocation.priority import Claims
from qipan.engine.allocation.problem import IndexArray, IntArray
from qipan.engine.allocation.shares import share
from qipan.engine.compiled import compiled

SOURCES_FROM, SOURCES_TO, NEEDS_FROM, NEEDS_TO, PART = range(5)

DEPTH = 80
"""Parts that wait at a time: of two, the smaller goes on first, so they are never more than 2 log2(nJ) + 2."""


@compiled
def settle(lanes: Lanes, sheet: Sheet, claims: Claims, turns: IndexArray, trials_max: int) -> bool:
    """Settle every need, changing the sheet in place; parts are numbered in ``sheet.part_of_*``.

    Args:
        claims: ``granted`` is filled in. turns: every turn there is, in order.
        trials_max: most maximum flows; < 0 no limit. Cut short, the flow is feasible and maximal or
            nearly so, but not yet fair.

    Returns:
        Whether it came to its end.
    """
    sources = np.arange(len(lanes.carries)).astype(np.int32)
    needs = np.arange(len(claims.turn)).astype(np.int32)
    sheet.part_of_source[:] = 0
    sheet.part_of_need[:] = 0
    stack = np.zeros((DEPTH, 5), np.int64)
    stack[0, SOURCES_TO], stack[0, NEEDS_TO] = len(sources), len(needs)
    waiting, parts, trials = 1, 1, 0
    while waiting > 0:
        if trials == trials_max:
            return False
        waiting -= 1
        trials += 1
        block = stack[waiting].copy()
        part = block[PART]
        mine = sources[block[SOURCES_FROM] : block[SOURCES_TO]]
        theirs = needs[block[NEEDS_FROM] : block[NEEDS_TO]]
        share(claims, theirs, turns, _grains_of(sheet, mine, theirs), sheet.want)
        _cut_back(lanes, sheet, theirs, part)
        if fill(lanes, sheet, mine, theirs, part) == 0:
            continue
        poorer_sources = _poorer_first(mine, sheet.source_steps)
        poorer_needs = _poorer_first(theirs, sheet.need_steps)
        for source in mine[poorer_sources:]:
            sheet.part_of_source[source] = parts
        for need in theirs[poorer_needs:]:
            sheet.part_of_need[need] = parts
        _grant(lanes, sheet, claims, theirs[:poorer_needs], part)
        middle_source = block[SOURCES_FROM] + poorer_sources
        middle_need = block[NEEDS_FROM] + poorer_needs
        is_poorer_larger = 2 * (middle_need - block[NEEDS_FROM]) > len(theirs)
        poorer, richer = (waiting, waiting + 1) if is_poorer_larger else (waiting + 1, waiting)
        stack[poorer] = block
        stack[poorer, SOURCES_TO], stack[poorer, NEEDS_TO] = middle_source, middle_need
        stack[richer] = block
        stack[richer, SOURCES_FROM], stack[richer, NEEDS_FROM] = middle_source, middle_need
        stack[richer, PART] = parts
        waiting += 2
        parts += 1
    return True


@compiled
def _grains_of(sheet: Sheet, sources: IndexArray, needs: IndexArray) -> int:
    """All that a part has to share: what is left, and what its needs hold."""
    grains = 0
    for source in sources:
        grains += sheet.left[source]
    for need in needs:
        grains += sheet.received[need]
    return grains


@compiled
def _cut_back(lanes: Lanes, sheet: Sheet, needs: IndexArray, part: int) -> None:
    """Take from needs what is beyond their share, over their dearest lanes first."""
    for need in needs:
        over = sheet.received[need] - sheet.want[need]
        if over <= 0:
            continue
        sheet.received[need] = sheet.want[need]
        for place in range(lanes.first_in[need + 1] - 1, lanes.first_in[need] - 1, -1):
            source = lanes.origin[place]
            if sheet.part_of_source[source] != part:
                continue
            edge = lanes.into[place]
            if sheet.flow[edge] > 0:
                back = min(over, sheet.flow[edge])
                sheet.flow[edge] -= back
                sheet.left[source] += back
                over -= back
                if over == 0:
                    break


@compiled
def _grant(lanes: Lanes, sheet: Sheet, claims: Claims, needs: IndexArray, part: int) -> None:
    """Write down what reaches a poorer part over full lanes from richer ones."""
    for need in needs:
        granted = 0
        for place in range(lanes.first_in[need], lanes.first_in[need + 1]):
            if sheet.part_of_source[lanes.origin[place]] != part:
                granted += sheet.flow[lanes.into[place]]
        claims.granted[need] = granted


@compiled
def _poorer_first(nodes: IndexArray, steps: IndexArray) -> int:
    """Bring the nodes that the last search saw to the front; how many they are."""
    low, high = 0, len(nodes)
    while low < high:
        if steps[nodes[low]] != UNSEEN:
            low += 1
        else:
            high -= 1
            nodes[low], nodes[high] = nodes[high], nodes[low]
    return low


def sheet_of(lanes: Lanes, supply: IntArray, needs: int) -> Sheet:
    """An empty sheet: nothing flows, all stock is left. ``supply`` in grains."""
    sources, edges = len(supply), len(lanes.head)

    def amounts(length: int) -> IntArray:
        return np.zeros(length, dtype=np.int64)

    def numbers(length: int) -> IndexArray:
        return np.zeros(length, dtype=np.int32)

    return Sheet(
        flow=amounts(edges),
        carry=amounts(sources),
        left=supply.copy(),
        received=amounts(needs),
        want=amounts(needs),
        part_of_source=numbers(sources),
        part_of_need=numbers(needs),
        source_steps=numbers(sources),
        need_steps=numbers(needs),
        source_tried=numbers(sources),
        need_tried=numbers(needs),
        queue=numbers(sources + needs),
        path=amounts(2 * (sources + needs) + 2),
    )
