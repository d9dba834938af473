"""Who shares a bottleneck: the parts that the levels left behind, in numbers that do not depend on the search."""

from __future__ import annotations

import numpy as np

from qipan.engine.allocation.flow import Sheet
from qipan.engine.allocation.plan import UNREACHABLE
from qipan.engine.allocation.problem import IndexArray, Problem
from qipan.engine.compiled import compiled


def parts_of(problem: Problem, sheet: Sheet, edges: IndexArray, scale: int) -> tuple[IndexArray, IndexArray]:
    """Number the bottlenecks by their lowest short need; the needs short of nothing come last.

    Args:
        sheet: settled; its edges are the problem's ``edges`` (nE,).

    Returns:
        part of each need (-1 unreachable), part of each source (-1 where it holds nobody down).
    """
    sources = len(problem.supply)
    tails, heads = problem.edge_source[edges], problem.edge_need[edges] + sources
    part = np.concatenate([sheet.part_of_source, sheet.part_of_need])
    piece = np.arange(len(part)).astype(np.int32)
    chained = np.flatnonzero(problem.carries).astype(np.int32)
    _join(piece, part, tails, heads, problem.edge_cap[edges] != 0)
    _join(piece, part, chained, chained + 1, np.ones(len(chained), np.bool_))
    piece = _roots(piece)
    reachable = problem.reachable
    short = np.flatnonzero(reachable & (sheet.received < problem.room * scale))
    numbers = np.full(len(part), UNREACHABLE, dtype=np.int32)
    held, first = np.unique(piece[sources + short], return_index=True)
    for number, at in enumerate(np.argsort(first)):
        numbers[held[at]] = number
    source_part = numbers[piece[:sources]]
    need_part = np.full(len(problem.need), len(held), dtype=np.int32)
    need_part[short] = numbers[piece[sources + short]]
    need_part[~reachable] = UNREACHABLE
    return need_part, source_part


@compiled
def _join(piece: IndexArray, part: IndexArray, tails: IndexArray, heads: IndexArray, is_open: IndexArray) -> None:
    """Bring the ends of open arcs inside one part into one piece, named by its lowest node."""
    for at in range(len(tails)):
        one, other = tails[at], heads[at]
        if is_open[at] and part[one] == part[other]:
            one, other = _root(piece, one), _root(piece, other)
            if one < other:
                piece[other] = one
            else:
                piece[one] = other


@compiled
def _root(piece: IndexArray, node: int) -> int:
    """The lowest node known of the node's piece."""
    while piece[node] != node:
        piece[node] = piece[piece[node]]
        node = piece[node]
    return node


@compiled
def _roots(piece: IndexArray) -> IndexArray:
    """Every node's piece."""
    found = np.empty_like(piece)
    for node in range(len(piece)):
        found[node] = _root(piece, node)
    return found
