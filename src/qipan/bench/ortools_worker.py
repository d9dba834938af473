"""One OR-Tools maximum flow and one minimum-cost flow, in a process of their own: they cannot be loaded beside HiGHS.

Run as a module with the path of an instance: prints JSON with the seconds of each solve, set-up left out.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np


def main(path: Path) -> None:
    """Solve and print."""
    from ortools.graph.python import max_flow, min_cost_flow

    with np.load(path) as found:
        a = {name: found[name] for name in found.files}
    sources, needs = len(a["supply"]), len(a["room"])
    root, sink = sources + needs, sources + needs + 1
    chained = np.flatnonzero(a["carries"])
    total = int(a["supply"].sum())
    tail = np.concatenate([np.full(sources, root), a["edge_source"], chained, sources + np.arange(needs)])
    head = np.concatenate([np.arange(sources), sources + a["edge_need"], chained + 1, np.full(needs, sink)])
    lane = np.where(a["edge_cap"] < 0, total, a["edge_cap"])
    waits = np.full(len(chained), total)
    most = max_flow.SimpleMaxFlow()
    most.add_arcs_with_capacity(tail, head, np.concatenate([a["supply"], lane, waits, a["room"]]))
    started = time.perf_counter()
    most.solve(root, sink)
    max_seconds = time.perf_counter() - started
    cheap = min_cost_flow.SimpleMinCostFlow()
    cheap.add_arcs_with_capacity_and_unit_cost(
        tail, head, np.concatenate([a["supply"], lane, waits, a["received"]]),
        np.concatenate([np.zeros(sources), a["edge_cost"], np.zeros(len(chained) + needs)]).astype(np.int64),
    )  # fmt: skip
    cheap.set_node_supply(root, int(a["received"].sum()))
    cheap.set_node_supply(sink, -int(a["received"].sum()))
    started = time.perf_counter()
    cheap.solve()
    answer = {
        "max_flow": max_seconds, "min_cost": time.perf_counter() - started, "total": most.optimal_flow(),
        "cost": cheap.optimal_cost(),
    }  # fmt: skip
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
