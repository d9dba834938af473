"""Reads of need and gap, as of any instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from qipan.catalogue import queries as catalogue
from qipan.demand.models import (
    ApprovedNeed,
    CaseCount,
    NeedReport,
    PlaceNeed,
    Remark,
    ShortageGrade,
    UnreadText,
)
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock import queries as stock

ALL_ZONES = ""
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

    ``voice`` says whose need it is: approved, official or estimated.
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


class NeedKey(NamedTuple):
    """Whose need of which item in which zone it is."""

    unit: int
    item: int
    zone: str


@dataclass(frozen=True)
class Stated:
    """A unit's statement in force: what it asks for, with or without a number."""

    organisation: int
    material: int | None
    item_text: str
    zone: str
    quantity: int | None
    unit_text: str
    specification: str
    at: datetime
    changes: int
    source: str


@dataclass(frozen=True)
class _Need:
    quantity: int
    source: str
    is_simulated: bool


def grades() -> list[Grade]:
    """The shortage scale, the worst first."""
    return [
        Grade(g.code, Both(g.name_zh, g.name_en), Fraction(g.cover_days_min), g.state, g.authority)
        for g in ShortageGrade.objects.order_by("cover_days_min")
    ]


def grade_of(need: int, cover: int, scale: list[Grade]) -> Grade:
    """The best grade whose threshold the days of cover reach."""
    days = Fraction(cover, need) if need else Fraction(10**6)
    return [grade for grade in scale if days >= grade.cover_days_min][-1]


def meeting_before(at: datetime) -> datetime:
    """The last 08:00 or 19:00 before ``at``: what a change is measured against."""
    day = clock.start_of(at.astimezone(clock.CST).date())
    meetings = [day + timedelta(hours=h) for h in (-5, 8, 19)]
    return max(m for m in meetings if m < at)


def stated(cut: Cut, *, organisation: int | None = None) -> list[Stated]:
    """Statements in force at the cut: the latest per unit and item that was not removed."""
    rows = _reports(cut, organisation)
    latest: dict[tuple[int, str], NeedReport] = {}
    changes: dict[tuple[int, str], int] = defaultdict(int)
    for row in rows:
        key = (row.organisation_id, row.item_text)
        latest[key] = row
        changes[key] += 1
    return [
        Stated(
            row.organisation_id,
            row.material_id,
            row.item_text,
            row.zone_code,
            row.quantity,
            row.unit_text,
            row.specification,
            row.at,
            changes[key],
            row.source,
        )
        for key, row in latest.items()
        if row.change != "removed"
    ]


def stated_keys(units: Iterable[int]) -> set[tuple[int, str]]:
    """(unit, item text) of every statement ever made by these units."""
    rows = NeedReport.objects.filter(organisation_id__in=set(units)).values_list("organisation_id", "item_text")
    return set(rows.distinct())


def statement_history(organisation: int, item_text: str) -> list[NeedReport]:
    """Every statement of a unit about an item, oldest first."""
    return list(NeedReport.objects.filter(organisation_id=organisation, item_text=item_text).order_by("at", "id"))


def remarks(organisation: int) -> list[Remark]:
    """What a unit said beside its need, oldest first."""
    return list(Remark.objects.filter(organisation_id=organisation).order_by("at", "id"))


def unread(*, limit: int = 50, offset: int = 0, is_settled: bool = False) -> tuple[list[UnreadText], int]:
    """Texts that wait for a person (or were settled), with their count."""
    rows = UnreadText.objects.filter(settled__isnull=not is_settled).order_by("id")
    return list(rows.select_related("organisation")[offset : offset + limit]), rows.count()


def unread_count() -> int:
    """How many texts wait for a person."""
    return UnreadText.objects.filter(settled__isnull=True).count()


def case_counts(region: str, *, as_of: datetime) -> list[CaseCount]:
    """Published cumulative counts of a region up to the cut, oldest first; falls are marked."""
    return list(CaseCount.objects.filter(region_code=region, at__lte=as_of).order_by("at", "id"))


def active_cases(at: datetime) -> dict[str, int]:
    """Active cases by region code, the latest published by ``at``."""
    rows = (
        CaseCount.objects.filter(at__lte=at, active__isnull=False)
        .order_by("region_code", "-at", "-id")
        .distinct("region_code")
    )
    return {row.region_code: row.active for row in rows if row.active is not None}


def approved(cut: Cut, *, organisation: int | None = None) -> list[ApprovedNeed]:
    """The approved needs in force at the cut: the latest per unit, item and zone, above zero."""
    rows = _latest_approved(cut)
    if organisation is not None:
        rows = rows.filter(organisation_id=organisation)
    return [row for row in rows.select_related("organisation") if row.quantity_day > 0]


def _latest_approved(cut: Cut) -> QuerySet[ApprovedNeed]:
    """The latest approval per unit, item and zone, zeros among them."""
    rows = ApprovedNeed.objects.filter(_of_cut(cut, "organisation__region__code"), at__lte=cut.as_of)
    return rows.order_by("organisation_id", "material_id", "zone_code", "-at", "-id").distinct(
        "organisation_id", "material_id", "zone_code"
    )


def _of_cut(cut: Cut, region: str) -> Q:
    """Rows known at the cut, of its place and item."""
    wanted = organisations.within(region, cut.place)
    if cut.item:
        wanted &= Q(material__code=cut.item)
    return wanted if cut.known_at is None else wanted & Q(known_at__lte=cut.known_at)


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
    units by zone, else an estimate; the voice is said in every row. Cover = stores of units and reserves in
    the place and loads on the road to it; a plant's finished goods are not yet anybody's cover.

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
                need_before=before.get((place, item, zone), ("", _Need(0, "", False)))[1].quantity,
                hours_to_empty=Fraction(have * 24, need.quantity) if need.quantity else None,
                grade=grade_of(need.quantity, have + coming, scale),
                source=need.source,
                is_simulated=need.is_simulated,
            )
        )
    return sorted(rows, key=lambda r: (-r.gap_share, -r.gap, r.place_code, r.item.rank, r.zone))


def _needs(cut: Cut, level: str) -> dict[tuple[str, int, str], tuple[str, _Need]]:
    """Needs in force by (place, item, zone) with their voice."""
    found: dict[tuple[str, int, str], tuple[str, _Need]] = {}
    sums: dict[tuple[str, int, str], _Need] = {}
    rows = _latest_approved(cut).values_list(
        "organisation_id", "organisation__region_id", "material_id", "zone_code", "quantity_day", "ground",
        "is_simulated",
    )  # fmt: skip
    for unit, region, item, zone, quantity, ground, is_simulated in rows:
        if not quantity:
            continue
        at = (_place_of(region, level, unit), item, zone)
        first = sums.get(at, _Need(0, ground, False))
        sums[at] = _Need(first.quantity + quantity, ground, first.is_simulated or is_simulated)
    said = _said(cut) if level != "unit" else {}
    official = {(region, item) for voice, region, item in said if voice == "official"}
    approved_at = {(key[0], key[1]) for key in sums}
    for key, need in sums.items():
        if (key[0], key[1]) not in official:
            found[key] = ("approved", need)
    for (voice, region, item), need in said.items():
        key = (region, item, ALL_ZONES)
        if not _is_level(region, level):
            continue
        if voice == "official" or ((region, item) not in official and (region, item) not in approved_at):
            found[key] = (voice, need)
    return found


def _said(cut: Cut) -> dict[tuple[str, str, int], _Need]:
    rows = PlaceNeed.objects.filter(_of_cut(cut, "region__code"), at__lte=cut.as_of)
    latest = rows.order_by("voice", "region_id", "material_id", "-at", "-id").distinct(
        "voice", "region_id", "material_id"
    )
    return {
        (row.voice, row.region_id, row.material_id): _Need(row.quantity_day, f"{row.source} {row.scope}".strip(), False)
        for row in latest
    }


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


def _reports(cut: Cut, organisation: int | None) -> list[NeedReport]:
    rows = NeedReport.objects.filter(at__lte=cut.as_of).order_by("at", "id")
    if cut.known_at:
        rows = rows.filter(known_at__lte=cut.known_at)
    if organisation is not None:
        rows = rows.filter(organisation_id=organisation)
    if cut.place:
        rows = rows.filter(organisations.within("organisation__region_id", cut.place))
    if cut.item:
        rows = rows.filter(Q(material__code=cut.item))
    return list(rows)


def report_counts(*, as_of: datetime) -> tuple[int, int]:
    """(units with a statement in force, units registered) for completeness."""
    sql = """
        SELECT (SELECT count(DISTINCT organisation_id) FROM demand_needreport WHERE at <= %s),
               (SELECT count(*) FROM organisations_organisation WHERE kind = 'hospital')"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [as_of])
        reported, expected = cursor.fetchone()
    return int(reported), int(expected)
