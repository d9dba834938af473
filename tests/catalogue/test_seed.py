"""The catalogue every deployment starts with: 61 materials under four official classes."""

from __future__ import annotations

import pytest

from qipan.catalogue import errors, operations
from qipan.catalogue import queries as catalogue
from qipan.catalogue.models import Category, Material, Pack, Standard, Substitution, Zone, ZonePermission
from qipan.catalogue.queries import UNIT_EN, MaterialRow

TABLES = (Category, Zone, Material, Pack, Standard, Substitution, ZonePermission)


@pytest.fixture
def items(db: None) -> dict[str, MaterialRow]:
    return {row.code: row for row in catalogue.materials().values()}


def test_there_are_61_materials(items: dict[str, MaterialRow]) -> None:
    assert len(items) == Material.objects.count() == 61


def test_the_four_official_classes_are_the_roots(db: None) -> None:
    roots = [(code, name.zh) for code, name, parent in catalogue.categories() if parent is None]
    assert roots[:3] == [("PPE", "防护用品"), ("DISINF", "消杀用品"), ("DEVICES", "器械")]
    assert [code for code, _zh in roots] == ["PPE", "DISINF", "DEVICES", "DRUG", "INPUT"]


def test_every_material_hangs_in_the_tree(items: dict[str, MaterialRow]) -> None:
    parents = {code: parent for code, _name, parent in catalogue.categories()}
    for item in items.values():
        above = parents[item.category]
        assert above is None or parents[above] is None


def test_masks_are_ordered_by_how_they_protect(items: dict[str, MaterialRow]) -> None:
    levels = [
        ("MASK-CIV",),
        ("MASK-DISP",),
        ("MASK-SURG", "MASK-EN14683"),
        ("MASK-KN95", "MASK-N95", "MASK-FFP2"),
        ("MASK-FFP3", "MASK-MED-N95"),
        ("PAPR",),
    ]
    found = [{items[code].protection_level for code in codes} for codes in levels]
    assert found == [{level} for level in range(6)]


def test_suits_are_ordered_by_how_they_protect(items: dict[str, MaterialRow]) -> None:
    levels = [items[code].protection_level or 0 for code in ("SUIT-EM", "SUIT-IMP", "SUIT-GB")]
    assert levels == sorted(set(levels))


def test_every_name_and_unit_is_in_both_languages(items: dict[str, MaterialRow]) -> None:
    for item in items.values():
        names = [item.name, item.short, item.unit, item.report_unit, *(pack.name for pack in item.packs)]
        for name in names:
            assert name.zh
            assert name.en.isascii()
        assert item.unit.en == UNIT_EN[item.unit.zh]
        assert item.source


def test_what_is_measured_is_counted_in_thousandths(items: dict[str, MaterialRow]) -> None:
    for item in items.values():
        assert item.grains == (1000 if item.unit.zh in ("升", "千克", "米", "平方米") else 1)


def test_substitutes_are_of_one_family(items: dict[str, MaterialRow]) -> None:
    by_id = {item.id: item for item in items.values()}
    for row in Substitution.objects.all():
        assert by_id[row.original_id].family == by_id[row.substitute_id].family
    assert items["SUIT-GB"].family == items["SUIT-EM"].family != items["MASK-SURG"].family


def test_a_second_load_adds_nothing(db: None) -> None:
    before = [table.objects.count() for table in TABLES]
    assert operations.load_catalogue() == 0
    assert [table.objects.count() for table in TABLES] == before


@pytest.mark.parametrize("word", ["SUIT-GB", "suit-gb", " 医用防护服(国标) ", "Medical goggles"])
def test_finds_a_material_by_code_or_name(items: dict[str, MaterialRow], word: str) -> None:
    assert catalogue.material(word).code in ("SUIT-GB", "GOG")


def test_refuses_a_word_that_is_no_material(items: dict[str, MaterialRow]) -> None:
    with pytest.raises(errors.MaterialUnknown) as refusal:
        catalogue.material("防护伞")
    assert "防护伞" in str(refusal.value)


@pytest.mark.parametrize("text", ["fanghufu", "fang hu fu", "防护服", "SUIT-"])
def test_finds_suits_by_pinyin(items: dict[str, MaterialRow], text: str) -> None:
    assert "SUIT-GB" in [row.code for row in catalogue.materials_like(text)]
    assert "GOG" not in [row.code for row in catalogue.materials_like(text)]


def test_finds_materials_of_a_class(items: dict[str, MaterialRow]) -> None:
    found = catalogue.materials_like(categories=["IVD"])
    assert [row.code for row in found] == ["KIT-PCR", "SWAB-VTM"]
