"""Writes of the catalogue: seeding it, and saying what is under central control."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from importlib import resources
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from qipan.catalogue import errors, queries
from qipan.catalogue.models import (
    Category,
    CentralControl,
    Classification,
    Declaration,
    DeclarationEnd,
    Material,
    Pack,
    Standard,
    Substitution,
    Zone,
    ZonePermission,
)
from qipan.catalogue.queries import UNIT_EN, forget
from qipan.kernel import clock, events, scope
from qipan.kernel.access import Actor
from qipan.kernel.quantity import whole
from qipan.kernel.text import Both, pinyin_initials, pinyin_key

ALWAYS = datetime(2000, 1, 1, tzinfo=clock.CST)
CONTROL_ACTION = "catalogue.control"
RULES = (CentralControl, ZonePermission, Substitution)
"""Rules that can hang on a declaration."""

CATEGORIES = (
    ("PPE", "防护用品", "Protective equipment", None),
    ("PPE-BODY", "防护服与隔离衣", "Suits and gowns", "PPE"),
    ("PPE-RESP", "口罩与呼吸防护", "Masks and respirators", "PPE"),
    ("PPE-EYE", "眼面防护", "Eye and face protection", "PPE"),
    ("PPE-HAND", "手套", "Gloves", "PPE"),
    ("PPE-FOOT", "鞋套", "Foot covers", "PPE"),
    ("PPE-HEAD", "帽", "Caps", "PPE"),
    ("DISINF", "消杀用品", "Disinfection supplies", None),
    ("DEVICES", "器械", "Devices", None),
    ("DEVICE", "设备", "Equipment", "DEVICES"),
    ("IVD", "检测试剂", "Tests and sampling", "DEVICES"),
    ("DRUG", "药品", "Medicines", None),
    ("INPUT", "生产投入品", "Production inputs", None),
    ("RAW", "原辅料", "Raw and auxiliary materials", "INPUT"),
    ("EQUIP", "生产设备", "Production machines", "INPUT"),
)
ZONES = (
    ("ICU", "隔离重症监护病区", "Isolation intensive care"),
    ("ISO", "隔离病区与留观病区", "Isolation and observation wards"),
    ("FEV", "发热门诊", "Fever clinic"),
    ("LAB", "检验实验室", "Laboratory"),
    ("TRN", "转运", "Patient transport"),
    ("SCR", "预检分诊", "Triage"),
    ("GEN", "普通病区", "General wards"),
    ("PUB", "公众", "Public"),
)
SHORT = {
    "SUIT-GB": ("医用防护服(国标)", "Suits GB 19082"), "SUIT-GB-RAD": ("防护服(辐照)", "Suits GB, irradiated"),
    "SUIT-EM": ("应急防护服(欧标)", "Suits EN 14126"), "SUIT-IMP": ("进口防护服", "Imported suits"),
    "SUIT-REUSE": ("可重复防护服", "Reusable suits"), "MASK-MED-N95": ("医用N95口罩", "Medical N95"),
    "MASK-N95": ("N95口罩(NIOSH)", "N95 (NIOSH)"), "MASK-KN95": ("KN95口罩", "KN95 masks"),
    "MASK-SURG": ("医用外科口罩", "Surgical masks"), "MASK-DISP": ("一次性医用口罩", "Medical masks"),
    "GOG": ("医用护目镜", "Goggles"), "SHIELD": ("医用面罩", "Face shields"), "GOWN-ISO": ("隔离衣", "Gowns"),
    "DIS-HAND": ("免洗手消毒液", "Hand rub"), "DIS-84": ("84消毒液", "84 disinfectant"),
    "THERM-AUTO": ("全自动红外测温仪", "IR thermometers"), "AMB-NP": ("负压救护车", "NP ambulances"),
    "GLV-EXAM": ("检查手套", "Exam gloves"), "DIS-ETOH75": ("医用酒精75%", "Alcohol 75%"),
}  # fmt: skip
REPORT_UNITS = {"DIS-HAND": "吨", "DIS-84": "箱"}
PROTECTION = {
    "MASK-CIV": 0, "MASK-DISP": 1, "MASK-SURG": 2, "MASK-EN14683": 2, "MASK-KN95": 3, "MASK-N95": 3,
    "MASK-FFP2": 3, "MASK-FFP3": 4, "MASK-MED-N95": 4, "PAPR": 5,
    "SUIT-EM": 1, "SUIT-IMP": 2, "SUIT-GB": 3, "SUIT-GB-RAD": 3, "SUIT-REUSE": 3,
}  # fmt: skip
EMERGENCY_RULES = {
    "SUIT-EM": (datetime(2020, 1, 29, tzinfo=clock.CST), "工信明电〔2020〕7号"),
    "SUIT-IMP": (datetime(2020, 1, 31, tzinfo=clock.CST), "工信明电〔2020〕8号"),
    "SUIT-GB-RAD": (datetime(2020, 2, 7, tzinfo=clock.CST), "医用一次性防护服辐照灭菌应急规范(临时)"),
}
_STANDARD_FROM = re.compile(r"^(.*?)\s*\(from (\d{4}-\d{2}-\d{2})\)$")


@transaction.atomic
def load_catalogue() -> int:
    """Seed categories, zones, materials, packs, standards, permissions and substitutions; once.

    Returns:
        Number of materials added (0 when the catalogue was there).

    Source: domain research of 2020 standards and notices; each row keeps its source key.
    """
    if Material.objects.exists():
        return 0
    for rank, (code, zh, en, parent) in enumerate(CATEGORIES):
        Category.objects.create(code=code, name_zh=zh, name_en=en, parent_id=parent, rank=rank)
    for strictness, (code, zh, en) in enumerate(ZONES):
        Zone.objects.create(code=code, name_zh=zh, name_en=en, strictness=strictness)
    text = resources.files("qipan.catalogue").joinpath("materials.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    stored = Material.objects.bulk_create([_material(row, rank, rows) for rank, row in enumerate(rows)])
    by_code = {row.code: row for row in stored}
    for row in rows:
        _load_rules(row, by_code)
    forget()
    return len(stored)


def place_under_control(code: str, *, by: Actor, at: datetime, authority: str, idem: UUID | None = None) -> None:
    """Put a material under unified central allocation from ``at`` on, once per key.

    Event: catalogue.controlled.
    """
    by.require(CONTROL_ACTION)

    def work() -> dict[str, Any]:
        material = Material.objects.get(code=code)
        CentralControl.objects.get_or_create(material=material, valid_from=at, defaults={"authority": authority})
        events.record(
            "catalogue.controlled", by=by, subject=f"material/{code}", at=at, region=scope.SHARED, authority=authority
        )
        return {"code": code}

    body = {"code": code, "authority": authority}
    events.once("catalogue.control", by=by, idem=idem or uuid4(), body=body, work=work)


def classify(code: str, *, scheme: str, as_code: str, name: Both, by: Actor, idem: UUID) -> None:
    """Say where a material stands in another scheme, such as the national classification; once per scheme.

    Raises:
        MaterialUnknown, AlreadyClassified.

    Event: catalogue.classified.
    """
    by.require(CONTROL_ACTION)
    material = queries.material(code)

    def work() -> dict[str, Any]:
        _row, is_first = Classification.objects.get_or_create(
            material_id=material.id, scheme=scheme, defaults={"code": as_code, "name_zh": name.zh, "name_en": name.en}
        )
        if not is_first:
            raise errors.AlreadyClassified(code=material.code, scheme=scheme)
        subject = f"material/{material.code}"
        events.record(
            "catalogue.classified",
            by=by,
            subject=subject,
            at=clock.now(),
            region=scope.SHARED,
            scheme=scheme,
            code=as_code,
        )
        return {"code": material.code}

    body = {"code": material.code, "scheme": scheme, "as": as_code, "name": name.as_json()}
    events.once("catalogue.classify", by=by, idem=idem, body=body, work=work)


def _material(row: dict[str, str], rank: int, rows: list[dict[str, str]]) -> Material:
    short_zh, short_en = SHORT.get(row["code"], (row["zh"].split("(")[0][:20], row["en"].split(",")[0][:40]))
    return Material(
        code=row["code"],
        name_zh=row["zh"],
        name_en=row["en"],
        short_zh=short_zh,
        short_en=short_en,
        category_id=row["category"],
        unit_zh=row["unit"],
        unit_en=UNIT_EN[row["unit"]],
        unit_rec20=row["unit_rec20"],
        grains=1000 if row["unit_rec20"] in ("LTR", "KGM", "MTR", "MTK") else 1,
        report_unit_zh=REPORT_UNITS.get(row["code"], row["unit"]),
        standards="" if row["standards"].startswith("none") else row["standards"],
        family=_families(rows)[row["code"]],
        protection_level=PROTECTION.get(row["code"]),
        is_durable=row["category"] in ("DEVICE", "EQUIP"),
        is_emergency_only=row["emergency_only"] == "Y",
        shelf_life_days=int(row["shelf_life_days"]),
        release_delay_days=int(row["release_delay_days"]),
        source=row["source"],
        notes=row["notes"],
        pinyin=f"{pinyin_initials(row['zh'])} {pinyin_key(row['zh'])}"[:200],
        rank=rank,
    )


def _families(rows: list[dict[str, str]]) -> dict[str, str]:
    """Substitution families: materials joined by any substitution, named after their first member."""
    family = {row["code"]: row["code"] for row in rows}
    order = {row["code"]: at for at, row in enumerate(rows)}
    for row in rows:
        for swap in filter(None, row["substitutes"].split(";")):
            first, second = sorted((family[row["code"]], family[swap.split(":")[0]]), key=order.__getitem__)
            family = {code: first if name == second else name for code, name in family.items()}
    return family


def _load_rules(row: dict[str, str], by_code: dict[str, Material]) -> None:
    material = by_code[row["code"]]
    start, authority = EMERGENCY_RULES.get(row["code"], (ALWAYS, "domain catalogue"))
    for pack in filter(None, row["base_unit_ratio"].split(";")):
        name, ratio = pack.split("=")
        grains = whole(Fraction(ratio) * material.grains)
        Pack.objects.create(material=material, name_zh=name, name_en=UNIT_EN[name], grains=grains, source="assumption")
    for text in filter(None, (part.strip() for part in row["standards"].split(";"))):
        if text.startswith("none"):  # the catalogue's way to say that no standard was found
            continue
        dated = _STANDARD_FROM.match(text)
        valid_from = clock.start_of(datetime.fromisoformat(dated[2]).date()) if dated else ALWAYS
        Standard.objects.create(material=material, code=dated[1] if dated else text, valid_from=valid_from)
    for zone in _zones(row["zones_allowed"]):
        ZonePermission.objects.create(material=material, zone_id=zone, valid_from=start, authority=authority)
    for swap in filter(None, row["substitutes"].split(";")):
        code, ratio, zones = swap.split(":")
        number = Fraction(ratio)
        swap_start, swap_authority = EMERGENCY_RULES.get(code, (ALWAYS, "domain catalogue"))
        for zone in _zones(zones):
            Substitution.objects.create(
                original=material,
                substitute=by_code[code],
                zone_id=zone,
                ratio_numerator=number.numerator,
                ratio_denominator=number.denominator,
                valid_from=swap_start,
                authority=swap_authority,
            )


def _zones(text: str) -> list[str]:
    return [code for code, _zh, _en in ZONES] if text == "ALL" else [zone for zone in text.split("|") if zone]


@transaction.atomic
def end_emergency(code: str, *, by: Actor, at: datetime) -> int:
    """End the emergency permissions and substitutions of a material at ``at``; returns how many rows.

    Event: catalogue.emergency_ended.
    """
    by.require(CONTROL_ACTION)
    material = Material.objects.get(code=code)
    ended = ZonePermission.objects.filter(material=material, valid_to__isnull=True).update(valid_to=at)
    ended += Substitution.objects.filter(substitute=material, valid_to__isnull=True).update(valid_to=at)
    events.record(
        "catalogue.emergency_ended", by=by, subject=f"material/{code}", at=at, region=scope.SHARED, rows=ended
    )
    return ended


@dataclass(frozen=True)
class DeclarationText:
    """What a declaration says: its title, document and authority, and the rules that are to hang on it.

    Args:
        controlled: codes of materials that are under central allocation while it holds.
        permitted: codes of emergency-use materials whose permissions and substitutions hold only with it.
    """

    title: Both
    document: str
    authority: str
    controlled: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()


def declare_emergency(text: DeclarationText, *, by: Actor, at: datetime, idem: UUID) -> int:
    """Declare an emergency from ``at`` on: the rules that hang on it begin, once per key.

    1. Refuse unless ``by`` is of the command, the document and authority are named, and every code is a material.
    2. Put each controlled material under central allocation from ``at`` on; one that is already, hangs on it from now.
    3. Have the open permissions and substitutions of each permitted material hang on it.

    Returns:
        The declaration's id.

    Raises:
        MaterialUnknown, WordsMissing, NotAllowed.

    Event: catalogue.emergency_declared.
    """
    by.require(CONTROL_ACTION)
    if not (text.title.zh.strip() and text.document.strip() and text.authority.strip()):
        raise errors.WordsMissing()
    controlled = [queries.material(code).id for code in text.controlled]
    permitted = [queries.material(code).id for code in text.permitted]

    def work() -> dict[str, Any]:
        made = Declaration.objects.create(
            title_zh=text.title.zh, title_en=text.title.en, document=text.document, authority=text.authority,
            valid_from=at, known_at=clock.now(), actor_id=by.id,
        )  # fmt: skip
        open_now = CentralControl.objects.valid_at(at).filter(material__in=controlled)
        known = set(open_now.values_list("material_id", flat=True))
        open_now.filter(declaration__isnull=True).update(declaration=made)
        CentralControl.objects.bulk_create(
            [
                CentralControl(material_id=material, valid_from=at, authority=text.document, declaration=made)
                for material in sorted(set(controlled) - known)
            ]
        )
        for rule, name in ((ZonePermission, "material"), (Substitution, "substitute")):
            rows = rule.objects.valid_at(at).filter(valid_to__isnull=True, declaration__isnull=True)
            rows.filter(**{f"{name}__in": permitted}).update(declaration=made)
        events.record(
            "catalogue.emergency_declared", by=by, subject=f"emergency/{made.id}", at=at, region=scope.SHARED,
            authority=text.document, lines=len(controlled) + len(permitted),
        )  # fmt: skip
        return {"id": made.id}

    body = {"text": repr(text), "at": str(at)}
    return int(events.once("catalogue.declare", by=by, idem=idem, body=body, work=work)["id"])


def end_declaration(declaration: int, *, by: Actor, at: datetime, ground: str, idem: UUID) -> int:
    """End an emergency at ``at``: every rule that hangs on it ends then; returns how many.

    Raises:
        DeclarationUnknown, DeclarationEnded, WordsMissing.

    Event: catalogue.emergency_ended.
    """
    by.require(CONTROL_ACTION)
    found = Declaration.objects.filter(id=declaration).first()
    if found is None:
        raise errors.DeclarationUnknown(declaration=declaration)
    if not ground.strip():
        raise errors.WordsMissing()

    def work() -> dict[str, Any]:
        _row, is_first = DeclarationEnd.objects.get_or_create(
            declaration=found, defaults={"at": at, "ground": ground, "known_at": clock.now(), "actor_id": by.id}
        )
        if not is_first:
            raise errors.DeclarationEnded()
        ended = 0
        for rule in RULES:
            bound = rule.objects.filter(declaration=found, valid_to__isnull=True)
            ended += bound.filter(valid_from__lt=at).update(valid_to=at)
        events.record(
            "catalogue.emergency_ended", by=by, subject=f"emergency/{declaration}", at=at, region=scope.SHARED,
            ground=ground, rows=ended,
        )  # fmt: skip
        return {"rules": ended}

    body = {"declaration": declaration, "ground": ground}
    return int(events.once("catalogue.end_declaration", by=by, idem=idem, body=body, work=work)["rules"])
