"""The API of regions, units and places."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, instant_in, shared_cut_of
from qipan.kernel.text import Both
from qipan.organisations import offices, operations, queries

router = Router(tags=["organisations"])


@router.get("/regions", summary="Regions by level: ?level=province|city|county|…")
def list_regions(request: HttpRequest, level: str = "province") -> list[dict[str, Any]]:
    return [
        {"code": r.code, "name": r.name.as_json(), "level": r.level, "parent": r.parent}
        for r in queries.regions(levels=(level,)).values()
    ]


@router.get("/units", summary="Organisations: ?kind=hospital|enterprise|…&place=")
def list_units(request: HttpRequest, kind: str = "", place: str = "") -> list[dict[str, Any]]:
    cut = shared_cut_of(request)
    keyed, listed = queries.key_units(cut.as_of), queries.members_of(cut)
    return [
        {
            "code": o.code,
            "kind": o.kind,
            "name": o.name.as_json(),
            "region": o.region,
            "credit_code": o.credit_code or None,
            "lists": sorted(name for name, members in listed.items() if o.id in members),
            "key_unit": o.id in keyed,
            "simulated": o.is_simulated,
        }
        for o in queries.organisations(kinds=(kind,) if kind else ()).values()
        if queries.is_within(o.region, place)
    ]


class UnitIn(Schema):
    """An enterprise, or a unit that can be in need."""

    name_zh: str = Field(min_length=1, max_length=120)
    name_en: str = Field("", max_length=160)
    kind: str = Field(max_length=12)
    region: str = Field(max_length=12)
    address: str = Field("", max_length=300)
    credit_code: str = Field("", max_length=30)


class ListingIn(Schema):
    """Enterprises that come onto a list, or leave it."""

    units: list[str] = Field(min_length=1, max_length=2000)
    name: str = Field(max_length=10)
    is_member: bool = True
    authority: str = Field(min_length=1, max_length=120)


class KeyUnitsIn(Schema):
    """Units to be put on a key list from now on."""

    units: list[str] = Field(min_length=1, max_length=1000)
    list_name: str = Field(min_length=1, max_length=80)
    authority: str = Field(min_length=1, max_length=120)


@router.post("/units", summary="Register an enterprise, or a unit that can be in need", response={201: dict[str, Any]})
def register_unit(request: HttpRequest, body: UnitIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    made = operations.register_unit(
        body.kind,
        by=actor_of(request),
        at=clock.now(),
        idem=key,
        name=Both(body.name_zh, body.name_en),
        region=body.region,
        address=body.address,
        credit_code=body.credit_code,
    )
    return {"id": made}


@router.post("/listings", summary="Put enterprises on a list, or take them off", response={201: dict[str, Any]})
def list_enterprises(
    request: HttpRequest, body: ListingIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    units = [queries.organisation(word).id for word in body.units]
    listed = operations.list_enterprises(
        units, list_name=body.name, is_member=body.is_member, authority=body.authority, by=actor_of(request),
        at=clock.now(), idem=key,
    )  # fmt: skip
    return {"listed": listed}


@router.get("/key-units", summary="Units on a key list: ?as_of=")
def list_key_units(request: HttpRequest, as_of: str = "") -> list[dict[str, Any]]:
    return [
        {
            "unit": row.unit.name.as_json(),
            "code": row.unit.code,
            "list": row.list_name,
            "from": clock.write_instant(row.valid_from),
            "to": clock.write_instant(row.valid_to) if row.valid_to else None,
            "authority": row.authority,
        }
        for row in queries.key_list(shared_cut_of(request).as_of)
    ]


@router.post("/key-units", summary="Put units on a key list from now on", response={201: dict[str, Any]})
def put_on_key_list(
    request: HttpRequest, body: KeyUnitsIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    ids = [queries.organisation(word).id for word in body.units]
    listed = operations.list_key_units(
        ids, list_name=body.list_name, by=actor_of(request), at=clock.now(), authority=body.authority, idem=key
    )
    return {"listed": listed}


@router.get("/places", summary="Stores and delivery points with holder and owner: ?kind=unit|reserve|plant")
def list_places(request: HttpRequest, kind: str = "") -> list[dict[str, Any]]:
    return [
        {
            "code": p.code,
            "kind": p.kind,
            "name": p.name.as_json(),
            "region": p.region,
            "holder": p.holder.as_json(),
            "owner": p.owner.as_json(),
            "simulated": p.is_simulated,
        }
        for p in queries.places(kinds=(kind,) if kind else ()).values()
    ]


class PostIn(Schema):
    """A post for somebody who can sign in; ``unit`` is a code or name."""

    username: str = Field(max_length=60)
    office: str = Field(max_length=30)
    region: str = Field(max_length=12)
    unit: str = Field("", max_length=120)
    item_class: str = Field("", max_length=20)
    valid_from: str = Field("", max_length=25)
    valid_to: str = Field("", max_length=25)
    ground: str = Field("", max_length=200)


class StandInIn(Schema):
    """Somebody who holds a post for a while."""

    username: str = Field(max_length=60)
    valid_from: str = Field(max_length=25)
    valid_to: str = Field(max_length=25)
    ground: str = Field("", max_length=200)


class WebhookIn(Schema):
    """An https address, and the beginnings of the kinds it is told of."""

    address: str = Field(max_length=300)
    kinds: list[str] = Field([], max_length=20)


class EndIn(Schema):
    """Why a post ends."""

    ground: str = Field("", max_length=200)


@router.get("/posts", summary="Posts valid now inside a division: ?place=&office=&text=")
def list_posts(request: HttpRequest, place: str = "", office: str = "", text: str = "") -> list[dict[str, Any]]:
    cut = cut_of(request)
    rows, _total = queries.posts(cut.place, cut.as_of, office=office, text=text[:60], limit=500)
    return [
        {
            "id": row.id,
            "username": row.username,
            "person": row.person.as_json(),
            "office": row.office,
            "region": row.region,
            "unit": row.unit.as_json() if row.unit else None,
            "item_class": row.item_class or None,
            "stands_in_for": row.stands_in_for.as_json() if row.stands_in_for else None,
            "valid_from": clock.write_instant(row.valid_from),
            "valid_to": clock.write_instant(row.valid_to) if row.valid_to else None,
            "actions": sorted(offices.actions_of(row.office)),
        }
        for row in rows
    ]


@router.post("/posts", summary="Give somebody a post", response={201: dict[str, Any]})
def give_post(request: HttpRequest, body: PostIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    wanted = operations.Appointment(
        body.username, body.office, body.region, instant_in(body.valid_from) or clock.now(),
        instant_in(body.valid_to), queries.organisation(body.unit).id if body.unit else None, body.item_class,
        body.ground,
    )  # fmt: skip
    return {"post": operations.give_post(wanted, by=actor_of(request), idem=key)}


@router.post("/posts/{post}/stand-in", summary="Let somebody stand in for a post", response={201: dict[str, Any]})
def let_stand_in(
    request: HttpRequest, post: int, body: StandInIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    first, last = instant_in(body.valid_from) or clock.now(), instant_in(body.valid_to) or clock.now()
    by, ground = actor_of(request), body.ground
    made = operations.let_stand_in(
        post, username=body.username, valid_from=first, valid_to=last, by=by, idem=key, ground=ground
    )
    return {"post": made}


@router.post("/posts/{post}/end", summary="End a post now, and who stands in for it")
def end_post(
    request: HttpRequest, post: int, body: EndIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.end_post(post, by=actor_of(request), at=clock.now(), idem=key, ground=body.ground)
    return {"post": post}


@router.get("/webhooks", summary="One's own addresses that are told what happens")
def list_webhooks(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "address": row.address,
            "kinds": row.kinds,
            "last_status": row.last_status,
            "failures": row.failures,
            "ended": row.ended_at is not None,
        }
        for row in queries.webhooks_of(actor_of(request).id)
    ]


@router.post("/webhooks", summary="Have an address told what happens", response={201: dict[str, Any]})
def make_webhook(request: HttpRequest, body: WebhookIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    made = operations.make_webhook(body.address, kinds=body.kinds, by=actor_of(request), idem=key)
    return {"webhook": made.id, "secret": made.secret}


@router.post("/webhooks/{webhook}/end", summary="Tell an address nothing more")
def end_webhook(request: HttpRequest, webhook: int, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    operations.end_webhook(webhook, by=actor_of(request), idem=key)
    return {"webhook": webhook}
