"""The engine and its rivals side by side on the same families: ratios, fairness errors, memory, growth."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qipan.bench import heuristics, programs
from qipan.bench.instances import SCALES, family_of, instances
from qipan.engine.allocation import Problem, check, deliveries, levels, solve
from qipan.engine.allocation.plan import delivered

Float = npt.NDArray[np.float64]
REPEATS = 3
GROWTH_SCALES = ("province", "region", "nation")


@dataclass(frozen=True)
class Row:
    """One contestant over the families tried.

    Args:
        ratio: its seconds ÷ those of the engine's levels alone on the same families; None: not done in time.
        mean_off, worst_off: how far its levels are from the exact ones, over all needs; None where it has none.
        total: what it delivers ÷ what can be delivered.
    """

    name: str
    ratio: float | None
    mean_off: float | None = None
    worst_off: float | None = None
    total: float | None = None


@dataclass(frozen=True)
class Table:
    """A run of the bench. ``gap``: the largest of all certificates; ``bytes_per_edge``: the engine's, at its height."""

    scale: str
    families: int
    edges: int
    rows: list[Row]
    gap: float
    bytes_per_edge: float
    growth: float
    level_seconds: float


def run(scale: str, *, seed: int, families: int, seconds: float, say: Callable[[str], None]) -> Table:
    """Run the engine and every rival on the first families of a scale.

    Args:
        seconds: most for one rival on one family; a rival that is not done is shown as such and not tried again.
    """
    tried = list(islice(instances(scale, seed=seed), families))
    exact, gap, times = [], 0.0, dict.fromkeys(("levels", "plan", "check", "floor", "what_if"), 0.0)
    received = []
    for number, problem in enumerate(tried, start=1):
        say(f"engine: family {number} of {len(tried)}, {len(problem.edge_need):,} lanes")
        times["levels"] += _median(lambda p=problem: levels(p))  # type: ignore[misc]
        times["plan"] += _median(lambda p=problem: solve(p))  # type: ignore[misc]
        plan = solve(problem)
        times["check"] += _median(lambda p=problem, plan=plan: check(p, plan))  # type: ignore[misc]
        times["what_if"] += _median(lambda p=problem: deliveries(p))  # type: ignore[misc]
        times["floor"] += _median(lambda p=problem: _read_once(p))  # type: ignore[misc]
        gap = max(gap, float(check(problem, plan).gap))
        exact.append(plan.level)
        received.append(delivered(problem, plan.shipped))
    alone = times["levels"]
    rows = [
        Row("this engine: levels alone", 1.0, 0.0, 0.0, 1.0),
        Row("this engine: levels, whole units, least cost", times["plan"] / alone, 0.0, 0.0, 1.0),
        Row("this engine: certificate", times["check"] / alone),
        Row("this engine: a what-if, who gets what", times["what_if"] / alone, None, None, 1.0),
        Row("reading every array once", times["floor"] / alone),
    ]
    for name, rival in _rivals(seconds):
        say(name)
        rows.append(_row(name, rival, tried, exact, alone))
    say("OR-Tools")
    rows += _ortools_rows(tried, received, alone)
    return Table(
        scale, len(tried), sum(len(p.edge_need) for p in tried), rows, gap, _bytes_per_edge(tried[0]),
        _growth(seed, say), alone,
    )  # fmt: skip


def as_json(table: Table) -> dict[str, Any]:
    """The table as plain values."""
    return {**table.__dict__, "rows": [row.__dict__ for row in table.rows]}


def lines_of(table: Table) -> Iterator[str]:
    """The table as text."""
    size = f"{table.scale}: {table.families} families, {table.edges:,} lanes"
    yield f"{size}; times in multiples of this engine's levels alone"
    yield f"{'':<48}{'time':>10}{'mean off':>10}{'worst off':>10}{'delivered':>10}"
    for row in table.rows:
        ratio = "too long" if row.ratio is None else f"{row.ratio:.2f} ×"
        off = ["" if v is None else f"{v:.2g}" for v in (row.mean_off, row.worst_off)]
        total = "" if row.total is None else f"{100 * row.total:.1f} %"
        yield f"{row.name:<48}{ratio:>10}{off[0]:>10}{off[1]:>10}{total:>10}"
    growth = f"time grows with lanes to the power {table.growth:.2f}"
    yield f"certified gap {table.gap:g} · {table.bytes_per_edge:.0f} bytes a lane · {growth}"


def _rivals(seconds: float) -> list[tuple[str, Callable[[Problem], Float]]]:
    return [
        ("HiGHS: the sequence of linear programs", lambda p: programs.sequence(p, seconds=seconds)),
        ("HiGHS: the first linear program only", lambda p: programs.sequence(p, seconds=seconds, programs_max=1)),
        ("HiGHS: geometric bins, one program a tier", lambda p: programs.binner(p, seconds=seconds)),
        ("adaptive water-filling, 10 rounds", heuristics.waterfilling),
        ("random split into 8, each solved here", heuristics.random_split),
    ]


def _row(name: str, rival: Callable[[Problem], Float], tried: list[Problem], exact: list[Float], alone: float) -> Row:
    """Run one rival on every family once."""
    spent, off, units, most = 0.0, [], 0.0, 0.0
    for problem, level in zip(tried, exact, strict=True):
        started = time.perf_counter()
        try:
            got = rival(problem)
        except programs.TookTooLong:
            return Row(name, None)
        spent += time.perf_counter() - started
        off.append(np.abs(problem.level_of(got.astype(np.float64)) - level))
        units += float(got.sum())
        most += float((level * programs.spans_of(problem)).sum())
    every = np.concatenate(off)
    return Row(name, spent / alone, float(every.mean()), float(every.max()), units / most if most else 1.0)


def _ortools_rows(tried: list[Problem], received: list[Any], alone: float) -> list[Row]:
    """One maximum flow and one least-cost flow of OR-Tools for each family; no rows where it is not installed."""
    spent, most = {"max_flow": 0.0, "min_cost": 0.0}, 0
    with tempfile.TemporaryDirectory() as folder:
        for problem, got in zip(tried, received, strict=True):
            path = Path(folder) / "problem.npz"
            names = ("supply", "carries", "edge_source", "edge_need", "edge_cap", "edge_cost", "room")
            np.savez(path, received=got, **{name: getattr(problem, name) for name in names})
            command = [sys.executable, "-m", "qipan.bench.ortools_worker", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                return [Row("OR-Tools: not installed", None)]
            answer = json.loads(done.stdout)
            most += answer["total"]
            for key in spent:
                spent[key] += answer[key]
    ours = sum(int(got.sum()) for got in received)
    return [
        Row("OR-Tools: one maximum flow (not fair)", spent["max_flow"] / alone, total=most / ours),
        Row("OR-Tools: least cost for these deliveries", spent["min_cost"] / alone),
    ]


def _median(work: Callable[[], object]) -> float:
    """Median seconds of a few runs."""
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return float(np.median(spent))


def _read_once(problem: Problem) -> int:
    """Touch every lane once: what no solver can be quicker than."""
    return int(problem.edge_source.sum() + problem.edge_need.sum() + problem.edge_cap.sum() + problem.edge_cost.sum())


def _bytes_per_edge(problem: Problem) -> float:
    """What the engine takes for levels beyond the problem itself, at its height, for each lane."""
    tracemalloc.start()
    levels(problem)
    _, height = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return height / max(1, len(problem.edge_need))


def _growth(seed: int, say: Callable[[str], None]) -> float:
    """The exponent of the whole plan's time against the number of lanes, over three scales."""
    sizes, spent = [], []
    for name in GROWTH_SCALES:
        say(f"growth: one family of a {name}")
        problem = family_of(SCALES[name], np.random.default_rng([seed, 0]))
        sizes.append(len(problem.edge_need))
        spent.append(_median(lambda p=problem: levels(p)))  # type: ignore[misc]
    return float(np.polyfit(np.log(sizes), np.log(spent), 1)[0])
