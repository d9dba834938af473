"""What was made and not yet released is in the books, is nobody's to promise, and is released at most once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from qipan.kernel import clock
from qipan.stock import errors, queries
from qipan.stock import operations as stock
from tests.cast import Cast


@pytest.fixture
def awaiting(cast: Cast) -> int:
    """An account at a plant where 500 suits await their release."""
    opening = stock.Opening("awaiting", "awaiting/plant_a", cast.places["plant_a"], "130100")
    account = stock.open_accounts([opening], by=cast.keeper)["awaiting/plant_a"]
    _post(cast, "output", cast.accounts["outside"], account, 500)
    return account


def _post(cast: Cast, kind: str, src: int, dst: int, qty: int) -> None:
    line = stock.Transfer(kind, cast.items["SUIT-GB"].id, src, dst, qty, "line/1")
    stock.post_batch([line], by=cast.keeper, idem=uuid4(), at=clock.now())


def test_it_is_counted_and_not_free(cast: Cast, awaiting: int) -> None:
    (row,) = queries.stock_rows(queries.Asked(clock.now(), account=awaiting))
    assert (row.where, row.onhand, row.free) == ("awaiting", 500, 0)
    assert queries.awaiting_of_place(cast.places["plant_a"]) == awaiting
    assert queries.account_of_place(cast.places["plant_a"]) == cast.accounts["plant_a"]


def test_it_can_be_promised_to_nobody(cast: Cast, awaiting: int) -> None:
    line = stock.HoldLine(awaiting, cast.items["SUIT-GB"].id, 1, "batch/1")
    with pytest.raises(errors.AccountUnknown):
        stock.hold_batch([line], by=cast.keeper, idem=uuid4(), at=clock.now())


def test_no_more_is_released_than_there_is(cast: Cast, awaiting: int) -> None:
    _post(cast, "release", awaiting, cast.accounts["plant_a"], 300)
    with pytest.raises(errors.StockInsufficient) as refusal:
        _post(cast, "release", awaiting, cast.accounts["plant_a"], 201)
    assert "待放行" in str(refusal.value.values["account"]) or "awaiting" in str(refusal.value.values["account"])
