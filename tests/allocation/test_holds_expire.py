"""Goods that are promised and not loaded in time are free again, once, and never those on a lorry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from qipan.allocation import errors
from qipan.allocation import operations as allocation
from qipan.allocation import queries as allocation_reads
from qipan.kernel import clock
from qipan.kernel.models import Event
from qipan.server import worker
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads
from qipan.transport.errors import LineNotIssued
from tests.cast import Cast

ClientOf = Callable[..., Client]


def later(hours: float = 24) -> datetime:
    return clock.now() + timedelta(hours=hours)


@pytest.fixture
def issued(cast: Cast) -> int:
    """A batch of 10 suits out of one store, held for a day."""
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    number = cast.plan("SUIT-GB")
    allocation.approve_batch(number, by=cast.approver, at=clock.now(), idem=uuid4())
    allocation.issue_batch(number, by=cast.approver, at=clock.now(), idem=uuid4(), holds_until=later())
    return number


def free(cast: Cast) -> int:
    return sum(row.free for row in stock_reads.free_now([cast.accounts["plant_a"]]))


def test_before_its_time_nothing_is_freed(cast: Cast, issued: int) -> None:
    assert (free(cast), worker.end_overdue()) == (0, 0)
    assert allocation_reads.holds_of(issued) == (later(), 1, 0)


def test_after_its_time_the_goods_are_free_again_once(cast: Cast, issued: int) -> None:
    with clock.held_at(later(25)):
        assert (worker.end_overdue(), worker.end_overdue()) == (1, 0)
        assert free(cast) == cast.items["SUIT-GB"].to_grains(10)
        assert allocation_reads.lines_to_load(issued) == []
        assert allocation_reads.holds_of(issued)[1:] == (0, 1)
        assert Event.objects.filter(key="stock.holds_expired").count() == 1


def test_what_is_free_again_can_be_planned_again(cast: Cast, issued: int) -> None:
    with clock.held_at(later(25)):
        worker.end_overdue()
        again = cast.plan("SUIT-GB", deadline="2020-02-09T19:00")
        cast.issue(again)
        assert free(cast) == 0


def test_a_line_whose_time_is_over_is_not_loaded(cast: Cast, issued: int) -> None:
    (line,) = allocation_reads.lines_to_load(issued)
    with clock.held_at(later(25)):
        worker.end_overdue()
        with pytest.raises(LineNotIssued):
            cast.load([line.id])


def test_goods_on_a_lorry_stay_promised_and_depart(cast: Cast, issued: int) -> None:
    (line,) = allocation_reads.lines_to_load(issued)
    number = cast.load([line.id])
    with clock.held_at(later(25)):
        assert worker.end_overdue() == 0
        cast.depart(number)
        assert free(cast) == 0


def test_a_hold_that_departs_meanwhile_does_not_keep_the_others(
    cast: Cast, issued: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.put("plant_b", "GOG", 5)
    cast.approve("wuhan_b", "GOG", "ICU", 5)
    other = cast.plan("GOG")
    allocation.approve_batch(other, by=cast.approver, at=clock.now(), idem=uuid4())
    allocation.issue_batch(other, by=cast.approver, at=clock.now(), idem=uuid4(), holds_until=later())
    (gone,) = [line.hold for line in allocation_reads.lines_to_load(issued)]
    (stays,) = [line.hold for line in allocation_reads.lines_to_load(other)]
    with clock.held_at(later(25)):
        stock.void_holds([gone], by=cast.keeper, idem=uuid4(), at=clock.now())
        monkeypatch.setattr(stock_reads, "overdue_holds", lambda now: {cast.keeper.tenant: [gone, stays]})
        assert stock.end_overdue(clock.now()) == 1
    assert stock_reads.expired_holds([gone, stays]) == {stays}


def test_a_batch_whose_goods_were_freed_can_still_be_voided(cast: Cast, issued: int) -> None:
    with clock.held_at(later(25)):
        worker.end_overdue()
        allocation.void_batch(issued, by=cast.duty, at=clock.now(), idem=uuid4(), reason="not loaded")
    assert free(cast) == cast.items["SUIT-GB"].to_grains(10)


def test_a_time_that_has_passed_is_refused(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    number = cast.plan("SUIT-GB")
    allocation.approve_batch(number, by=cast.approver, at=clock.now(), idem=uuid4())
    with pytest.raises(errors.HoldsEndBefore):
        allocation.issue_batch(number, by=cast.approver, at=clock.now(), idem=uuid4(), holds_until=clock.now())


def test_without_a_time_it_waits_for_ever(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    number = cast.plan("SUIT-GB")
    cast.issue(number)
    with clock.held_at(later(24 * 365)):
        assert worker.end_overdue() == 0


def test_the_page_takes_the_time_and_says_what_was_freed(cast: Cast, client_of: ClientOf) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    number = cast.plan("SUIT-GB")
    allocation.approve_batch(number, by=cast.approver, at=clock.now(), idem=uuid4())
    client = client_of("approver")
    assert "Hold the goods until" in client.get(f"/batches/{number}").content.decode()
    sent: dict[str, Any] = {"act": "issue", "idem": str(uuid4())}
    refused = client.post(f"/batches/{number}/step", {**sent, "holds_until": "tomorrow"})
    assert refused.status_code == 422
    assert client.post(f"/batches/{number}/step", {**sent, "holds_until": "2020-02-09T24:00"}).status_code == 302
    assert "Goods are held until" in client.get(f"/batches/{number}").content.decode()
    with clock.held_at(later(24 * 5)):
        worker.end_overdue()
        assert "1 line was not loaded in time" in client.get(f"/batches/{number}").content.decode()
        holds = client.get(f"/api/v1/batches/{number}").json()["holds"]
    assert holds == {"until": "2020-02-10T00:00:00+08:00", "open": 0, "expired": 1}
