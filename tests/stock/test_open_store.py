"""A store is opened with its keeper and owner; a count says what lies in it; then a batch can draw on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from qipan.allocation import queries as allocation
from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.stock import errors, operations
from qipan.stock.models import Account
from tests.cast import Cast, key


def _open(cast: Cast, *, by: Any = None, kind: str = "reserve", region: str = "420000", word: str = "store") -> int:
    return operations.open_store(
        kind, by=by or cast.duty, at=clock.now(), idem=key(word), name=Both("新库", "New store"),
        holder=cast.units["wuhan_b"], region=region,
    )  # fmt: skip


def test_a_counted_store_is_drawn_on(cast: Cast, client_of: Callable[..., Client]) -> None:
    account = _open(cast)
    operations.count_stock(
        account, item=cast.items["SUIT-GB"].id, counted=50, reason="opening", by=cast.keeper, idem=key("count"),
        at=clock.now(),
    )  # fmt: skip
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    number = cast.plan("SUIT-GB")
    row = allocation.batch(number, Cut(clock.now()))
    assert row is not None and row.qty == 40


def test_twice_is_once(cast: Cast) -> None:
    assert _open(cast) == _open(cast)
    assert Account.objects.filter(code__startswith="reserve/s-").count() == 1


def test_a_kind_nobody_shares_out_from_is_refused(cast: Cast) -> None:
    with pytest.raises(errors.StoreKindUnknown):
        _open(cast, kind="attic")


def test_only_who_registers_opens_a_store(cast: Cast) -> None:
    for by in (cast.keeper, cast.receiver, cast.approver):
        with pytest.raises(NotAllowed):
            _open(cast, by=by)


FORM = {"kind": "donation", "name_zh": "红十字会库", "name_en": "Red Cross", "region": "420100", "holder": "wuhan_b"}


def test_the_screen_opens_one_and_shows_it(cast: Cast, client_of: Callable[..., Client]) -> None:
    client = client_of("duty")
    answer = client.post("/stock/open", FORM, follow=True)
    assert answer.status_code == 200 and "Red Cross" in answer.text
    assert client.post("/stock/open", {**FORM, "holder": "nobody"}).status_code == 422
    assert client_of("audit").post("/stock/open", FORM).status_code == 403


def test_the_api_opens_one(cast: Cast, client_of: Callable[..., Client]) -> None:
    headers = {"idempotency-key": str(key("api store"))}
    client = client_of("duty")
    made = [client.post("/api/v1/stores", FORM, content_type="application/json", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
