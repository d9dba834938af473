"""The API of stock."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, require_reading
from qipan.kernel.quantity import plain, read_quantity
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.organisations.queries import like_prefix
from qipan.stock import operations, queries

router = Router(tags=["stock"])


class CountIn(Schema):
    """A count of one item in one account: what is there, in ``measure``."""

    account: int
    item: str = Field(max_length=80)
    counted: str = Field(max_length=40)
    measure: str = Field("", max_length=20)
    reason: str = Field(min_length=1, max_length=300)


@router.get("/stock", summary="What is where: ?as_of=&known_at=&place=&item=&kind=store|road")
def list_stock(
    request: HttpRequest,
    as_of: str = "",
    known_at: str = "",
    place: str = "",
    item: str = "",
    kind: str = "store",
) -> list[dict[str, Any]]:
    cut = cut_of(request)
    materials = catalogue.materials()
    accounts = queries.accounts()
    rows = queries.balances(as_of=cut.as_of, known_at=cut.known_at, like=like_prefix(cut.place), kinds=(kind,))
    return [
        {
            "account": row.account,
            "account_code": accounts[row.account].code,
            "region": accounts[row.account].region,
            "item_code": materials[row.item].code,
            "lot": row.lot or None,
            "on_hand": plain(materials[row.item].from_grains(row.onhand)),
            "held": plain(materials[row.item].from_grains(row.held)),
            "unit": materials[row.item].unit.as_json(),
            "simulated": row.is_simulated,
        }
        for row in rows
        if not cut.item or materials[row.item].code == cut.item
    ]


class StoreIn(Schema):
    """A store that goods can be shared out from; ``holder`` keeps it, ``owner`` owns the goods (by code or name)."""

    kind: str = Field(max_length=12)
    name_zh: str = Field(min_length=1, max_length=80)
    name_en: str = Field("", max_length=120)
    region: str = Field(max_length=12)
    holder: str = Field(min_length=1, max_length=120)
    owner: str = Field("", max_length=120)


@router.post("/stores", summary="Open a store; what lies in it is entered as a count", response={201: dict[str, Any]})
def open_store(request: HttpRequest, store: StoreIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    account = operations.open_store(
        store.kind, by=actor_of(request), at=clock.now(), idem=key, region=store.region,
        name=Both(store.name_zh, store.name_en), holder=organisations.organisation(store.holder).id,
        owner=organisations.organisation(store.owner).id if store.owner else None,
    )  # fmt: skip
    return {"account": account}


@router.post("/stock/counts", summary="Book a stock count", response={201: dict[str, Any]})
def count_stock(request: HttpRequest, count: CountIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    item = catalogue.material(count.item)
    grains = item.to_grains(read_quantity(count.counted, zero_allowed=True), count.measure)
    difference = operations.count_stock(
        count.account,
        item=item.id,
        counted=grains,
        reason=count.reason,
        by=actor_of(request),
        idem=key,
        at=clock.now(),
    )
    return {"difference": plain(item.from_grains(difference)), "waits_for_a_second_person": difference < 0}


class ReversalIn(Schema):
    """A movement that shall be booked back, and why."""

    movement: int = Field(gt=0, lt=2**62)
    reason: str = Field(min_length=1, max_length=300)


class NoteIn(Schema):
    """A word that goes with a decision."""

    note: str = Field("", max_length=300)


@router.get("/stock/corrections", summary="Write-offs and bookings back: ?state=waiting|confirmed|rejected|replaced")
def list_corrections(request: HttpRequest, state: str = "waiting", limit: int = 100) -> dict[str, Any]:
    require_reading(request, actor_of(request).home)
    rows, total = queries.corrections(
        state=state if state in queries.STATES else "waiting", limit=max(1, min(limit, 500))
    )
    return {
        "total": total,
        "rows": [
            {
                "id": row.id,
                "kind": row.kind,
                "account": row.account.id,
                "item_code": row.item.code,
                "lot": row.lot or None,
                "quantity": plain(row.item.from_grains(row.qty)),
                "movement": row.movement,
                "central_control": row.is_controlled,
                "reason": row.reason,
                "proposed_by": str(row.proposer),
                "proposed_at": clock.write_instant(row.at),
                "state": row.state,
                "decided_by": str(row.decider) or None,
                "decided_at": clock.write_instant(row.decided_at) if row.decided_at else None,
                "note": row.note or None,
            }
            for row in rows
        ],
    }


@router.post("/stock/reversals", summary="Propose that a movement be booked back", response={201: dict[str, Any]})
def propose_reversal(
    request: HttpRequest, body: ReversalIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    made = operations.propose_reversal(
        body.movement, reason=body.reason, by=actor_of(request), idem=key, at=clock.now()
    )
    return {"correction": made}


@router.post("/stock/corrections/{number}/confirm", summary="Confirm and book what somebody else proposed")
def confirm_correction(
    request: HttpRequest, number: int, body: NoteIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    booked = operations.confirm_correction(number, by=actor_of(request), idem=key, at=clock.now(), note=body.note)
    return {"movement": booked}


@router.post("/stock/corrections/{number}/reject", summary="Leave the books as they are")
def reject_correction(
    request: HttpRequest, number: int, body: NoteIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.reject_correction(number, by=actor_of(request), idem=key, at=clock.now(), note=body.note)
    return {"correction": number}
