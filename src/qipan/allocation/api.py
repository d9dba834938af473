"""The API of allocation."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.allocation import explanation, operations, queries, supposing
from qipan.allocation.errors import BatchUnknown
from qipan.kernel import clock
from qipan.kernel.doors import InstantRefused, actor_of, cut_of
from qipan.kernel.quantity import plain
from qipan.kernel.text import Both

router = Router(tags=["allocation"])


class PlanIn(Schema):
    """What to share out; ``deadline`` as 2020-02-14T24:00."""

    title_zh: str = Field(max_length=120)
    title_en: str = Field("", max_length=160)
    policy: str = Field(max_length=40)
    deadline: str = Field(max_length=30)
    items: list[str] = Field(default_factory=list, max_length=61)
    place: str = Field("", max_length=12)


TIER_FIELDS = (
    "rank", "name_zh", "name_en", "regions", "zones", "is_key_unit", "weight_milli", "minimum_share_pct", "cap_pct",
)  # fmt: skip


class TierIn(Schema):
    """Which needs a tier takes, and how it weighs, guards and caps them; shares in per cent of the need."""

    name_zh: str = Field(max_length=60)
    name_en: str = Field("", max_length=80)
    regions: list[str] = Field(default_factory=list, max_length=400)
    zones: list[str] = Field(default_factory=list, max_length=8)
    is_key_unit: bool | None = None
    weight_milli: int = Field(1000, ge=1, le=1_000_000)
    minimum_share_pct: int = Field(0, ge=0, le=100)
    cap_pct: int = Field(100, ge=1, le=100)


class PolicyIn(Schema):
    """A version of a policy; it is in force from now on and never edited."""

    code: str = Field(min_length=1, max_length=40)
    version: int | None = Field(None, ge=1, le=10_000)
    name_zh: str = Field(max_length=80)
    name_en: str = Field("", max_length=120)
    authority: str = Field(min_length=1, max_length=160)
    pools: list[str] = Field(default=["plant", "own_reserve"], min_length=1, max_length=6)
    tiers: list[TierIn] = Field(min_length=1, max_length=50)


class NoteIn(Schema):
    """A note or reason that goes with a step."""

    note: str = Field("", max_length=300)


@router.get("/batches", summary="Batches, the newest first: ?as_of=&state=&limit=&cursor=")
def list_batches(
    request: HttpRequest, as_of: str = "", state: str = "", limit: int = 50, cursor: int = 0
) -> dict[str, Any]:
    rows, total = queries.batches(cut_of(request), state=state, limit=max(1, min(limit, 500)), offset=max(0, cursor))
    following = max(0, cursor) + len(rows)
    return {
        "count": total,
        "next_cursor": following if following < total else None,
        "rows": [_batch(b) for b in rows],
    }


@router.get("/batches/{number}", summary="One batch with needs, lines and explanations: ?as_of=")
def read_batch(request: HttpRequest, number: int, as_of: str = "") -> dict[str, Any]:
    row = queries.batch(number, cut_of(request))
    if row is None:
        raise BatchUnknown(number=number)
    names = explanation.names_of(queries.inputs(row.id), row.policy)
    needs, _total = queries.needs(row.id, limit=100_000)
    held = queries.holds_of(number)
    holds = {
        "until": clock.write_instant(held.until) if held.until else None,
        "open": held.open,
        "expired": held.expired,
    }
    return {**_batch(row), "certificate": row.certificate, "holds": holds, "needs": [_need(n, names) for n in needs]}


@router.get(
    "/batches/{number}/what-if", summary="A batch planned again with one change: ?kind=&source=&need=&rule=&quantity="
)
def read_what_if(
    request: HttpRequest, number: int, kind: str, source: str = "", need: str = "", rule: str = "", quantity: str = ""
) -> dict[str, Any]:
    row = queries.batch(number, cut_of(request))
    if row is None:
        raise BatchUnknown(number=number)
    desk = supposing.Desk(row)
    asked = {"kind": kind, "source": source, "need": need, "rule": rule, "quantity": quantity}
    return _effect(desk.effect_of(desk.read(asked)))


@router.get("/batches/{number}/rule-prices", summary="What permitting each excluded item would change")
def list_rule_prices(request: HttpRequest, number: int) -> list[dict[str, Any]]:
    row = queries.batch(number, cut_of(request))
    if row is None:
        raise BatchUnknown(number=number)
    return [{"rule": at, **_effect(effect)} for at, effect in supposing.Desk(row).prices()]


@router.get("/policies", summary="Policies in force with their tiers: ?as_of=")
def list_policies(request: HttpRequest, as_of: str = "") -> list[dict[str, Any]]:
    return [
        {
            "code": p.code,
            "version": p.version,
            "name": {"zh": p.name_zh, "en": p.name_en},
            "authority": p.authority,
            "pools": p.pools,
            "valid_from": clock.write_instant(p.valid_from),
            "tiers": [{field: getattr(t, field) for field in TIER_FIELDS} for t in p.tiers.all()],
        }
        for p in queries.policies(cut_of(request).as_of)
    ]


@router.post("/policies", summary="Write down a version of a policy", response={201: dict[str, Any]})
def state_policy(request: HttpRequest, body: PolicyIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    text = operations.PolicyText(
        Both(body.name_zh, body.name_en), body.authority, [t.dict() for t in body.tiers], body.pools
    )
    version = operations.state_policy(
        body.code, text, version=body.version, by=actor_of(request), at=clock.now(), idem=key
    )
    return {"code": body.code, "version": version}


@router.post("/batches", summary="Plan the next batch", response={201: dict[str, Any]})
def plan_batch(request: HttpRequest, body: PlanIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    number = operations.plan_batch(
        by=actor_of(request),
        idem=key,
        at=clock.now(),
        policy=body.policy,
        deadline=_instant(body.deadline),
        title=Both(body.title_zh, body.title_en),
        items=body.items,
        place=body.place,
    )
    return {"number": number}


@router.post("/batches/{number}/approve", summary="Approve a planned batch")
def approve_batch(
    request: HttpRequest, number: int, body: NoteIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.approve_batch(number, by=actor_of(request), at=clock.now(), idem=key, note=body.note)
    return {"number": number, "state": "approved"}


class IssueIn(NoteIn):
    """Why, and until when goods are held that nobody loads (nothing: for ever)."""

    holds_until: str = Field("", max_length=40)


@router.post("/batches/{number}/issue", summary="Issue an approved batch: hold every line, all or nothing")
def issue_batch(
    request: HttpRequest, number: int, body: IssueIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    until = _instant(body.holds_until) if body.holds_until else None
    lines = operations.issue_batch(
        number, by=actor_of(request), at=clock.now(), idem=key, note=body.note, holds_until=until
    )
    return {"number": number, "state": "issued", "lines": lines}


@router.post("/batches/{number}/void", summary="Void a batch before goods left")
def void_batch(
    request: HttpRequest, number: int, body: NoteIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.void_batch(number, by=actor_of(request), at=clock.now(), idem=key, reason=body.note)
    return {"number": number, "state": "voided"}


def _instant(text: str) -> datetime:
    try:
        return clock.read_instant(text)
    except clock.InstantUnreadable as error:
        raise InstantRefused(text=text[:40]) from error


def _batch(b: queries.BatchRow) -> dict[str, Any]:
    return {
        "number": b.number,
        "title": b.title.as_json(),
        "policy": b.policy.as_json(),
        "state": b.state,
        "as_of": clock.write_instant(b.as_of),
        "deadline": clock.write_instant(b.deadline),
        "needs_count": b.needs,
        "lines_count": b.lines,
        "proven": b.is_proven,
        "inputs_sha256": b.inputs_sha256,
        "simulated": b.is_simulated,
        "steps": [
            {"step": s.step, "by": s.actor.as_json(), "at": clock.write_instant(s.at), "note": s.note} for s in b.steps
        ],
    }


def _need(n: queries.NeedRow, names: explanation.Names) -> dict[str, Any]:
    number = n.item.from_grains
    why = explanation.explain(n, names)
    return {
        "position": n.position,
        "unit": n.unit.as_json(),
        "region": n.region,
        "item_code": n.item.code,
        "zone": n.zone,
        "tier": n.tier + 1,
        "need": plain(number(n.need)),
        "covered": plain(number(n.covered)),
        "given": plain(number(n.given)),
        "level": n.level,
        "cause": n.cause,
        "why": why.sentence,
        "next": why.next_word,
        "lines": [
            {
                "id": line.id,
                "from": line.place.as_json(),
                "item_code": line.item.code,
                "quantity": plain(line.item.from_grains(line.qty)),
            }
            for line in n.lines
        ],
    }


def _effect(effect: supposing.Effect) -> dict[str, Any]:
    return {
        "change": effect.words,
        "item": effect.item.code,
        "unit": effect.item.unit.as_json(),
        "needs": effect.needs,
        "total_before": plain(effect.total_before),
        "total_after": plain(effect.total_after),
        "lowest_before": effect.lowest_before,
        "lowest_after": effect.lowest_after,
        "changed": [
            {
                "unit": r.unit.as_json(), "zone": r.zone, "tier": r.tier, "item": r.item.code,
                "before": plain(r.before), "after": plain(r.after),
                "level_before": r.level_before, "level_after": r.level_after,
            }
            for r in effect.rows
        ],
    }  # fmt: skip
