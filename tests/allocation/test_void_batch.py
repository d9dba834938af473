"""A batch is voided before goods left: its holds end, its number stays used."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from qipan.allocation import errors, operations, queries
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed
from qipan.stock import queries as stock
from qipan.stock.errors import HoldNotOpen
from qipan.transport import errors as transport_errors
from qipan.transport import operations as transport
from tests.cast import Cast, key

BatchOf = Callable[[int], queries.BatchRow]


@pytest.fixture
def issued(cast: Cast) -> int:
    """An issued batch: 40 of 60 suits for hospital A."""
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    number = cast.plan("SUIT-GB")
    cast.issue(number)
    return number


def _void(number: int, by: Actor, word: str = "void") -> None:
    operations.void_batch(number, by=by, at=clock.now(), idem=key(word), reason="mistake")


def _held(cast: Cast) -> int:
    return sum(h.held for h in stock.free_now(cast.accounts.values()))


def _load(number: int, cast: Cast) -> str:
    lines = [line.id for line in queries.lines_to_load(number)]
    return transport.load_batch_lines(
        lines, by=cast.keeper, idem=key("load"), at=clock.now(), vehicle=transport.Vehicle("v", "d"),
        planned_arrival=clock.now(),
    )  # fmt: skip


def test_ends_the_holds(issued: int, cast: Cast, batch_of: BatchOf) -> None:
    _void(issued, cast.approver)
    batch = batch_of(issued)
    assert (batch.state, batch.step("voided").note) == ("voided", "mistake")  # type: ignore[union-attr]
    assert _held(cast) == 0


def test_the_goods_can_be_planned_again_under_the_next_number(issued: int, cast: Cast, batch_of: BatchOf) -> None:
    _void(issued, cast.approver)
    number = cast.plan("SUIT-GB")
    assert number == issued + 1
    cast.issue(number)
    assert _held(cast) == 40


@pytest.mark.parametrize("steps", [("planned",), ("planned", "approved")])
def test_voids_what_is_not_issued_yet(cast: Cast, batch_of: BatchOf, steps: tuple[str, ...]) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    number = cast.plan("SUIT-GB")
    if "approved" in steps:
        operations.approve_batch(number, by=cast.approver, at=clock.now(), idem=uuid4())
    _void(number, cast.duty)
    assert [step.step for step in batch_of(number).steps] == [*steps, "voided"]
    with pytest.raises(errors.StepOutOfOrder):
        operations.issue_batch(number, by=cast.approver, at=clock.now(), idem=uuid4())


def test_refuses_once_goods_have_left(issued: int, cast: Cast, batch_of: BatchOf) -> None:
    load = _load(issued, cast)
    transport.depart(load, by=cast.keeper, at=clock.now(), idem=key("depart"))
    with pytest.raises(errors.AlreadyOnTheRoad):
        _void(issued, cast.approver)
    assert batch_of(issued).state == "issued"


def test_lines_of_a_voided_batch_cannot_be_loaded(issued: int, cast: Cast) -> None:
    lines = [line.id for line in queries.lines_to_load(issued)]
    _void(issued, cast.approver)
    assert queries.lines_to_load(issued) == []
    with pytest.raises(transport_errors.LineNotIssued):
        transport.load_batch_lines(
            lines, by=cast.keeper, idem=key("load"), at=clock.now(), vehicle=transport.Vehicle("v", "d"),
            planned_arrival=clock.now(),
        )  # fmt: skip


def test_a_load_of_a_voided_batch_cannot_leave(issued: int, cast: Cast) -> None:
    load = _load(issued, cast)
    _void(issued, cast.approver)
    with pytest.raises(HoldNotOpen):
        transport.depart(load, by=cast.keeper, at=clock.now(), idem=key("depart"))
    assert stock.flows(as_of=clock.now()) == []


@pytest.mark.parametrize("person", ["keeper", "receiver", "auditor", "driver"])
def test_others_may_not(issued: int, cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        _void(issued, getattr(cast, person))
    assert _held(cast) == 40


def test_twice_is_once(issued: int, cast: Cast, batch_of: BatchOf) -> None:
    for _ in range(2):
        _void(issued, cast.approver)
    assert [step.step for step in batch_of(issued).steps].count("voided") == 1


def test_a_voided_batch_stays_voided(issued: int, cast: Cast) -> None:
    _void(issued, cast.approver)
    with pytest.raises(errors.StepOutOfOrder):
        _void(issued, cast.approver, "again")
