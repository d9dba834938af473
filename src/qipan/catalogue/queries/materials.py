"""Reads of materials: frozen rows with exact conversion, categories and classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from django.db import connection
from django.utils.translation import gettext_lazy as _

from qipan.catalogue import errors
from qipan.catalogue.models import (
    Category,
    Classification,
    Material,
    Pack,
)
from qipan.kernel.quantity import QUANTITY_MAX, QuantityUnreadable, whole
from qipan.kernel.text import Both

UNIT_EN = {
    "件": "piece", "只": "piece", "个": "piece", "副": "piece", "双": "pair", "台": "unit", "辆": "vehicle",
    "套": "set", "人份": "test", "升": "litre", "千克": "kg", "米": "metre", "平方米": "square metre",
    "条": "line", "盒": "box", "箱": "case", "包": "pack", "瓶": "bottle", "桶": "drum", "袋": "bag",
    "卷": "roll", "吨": "tonne",
}  # fmt: skip


@dataclass(frozen=True)
class PackRow:
    """A pack of a material: its name and how many grains it holds."""

    name: Both
    grains: int
    source: str


@dataclass(frozen=True)
class MaterialRow:
    """A material as neighbours see it; converts between typed units and ledger grains, exactly."""

    id: int
    code: str
    name: Both
    short: Both
    unit: Both
    grains: int
    family: str
    category: str
    standards: str
    report_unit_zh: str
    is_durable: bool
    is_emergency_only: bool
    protection_level: int | None
    shelf_life_days: int
    release_delay_days: int
    packs: tuple[PackRow, ...]
    search: str
    rank: int
    notes: str = field(default="")
    source: str = field(default="")
    classes: frozenset[str] = frozenset()

    def grains_per(self, unit: str) -> int:
        """How many grains one ``unit`` holds; ``unit`` is zh or en, a pack or the material's own.

        Raises:
            UnitUnknown: the material is not counted in it; names what it is counted in.
        """
        wanted = unit.strip().lower()
        if wanted in ("", self.unit.zh, self.unit.en.lower()):
            return self.grains
        is_pieces = self.grains == 1 and self.unit.zh in ("件", "只", "个", "副")
        if is_pieces and wanted in ("件", "只", "个", "副", "piece", "pieces", "pcs"):
            return 1
        for pack in self.packs:
            if wanted in (pack.name.zh, pack.name.en.lower()):
                return pack.grains
        known = [self.unit, *(pack.name for pack in self.packs)]
        raise errors.UnitUnknown(
            material=str(self.name), unit=unit, units=", ".join(f"{name.zh} ({name.en})" for name in known)
        )

    def to_grains(self, quantity: Fraction | int, unit: str = "") -> int:
        """Ledger grains of ``quantity`` units.

        Raises:
            UnitUnknown: see ``grains_per``.
            QuantityUnreadable: not a whole number of grains, or more than QUANTITY_MAX of them.
        """
        grains = whole(Fraction(quantity) * self.grains_per(unit), of=unit)
        if grains > QUANTITY_MAX:
            raise QuantityUnreadable(f"{quantity}{unit}", "too_large", _("“%(text)s” is too large for a quantity."))
        return grains

    def to_units(self, quantity: Fraction | int, unit: str = "") -> int:
        """Whole units of the material in ``quantity`` of ``unit``.

        Raises:
            UnitUnknown: see ``grains_per``.
            QuantityUnreadable: not a whole number of the material's own unit.
        """
        grains = self.to_grains(quantity, unit)
        if grains % self.grains:
            text = f"{float(quantity):g}{unit}"
            raise QuantityUnreadable(text, "not_whole", _("“%(text)s” is not a whole number of the item's unit."))
        return grains // self.grains

    def from_grains(self, grains: int, unit: str = "") -> Fraction:
        """The exact number of ``unit`` in ``grains``."""
        return Fraction(grains, self.grains_per(unit))

    @property
    def report_unit(self) -> Both:
        """The unit the material is reported in: tonnes, cases, or its own."""
        return Both(self.report_unit_zh, UNIT_EN[self.report_unit_zh])

    def reported(self, grains: int) -> Fraction:
        """``grains`` in the unit of reports."""
        return self.from_grains(grains, self.report_unit_zh)


_read: dict[str, dict[int, MaterialRow]] = {}


def forget() -> None:
    """Read the materials anew next time; called by whoever changes them."""
    _read.clear()


def materials() -> dict[int, MaterialRow]:
    """Every material by id, in catalogue order. Three queries, once per process and database: rows are frozen and
    only seeding writes them."""
    name = str(connection.settings_dict["NAME"])
    if name not in _read and (found := _all_materials()):
        _read[name] = found
    return _read.get(name, {})


def _all_materials() -> dict[int, MaterialRow]:
    packs: dict[int, list[PackRow]] = {}
    for pack in Pack.objects.order_by("grains"):
        packs.setdefault(pack.material_id, []).append(
            PackRow(Both(pack.name_zh, pack.name_en), pack.grains, pack.source)
        )
    parents = dict(Category.objects.values_list("code", "parent_id"))
    return {
        row.id: replace(_material(row, packs.get(row.id, [])), classes=_above(row.category_id, parents))
        for row in Material.objects.order_by("rank")
    }


def _above(code: str, parents: Mapping[str, str | None]) -> frozenset[str]:
    """A category and all above it."""
    above = parents.get(code)
    return frozenset({code}) | (_above(above, parents) if above else frozenset())


def material_by_id(material_id: int) -> MaterialRow:
    """One material with its packs."""
    return materials()[material_id]


def material(word: str) -> MaterialRow:
    """The material with this code or name (Chinese or English).

    Raises:
        MaterialUnknown: none has it.
    """
    wanted = word.strip().lower()
    for row in materials().values():
        if wanted in (row.code.lower(), row.name.zh.lower(), row.name.en.lower(), row.short.zh.lower()):
            return row
    raise errors.MaterialUnknown(word=word)


def classes_of(material_id: int) -> list[tuple[str, str, Both]]:
    """(scheme, code, name) of a material in every scheme beside our own, by scheme."""
    rows = Classification.objects.filter(material_id=material_id).order_by("scheme")
    return [(row.scheme, row.code, Both(row.name_zh, row.name_en)) for row in rows]


def materials_like(text: str = "", *, categories: Iterable[str] | None = None) -> list[MaterialRow]:
    """Materials whose code, name, pinyin or pinyin initials have ``text``, in catalogue order.

    Args:
        text: any of these, spaces do not matter: ``fhf`` and ``fang hu fu`` find 防护服.
        categories: only materials of these categories; None = of all.
    """
    word = "".join(text.lower().split())
    wanted = None if categories is None else set(categories)
    return [
        row
        for row in materials().values()
        if (wanted is None or row.category in wanted) and word in row.search.replace(" ", "")
    ]


def way_up(material: int) -> frozenset[str]:
    """The codes of a material's category and of all above it; none for a material that is unknown."""
    row = materials().get(material)
    return row.classes if row is not None else frozenset()


def categories() -> list[tuple[str, Both, str | None]]:
    """The tree: (code, name, parent code), roots first, in order."""
    rows = Category.objects.order_by("rank", "code")
    return [(row.code, Both(row.name_zh, row.name_en), row.parent_id) for row in rows]


def add(quantities: Iterable[tuple[MaterialRow, int]]) -> tuple[int, Both]:
    """Sum grains of like-united materials.

    Raises:
        UnlikeUnits: the materials have different units; shows which.
    """
    rows = list(quantities)
    units = {(row.unit.zh, row.grains): row.unit for row, _grains in rows}
    if len(units) > 1:
        words = (str(Both(unit.zh, f"{unit.en} ({unit.zh})")) for unit in units.values())
        raise errors.UnlikeUnits(units=" / ".join(words))
    return sum(grains for _row, grains in rows), rows[0][0].unit if rows else Both("", "")


def _material(row: Material, packs: list[PackRow]) -> MaterialRow:
    return MaterialRow(
        id=row.id,
        code=row.code,
        name=Both(row.name_zh, row.name_en),
        short=Both(row.short_zh, row.short_en),
        unit=Both(row.unit_zh, row.unit_en),
        grains=row.grains,
        family=row.family,
        category=row.category_id,
        standards=row.standards,
        report_unit_zh=row.report_unit_zh,
        is_durable=row.is_durable,
        is_emergency_only=row.is_emergency_only,
        protection_level=row.protection_level,
        shelf_life_days=row.shelf_life_days,
        release_delay_days=row.release_delay_days,
        packs=tuple(packs),
        search=f"{row.code} {row.name_zh} {row.name_en} {row.pinyin}".lower(),
        rank=row.rank,
        notes=row.notes,
        source=row.source,
    )
