"""Issuing holds every line's goods in one call, all or nothing, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from qipan.allocation import errors, operations, queries
from qipan.engine import allocation as engine
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed
from qipan.stock import operations as ledger
from qipan.stock import queries as stock
from qipan.stock.errors import StockInsufficient
from tests.cast import Cast, key

BatchOf = Callable[[int], queries.BatchRow]


@pytest.fixture
def approved(cast: Cast) -> int:
    """An approved batch: 40 suits of two plants for hospital A."""
    cast.put("plant_a", "SUIT-GB", 25)
    cast.put("plant_b", "SUIT-GB", 25)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    number = cast.plan("SUIT-GB")
    operations.approve_batch(number, by=cast.approver, at=clock.now(), idem=key("approve"))
    return number


def _issue(number: int, by: Actor, word: str = "issue") -> int:
    return operations.issue_batch(number, by=by, at=clock.now(), idem=key(word))


def _held(cast: Cast) -> int:
    return sum(h.held for h in stock.free_now(cast.accounts.values()))


def _drain(cast: Cast, store: str, quantity: int) -> None:
    used = ledger.open_accounts([ledger.Opening("sink", "outside/use", None, "")], by=cast.keeper)["outside/use"]
    line = ledger.Transfer("use", cast.items["SUIT-GB"].id, cast.accounts[store], used, quantity, "use")
    ledger.post_batch([line], by=cast.keeper, idem=uuid4(), at=clock.now())


def test_holds_every_line(approved: int, cast: Cast, batch_of: BatchOf) -> None:
    assert _issue(approved, cast.approver) == 2
    assert _held(cast) == 40
    assert batch_of(approved).state == "issued"
    assert sum(line.qty for line in queries.lines_to_load(approved)) == 40


def test_nothing_moves_yet(approved: int, cast: Cast) -> None:
    _issue(approved, cast.approver)
    assert sum(h.onhand for h in stock.free_now(cast.accounts.values())) == 50
    assert stock.flows(as_of=clock.now()) == []


def test_held_goods_cannot_go_elsewhere(approved: int, cast: Cast) -> None:
    _issue(approved, cast.approver)
    with pytest.raises(StockInsufficient):
        _drain(cast, "plant_a", 25)


@pytest.mark.parametrize("store", ["plant_a", "plant_b"])
def test_all_or_nothing_when_a_store_was_drained_meanwhile(
    approved: int, cast: Cast, batch_of: BatchOf, store: str
) -> None:
    _drain(cast, store, 24)
    with pytest.raises(StockInsufficient) as refusal:
        _issue(approved, cast.approver)
    assert (refusal.value.values["free"], refusal.value.values["account_id"]) == (1, cast.accounts[store])
    assert _held(cast) == 0
    assert batch_of(approved).state == "approved"
    assert queries.lines_to_load(approved) == []


def test_it_can_be_issued_once_the_goods_are_back(approved: int, cast: Cast, batch_of: BatchOf) -> None:
    _drain(cast, "plant_a", 24)
    with pytest.raises(StockInsufficient):
        _issue(approved, cast.approver)
    cast.put("plant_a", "SUIT-GB", 24)
    assert _issue(approved, cast.approver) == 2
    assert batch_of(approved).state == "issued"


def test_refuses_who_planned(approved: int, cast: Cast) -> None:
    both = replace(cast.duty, grants=cast.duty.grants + cast.approver.grants)
    with pytest.raises(errors.SamePerson):
        _issue(approved, both)
    assert _held(cast) == 0


@pytest.mark.parametrize("person", ["duty", "keeper", "receiver", "auditor"])
def test_others_may_not(approved: int, cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        _issue(approved, getattr(cast, person))


def test_refuses_a_batch_that_nobody_approved(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    with pytest.raises(errors.StepOutOfOrder):
        _issue(cast.plan("SUIT-GB"), cast.approver)
    assert _held(cast) == 0


def test_without_a_certificate_nothing_is_issued(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    check = engine.check
    monkeypatch.setattr(engine, "check", lambda problem, plan: replace(check(problem, plan), fair=False))
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    number = cast.plan("SUIT-GB")
    with pytest.raises(errors.NotCertified):
        cast.issue(number)
    with pytest.raises(errors.StepOutOfOrder):
        _issue(number, cast.approver)
    assert _held(cast) == 0


def test_twice_is_once(approved: int, cast: Cast) -> None:
    assert [_issue(approved, cast.approver) for _ in range(2)] == [2, 2]
    assert _held(cast) == 40


def test_a_second_issue_is_out_of_order(approved: int, cast: Cast) -> None:
    _issue(approved, cast.approver)
    with pytest.raises(errors.StepOutOfOrder):
        _issue(approved, cast.approver, "again")
    assert _held(cast) == 40
