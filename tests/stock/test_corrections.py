"""Two persons for what takes goods out of the books or undoes a movement, tried every way one could do it alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from qipan.catalogue import operations as catalogue
from qipan.kernel import clock
from qipan.kernel.access import Actor, Grant
from qipan.kernel.errors import NotAllowed
from qipan.stock import errors, operations, queries
from qipan.stock.models import Movement
from qipan.transport import operations as transport
from qipan.transport.errors import NotOnABatch
from tests.cast import Cast
from tests.stock.books import KEEPER, SECOND, Books, assert_in_order

EVERYTHING = frozenset({"stock.count", "stock.reverse", "stock.confirm"})
BOTH = replace(KEEPER, grants=(Grant(EVERYTHING),))


@pytest.fixture
def missing(books: Books) -> int:
    """10 of 100 suits were not found; the write-off waits."""
    books.put("plant", 100)
    _count(books, 90)
    return _waiting()[0].id


def _count(books: Books, counted: int, *, by: Actor = BOTH) -> int:
    return operations.count_stock(
        books.accounts["plant"], item=books.items["SUIT-GB"], counted=counted, reason="not found", by=by,
        idem=uuid4(), at=clock.now(),
    )  # fmt: skip


def _waiting() -> list[queries.CorrectionRow]:
    return queries.corrections()[0]


def _confirm(correction: int, by: Actor, **more: Any) -> int:
    return operations.confirm_correction(correction, by=by, idem=uuid4(), at=clock.now(), **more)


def test_what_is_missing_is_on_the_books_until_somebody_else_confirms(books: Books, missing: int) -> None:
    assert books.balance("plant") == (100, 0)
    movement = Movement.objects.get(id=_confirm(missing, SECOND))
    assert (books.balance("plant"), movement.kind, movement.document) == ((90, 0), "count", f"correction/{missing}")
    assert _waiting() == []
    assert_in_order()


@pytest.mark.parametrize(
    "by",
    [
        BOTH,
        replace(BOTH, name="another name, the same person"),
        replace(BOTH, id=9, grants=(Grant(EVERYTHING, stands_in_for=KEEPER.id),)),
    ],
    ids=["self", "renamed", "own stand-in"],
)
def test_who_proposed_it_does_not_confirm_it(books: Books, missing: int, by: Actor) -> None:
    with pytest.raises(errors.SameHand):
        _confirm(missing, by)
    with pytest.raises(errors.SameHand):
        _confirm(_propose_back(books), by)
    assert books.balance("plant") == (100, 0)


def _propose_back(books: Books) -> int:
    movement = Movement.objects.filter(kind="opening").latest("id").id
    return operations.propose_reversal(movement, reason="x", by=BOTH, idem=uuid4(), at=clock.now())


def test_who_may_not_confirm_does_not(books: Books, missing: int) -> None:
    elsewhere = Actor(7, "elsewhere", grants=(Grant(EVERYTHING, region="610000"),))
    reader = Actor(8, "reader", grants=(Grant(frozenset({"read"})),))
    for by in (elsewhere, reader):
        with pytest.raises(NotAllowed):
            _confirm(missing, by)


def test_a_rejected_one_leaves_the_books_and_is_over(books: Books, missing: int) -> None:
    operations.reject_correction(missing, by=SECOND, idem=uuid4(), at=clock.now(), note="found behind the door")
    assert books.balance("plant") == (100, 0)
    with pytest.raises(errors.CorrectionEnded):
        _confirm(missing, SECOND)
    assert queries.corrections(state="rejected")[0][0].note == "found behind the door"


def test_who_proposed_it_may_take_it_back(books: Books, missing: int) -> None:
    operations.reject_correction(missing, by=BOTH, idem=uuid4(), at=clock.now(), note="mine")
    assert _waiting() == []


def test_a_later_count_replaces_what_waits(books: Books, missing: int) -> None:
    """Else both would be written off."""
    _count(books, 95)
    (now,) = _waiting()
    assert (now.qty, queries.corrections(state="replaced")[0][0].id) == (5, missing)
    with pytest.raises(errors.CorrectionEnded):
        _confirm(missing, SECOND)
    _confirm(now.id, SECOND)
    assert books.balance("plant") == (95, 0)


def test_what_moved_meanwhile_stays_moved(books: Books, missing: int) -> None:
    books.post(books.line("depart", "plant", "road_1", 30))
    _confirm(missing, SECOND)
    assert books.balance("plant") == (60, 0)


def test_is_confirmed_once_per_key(books: Books, missing: int) -> None:
    key = uuid4()
    asked: dict[str, Any] = {"by": SECOND, "idem": key, "at": clock.now()}
    first = operations.confirm_correction(missing, **asked)
    assert operations.confirm_correction(missing, **asked) == first
    assert books.balance("plant") == (90, 0)


def test_refuses_one_that_does_not_exist(books: Books) -> None:
    with pytest.raises(errors.CorrectionUnknown):
        _confirm(10**9, SECOND)


class TestCentralAllocation:
    """D2: no local authority takes goods under central allocation out of the books, or sends them elsewhere."""

    OFFICER = Actor(21, "Hubei", grants=(Grant(EVERYTHING | {"transport.load"}, region="420000", reads="420000"),))
    COMMAND = Actor(22, "command", grants=(Grant(EVERYTHING, region="100000", reads="100000"),))

    @pytest.fixture
    def waiting(self, cast: Cast) -> int:
        catalogue.place_under_control("SUIT-GB", by=cast.duty, at=clock.now(), authority="notice")
        cast.put("reserve", "SUIT-GB", 100)
        operations.count_stock(
            cast.accounts["reserve"], item=cast.items["SUIT-GB"].id, counted=40, reason="gone", by=cast.keeper,
            idem=uuid4(), at=clock.now(),
        )  # fmt: skip
        return _waiting()[0].id

    def test_only_the_command_confirms(self, cast: Cast, waiting: int) -> None:
        with pytest.raises(errors.ControlledGoods):
            _confirm(waiting, self.OFFICER)
        with pytest.raises(errors.ControlledGoods):
            operations.reject_correction(waiting, by=self.OFFICER, idem=uuid4(), at=clock.now(), note="x")
        assert _waiting()[0].is_controlled
        _confirm(waiting, self.COMMAND)

    def test_of_other_goods_the_province_does(self, cast: Cast) -> None:
        """Control."""
        cast.put("reserve", "GOG", 100)
        operations.count_stock(
            cast.accounts["reserve"], item=cast.items["GOG"].id, counted=40, reason="gone", by=cast.keeper,
            idem=uuid4(), at=clock.now(),
        )  # fmt: skip
        _confirm(_waiting()[0].id, self.OFFICER)

    @pytest.mark.parametrize(("item", "is_refused"), [("SUIT-GB", True), ("GOG", False)])
    def test_they_leave_on_a_batch_alone(self, cast: Cast, waiting: int, item: str, is_refused: bool) -> None:
        route = transport.Route(cast.places["reserve"], cast.places["xiaogan"], clock.now())

        def load() -> str:
            return transport.load_shipment(
                [transport.Load(cast.items[item].id, 1)], by=self.OFFICER, idem=uuid4(), at=clock.now(), route=route,
                vehicle=transport.Vehicle("v", "d"),
            )  # fmt: skip

        if is_refused:
            with pytest.raises(NotOnABatch):
                load()
        else:
            load()


def test_the_screen_shows_what_waits_and_who_may(cast: Cast, client_of: Callable[..., Any]) -> None:
    cast.put("reserve", "GOG", 100)
    keeper, page = client_of("keeper"), f"/stock/{cast.accounts['reserve']}"
    item = cast.items["GOG"].id
    assert (
        keeper.post(page, {"act": "count", "holding": f"{item}:0", "counted": "40", "reason": "gone"}).status_code
        == 302
    )
    shown = keeper.get(page).content.decode()
    assert "Waits for a second person" in shown and "It is written off when a second person confirms." in shown
    assert "somebody else confirms this" in keeper.get("/stock/corrections").content.decode()
    waiting = _waiting()[0].id
    form = {"act": "confirm", "correction": waiting, "note": ""}
    assert keeper.post("/stock/corrections", form).status_code == 403
    assert client_of("approver").post("/stock/corrections", form).status_code == 302
    assert "confirmed" in keeper.get("/stock/corrections?state=confirmed").content.decode()
    assert client_of("approver").post("/stock/corrections", form).status_code == 409
    assert keeper.get("/stock/corrections?state=x").status_code == 422


def test_the_api_proposes_confirms_and_lists(cast: Cast, client_of: Callable[..., Any]) -> None:
    cast.put("reserve", "GOG", 100)
    movement = Movement.objects.latest("id").id

    def send(who: str, path: str, body: dict[str, Any]) -> Any:
        return client_of(who).post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json",
            headers={"idempotency-key": str(uuid4())},
        )  # fmt: skip

    made = send("keeper", "/stock/reversals", {"movement": movement, "reason": "typed twice"})
    assert made.status_code == 201
    number = made.json()["correction"]
    rows = client_of("duty").get("/api/v1/stock/corrections").json()
    assert (rows["total"], rows["rows"][0]["quantity"], rows["rows"][0]["state"]) == (1, 100, "waiting")
    assert send("keeper", f"/stock/corrections/{number}/confirm", {}).json()["code"] == "not_allowed"
    assert send("approver", f"/stock/corrections/{number}/confirm", {"note": "ok"}).json()["movement"] > movement
    assert send("approver", f"/stock/corrections/{number}/reject", {}).json()["code"] == "correction_ended"
