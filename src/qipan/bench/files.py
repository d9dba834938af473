"""Engine files: one NumPy .npz for a problem, one for its result. Names and shapes: docs/reference/engine-files.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from qipan.engine.allocation import Plan, Problem
from qipan.engine.allocation.problem import WEIGHT_ONE
from qipan.engine.errors import ProblemInconsistent

NEEDED = ("sup", "nxt", "d", "tier", "eu", "ej", "ecap", "ecost")
FIELD_OF = {
    "supply": "sup", "carries": "nxt", "need": "d", "weight": "w", "edge_source": "eu", "edge_need": "ej",
    "edge_cap": "ecap", "edge_cost": "ecost",
}  # fmt: skip
"""What a field of ``Problem`` is called in a file, where the names differ."""


class FileUnreadable(ValueError):
    """A file is no engine file; says which and why."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


def write_instance(path: Path, problem: Problem) -> None:
    """Write a problem. Cover, minimums and caps of needs have no place in the format and must not be set.

    Raises:
        ValueError: the problem has some of them.
    """
    if problem.covered.any() or problem.minimum.any() or (problem.cap >= 0).any():
        raise ValueError("cover, minimums and caps of needs cannot be written to an engine file")
    order = np.argsort(problem.edge_source, kind="stable")
    np.savez(
        path,
        sup=problem.supply,
        nxt=problem.carries.astype(np.uint8),
        d=problem.need,
        w=problem.weight / WEIGHT_ONE,
        tier=problem.tier.astype(np.int8),
        eu=problem.edge_source[order],
        ej=problem.edge_need[order],
        ecap=problem.edge_cap[order],
        ecost=problem.edge_cost[order].astype(np.int32),
    )


def read_instance(path: Path) -> Problem:
    """Read a problem.

    Raises:
        FileUnreadable: it is no such file, or an array is missing.
        ProblemInconsistent: the arrays make no problem; names the array, the index and the bound.
    """
    arrays = _read(path)
    missing = [name for name in NEEDED if name not in arrays]
    if missing:
        raise FileUnreadable(path, f"has no {', '.join(missing)}")
    unsorted = np.flatnonzero(np.diff(arrays["eu"]) < 0)
    if len(unsorted):
        at = int(unsorted[0]) + 1
        raise ProblemInconsistent(
            "eu", index=at, value=int(arrays["eu"][at]), bound=">= the one before: edges are sorted"
        )
    try:
        return Problem(
            supply=arrays["sup"],
            carries=arrays["nxt"],
            need=arrays["d"],
            weight=_weights(arrays.get("w"), len(arrays["d"])),
            tier=arrays["tier"],
            edge_source=arrays["eu"],
            edge_need=arrays["ej"],
            edge_cap=arrays["ecap"],
            edge_cost=arrays["ecost"],
        )
    except ProblemInconsistent as error:
        field = FIELD_OF.get(error.field, error.field)
        raise ProblemInconsistent(field, index=error.index, value=error.value, bound=error.bound) from error


def write_result(path: Path, plan: Plan) -> None:
    """Write what was decided."""
    np.savez(
        path,
        scale=np.array([plan.scale]),
        flow=plan.flow,
        carry=plan.carry,
        plan=plan.shipped,
        plan_carry=plan.shipped_carry,
        level=plan.level,
        part=plan.part,
    )


def read_result(path: Path, problem: Problem) -> Plan:
    """Read a result, the engine's or another's, so that ``check`` can judge it.

    Raises:
        FileUnreadable: it is no such file, or an array is missing.
    """
    arrays = _read(path)
    missing = [n for n in ("scale", "flow", "carry", "plan", "plan_carry", "level", "part") if n not in arrays]
    if missing:
        raise FileUnreadable(path, f"has no {', '.join(missing)}")
    if arrays["scale"].shape != (1,):
        raise FileUnreadable(path, "scale is not one number")
    return Plan(
        scale=int(arrays["scale"][0]),
        flow=arrays["flow"],
        carry=arrays["carry"],
        shipped=arrays["plan"],
        shipped_carry=arrays["plan_carry"],
        level=arrays["level"],
        part=arrays["part"],
        source_part=np.full(len(problem.supply), -1, np.int32),
        reachable=problem.reachable,
        finished=True,
        cheapest=False,
    )


def _read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Every array of a file; nothing in it is executed."""
    try:
        with path.open("rb") as stream:
            found = np.load(stream, allow_pickle=False)
            return {name: found[name] for name in found.files}
    except FileNotFoundError as error:
        raise FileUnreadable(path, "is not there") from error
    except (OSError, ValueError, EOFError, BadZipFile, AttributeError) as error:
        raise FileUnreadable(path, "is no .npz file of plain arrays") from error


def _weights(given: npt.NDArray[Any] | None, needs: int) -> npt.NDArray[np.int64]:
    """Weights in billionths; 1 where the file has none."""
    if given is None:
        return np.full(needs, WEIGHT_ONE)
    weights = given.astype(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0.001) & (weights <= 1000)))
    if len(wrong):
        at = int(wrong[0])
        raise ProblemInconsistent("w", index=at, value=str(weights[at]), bound="in 0.001..1000")
    return np.rint(weights * WEIGHT_ONE).astype(np.int64)
