"""What may be used where, and what may stand in for what: data with a validity period and an authority.

Source: suits of the European standard may be used in an emergency from 29 January 2020, and not in the red zone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from qipan.catalogue import operations
from qipan.catalogue import queries as catalogue
from qipan.catalogue.queries import MaterialRow
from qipan.kernel import clock, events
from qipan.kernel.access import Actor, Grant
from qipan.kernel.errors import NotAllowed

START = clock.start_of(clock.read_instant("2020-01-29T12:00").date())
BEFORE = START - timedelta(microseconds=1)
MARCH = clock.read_instant("2020-03-01T12:00")
DUTY = Actor(1, "duty", grants=(Grant(frozenset({operations.CONTROL_ACTION})),))


@pytest.fixture
def items(db: None) -> dict[str, MaterialRow]:
    return {row.code: row for row in catalogue.materials().values()}


def _zones_of(item: MaterialRow, at: datetime) -> list[str]:
    return [zone for zone in catalogue.zones() if catalogue.is_permitted(item.id, zone, at)]


def _serves(original: MaterialRow, substitute: MaterialRow, at: datetime) -> dict[str, str]:
    """Zones in which the substitute may serve a need of the original, each with the authority."""
    return {
        stand.zone: stand.authority
        for stand in catalogue.stands(at)
        if (stand.original, stand.substitute) == (original.id, substitute.id)
    }


def test_zones_go_from_the_strictest(items: dict[str, MaterialRow]) -> None:
    assert list(catalogue.zones()) == ["ICU", "ISO", "FEV", "LAB", "TRN", "SCR", "GEN", "PUB"]
    assert [zone.strictness for zone in catalogue.zones().values()] == list(range(8))


@pytest.mark.parametrize(
    ("code", "zones"),
    [
        ("SUIT-GB", ["ICU", "ISO", "FEV", "LAB", "TRN"]),
        ("SUIT-EM", ["ISO"]),
        ("MASK-MED-N95", ["ICU", "ISO", "FEV", "LAB", "TRN"]),
        ("MASK-SURG", ["TRN", "SCR", "GEN", "PUB"]),
        ("MASK-CIV", ["PUB"]),
        ("VENT-INV", ["ICU"]),
        ("GLV-EXAM", ["ICU", "ISO", "FEV", "LAB", "TRN", "SCR", "GEN", "PUB"]),
        ("RM-MB", []),
    ],
)
def test_a_material_may_be_used_in_its_zones(items: dict[str, MaterialRow], code: str, zones: list[str]) -> None:
    assert _zones_of(items[code], MARCH) == zones
    assert list(catalogue.permissions(MARCH).get(items[code].id, {})) == zones


def test_european_suits_never_enter_intensive_care(items: dict[str, MaterialRow]) -> None:
    for at in (BEFORE, START, MARCH):
        assert not catalogue.is_permitted(items["SUIT-EM"].id, "ICU", at)
        assert [s for s in catalogue.stands(at) if (s.substitute, s.zone) == (items["SUIT-EM"].id, "ICU")] == []


def test_european_suits_may_be_used_from_29_january_on(items: dict[str, MaterialRow]) -> None:
    assert _zones_of(items["SUIT-EM"], BEFORE) == []
    assert _zones_of(items["SUIT-EM"], START) == ["ISO"]


def test_european_suits_stand_in_for_chinese_ones_on_isolation_wards_from_that_day(
    items: dict[str, MaterialRow],
) -> None:
    assert _serves(items["SUIT-GB"], items["SUIT-EM"], BEFORE) == {}
    assert _serves(items["SUIT-GB"], items["SUIT-EM"], START) == {"ISO": "工信明电〔2020〕7号"}


def test_chinese_suits_do_not_stand_in_where_nobody_said_so(items: dict[str, MaterialRow]) -> None:
    assert _serves(items["SUIT-EM"], items["SUIT-GB"], MARCH) == {}


@pytest.mark.parametrize(("code", "day"), [("SUIT-EM", "01-29"), ("SUIT-IMP", "01-31"), ("SUIT-GB-RAD", "02-07")])
def test_an_emergency_rule_begins_with_its_notice(items: dict[str, MaterialRow], code: str, day: str) -> None:
    begins = clock.read_instant(f"2020-{day}T00:00")
    assert _zones_of(items[code], begins - timedelta(seconds=1)) == []
    assert _zones_of(items[code], begins) != []


def test_a_material_serves_its_own_need_where_it_is_permitted(items: dict[str, MaterialRow]) -> None:
    own = {(stand.original, stand.zone) for stand in catalogue.stands(MARCH) if stand.original == stand.substitute}
    assert own == {(item, zone) for item, zones in catalogue.permissions(MARCH).items() for zone in zones}


def test_what_stands_in_is_itself_permitted_there(items: dict[str, MaterialRow]) -> None:
    for at in (BEFORE, START, MARCH):
        allowed = catalogue.permissions(at)
        assert all(stand.zone in allowed[stand.substitute] for stand in catalogue.stands(at))


def test_the_ratio_says_how_much_serves_for_one(items: dict[str, MaterialRow]) -> None:
    (ratio,) = {
        stand.ratio
        for stand in catalogue.stands(MARCH)
        if (stand.original, stand.substitute) == (items["THERM-AUTO"].id, items["THERM-HAND"].id)
    }
    assert ratio == 10


def test_after_the_emergency_nothing_is_permitted_or_stands_in(items: dict[str, MaterialRow]) -> None:
    suit = items["SUIT-EM"]
    ended = operations.end_emergency("SUIT-EM", by=DUTY, at=MARCH)
    assert _zones_of(suit, MARCH) == []
    assert [stand for stand in catalogue.stands(MARCH) if suit.id in (stand.original, stand.substitute)] == []
    assert ended == 3
    (event,) = events.trail("material/SUIT-EM")
    assert (event.key, event.detail) == ("catalogue.emergency_ended", {"rows": 3})


def test_the_end_of_the_emergency_does_not_change_the_days_before(items: dict[str, MaterialRow]) -> None:
    operations.end_emergency("SUIT-EM", by=DUTY, at=MARCH)
    day_before = MARCH - timedelta(days=1)
    assert _zones_of(items["SUIT-EM"], day_before) == ["ISO"]
    assert list(_serves(items["SUIT-GB"], items["SUIT-EM"], day_before)) == ["ISO"]
    assert operations.end_emergency("SUIT-EM", by=DUTY, at=MARCH + timedelta(days=9)) == 0
    assert _zones_of(items["SUIT-EM"], MARCH + timedelta(days=1)) == []


def test_ending_one_emergency_leaves_the_others(items: dict[str, MaterialRow]) -> None:
    operations.end_emergency("SUIT-EM", by=DUTY, at=MARCH)
    assert _zones_of(items["SUIT-IMP"], MARCH) == ["ISO", "FEV", "LAB", "TRN"]
    assert len(_zones_of(items["SUIT-GB"], MARCH)) == 5


def test_refuses_who_may_not_change_the_rules(items: dict[str, MaterialRow]) -> None:
    with pytest.raises(NotAllowed):
        operations.end_emergency("SUIT-EM", by=Actor(2, "driver"), at=MARCH)
    with pytest.raises(NotAllowed):
        operations.place_under_control("SUIT-GB", by=Actor(2, "driver"), at=MARCH, authority="x")
    assert _zones_of(items["SUIT-EM"], MARCH) == ["ISO"]


def test_a_material_is_under_central_control_from_its_instant_on(items: dict[str, MaterialRow]) -> None:
    for _twice in range(2):
        operations.place_under_control("SUIT-GB", by=DUTY, at=START, authority="国办发明电〔2020〕2号")
    assert (catalogue.controlled(BEFORE), catalogue.controlled(START)) == (set(), {items["SUIT-GB"].id})
    assert len(catalogue.rules_of(items["SUIT-GB"].id)["controls"]) == 1


@pytest.mark.parametrize(("day", "is_in_force"), [("2025-11-30", False), ("2025-12-01T00:00", True)])
def test_a_new_standard_is_in_force_from_its_day_on(items: dict[str, MaterialRow], day: str, is_in_force: bool) -> None:
    at = clock.read_instant(day) - timedelta(seconds=0 if is_in_force else 1)
    assert ("GB 19082-2023" in catalogue.standards(at)[items["SUIT-GB"].id]) is is_in_force


def test_the_page_of_a_material_shows_every_rule_from_both_sides(items: dict[str, MaterialRow]) -> None:
    rules = catalogue.rules_of(items["SUIT-EM"].id)
    assert [row["zone"] for row in rules["permissions"]] == ["ISO"]
    assert {row["code"] for row in rules["stands_for"]} == {"SUIT-GB", "SUIT-GB-RAD"}
    assert rules["substitutions"] == []
