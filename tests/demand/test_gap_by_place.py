"""Whose need counts, what covers it, how long it lasts, and how it is called."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from uuid import uuid4

import pytest

from qipan.allocation import queries as allocation
from qipan.demand import operations, queries
from qipan.demand.queries import GapRow, gap_by_place, grade_of, meeting_before
from qipan.kernel import clock, sealing
from qipan.kernel.figures import Cut, find
from qipan.stock import operations as stock
from qipan.transport import operations as transport
from tests.cast import Cast, key

MONDAY, TUESDAY = clock.read_instant("2020-02-03T12:00"), clock.read_instant("2020-02-04T12:00")


def _place(cast: Cast, voice: str, quantity: int, *, region: str = "420100", at: datetime = MONDAY) -> None:
    row = operations.PlaceStatement(voice, region, cast.items["SUIT-GB"].id, quantity, at, f"said {voice}")
    operations.state_place_needs([row], by=cast.duty, idem=uuid4())


def _have(cast: Cast, unit: str, quantity: int, *, at: datetime = MONDAY, item: str = "SUIT-GB") -> None:
    cast.put(unit, item, quantity, at=at)
    sealing.seal()


def _rows(
    place: str = "420100", *, level: str = "city", at: datetime | None = None, known_at: datetime | None = None
) -> list[GapRow]:
    return gap_by_place(Cut(at or clock.now(), known_at, place), level=level)


def _one(**more: object) -> GapRow:
    (row,) = _rows(**more)  # type: ignore[arg-type]
    return row


def test_an_estimate_counts_where_nobody_has_said_anything(cast: Cast) -> None:
    _place(cast, "burn_rate", 70)
    row = _one()
    assert (row.voice, row.need, row.source, row.zone) == ("burn_rate", 70, "said burn_rate", "")


def test_an_approved_need_counts_before_an_estimate(cast: Cast) -> None:
    _place(cast, "burn_rate", 70)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30, at=MONDAY)
    row = _one()
    assert (row.voice, row.need, row.zone) == ("approved", 30, "ICU")


def test_an_official_need_counts_before_an_approved_one(cast: Cast) -> None:
    _place(cast, "burn_rate", 70)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30, at=MONDAY)
    _place(cast, "official", 100)
    row = _one()
    assert (row.voice, row.need, row.zone) == ("official", 100, "")


def test_each_place_has_its_own_voice(cast: Cast) -> None:
    _place(cast, "official", 100)
    cast.approve("xiaogan", "SUIT-GB", "ICU", 30, at=MONDAY)
    assert {row.place_code: row.voice for row in _rows("420000")} == {"420100": "official", "420900": "approved"}


def test_a_unit_has_only_what_was_approved_for_it(cast: Cast) -> None:
    _place(cast, "official", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30, at=MONDAY)
    row = _one(level="unit")
    assert (row.organisation, row.voice, row.need) == (cast.units["wuhan_a"], "approved", 30)


def test_a_province_is_asked_for_its_own_statement(cast: Cast) -> None:
    _place(cast, "official", 100)
    _place(cast, "official", 400, region="420000")
    assert [(row.place_code, row.need) for row in _rows("420000", level="province")] == [("420000", 400)]


def test_needs_of_units_of_one_place_are_added_by_zone(cast: Cast) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30, at=MONDAY)
    cast.approve("wuhan_b", "SUIT-GB", "ICU", 20, at=MONDAY)
    cast.approve("wuhan_b", "SUIT-GB", "ISO", 5, at=MONDAY)
    assert {row.zone: row.need for row in _rows()} == {"ICU": 50, "ISO": 5}


def test_the_strictest_zone_is_covered_first(cast: Cast) -> None:
    for zone, need in (("FEV", 30), ("ICU", 30), ("ISO", 30)):
        cast.approve("wuhan_a", "SUIT-GB", zone, need, at=MONDAY)
    _have(cast, "wuhan_a", 50)
    assert {row.zone: (row.on_hand, row.gap) for row in _rows()} == {"ICU": (30, 0), "ISO": (20, 10), "FEV": (0, 30)}


def test_what_is_more_than_needed_stands_with_the_weakest_zone(cast: Cast) -> None:
    for zone in ("ICU", "ISO"):
        cast.approve("wuhan_a", "SUIT-GB", zone, 30, at=MONDAY)
    _have(cast, "wuhan_a", 100)
    assert {row.zone: (row.on_hand, row.gap) for row in _rows()} == {"ICU": (30, 0), "ISO": (70, 0)}


def test_the_gap_is_never_below_zero_and_the_largest_share_comes_first(cast: Cast) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30, at=MONDAY)
    cast.approve("xiaogan", "SUIT-GB", "ICU", 10, at=MONDAY)
    _have(cast, "wuhan_a", 90)
    assert [(row.place_code, row.gap) for row in _rows("420000")] == [("420900", 10), ("420100", 0)]


def test_goods_on_the_road_cover_and_a_plants_goods_do_not(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 60)
    number = cast.plan("SUIT-GB")
    cast.issue(number)
    assert (_one().in_transit, _one().gap) == (0, 60)
    load = transport.load_batch_lines(
        [line.id for line in allocation.lines_to_load(number)], by=cast.keeper, idem=key("load"), at=clock.now(),
        vehicle=transport.Vehicle("v", "d"), planned_arrival=clock.now(),
    )  # fmt: skip
    transport.depart(load, by=cast.keeper, at=clock.now(), idem=key("depart"))
    assert (_one().on_hand, _one().in_transit, _one().gap) == (0, 60, 0)


def test_goods_that_left_for_use_cover_nothing(cast: Cast) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 60, at=MONDAY)
    _have(cast, "wuhan_a", 60)
    used = stock.open_accounts([stock.Opening("sink", "outside/use", None, "")], by=cast.keeper)["outside/use"]
    line = stock.Transfer("use", cast.items["SUIT-GB"].id, cast.accounts["wuhan_a"], used, 60, "use")
    stock.post_batch([line], by=cast.keeper, idem=uuid4(), at=TUESDAY)
    assert _one(at=MONDAY).gap == 0
    assert _one().gap == 60


def test_hours_to_empty_is_on_hand_over_need(cast: Cast) -> None:
    _place(cast, "official", 48)
    _have(cast, "wuhan_a", 12)
    assert _one().hours_to_empty == 6
    (row,) = find("demand.gap").read(Cut(clock.now(), place="420100")).rows
    assert row["hours_to_empty"] == 6.0


@pytest.mark.parametrize(
    ("cover", "grade"),
    [(0, "severe"), (79, "severe"), (80, "tight"), (99, "tight"), (100, "balanced"), (299, "balanced"), (300, "ample")],
)
def test_grades_begin_at_their_threshold(cast: Cast, cover: int, grade: str) -> None:
    assert grade_of(100, cover, queries.grades()).code == grade
    _place(cast, "official", 100)
    if cover:
        _have(cast, "wuhan_a", cover)
    assert _one().grade.code == grade


def test_the_scale_shows_its_thresholds_and_says_whose_they_are(cast: Cast) -> None:
    scale = queries.grades()
    assert [grade.cover_days_min for grade in scale] == [0, Fraction(4, 5), 1, 3]
    assert [grade.name.zh for grade in scale] == ["严重短缺", "紧平衡", "当日平衡、来日有望、后日有备", "充分供应"]
    assert all("planning assumption" in grade.authority for grade in scale)


def test_reads_as_of_an_earlier_instant(cast: Cast) -> None:
    _place(cast, "official", 100, at=MONDAY)
    _place(cast, "official", 130, at=TUESDAY)
    _have(cast, "wuhan_a", 25, at=TUESDAY)
    assert (_one(at=MONDAY).need, _one(at=MONDAY).on_hand) == (100, 0)
    assert (_one().need, _one().on_hand, _one().gap) == (130, 25, 105)


def test_reads_as_it_was_known(cast: Cast) -> None:
    with clock.held_at(MONDAY):
        _place(cast, "official", 100, at=MONDAY)
    with clock.held_at(TUESDAY):
        _place(cast, "official", 130, at=MONDAY)
        _have(cast, "wuhan_a", 25, at=MONDAY)
    then = _one(at=MONDAY, known_at=MONDAY)
    assert (then.need, then.on_hand) == (100, 0)
    assert (_one(at=MONDAY).need, _one(at=MONDAY).on_hand) == (130, 25)


@pytest.mark.parametrize(
    ("at", "before"),
    [
        ("2020-02-06T19:30", "2020-02-06T19:00"),
        ("2020-02-06T19:00", "2020-02-06T08:00"),
        ("2020-02-06T08:00", "2020-02-05T19:00"),
        ("2020-02-06T07:59", "2020-02-05T19:00"),
        ("2020-02-05T24:00", "2020-02-05T19:00"),
    ],
)
def test_the_meeting_before_is_at_8_or_19(at: str, before: str) -> None:
    assert meeting_before(clock.read_instant(at)) == clock.read_instant(before)


def test_the_change_is_measured_against_the_meeting_before(cast: Cast) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30, at=clock.read_instant("2020-02-06T07:00"))
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 45, at=clock.read_instant("2020-02-06T12:00"))
    row = _one(at=clock.read_instant("2020-02-06T19:00"))
    assert (row.need, row.need_before) == (45, 30)
    assert _one(at=clock.read_instant("2020-02-06T08:00")).need_before == 0


def test_a_place_outside_is_not_shown(cast: Cast) -> None:
    cast.approve("xiaogan", "SUIT-GB", "ICU", 30, at=MONDAY)
    assert _rows("420100") == []
    assert len(_rows("420900")) == len(_rows("420000")) == len(_rows("")) == 1


def test_one_item_can_be_asked_for(cast: Cast) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30, at=MONDAY)
    cast.approve("wuhan_a", "GOG", "ICU", 10, at=MONDAY)
    assert [row.item.code for row in gap_by_place(Cut(clock.now(), item="GOG"))] == ["GOG"]


def test_goods_used_before_they_came_cover_nothing(cast: Cast) -> None:
    """Two reports of one morning can state their instants in the wrong order; the figure of then is still read."""
    _place(cast, "official", 100, at=MONDAY - timedelta(days=1))
    _have(cast, "wuhan_a", 50)
    used = stock.open_accounts([stock.Opening("sink", "outside/use")], by=cast.keeper)["outside/use"]
    line = stock.Transfer("use", cast.items["SUIT-GB"].id, cast.accounts["wuhan_a"], used, 20, "use")
    stock.post_batch([line], by=cast.keeper, idem=uuid4(), at=MONDAY - timedelta(hours=1))
    row = _one(at=MONDAY - timedelta(minutes=30))
    assert (row.on_hand, row.hours_to_empty, row.grade.code) == (-20, 0, "severe")
