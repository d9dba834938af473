"""Gap by place: need, what covers it, how long it lasts and how it is called."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from qipan.catalogue import queries as catalogue
from qipan.demand.models import (
    ShortageGrade,
)
from qipan.demand.queries.needs import ALL_ZONES, PlaceQuantity, latest_approved, said_of_places
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock import queries as stock

ZONE_ORDER = ("ICU", "ISO", "FEV", "LAB", "TRN", "SCR", "GEN", "PUB")


@dataclass(frozen=True)
class Grade:
    """A grade of the shortage scale: holds from ``cover_days_min`` days of cover on."""

    code: str
    name: Both
    cover_days_min: Fraction
    state: str
    authority: str


@dataclass(frozen=True)
class GapRow:
    """Need, cover and gap of one place, item and zone; quantities in grains, need per day.

    ``voice`` says whose need it is: approved, official or burn_rate.
    ``hours_to_empty`` is on hand ÷ need, None without need.
    """

    place_code: str
    place: Both
    organisation: int | None
    item: catalogue.MaterialRow
    zone: str
    voice: str
    need: int
    on_hand: int
    in_transit: int
    gap: int
    need_before: int
    hours_to_empty: Fraction | None
    grade: Grade
    source: str
    is_simulated: bool

    @property
    def need_change(self) -> int:
        return self.need - self.need_before

    @property
    def gap_share(self) -> float:
        return self.gap / self.need if self.need else 0.0


def grades() -> list[Grade]:
    """The shortage scale, the worst first."""
    return [
        Grade(g.code, Both(g.name_zh, g.name_en), Fraction(g.cover_days_min), g.state, g.authority)
        for g in ShortageGrade.objects.order_by("cover_days_min")
    ]


def grade_of(need: int, cover: int, scale: list[Grade]) -> Grade:
    """The best grade whose threshold the days of cover reach. Cover below nothing is none: late reports can have goods
    used before they came.
    """
    days = Fraction(max(cover, 0), need) if need else Fraction(10**6)
    return [grade for grade in scale if days >= grade.cover_days_min][-1]


def meeting_before(at: datetime) -> datetime:
    """The last 08:00 or 19:00 before ``at``: what a change is measured against."""
    day = clock.start_of(at.astimezone(clock.CST).date())
    meetings = [day + timedelta(hours=h) for h in (-5, 8, 19)]
    return max(m for m in meetings if m < at)


def cover_of_units(cut: Cut) -> dict[tuple[int, int], int]:
    """What units have and what is on the road to them, in grains by (unit, item)."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for goods in _cover(cut, "unit"):
        for (place, item), grains in goods.items():
            found[int(place), item] += grains
    return found


def zone_rank(zone: str) -> int:
    """Strict zones come first: 0 is intensive care, -1 a need that names no zone."""
    return ZONE_ORDER.index(zone) if zone in ZONE_ORDER else -1


def gap_by_place(cut: Cut, *, level: str = "city") -> list[GapRow]:
    """Need, cover and gap by item and place of a level, the largest share first.

    For a place the official need counts where one is published, else the sum of the approved needs of its
    units by zone, else what its burn rate gives; the voice is said in every row. A scenario never counts.
    Cover = stores of units and reserves in the place and loads on the road to it; a plant's finished goods
    are not yet anybody's cover.

    Args:
        cut: as-of, known-at, place (subtree), item (catalogue code).
        level: ``city``, ``province`` or ``unit``.
    """
    materials = catalogue.materials()
    wanted = {m.id for m in materials.values() if not cut.item or m.code == cut.item}
    needs = _needs(cut, level)
    before = _needs(Cut(meeting_before(cut.as_of), cut.known_at, cut.place, cut.item), level)
    on_hand, in_transit = _cover(cut, level)
    names = _names(level, {key[0] for key in needs})
    scale = grades()
    rows = []
    for (place, item, zone), (voice, need) in needs.items():
        if item not in wanted:
            continue
        have, coming = _share(needs, on_hand, in_transit, (place, item, zone))
        gap = max(0, need.quantity - have - coming)
        rows.append(
            GapRow(
                place_code=place,
                place=names[place],
                organisation=int(place) if level == "unit" else None,
                item=materials[item],
                zone=zone,
                voice=voice,
                need=need.quantity,
                on_hand=have,
                in_transit=coming,
                gap=gap,
                need_before=before.get((place, item, zone), ("", PlaceQuantity(0, "", False)))[1].quantity,
                hours_to_empty=Fraction(max(have, 0) * 24, need.quantity) if need.quantity else None,
                grade=grade_of(need.quantity, have + coming, scale),
                source=need.source,
                is_simulated=need.is_simulated,
            )
        )
    return sorted(rows, key=lambda r: (-r.gap_share, -r.gap, r.place_code, r.item.rank, r.zone))


def _needs(cut: Cut, level: str) -> dict[tuple[str, int, str], tuple[str, PlaceQuantity]]:
    """Needs in force by (place, item, zone) with their voice."""
    found: dict[tuple[str, int, str], tuple[str, PlaceQuantity]] = {}
    sums: dict[tuple[str, int, str], PlaceQuantity] = {}
    rows = latest_approved(cut).values_list(
        "organisation_id", "organisation__region_id", "material_id", "zone_code", "quantity_day", "ground",
        "is_simulated",
    )  # fmt: skip
    for unit, region, item, zone, quantity, ground, is_simulated in rows:
        if not quantity:
            continue
        at = (_place_of(region, level, unit), item, zone)
        first = sums.get(at, PlaceQuantity(0, ground, False))
        sums[at] = PlaceQuantity(first.quantity + quantity, ground, first.is_simulated or is_simulated)
    said = said_of_places(cut) if level != "unit" else {}
    official = {(region, item) for voice, region, item in said if voice == "official"}
    approved_at = {(key[0], key[1]) for key in sums}
    for key, need in sums.items():
        if (key[0], key[1]) not in official:
            found[key] = ("approved", need)
    for (voice, region, item), need in said.items():
        if voice == "scenario":
            continue
        key = (region, item, ALL_ZONES)
        if not _is_level(region, level):
            continue
        if voice == "official" or ((region, item) not in official and (region, item) not in approved_at):
            found[key] = (voice, need)
    return found


def _cover(cut: Cut, level: str) -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]]:
    """On hand and in transit by (place, item), in grains."""
    holders = organisations.holders(kinds=("unit", "reserve"))
    found: dict[str, dict[tuple[str, int], int]] = {"store": defaultdict(int), "road": defaultdict(int)}
    for row in stock.place_sums(cut, like=organisations.like_prefix(cut.place), kinds=("store", "road")):
        holder = holders.get(row.place)
        if holder is not None:
            found[row.kind][_place_of(row.region, level, holder), row.item] += row.onhand
    return found["store"], found["road"]


def _share(
    needs: dict[tuple[str, int, str], Any],
    on_hand: dict[tuple[str, int], int],
    in_transit: dict[tuple[str, int], int],
    key: tuple[str, int, str],
) -> tuple[int, int]:
    """What covers this zone: the strictest zone of a place is covered first, the next from what is left."""
    place, item, zone = key
    have, coming = on_hand.get((place, item), 0), in_transit.get((place, item), 0)
    rank = zone_rank(zone)
    stricter = [k for k in needs if k[0] == place and k[1] == item and zone_rank(k[2]) < rank]
    for other in sorted(stricter, key=lambda k: zone_rank(k[2])):
        left = needs[other][1].quantity
        taken = min(have, left)
        have, left = have - taken, left - taken
        coming -= min(coming, left)
    weaker = [k for k in needs if k[0] == place and k[1] == item and zone_rank(k[2]) > rank]
    if weaker:
        need = needs[key][1].quantity
        have = min(have, need)
        coming = min(coming, need - have)
    return have, coming


def _place_of(region: str, level: str, organisation: int) -> str:
    if level == "unit":
        return str(organisation)
    return organisations.province_of(region) if level == "province" else organisations.city_of(region)


def _is_level(region: str, level: str) -> bool:
    is_province = region.endswith("0000")
    return is_province if level == "province" else not is_province


def _names(level: str, keys: set[str]) -> dict[str, Both]:
    if level == "unit":
        return {str(o.id): o.name for o in organisations.organisations(ids={int(k) for k in keys}).values()}
    return {code: row.name for code, row in organisations.regions(keys).items()}
