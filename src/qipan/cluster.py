"""Where families are solved: in threads here, or spread over a Ray cluster that is there already.

Families do not touch, so they may be solved anywhere; the engine is exact and has no clock, so the
answers are the same bit for bit. A cluster with another version of the engine is refused.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from qipan.engine.allocation import Plan, Problem, solve_many
from qipan.engine.compiled import engine_digest
from qipan.engine.compiled import engine_digest as own_digest

Solver = Callable[[Sequence[Problem]], list[Plan]]

ANSWERS_WITHIN = 5.0
"""Seconds that a cluster may take to accept a connection."""


class ClusterUnavailable(Exception):
    """Nothing can be solved there; says why and the way out."""


def solver_on(where: str, *, threads: int = 1, seconds: float | None = None) -> Solver:
    """What solves families at a place.

    Args:
        where: ``local``, ``ray`` (the cluster of ``QIPAN_RAY_ADDRESS``, else the one on this machine) or
            ``ray:ADDRESS``.
        threads: families side by side where it is local.
        seconds: about the most for one family; a plan that is cut short says so. None: no limit.

    Raises:
        ClusterUnavailable: there is no such place, Ray is not installed, no cluster answers, or its engine differs.
    """
    kind, _, address = where.partition(":")
    if kind == "local" and not address:
        return partial(solve_many, threads=threads, seconds=seconds)
    if kind != "ray":
        raise ClusterUnavailable(f"there is no {where!r}; there is local, ray and ray:ADDRESS")
    ray = _ray()
    _connect(ray, address or os.environ.get("QIPAN_RAY_ADDRESS", "auto"))
    task = ray.remote(num_cpus=1, scheduling_strategy="SPREAD")(_solve_there)
    try:
        theirs = ray.get(ray.remote(num_cpus=0)(engine_digest).remote())
    except Exception as error:
        raise ClusterUnavailable(f"the cluster cannot run qipan: {error}") from error
    if theirs != own_digest():
        raise ClusterUnavailable("the cluster has another version of the engine; install the same qipan on every node")

    def solve_there(problems: Sequence[Problem]) -> list[Plan]:
        try:
            found: list[Plan] = ray.get([task.remote(problem, seconds) for problem in problems])
        except ray.exceptions.RayTaskError:
            raise  # the engine's own refusal, as it would be here
        except ray.exceptions.RayError as error:
            raise ClusterUnavailable(f"the cluster failed while it planned: {error}") from error
        return found

    return solve_there


def _solve_there(problem: Problem, seconds: float | None) -> Plan:
    """Runs on a node. The copy is checked and frozen as a problem is here, so that the same kernels serve it."""
    return solve_many([replace(problem)], seconds=seconds)[0]


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise ClusterUnavailable("Ray is missing: pip install 'qipan[cluster]'") from error
    return ray


def _connect(ray: Any, address: str) -> None:
    """Join a running cluster once; never start one."""
    if ray.is_initialized():
        return
    _refuse_silence(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ClusterUnavailable(f"no Ray cluster answers at {address}: start one with: ray start --head") from error


def _refuse_silence(address: str) -> None:
    """Ray waits a long time for an address where nobody is; a connection is tried first."""
    if address in ("auto", "local"):
        return
    place = urlsplit(address if "://" in address else f"ray://{address}")
    try:
        socket.create_connection((place.hostname or "", place.port or 10001), ANSWERS_WITHIN).close()
    except (OSError, ValueError) as error:
        raise ClusterUnavailable(f"no Ray cluster answers at {address}: start one with: ray start --head") from error
