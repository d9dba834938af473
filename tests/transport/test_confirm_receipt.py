"""From an issued batch to a signed receipt; a short count stays visible."""

from __future__ import annotations

from typing import Any

import pytest

from qipan.allocation import queries as allocation
from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed
from qipan.kernel.figures import Cut, find
from qipan.stock import queries as stock
from qipan.transport import errors, operations
from tests.cast import Cast, key


@pytest.fixture
def arrived(cast: Cast) -> str:
    """A load of 60 suits that stands at hospital A's door."""
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    number = cast.plan("SUIT-GB")
    cast.issue(number)
    lines = [line.id for line in allocation.lines_to_load(number)]
    load = operations.load_batch_lines(
        lines, by=cast.keeper, idem=key("load"), at=clock.now(), vehicle=operations.Vehicle("鄂A00001", "d"),
        planned_arrival=clock.now(),
    )  # fmt: skip
    operations.depart(load, by=cast.keeper, at=clock.now(), idem=key("depart"))
    operations.report_arrival(load, by=cast.driver, at=clock.now(), idem=key("arrive"))
    return load


def _figure(item: str = "SUIT-GB") -> dict[str, Any]:
    rows = find("transport.shipped_and_arrived").read(Cut(clock.now(), place="420000")).rows
    return next(row for row in rows if row["item_code"] == item)


def test_books_what_was_counted(arrived: str, cast: Cast) -> None:
    operations.confirm_receipt(
        arrived, counted={1: operations.Counted(60)}, by=cast.receiver, at=clock.now(), idem=key("receive")
    )
    row = _figure()
    assert (row["shipped"], row["arrived"], row["in_transit"]) == (60, 60, 0)


def test_a_short_count_leaves_a_visible_balance(arrived: str, cast: Cast) -> None:
    operations.confirm_receipt(
        arrived,
        counted={1: operations.Counted(51, "case broken")},
        by=cast.receiver,
        at=clock.now(),
        idem=key("receive"),
    )
    row = _figure()
    assert (row["shipped"], row["arrived"], row["in_transit"]) == (60, 51, 9)
    road = stock.balances(as_of=clock.now(), kinds=("road",))
    assert [h.onhand for h in road] == [9]


def test_refuses_more_than_was_loaded(arrived: str, cast: Cast) -> None:
    with pytest.raises(errors.MoreThanShipped):
        operations.confirm_receipt(
            arrived, counted={1: operations.Counted(61)}, by=cast.receiver, at=clock.now(), idem=key("receive")
        )
    assert _figure()["arrived"] == 0


def test_refuses_a_short_count_without_a_reason(arrived: str, cast: Cast) -> None:
    with pytest.raises(errors.ReasonMissing):
        operations.confirm_receipt(
            arrived, counted={1: operations.Counted(5)}, by=cast.receiver, at=clock.now(), idem=key("receive")
        )


def test_refuses_somebody_who_is_not_the_consignee(arrived: str, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        operations.confirm_receipt(
            arrived, counted={1: operations.Counted(60)}, by=cast.keeper, at=clock.now(), idem=key("receive")
        )


def test_twice_is_once(arrived: str, cast: Cast) -> None:
    for _ in range(2):
        operations.confirm_receipt(
            arrived, counted={1: operations.Counted(60)}, by=cast.receiver, at=clock.now(), idem=key("receive")
        )
    assert _figure()["arrived"] == 60
