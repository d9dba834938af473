"""Shipped, arrived and in transit are sums over movements; what others published stands beside them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from qipan.allocation import queries as allocation
from qipan.kernel import clock, figures, sealing
from qipan.kernel.figures import Cut, find
from qipan.kernel.models import Publication
from qipan.stock import queries as stock
from qipan.transport import operations
from tests.cast import Cast, key

NOON, EVENING = clock.read_instant("2020-02-06T12:00"), clock.read_instant("2020-02-06T18:00")
END = clock.read_instant("2020-02-06T24:00")


@pytest.fixture
def load(cast: Cast) -> str:
    """60 suits that left plant A for hospital A at noon, reached it at 18:00 and of which 51 were counted."""
    with clock.held_at(NOON):
        cast.put("plant_a", "SUIT-GB", 60)
        cast.approve("wuhan_a", "SUIT-GB", "ICU", 60)
        number = cast.plan("SUIT-GB", deadline="2020-02-07T12:00")
        cast.issue(number)
        load = operations.load_batch_lines(
            [line.id for line in allocation.lines_to_load(number)], by=cast.keeper, idem=key("load"), at=NOON,
            vehicle=operations.Vehicle("v", "d"), planned_arrival=EVENING,
        )  # fmt: skip
        operations.depart(load, by=cast.keeper, at=NOON, idem=key("depart"))
        sealing.seal()
    with clock.held_at(EVENING):
        operations.report_arrival(load, by=cast.driver, at=EVENING, idem=key("arrive"))
        counted = {1: operations.Counted(51, "case broken")}
        operations.confirm_receipt(load, counted=counted, by=cast.receiver, at=EVENING, idem=key("receive"))
        sealing.seal()
    return load


def _row(at: datetime = END, *, place: str = "420000", known_at: datetime | None = None) -> dict[str, Any]:
    rows = find("transport.shipped_and_arrived").read(Cut(at, known_at, place)).rows
    return rows[0] if rows else {}


def _sums(at: datetime = END, **more: Any) -> tuple[int, int, int]:
    row = _row(at, **more)
    return (row["shipped"], row["arrived"], row["in_transit"]) if row else (0, 0, 0)


def _publish(metric: str, value: int, at: datetime = END, note: str = "", qualifier: str = "") -> None:
    publication = Publication(
        at=at, period=clock.write_instant(at), place="420000", subject="SUIT-GB", subject_as_published="suits",
        metric=metric, value=Decimal(value), unit="piece", qualifier=qualifier, publisher="MIIT", outlet="paper",
        published_on=date(2020, 2, 7), note=note,
    )  # fmt: skip
    figures.publish([publication])


def _movement(kind: str) -> int:
    return next(m.id for m in stock.movements(as_of=END, on_roads=True) if m.kind == kind)


def test_sums_departures_and_receipts(load: str) -> None:
    assert _sums() == (60, 51, 9)


def test_reads_as_of_any_instant(load: str) -> None:
    assert _sums(NOON - timedelta(seconds=1)) == (0, 0, 0)
    assert _sums(NOON) == (60, 0, 60)
    assert _sums(EVENING) == (60, 51, 9)


def test_reads_as_it_was_known(load: str) -> None:
    assert _sums(known_at=NOON) == (60, 0, 60)
    assert _sums(known_at=NOON - timedelta(hours=1)) == (0, 0, 0)


def test_is_cut_by_place(load: str) -> None:
    assert _sums(place="420100") == _sums(place="") == (60, 51, 9)
    assert _sums(place="420900") == _sums(place="130000") == (0, 0, 0)


def test_a_reversed_receipt_is_taken_away(load: str, cast: Cast) -> None:
    later = clock.read_instant("2020-02-07T08:00")
    with clock.held_at(later):
        movement = _movement("receive")
        cast.book_back(movement, at=later)
        sealing.seal()
    assert _sums(later) == (60, 0, 60)
    assert _sums() == (60, 51, 9)
    assert [h.onhand for h in stock.balances(as_of=later, kinds=("road",))] == [60]


def test_a_reversed_departure_is_taken_away(load: str, cast: Cast) -> None:
    later = clock.read_instant("2020-02-07T08:00")
    for kind in ("receive", "depart"):
        movement = _movement(kind)
        cast.book_back(movement, at=later)
    assert _sums(later) == (0, 0, 0)
    assert _row(later).get("simulated", 0) == 0


def test_what_is_simulated_is_a_part_of_what_was_shipped(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 30)
    load = operations.load_shipment(
        [operations.Load(cast.items["SUIT-GB"].id, 30)], by=cast.keeper, idem=key("load"), at=clock.now(),
        route=operations.Route(cast.places["plant_a"], cast.places["wuhan_a"], clock.now()),
        vehicle=operations.Vehicle("v", "d"), is_simulated=True,
    )  # fmt: skip
    operations.depart(load, by=cast.keeper, at=clock.now(), idem=key("depart"))
    operations.report_arrival(load, by=cast.driver, at=clock.now(), idem=key("arrive"))
    counted = {1: operations.Counted(30)}
    operations.confirm_receipt(load, counted=counted, by=cast.receiver, at=clock.now(), idem=key("receive"))
    assert (_row()["shipped"], _row()["simulated"]) == (30, 30)


def test_every_movement_behind_the_figure_is_shown(load: str) -> None:
    found = find("transport.shipped_and_arrived")
    assert found.movements is not None
    rows = found.movements(Cut(END, place="420000", item="SUIT-GB"))
    assert [(row["kind"], row["quantity"], row["document"]) for row in rows] == [
        ("receive", 51, f"shipment/{load}"),
        ("depart", 60, f"shipment/{load}"),
    ]


def test_without_a_publication_nothing_stands_beside(load: str) -> None:
    row = _row()
    assert (row["published_shipped"], row["published_arrived"], row["difference"]) == (None, None, None)


def test_what_was_published_for_the_same_cut_shows_the_difference(load: str) -> None:
    _publish("shipped_cum", 60)
    _publish("arrived_cum", 50)
    row = _row()
    assert (row["published_shipped"], row["published_arrived"], row["difference"]) == (60, 50, 1)
    assert "MIIT" in row["published_note"].en


def test_what_was_published_for_an_earlier_cut_stands_beside_without_a_difference(load: str) -> None:
    _publish("arrived_cum", 50, at=clock.read_instant("2020-02-06T18:00"))
    row = _row()
    assert (row["published_arrived"], row["difference"]) == (50, None)
    assert "2020-02-06T18:00" in row["published_note"].en


def test_what_was_published_for_a_later_cut_is_not_shown(load: str) -> None:
    _publish("arrived_cum", 50, at=clock.read_instant("2020-02-07T24:00"))
    assert _row()["published_arrived"] is None


def test_scope_and_qualifier_of_every_statement_are_shown(load: str) -> None:
    _publish("shipped_cum", 70, note="includes face shields")
    _publish("arrived_cum", 50, qualifier="more_than")
    note = _row()["published_note"].en
    assert "includes face shields" in note and "more than" in note


def test_completeness_counts_loads_that_were_due(load: str) -> None:
    figure = find("transport.shipped_and_arrived")
    before = figure.read(Cut(EVENING - timedelta(minutes=1), place="420000"))
    after = figure.read(Cut(EVENING, place="420000"))
    assert ((before.reported, before.expected), (after.reported, after.expected)) == ((0, 0), (1, 1))
