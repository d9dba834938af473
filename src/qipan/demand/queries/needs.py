"""Needs in force: approved ones of units, and what was said about places."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q, QuerySet

from qipan.catalogue import queries as catalogue
from qipan.demand.models import (
    ApprovedNeed,
    PlaceNeed,
)
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations

ALL_ZONES = ""


class NeedKey(NamedTuple):
    """Whose need of which item in which zone it is."""

    unit: int
    item: int
    zone: str


@dataclass(frozen=True)
class SaidNeed:
    """The voices about one place's need of an item, in grains per day: approved (the sum of its units'), and those
    said about the place, each with its source."""

    place_code: str
    place: Both
    item: catalogue.MaterialRow
    approved: int
    quantities: dict[str, int]
    sources: dict[str, str]


@dataclass(frozen=True)
class PlaceQuantity:
    quantity: int
    source: str
    is_simulated: bool


def approved(cut: Cut, *, organisation: int | None = None) -> list[ApprovedNeed]:
    """The approved needs in force at the cut: the latest per unit, item and zone, above zero."""
    rows = latest_approved(cut)
    if organisation is not None:
        rows = rows.filter(organisation_id=organisation)
    return [row for row in rows.select_related("organisation") if row.quantity_day > 0]


def latest_approved(cut: Cut) -> QuerySet[ApprovedNeed]:
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


def place_needs(cut: Cut) -> list[SaidNeed]:
    """What was said about the need of places, every voice beside the others; by place, item and voice."""
    approved_by: dict[tuple[str, int], int] = defaultdict(int)
    for region, item, quantity in latest_approved(cut).values_list(
        "organisation__region_id", "material_id", "quantity_day"
    ):
        for code in {organisations.city_of(region), organisations.province_of(region)}:
            approved_by[code, item] += quantity
    voices: dict[tuple[str, int], dict[str, PlaceQuantity]] = defaultdict(dict)
    for (voice, region, item), need in said_of_places(cut).items():
        voices[region, item][voice] = need
    names = organisations.regions({region for region, _item in voices})
    materials = catalogue.materials()
    found = [
        SaidNeed(
            region, names[region].name, materials[item], approved_by.get((region, item), 0),
            {voice: need.quantity for voice, need in said.items()},
            {voice: need.source for voice, need in said.items()},
        )
        for (region, item), said in voices.items()
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.place_code, row.item.rank))


def said_of_places(cut: Cut) -> dict[tuple[str, str, int], PlaceQuantity]:
    rows = PlaceNeed.objects.filter(_of_cut(cut, "region__code"), at__lte=cut.as_of)
    latest = rows.order_by("voice", "region_id", "material_id", "-at", "-id").distinct(
        "voice", "region_id", "material_id"
    )
    return {
        (row.voice, row.region_id, row.material_id): PlaceQuantity(
            row.quantity_day, f"{row.source} {row.scope}".strip(), False
        )
        for row in latest
    }
