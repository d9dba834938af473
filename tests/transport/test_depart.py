"""Departure moves the goods from the store onto the road, all or nothing, once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from qipan.allocation import queries as allocation
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed, SameKeyOtherBody
from qipan.kernel.figures import Cut
from qipan.stock import operations as ledger
from qipan.stock import queries as stock
from qipan.stock.errors import HoldNotOpen
from qipan.transport import errors, operations, queries
from tests.cast import Cast, key

NOON = clock.read_instant("2020-02-06T12:00")


@pytest.fixture
def load(cast: Cast) -> str:
    """A load of 40 suits and 10 goggles at plant A, for hospital A."""
    cast.put("plant_a", "SUIT-GB", 60, at=NOON)
    cast.put("plant_a", "GOG", 10, at=NOON)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    cast.approve("wuhan_a", "GOG", "ICU", 40)
    number = cast.plan("SUIT-GB", "GOG")
    cast.issue(number)
    return operations.load_batch_lines(
        [line.id for line in allocation.lines_to_load(number)], by=cast.keeper, idem=key("load"), at=clock.now(),
        vehicle=operations.Vehicle("v", "d"), planned_arrival=clock.now() + timedelta(hours=20),
    )  # fmt: skip


def _depart(number: str, by: Actor, word: str = "depart", at: datetime | None = None, note: str = "") -> None:
    operations.depart(number, by=by, at=at or clock.now(), idem=key(word), note=note)


def _at(cast: Cast, kind: str) -> dict[str, tuple[int, int]]:
    codes = {m.id: code for code, m in cast.items.items()}
    return {codes[h.item]: (h.onhand, h.held) for h in stock.balances(as_of=clock.now(), kinds=(kind,))}


def test_moves_every_line_onto_the_road(load: str, cast: Cast) -> None:
    _depart(load, cast.keeper)
    assert _at(cast, "road") == {"SUIT-GB": (40, 0), "GOG": (10, 0)}


def test_ends_the_holds_and_leaves_the_rest_free(load: str, cast: Cast) -> None:
    assert _at(cast, "store") == {"SUIT-GB": (60, 40), "GOG": (10, 10)}
    _depart(load, cast.keeper)
    assert _at(cast, "store") == {"SUIT-GB": (20, 0)}


def test_the_load_is_on_the_road_from_then_on(load: str, cast: Cast) -> None:
    _depart(load, cast.keeper)
    now, before = (queries.load(load, Cut(at)) for at in (clock.now(), clock.now() - timedelta(seconds=1)))
    assert now is not None and before is not None
    assert (before.state, now.state, now.departed_at) == ("loaded", "on_road", clock.now())


def test_leaves_one_event(load: str, cast: Cast) -> None:
    _depart(load, cast.keeper, note="left by the north gate")
    trail = [(event.key, event.detail.get("note")) for event in events.trail(f"shipment/{load}")]
    assert trail[-1] == ("transport.depart", "left by the north gate")


def test_twice_is_once(load: str, cast: Cast) -> None:
    for _ in range(2):
        _depart(load, cast.keeper)
    assert _at(cast, "road")["SUIT-GB"] == (40, 0)


def test_the_same_key_with_another_note_is_refused(load: str, cast: Cast) -> None:
    _depart(load, cast.keeper)
    with pytest.raises(SameKeyOtherBody):
        _depart(load, cast.keeper, note="other")


def test_refuses_a_second_departure(load: str, cast: Cast) -> None:
    _depart(load, cast.keeper)
    with pytest.raises(errors.AlreadyDeparted):
        _depart(load, cast.keeper, "again")
    assert _at(cast, "road")["SUIT-GB"] == (40, 0)


def test_one_line_that_is_no_longer_held_keeps_all_back(load: str, cast: Cast) -> None:
    holds = {line.item: line.hold for line in allocation.lines_to_load(1)}
    ledger.void_holds([holds[cast.items["GOG"].id]], by=cast.approver, idem=key("end"), at=clock.now())
    with pytest.raises(HoldNotOpen):
        _depart(load, cast.keeper)
    assert _at(cast, "road") == {}
    found = queries.load(load, Cut(clock.now()))
    assert found is not None and found.state == "loaded"


def test_refuses_a_shipment_nobody_knows(cast: Cast) -> None:
    with pytest.raises(errors.ShipmentUnknown):
        _depart("S-999999", cast.keeper)


@pytest.mark.parametrize("person", ["duty", "approver", "driver", "receiver", "auditor"])
def test_others_may_not(load: str, cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        _depart(load, getattr(cast, person))
    assert _at(cast, "road") == {}


def test_arrival_needs_a_departure_and_cannot_be_before_it(load: str, cast: Cast) -> None:
    with pytest.raises(errors.NotDeparted):
        operations.report_arrival(load, by=cast.driver, at=clock.now(), idem=key("arrive"))
    _depart(load, cast.keeper)
    with pytest.raises(errors.OrderOfInstants):
        operations.report_arrival(load, by=cast.driver, at=clock.now() - timedelta(hours=1), idem=key("arrive"))
