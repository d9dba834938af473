"""Rows that several problems share: a vehicle's capacity over all goods, a load that must be worth the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation.problem import QUANTITY_MAX, IndexArray, IntArray, Problem
from qipan.engine.errors import ProblemInconsistent

LOAD_MAX = 2**40


@dataclass(frozen=True, kw_only=True, eq=False)
class Shared:
    """One row over edges of one or several problems: their load is at most ``limit``, and nothing or at least ``lot``.

    Args:
        problem: (n,) which problem each edge is of, its place in the sequence given to ``solve_jointly``.
        edge: (n,) the edge in that problem.
        load: (n,) int64, load of one unit on it, 1..2**40.
        limit: most load, -1 none. lot: least load unless it is 0; 0 none.
    """

    problem: IndexArray
    edge: IndexArray
    load: IntArray
    limit: int = -1
    lot: int = 0


@dataclass(frozen=True, eq=False)
class Row:
    """A shared row on the edges of one joined problem."""

    edges: IntArray
    loads: IntArray
    limit: int
    lot: int

    def load_of(self, amounts: npt.NDArray[Any]) -> float | int:
        """Load of the amounts (nE,) on the row's edges."""
        found: float | int = (amounts[self.edges] * self.loads).sum().item()
        return found


def refuse_wrong_rows(problems: Sequence[Problem], shared: Sequence[Shared]) -> None:
    """Refuse rows that point nowhere or bound nothing.

    Raises:
        ProblemInconsistent: names the field as ``shared[row].field``, the index and the bound.
    """
    for at, row in enumerate(shared):
        lengths = {np.shape(row.problem), np.shape(row.edge), np.shape(row.load)}
        if len(lengths) != 1 or len(np.shape(row.edge)) != 1:
            bound = "three arrays of one length"
            raise ProblemInconsistent(f"shared[{at}]", index=-1, value=f"of shapes {sorted(lengths)}", bound=bound)
        counts = np.array([len(p.edge_need) for p in problems] or [0])
        _refuse(f"shared[{at}].problem", row.problem, 0, len(problems) - 1)
        for index, (problem, edge) in enumerate(zip(row.problem.tolist(), row.edge.tolist(), strict=True)):
            if not 0 <= edge < counts[problem]:
                bound = f"in 0..{counts[problem] - 1}"
                raise ProblemInconsistent(f"shared[{at}].edge", index=index, value=edge, bound=bound)
        _refuse(f"shared[{at}].load", row.load, 1, LOAD_MAX)
        pairs = set(zip(row.problem.tolist(), row.edge.tolist(), strict=True))
        if len(pairs) != len(row.edge):
            raise ProblemInconsistent(f"shared[{at}].edge", index=-1, value="named twice", bound="each edge once")
        for name, value, least in (("limit", row.limit, -1), ("lot", row.lot, 0)):
            _refuse(f"shared[{at}].{name}", np.array([value]), least, QUANTITY_MAX)
        if row.limit >= 0 and row.lot > row.limit:
            bound = f"<= limit, {row.limit}"
            raise ProblemInconsistent(f"shared[{at}].lot", index=-1, value=row.lot, bound=bound)


def _refuse(name: str, values: npt.NDArray[np.generic], least: int, most: int) -> None:
    for index, value in enumerate(values.tolist()):
        if not least <= value <= most:
            raise ProblemInconsistent(name, index=index, value=value, bound=f"in {least}..{most}")


def joined(problems: Sequence[Problem]) -> Problem:
    """One problem of several that do not touch: sources, needs and edges one after the other.

    Raises:
        ProblemInconsistent: the sums of all together are too large.
    """
    sources = np.cumsum([0] + [len(p.supply) for p in problems])
    needs = np.cumsum([0] + [len(p.need) for p in problems])
    names = ("supply", "need", "covered", "weight", "tier", "minimum", "cap", "edge_cap", "edge_cost", "carries")
    return Problem(
        edge_source=np.concatenate([p.edge_source + at for p, at in zip(problems, sources, strict=False)]),
        edge_need=np.concatenate([p.edge_need + at for p, at in zip(problems, needs, strict=False)]),
        **{name: np.concatenate([getattr(p, name) for p in problems]) for name in names},
    )
