"""What a plan rests on: free stock, approved needs and the rules of the day, read at one cut and then frozen."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from qipan.allocation import queries
from qipan.allocation.cover import covers
from qipan.allocation.models import PolicyTier
from qipan.catalogue import queries as catalogue
from qipan.demand import queries as demand
from qipan.demand.queries import NeedKey
from qipan.kernel import clock
from qipan.kernel.distance import great_circle
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.stock import queries as stock

SUBSTITUTE_COST = 5_000
"""Cost of a unit of a substitute, in the kilometres one would rather drive instead."""

UNUSUAL_COST = 100
"""Cost of a unit on a way that the last issued batch did not use: kilometres driven to keep what people know."""


@dataclass(frozen=True)
class Supply:
    """So much of an item and lot free in a store."""

    account: int
    place: int
    place_kind: str
    region: str
    item: int
    lot: int
    free: int
    family: str


@dataclass(frozen=True)
class Want:
    """An approved need over the horizon, with what covers it already; grains."""

    organisation: int
    place: int
    region: str
    item: int
    zone: str
    tier: int
    need: int
    covered: int
    minimum: int
    cap: int
    weight_milli: int
    family: str


@dataclass(frozen=True)
class Excluded:
    """Stock of the family that may not serve an item in a zone that day."""

    item: int
    zone: str
    other: int
    free: int


@dataclass(frozen=True)
class Inputs:
    """Everything a plan rests on; frozen and hashed with the batch."""

    as_of: str
    deadline: str
    days: int
    policy: str
    tiers: list[dict[str, Any]]
    supplies: list[Supply]
    wants: list[Want]
    edges: list[tuple[int, int, int]]
    excluded: list[Excluded]
    rules: list[str] = field(default_factory=list)
    usual: list[tuple[int, int, int]] = field(default_factory=list)  # (supply, want, grains) of the last issued batch
    is_simulated: bool = False  # a need among them is simulated

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def of_json(kept: dict[str, Any]) -> Inputs:
        """The inputs as they were frozen with a batch."""
        return Inputs(
            **{
                **kept,
                "supplies": [Supply(**row) for row in kept["supplies"]],
                "wants": [Want(**row) for row in kept["wants"]],
                "edges": [(int(a), int(b), int(cost)) for a, b, cost in kept["edges"]],
                "usual": [(int(a), int(b), int(grains)) for a, b, grains in kept.get("usual", ())],
                "excluded": [Excluded(**row) for row in kept["excluded"]],
            }
        )

    @property
    def sha256(self) -> str:
        return hashlib.sha256(
            json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        ).hexdigest()


def gather(
    *, as_of: datetime, deadline: datetime, tiers: Sequence[PolicyTier], policy: str,
    promised: dict[NeedKey, int], items: Iterable[str] = (), place: str = "",
    pools: Sequence[str] = ("plant", "own_reserve"),
) -> Inputs:  # fmt: skip
    """Read books, needs and rules at the cut into the inputs of a plan.

    Args:
        as_of: the cut of needs; free stock is what is free now.
        deadline: goods must be there by then; the horizon in days is rounded up.
        promised: held by issued batches and not yet departed, by need.
        items: catalogue codes; empty = every approved item.
        place: only needs inside this region.
        pools: what the policy draws on.
    """
    materials = catalogue.materials()
    wanted = {m.id for m in materials.values() if not items or m.code in set(items)}
    days = max(1, ceil((deadline - as_of) / timedelta(days=1)))
    everything = demand.approved(Cut(as_of))
    approved = [
        row for row in everything
        if row.material_id in wanted and organisations.is_within(row.organisation.region_id, place)
    ]  # fmt: skip
    needs = {NeedKey(r.organisation_id, r.material_id, r.zone_code): r.quantity_day * days for r in everything}
    covered = covers(needs, promised=promised, stands=catalogue.stands(deadline), cut=Cut(as_of))
    families = {materials[row.material_id].family for row in approved}
    provinces = {organisations.province_of(row.organisation.region_id) for row in approved}
    supplies = [s for s in _supplies(families, materials, deadline) if _is_in_pool(s, pools, provinces)]
    wants = _wants(approved, covered, materials, tiers, days=days, as_of=as_of)
    edges, excluded, rules = _edges(supplies, wants, deadline)
    return Inputs(
        as_of=clock.write_instant(as_of),
        deadline=clock.write_instant(deadline),
        days=days,
        policy=policy,
        tiers=[
            {"rank": t.rank, "zh": t.name_zh, "en": t.name_en, "regions": t.regions, "zones": t.zones,
             "is_key_unit": t.is_key_unit, "weight_milli": t.weight_milli,
             "minimum_share_pct": t.minimum_share_pct, "cap_pct": t.cap_pct}
            for t in tiers
        ],
        supplies=supplies,
        wants=wants,
        edges=edges,
        excluded=excluded,
        rules=rules,
        usual=_usual(supplies, wants, edges),
        is_simulated=any(row.is_simulated for row in approved),
    )  # fmt: skip


def _supplies(families: set[str], materials: dict[int, catalogue.MaterialRow], deadline: datetime) -> list[Supply]:
    """Free stock of the stores that goods are shared out from, lots that expire before the deadline left out."""
    places = organisations.places(kinds=organisations.SOURCE_KINDS)
    accounts = {a.id: a for a in stock.accounts(kinds=("store",)).values() if a.place_id in places}
    holdings = stock.free_now(accounts)
    expiry = stock.lots(h.lot for h in holdings)
    found = []
    for h in holdings:
        account, free = accounts[h.account], h.onhand - h.held
        expires_on = expiry.get(h.lot, ("", None))[1]
        if free <= 0 or materials[h.item].family not in families:
            continue
        if expires_on is not None and clock.end_of(expires_on) <= deadline:
            continue
        place = places[account.place_id or 0]
        found.append(
            Supply(h.account, place.id, place.kind, account.region, h.item, h.lot, free, materials[h.item].family)
        )
    return found


def _is_in_pool(supply: Supply, pools: Sequence[str], provinces: set[str]) -> bool:
    """Whether the policy draws on this store: by its kind, and for a reserve by whose it is."""
    if supply.place_kind != "reserve":
        return supply.place_kind in pools
    is_own = organisations.province_of(supply.region) in provinces
    return "every_reserve" in pools or ("own_reserve" in pools and is_own)


def _wants(
    approved: list[Any],
    covered_by: dict[NeedKey, int],
    materials: dict[int, catalogue.MaterialRow],
    tiers: Sequence[PolicyTier],
    *,
    days: int,
    as_of: datetime,
) -> list[Want]:
    """Needs over the horizon, each with the first tier that takes it and what covers it already."""
    keyed = organisations.key_units(as_of)
    stores = {p.holder_id: p for p in organisations.places(kinds=("unit",)).values()}
    found = []
    for row in approved:
        place = stores.get(row.organisation_id)
        if place is None:
            continue
        tier = tier_of(tiers, row.organisation.region_id, row.zone_code, row.organisation_id in keyed)
        need = row.quantity_day * days
        covered = covered_by[NeedKey(row.organisation_id, row.material_id, row.zone_code)]
        minimum, cap = limits(need, covered, minimum_pct=tier.minimum_share_pct, cap_pct=tier.cap_pct)
        found.append(
            Want(
                organisation=row.organisation_id,
                place=place.id,
                region=row.organisation.region_id,
                item=row.material_id,
                zone=row.zone_code,
                tier=tier.rank,
                need=need,
                covered=covered,
                minimum=minimum,
                cap=cap,
                weight_milli=tier.weight_milli,
                family=materials[row.material_id].family,
            )
        )
    return found


def limits(need: int, covered: int, *, minimum_pct: int, cap_pct: int) -> tuple[int, int]:
    """Least and most grains a tier's shares leave to a need: (minimum, cap)."""
    cap = max(0, need * cap_pct // 100 - covered)
    return min(cap, max(0, need * minimum_pct // 100 - covered)), cap


def tier_of(tiers: Sequence[PolicyTier], region: str, zone: str, is_key_unit: bool) -> PolicyTier:
    """The first tier whose every stated condition holds; the last tier takes the rest."""
    for tier in tiers:
        if tier.regions and not any(organisations.is_within(region, code) for code in tier.regions):
            continue
        if tier.zones and zone not in tier.zones:
            continue
        if tier.is_key_unit is not None and tier.is_key_unit != is_key_unit:
            continue
        return tier
    return tiers[-1]


def _edges(
    supplies: list[Supply], wants: list[Want], deadline: datetime
) -> tuple[list[tuple[int, int, int]], list[Excluded], list[str]]:
    """Who may serve whom: (supply, want, cost) by permission and substitution in force at the deadline.

    Only one-to-one substitutions are planned; others are left to a person.
    """
    stands = {(s.original, s.substitute, s.zone): s for s in catalogue.stands(deadline) if s.ratio == 1}
    spots = organisations.coordinates({s.region for s in supplies} | {w.region for w in wants})
    edges: list[tuple[int, int, int]] = []
    left_out: dict[tuple[int, str, int], int] = defaultdict(int)
    seen: set[tuple[int, str, int, int]] = set()
    rules: set[str] = set()
    for at_want, want in enumerate(wants):
        for at_supply, supply in enumerate(supplies):
            if supply.family != want.family:
                continue
            stand = stands.get((want.item, supply.item, want.zone))
            if stand is None:
                key = (want.item, want.zone, supply.item, at_supply)
                if key not in seen:
                    seen.add(key)
                    left_out[key[:3]] += supply.free
                continue
            rules.add(stand.authority)
            penalty = 0 if supply.item == want.item else SUBSTITUTE_COST
            edges.append((at_supply, at_want, kilometres(spots, supply.region, want.region) + penalty))
    excluded = [Excluded(item, zone, other, free) for (item, zone, other), free in sorted(left_out.items())]
    return edges, excluded, sorted(rules)


def _usual(
    supplies: list[Supply],
    wants: list[Want],
    edges: list[tuple[int, int, int]],
) -> list[tuple[int, int, int]]:
    """What of the edges the last issued batch used: (supply, want, grains), the lots of a store in turn."""
    left = queries.usual_ways()
    found = []
    for at_supply, at_want, _cost in edges:
        want, supply = wants[at_want], supplies[at_supply]
        ways = left.get(NeedKey(want.organisation, want.item, want.zone), {})
        grains = min(ways.get((supply.place, supply.item), 0), supply.free)
        if grains:
            ways[supply.place, supply.item] -= grains
            found.append((at_supply, at_want, grains))
    return found


def kilometres(spots: dict[str, tuple[float, float]], start: str, end: str) -> int:
    """Great-circle distance in whole kilometres; 1,000 where a coordinate is unknown."""
    if start not in spots or end not in spots:
        return 1_000
    return great_circle(spots[start], spots[end])
