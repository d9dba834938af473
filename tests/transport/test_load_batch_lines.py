"""Issued lines of one store and one receiver go on one vehicle, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from qipan.allocation import operations as batches
from qipan.allocation import queries as allocation
from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed, SameKeyOtherBody
from qipan.kernel.figures import Cut
from qipan.stock import queries as stock
from qipan.transport import errors, operations, queries
from tests.cast import Cast, key


@pytest.fixture
def lines(cast: Cast) -> list[allocation.IssuedLine]:
    """Three issued lines: two items from plant A and one from plant B, all for hospital A."""
    cast.put("plant_a", "SUIT-GB", 60)
    cast.put("plant_a", "GOG", 20)
    cast.put("plant_b", "MASK-MED-N95", 30)
    for item in ("SUIT-GB", "GOG", "MASK-MED-N95"):
        cast.approve("wuhan_a", item, "ICU", 100)
    number = cast.plan("SUIT-GB", "GOG", "MASK-MED-N95")
    cast.issue(number)
    return allocation.lines_to_load(number)


def _of(lines: Sequence[allocation.IssuedLine], cast: Cast, store: str) -> list[int]:
    return [line.id for line in lines if line.source_account == cast.accounts[store]]


def _load(cast: Cast, ids: Sequence[int], word: str = "load", **more: Any) -> str:
    words = {
        "by": cast.keeper, "idem": key(word), "at": clock.now(), "planned_arrival": clock.now() + timedelta(hours=20),
        "vehicle": operations.Vehicle("鄂A00001", "driver", "escort"),
    }  # fmt: skip
    return operations.load_batch_lines(ids, **{**words, **more})


def test_loads_what_goes_from_one_store_to_one_receiver(cast: Cast, lines: list[allocation.IssuedLine]) -> None:
    number = _load(cast, _of(lines, cast, "plant_a"))
    load = queries.load(number, Cut(clock.now()))
    assert load is not None
    assert {(line.item.code, line.qty) for line in load.lines} == {("SUIT-GB", 60), ("GOG", 20)}
    assert (load.state, load.vehicle, load.driver) == ("loaded", "鄂A00001", "d**")
    assert [(c.role, c.name) for c in load.contacts] == [("driver", "d**"), ("escort", "e**")]
    assert (load.batch_number, load.consignee_id) == (lines[0].batch_number, cast.units["wuhan_a"])


def test_nothing_moves_yet(cast: Cast, lines: list[allocation.IssuedLine]) -> None:
    _load(cast, _of(lines, cast, "plant_a"))
    assert stock.flows(as_of=clock.now()) == []


def test_numbers_follow_one_another(cast: Cast, lines: list[allocation.IssuedLine]) -> None:
    first = _load(cast, _of(lines, cast, "plant_a"))
    second = _load(cast, _of(lines, cast, "plant_b"), "second")
    assert int(second[2:]) == int(first[2:]) + 1


def test_refuses_lines_of_different_stores(cast: Cast, lines: list[allocation.IssuedLine]) -> None:
    with pytest.raises(errors.LinesDiffer):
        _load(cast, [line.id for line in lines])


def test_refuses_lines_for_different_receivers(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    for unit in ("wuhan_a", "wuhan_b"):
        cast.approve(unit, "SUIT-GB", "ICU", 20)
    number = cast.plan("SUIT-GB")
    cast.issue(number)
    with pytest.raises(errors.LinesDiffer):
        _load(cast, [line.id for line in allocation.lines_to_load(number)])


def test_refuses_an_empty_choice(cast: Cast) -> None:
    with pytest.raises(errors.NothingToLoad):
        _load(cast, [])


def test_refuses_a_line_that_is_not_issued(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 20)
    number = cast.plan("SUIT-GB")
    batch = allocation.batch(number, Cut(clock.now()))
    assert batch is not None
    (need,) = allocation.needs(batch.id)[0]
    with pytest.raises(errors.LineNotIssued) as refusal:
        _load(cast, [need.lines[0].id])
    assert refusal.value.values["line"] == need.lines[0].id


def test_a_line_is_loaded_once(cast: Cast, lines: list[allocation.IssuedLine]) -> None:
    ids = _of(lines, cast, "plant_a")
    _load(cast, ids)
    with pytest.raises(errors.LineNotIssued):
        _load(cast, ids, "again")
    with pytest.raises(errors.LineNotIssued) as refusal:
        _load(cast, ids[1:], "again")
    assert refusal.value.values["line"] == ids[1]


def test_twice_is_once(cast: Cast, lines: list[allocation.IssuedLine]) -> None:
    ids = _of(lines, cast, "plant_a")
    assert _load(cast, ids) == _load(cast, ids)
    assert queries.loads(Cut(clock.now()))[1] == 1


def test_the_same_key_for_another_load_is_refused(cast: Cast, lines: list[allocation.IssuedLine]) -> None:
    _load(cast, _of(lines, cast, "plant_a"))
    with pytest.raises(SameKeyOtherBody):
        _load(cast, _of(lines, cast, "plant_b"))


def test_the_same_key_with_another_planned_arrival_is_refused(cast: Cast, lines: list[allocation.IssuedLine]) -> None:
    _load(cast, _of(lines, cast, "plant_a"))
    with pytest.raises(SameKeyOtherBody):
        _load(cast, _of(lines, cast, "plant_a"), planned_arrival=clock.now() + timedelta(hours=2))


@pytest.mark.parametrize("person", ["approver", "driver", "receiver", "auditor"])
def test_others_may_not(cast: Cast, lines: list[allocation.IssuedLine], person: str) -> None:
    with pytest.raises(NotAllowed):
        _load(cast, _of(lines, cast, "plant_a"), by=getattr(cast, person))


def test_a_retry_gets_its_answer_though_the_batch_was_voided_since(
    cast: Cast, lines: list[allocation.IssuedLine]
) -> None:
    """The first answer was lost on the way; that the lines are no longer issued is another matter."""
    ids = _of(lines, cast, "plant_a")
    first = _load(cast, ids)
    batches.void_batch(lines[0].batch_number, by=cast.duty, at=clock.now(), idem=key("void"), reason="test")
    assert _load(cast, ids) == first
    with pytest.raises(errors.LineNotIssued):
        _load(cast, ids, "another")
