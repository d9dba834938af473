"""Reads of what may be used where and when, and by whose authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import Q

from qipan.catalogue.models import (
    CentralControl,
    Declaration,
    Material,
    Standard,
    Substitution,
    Zone,
    ZonePermission,
)
from qipan.kernel.text import Both


@dataclass(frozen=True)
class ZoneRow:
    """A use zone; 0 is the strictest."""

    code: str
    name: Both
    strictness: int


@dataclass(frozen=True)
class Stand:
    """What may serve a need of ``original`` in ``zone``: itself or a substitute, at a ratio, by authority."""

    original: int
    substitute: int
    zone: str
    ratio: Fraction
    authority: str


@dataclass(frozen=True)
class Refusal:
    """Why a material of the same family may not be used in a zone on a day."""

    material: int
    zone: str
    reason: str  # "not_permitted" | "no_substitution"
    authority: str


def zones() -> dict[str, ZoneRow]:
    """Use zones by code, the strictest first."""
    return {
        zone.code: ZoneRow(zone.code, Both(zone.name_zh, zone.name_en), zone.strictness)
        for zone in Zone.objects.order_by("strictness")
    }


def stands(at: datetime) -> list[Stand]:
    """What may serve what, where, on that day: own permission, and valid substitutions whose substitute
    is itself permitted in the zone."""
    permitted = {(row.material_id, row.zone_id): row.authority for row in ZonePermission.objects.valid_at(at)}
    own = [
        Stand(material_id, material_id, zone, Fraction(1), authority)
        for (material_id, zone), authority in permitted.items()
    ]
    others = [
        Stand(row.original_id, row.substitute_id, row.zone_id, row.ratio, row.authority)
        for row in Substitution.objects.valid_at(at).order_by("id")
        if (row.substitute_id, row.zone_id) in permitted
    ]
    return own + others


def is_permitted(material_id: int, zone: str, at: datetime) -> bool:
    """Whether the material may be used in the zone on that day."""
    return ZonePermission.objects.valid_at(at).filter(material_id=material_id, zone_id=zone).exists()


def permissions(at: datetime) -> dict[int, dict[str, str]]:
    """Zones and authorities by material on that day."""
    found: dict[int, dict[str, str]] = {}
    for row in ZonePermission.objects.valid_at(at).order_by("material_id", "zone__strictness"):
        found.setdefault(row.material_id, {})[row.zone_id] = row.authority
    return found


def rules_of(material_id: int) -> dict[str, list[dict[str, object]]]:
    """Every rule of one material with validity and authority, whatever the day, for its page.

    Returns:
        ``permissions`` and ``standards`` of the material, ``substitutions`` (what may stand in for it),
        ``stands_for`` (what it may stand in for) and ``controls`` (when it is under central control).
    """
    allowed = ZonePermission.objects.filter(material_id=material_id).order_by("zone__strictness", "valid_from")
    standards = Standard.objects.filter(material_id=material_id).order_by("valid_from", "id")
    swaps = Substitution.objects.filter(Q(original_id=material_id) | Q(substitute_id=material_id))
    swaps = swaps.select_related("original", "substitute").order_by(
        "original__rank", "substitute__rank", "valid_from", "zone__strictness"
    )
    controls = CentralControl.objects.filter(material_id=material_id).order_by("valid_from")
    both_ways = [(row, row.original_id == material_id) for row in swaps]
    return {
        "permissions": [
            {"zone": r.zone_id, "valid_from": r.valid_from, "valid_to": r.valid_to, "authority": r.authority}
            for r in allowed
        ],
        "substitutions": [_swap(row, row.substitute) for row, is_original in both_ways if is_original],
        "stands_for": [_swap(row, row.original) for row, is_original in both_ways if not is_original],
        "controls": [{"valid_from": r.valid_from, "valid_to": r.valid_to, "authority": r.authority} for r in controls],
        "standards": [{"code": r.code, "valid_from": r.valid_from, "valid_to": r.valid_to} for r in standards],
    }


def _swap(row: Substitution, other: Material) -> dict[str, object]:
    """A substitution as the page of one side shows it: the other side and the rule."""
    return {
        "id": other.id,
        "code": other.code,
        "name": Both(other.name_zh, other.name_en),
        "zone": row.zone_id,
        "ratio": row.ratio,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "authority": row.authority,
    }


def standards(at: datetime) -> dict[int, list[str]]:
    """Standards in force on that day by material. One query."""
    found: dict[int, list[str]] = {}
    for row in Standard.objects.valid_at(at).order_by("material_id", "id"):
        found.setdefault(row.material_id, []).append(row.code)
    return found


def controlled(at: datetime) -> set[int]:
    """Ids of materials under unified central allocation on that day."""
    return set(CentralControl.objects.valid_at(at).values_list("material_id", flat=True))


@dataclass(frozen=True)
class DeclarationRow:
    """A declared emergency: its legal basis, from when to when, and the materials whose rules hang on it."""

    id: int
    title: Both
    document: str
    authority: str
    valid_from: datetime
    valid_to: datetime | None
    ground: str
    controlled: list[int]
    permitted: list[int]


def declarations(at: datetime) -> list[DeclarationRow]:
    """Every emergency declared by an instant, the newest first. Three queries."""
    rows = Declaration.objects.filter(valid_from__lte=at).select_related("end").order_by("-valid_from", "-id")
    hang: dict[str, dict[int, set[int]]] = {"controlled": {}, "permitted": {}}
    for kind, rule in (("controlled", CentralControl), ("permitted", ZonePermission)):
        for declaration, material in rule.objects.exclude(declaration=None).values_list("declaration", "material"):
            hang[kind].setdefault(declaration, set()).add(material)
    found = []
    for row in rows:
        end = getattr(row, "end", None)
        over = end if end is not None and end.at <= at else None
        found.append(
            DeclarationRow(
                id=row.id,
                title=Both(row.title_zh, row.title_en),
                document=row.document,
                authority=row.authority,
                valid_from=row.valid_from,
                valid_to=over.at if over else None,
                ground=over.ground if over else "",
                controlled=sorted(hang["controlled"].get(row.id, ())),
                permitted=sorted(hang["permitted"].get(row.id, ())),
            )
        )
    return found
