"""Builds engine problems from what was gathered, and reads engine results back into lines.

The only module of the context that knows the engine. One problem per substitution family: supply
nodes are (store, item, lot), needs are (unit, item, zone); an edge exists where the item may serve
the need that day. What went in is frozen, so the same plan can be computed again, or another one
with one thing changed.
"""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qipan.allocation.errors import SumsTooLarge
from qipan.allocation.gathering import SUBSTITUTE_COST, UNUSUAL_COST, Excluded, Inputs, kilometres, limits
from qipan.organisations import queries as organisations

if TYPE_CHECKING:
    from qipan.engine.allocation import Plan, Problem


FAMILY_SECONDS = 300.0
"""About the most that one family may take; a plan cut short is feasible, says so, and gets no certificate."""


@dataclass(frozen=True)
class Given:
    """What one need got and why: indices point into ``Inputs.supplies`` and ``Inputs.wants``."""

    want: int
    delivered: int
    level: float
    part: int
    cause: str
    reason: dict[str, Any]
    lines: list[tuple[int, int]]


@dataclass(frozen=True)
class Solution:
    """The plan of all families with their certificates."""

    given: list[Given]
    certificates: list[dict[str, Any]]

    @property
    def is_proven(self) -> bool:
        return all(c["feasible"] and c["fair"] and c["gap"] == 0 for c in self.certificates)


def warm_engine() -> None:
    """Have the engine compiled, or loaded from its cache, before anybody waits for a plan."""
    from qipan.engine.allocation import warm

    warm()


def solve_inputs(inputs: Inputs) -> Solution:
    """Solve every family, have every result checked independently, and explain every need."""
    families = sorted({w.family for w in inputs.wants})
    problems = [_problem(inputs, *_of_family(inputs, family)) for family in families]
    given: list[Given] = []
    certificates: list[dict[str, Any]] = []
    for family, problem, plan in zip(families, problems, _solved(problems), strict=True):
        found, certificate = _read_back(inputs, family, problem, plan)
        given += found
        certificates.append(certificate)
    return Solution(given, certificates)


def _solved(problems: list[Problem]) -> list[Plan]:
    """The plans of all families: on the cluster that ``QIPAN_RAY_ADDRESS`` names, else, or if that fails, here.

    Wherever they are solved, the plans are the same.
    """
    from qipan.cluster import ClusterUnavailable, solver_on

    if os.environ.get("QIPAN_RAY_ADDRESS"):
        try:
            return solver_on("ray", seconds=FAMILY_SECONDS)(problems)
        except ClusterUnavailable as error:
            logging.getLogger(__name__).warning("planning here instead: %s", error)
    threads = min(len(problems), os.cpu_count() or 1) or 1
    return solver_on("local", threads=threads, seconds=FAMILY_SECONDS)(problems)


def _read_back(inputs: Inputs, family: str, problem: Problem, plan: Plan) -> tuple[list[Given], dict[str, Any]]:
    """One family: its needs in order, and its certificate."""
    from qipan.engine.allocation import check, explain

    supplies, wants, edges = _of_family(inputs, family)
    certificate = check(problem, plan)
    lines: dict[int, dict[int, int]] = defaultdict(dict)
    for edge, shipped in zip(edges, plan.shipped.tolist(), strict=True):
        if shipped:
            lines[edge.want][edge.supply] = lines[edge.want].get(edge.supply, 0) + int(shipped)
    given = []
    for at, want in enumerate(wants):
        reason = explain(problem, plan, at)
        given.append(
            Given(
                want=want,
                delivered=sum(lines[want].values()),
                level=float(plan.level[at]),
                part=int(plan.part[at]),
                cause=reason.cause,
                reason=_reason(reason, supplies, wants),
                lines=list(lines[want].items()),
            )
        )
    return given, {
        "family": family,
        "feasible": certificate.feasible,
        "fair": certificate.fair,
        "gap": certificate.gap,
        "finished": plan.finished,
        "digest": certificate.digest,
        "faults": [str(fault) for fault in certificate.faults],
        "needs": len(wants),
        "edges": len(edges),
    }


@dataclass(frozen=True)
class Supposal:
    """One thing changed in the inputs of a plan; places are those of ``Inputs``.

    Args:
        kind: ``stock``: ``supply`` has ``quantity`` grains. ``need``: ``want`` needs ``quantity`` grains.
            ``lane``: nothing goes from the store of ``supply`` to the unit of ``want``. ``rule``: what
            ``excluded`` names may serve after all.
    """

    kind: str
    supply: int = 0
    want: int = 0
    excluded: int = 0
    quantity: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a need gets in grains, and at which level it stands, before and after a change."""

    want: int
    before: int
    after: int
    level_before: float
    level_after: float


def suppose(inputs: Inputs, supposal: Supposal, planned: dict[str, dict[int, int]]) -> list[Outcome]:
    """Plan the touched family again with one thing changed; every need of it, before and after.

    Args:
        planned: grains each need gets as things are, by family and want; filled in where a family is first asked for.

    Raises:
        IndexError: a place of the supposal does not exist.
        ValueError: there is no such kind.
        SumsTooLarge: with that quantity the sums are beyond what the engine holds exactly.
    """
    family, changed = _changed(inputs, supposal)
    if family not in planned:
        planned[family] = _amounts(inputs, family)
    after = _amounts(changed, family)
    found = []
    for want, units in planned[family].items():
        one, other = inputs.wants[want], changed.wants[want]
        level = (one.covered + units) / one.need
        found.append(Outcome(want, units, after[want], level, (other.covered + after[want]) / other.need))
    return found


def _amounts(inputs: Inputs, family: str) -> dict[int, int]:
    """Grains each need of a family gets, by want; nothing is routed or explained."""
    from qipan.engine.allocation import deliveries

    supplies, wants, edges = _of_family(inputs, family)
    problem = _problem(inputs, supplies, wants, edges)
    return dict(zip(wants, deliveries(problem).tolist(), strict=True))


def _changed(inputs: Inputs, supposal: Supposal) -> tuple[str, Inputs]:
    """The family that is touched, and the inputs with the change."""
    supplies, wants = list(inputs.supplies), list(inputs.wants)
    if supposal.kind == "stock":
        supplies[supposal.supply] = replace(supplies[supposal.supply], free=supposal.quantity)
        return supplies[supposal.supply].family, replace(inputs, supplies=supplies)
    if supposal.kind == "need":
        want = wants[supposal.want]
        tier = next(t for t in inputs.tiers if t["rank"] == want.tier)
        minimum, cap = limits(
            supposal.quantity, want.covered, minimum_pct=tier["minimum_share_pct"], cap_pct=tier["cap_pct"]
        )
        wants[supposal.want] = replace(want, need=supposal.quantity, minimum=minimum, cap=cap)
        return want.family, replace(inputs, wants=wants)
    if supposal.kind == "lane":
        store, unit = supplies[supposal.supply].place, wants[supposal.want].organisation
        kept = [e for e in inputs.edges if (supplies[e[0]].place, wants[e[1]].organisation) != (store, unit)]
        return wants[supposal.want].family, replace(inputs, edges=kept)
    if supposal.kind == "rule":
        return _permitted(inputs, inputs.excluded[supposal.excluded])
    raise ValueError(supposal.kind)


def _permitted(inputs: Inputs, out: Excluded) -> tuple[str, Inputs]:
    """The inputs with one item permitted for another in one zone."""
    spots = organisations.coordinates({s.region for s in inputs.supplies} | {w.region for w in inputs.wants})
    edges = list(inputs.edges)
    family = ""
    for at_want, want in enumerate(inputs.wants):
        if (want.item, want.zone) != (out.item, out.zone):
            continue
        family = want.family
        for at_supply, supply in enumerate(inputs.supplies):
            if supply.item == out.other:
                penalty = 0 if supply.item == want.item else SUBSTITUTE_COST
                edges.append((at_supply, at_want, kilometres(spots, supply.region, want.region) + penalty))
    return family, replace(inputs, edges=edges)


class Edge(NamedTuple):
    """A way as the engine sees it; where the last issued batch used a way, a cheaper one lies beside it."""

    supply: int
    want: int
    cost: int
    cap: int


def _of_family(inputs: Inputs, family: str) -> tuple[list[int], list[int], list[Edge]]:
    """Places of the family's supplies and wants, and its edges."""
    supplies = [i for i, s in enumerate(inputs.supplies) if s.family == family]
    wants = [i for i, w in enumerate(inputs.wants) if w.family == family]
    usual = {(supply, want): grains for supply, want, grains in inputs.usual}
    edges = []
    for supply, want, cost in inputs.edges:
        if inputs.wants[want].family == family:
            if (supply, want) in usual:
                edges.append(Edge(supply, want, cost, usual[supply, want]))
            edges.append(Edge(supply, want, cost + UNUSUAL_COST, -1))
    return supplies, wants, edges


def _problem(inputs: Inputs, supplies: list[int], wants: list[int], edges: list[Edge]) -> Problem:
    from qipan.engine.allocation import Problem
    from qipan.engine.errors import ProblemInconsistent

    source_at = {index: at for at, index in enumerate(supplies)}
    want_at = {index: at for at, index in enumerate(wants)}
    rows = [inputs.wants[i] for i in wants]

    def whole(values: Iterable[int]) -> np.ndarray[Any, Any]:
        return np.array(list(values), dtype=np.int64)

    try:
        return Problem(
            supply=whole(inputs.supplies[i].free for i in supplies),
            need=whole(w.need for w in rows),
            covered=whole(w.covered for w in rows),
            weight=whole(w.weight_milli * 10**6 for w in rows),
            tier=whole(w.tier for w in rows),
            minimum=whole(w.minimum for w in rows),
            cap=whole(w.cap for w in rows),
            edge_source=np.array([source_at[e.supply] for e in edges], dtype=np.int32),
            edge_need=np.array([want_at[e.want] for e in edges], dtype=np.int32),
            edge_cap=whole(e.cap for e in edges),
            edge_cost=whole(e.cost for e in edges),
        )
    except ProblemInconsistent as error:
        raise SumsTooLarge(detail=str(error)) from error


def _reason(reason: Any, supplies: list[int], wants: list[int]) -> dict[str, Any]:
    """The engine's reason with indices of the whole plan instead of the family's."""
    return {
        "cause": reason.cause,
        "level": float(reason.level),
        "tier": int(reason.tier),
        "sharers": [wants[i] for i in reason.sharers],
        "part_supply": int(reason.part_supply),
        "part_need": int(reason.part_need),
        "sources_emptied": [supplies[i] for i in reason.sources_emptied],
        "next_unit_to": None if reason.next_unit_to is None else wants[reason.next_unit_to],
        "units_until_this": None if reason.units_until_this is None else int(reason.units_until_this),
    }
