"""Tonnes, cases, litres and pieces: every pack converts exactly, and unlike units are never added.

Source: the notice of 29 January 2020 counts hand rub in tonnes (5 t) and disinfectant in cases (32,000).
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qipan.catalogue import errors
from qipan.catalogue import queries as catalogue
from qipan.catalogue.queries import MaterialRow
from qipan.kernel.quantity import QUANTITY_MAX, QuantityUnreadable, read_quantity

SEVERAL = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def items(db: None) -> dict[str, MaterialRow]:
    return {row.code: row for row in catalogue.materials().values()}


def test_five_tonnes_of_hand_rub_are_5700_litres(items: dict[str, MaterialRow]) -> None:
    rub = items["DIS-HAND"]
    grains = rub.to_grains(5, "吨")
    assert grains == rub.to_grains(5700, "升") == rub.to_grains(11_400, "瓶") == 5_700_000
    assert (rub.from_grains(grains, "tonne"), rub.from_grains(grains), rub.reported(grains)) == (5, 5700, 5)


def test_a_case_of_disinfectant_is_fifteen_litres(items: dict[str, MaterialRow]) -> None:
    bleach = items["DIS-84"]
    grains = bleach.to_grains(read_quantity("3.2万"), "箱")
    assert grains == bleach.to_grains(480_000) == bleach.to_grains(32_000, "case")
    assert (bleach.reported(grains), bleach.report_unit.zh, bleach.report_unit.en) == (32_000, "箱", "case")


@pytest.mark.parametrize(
    ("code", "quantity", "unit", "grains"),
    [
        ("SUIT-GB", 2, "箱", 100),
        ("SUIT-GB", 2, "件", 2),
        ("SUIT-GB", 2, "", 2),
        ("SUIT-GB", 2, " Pieces ", 2),
        ("SUIT-GB", 2, "个", 2),
        ("MASK-SURG", 1, "盒", 50),
        ("MASK-SURG", 1, "case", 2000),
        ("GLV-EXAM", 1, "盒", 50),
        ("DIS-84", Fraction(1, 2), "瓶", 250),
        ("DIS-84", 1, "吨", 850_000),
        ("RM-MB", Fraction(1, 1000), "吨", 1000),
        ("RM-NOSE", Fraction(1, 10), "米", 100),
    ],
)
def test_reads_packs_in_either_language(
    items: dict[str, MaterialRow], code: str, quantity: Fraction, unit: str, grains: int
) -> None:
    assert items[code].to_grains(quantity, unit) == grains


@SEVERAL
@given(quantity=st.integers(1, QUANTITY_MAX // 15_000_000))
def test_every_pack_of_every_material_goes_there_and_back(items: dict[str, MaterialRow], quantity: int) -> None:
    for item in items.values():
        units = [item.unit, *(pack.name for pack in item.packs)]
        for word in [name for unit in units for name in (unit.zh, unit.en)]:
            grains = item.to_grains(quantity, word)
            assert item.from_grains(grains, word) == quantity
            assert isinstance(grains, int)


@SEVERAL
@given(grains=st.integers(0, QUANTITY_MAX))
def test_grains_go_to_any_unit_and_back(items: dict[str, MaterialRow], grains: int) -> None:
    """Not even a third of a case is lost: the number of units is a fraction, never a float."""
    for item in items.values():
        for unit in (item.unit, *(pack.name for pack in item.packs)):
            assert item.to_grains(item.from_grains(grains, unit.zh), unit.zh) == grains


def test_a_part_of_a_grain_is_refused(items: dict[str, MaterialRow]) -> None:
    with pytest.raises(QuantityUnreadable):
        items["SUIT-GB"].to_grains(Fraction(1, 10))
    with pytest.raises(QuantityUnreadable):
        items["DIS-84"].to_grains(Fraction(1, 10_000))


def test_a_part_of_a_piece_out_of_a_pack_is_refused(items: dict[str, MaterialRow]) -> None:
    assert items["SUIT-GB"].to_grains(Fraction(1, 2), "箱") == 25
    with pytest.raises(QuantityUnreadable):
        items["SUIT-GB"].to_grains(Fraction(1, 3), "箱")


def test_more_than_the_ledger_counts_exactly_is_refused(items: dict[str, MaterialRow]) -> None:
    assert items["DIS-84"].to_grains(QUANTITY_MAX // 1000) > 0
    with pytest.raises(QuantityUnreadable) as refusal:
        items["DIS-84"].to_grains(QUANTITY_MAX)
    assert refusal.value.code == "too_large"


def test_whole_units_are_asked_where_halves_make_no_sense(items: dict[str, MaterialRow]) -> None:
    assert items["DIS-84"].to_units(2, "瓶") == 1
    with pytest.raises(QuantityUnreadable) as refusal:
        items["DIS-84"].to_units(1, "瓶")
    assert refusal.value.code == "not_whole"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_unknown_unit_names_the_known_ones(items: dict[str, MaterialRow], language: str) -> None:
    with translation.override(language), pytest.raises(errors.UnitUnknown) as refusal:
        items["DIS-84"].to_grains(1, "车")
    with translation.override(language):
        sentence = str(refusal.value)
    for word in ("车", "升 (litre)", "瓶 (bottle)", "箱 (case)", "吨 (tonne)"):
        assert word in sentence


@pytest.mark.parametrize(("code", "unit"), [("SUIT-GB", "升"), ("DIS-84", "件"), ("GLV-EXAM", "只"), ("AMB-NP", "箱")])
def test_a_unit_of_another_kind_is_unknown(items: dict[str, MaterialRow], code: str, unit: str) -> None:
    """A pair of gloves is not a piece: 1 双 = 2 只 would be guessed."""
    with pytest.raises(errors.UnitUnknown):
        items[code].grains_per(unit)


def test_like_units_are_added(items: dict[str, MaterialRow]) -> None:
    total, unit = catalogue.add([(items["SUIT-GB"], 100), (items["SUIT-EM"], 20)])
    assert (total, unit.zh) == (120, "件")


def test_nothing_added_is_nothing() -> None:
    assert catalogue.add([])[0] == 0


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("DIS-HAND", "GLV-EXAM", ("升", "双")),
        ("SUIT-GB", "MASK-SURG", ("件", "只")),
        ("DIS-84", "DIS-NADCC", ("升", "千克")),
        ("RM-NOSE", "RM-FILM", ("米", "平方米")),
    ],
)
def test_unlike_units_are_not_added(
    items: dict[str, MaterialRow], one: str, other: str, words: tuple[str, str]
) -> None:
    with pytest.raises(errors.UnlikeUnits) as refusal:
        catalogue.add([(items[one], 1000), (items[other], 1000)])
    for word in words:
        assert word in str(refusal.value)
