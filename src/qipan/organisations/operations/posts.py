"""Persons are given posts, let others stand in for them, and posts end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock, events
from qipan.kernel.access import NATION, Actor
from qipan.kernel.text import Both
from qipan.organisations import access, errors, offices
from qipan.organisations.models import Organisation, Person, Post, Region

STAND_IN_DAYS_MOST = 31


@dataclass(frozen=True)
class Appointment:
    """A post to be given: ``unit`` is the id of the organisation it is held at; ``item_class`` "" is every item."""

    username: str
    office: str
    region: str
    valid_from: datetime
    valid_to: datetime | None = None
    unit: int | None = None
    item_class: str = ""
    ground: str = ""


@transaction.atomic
def appoint(
    username: str, *, name: Both, office: str, region: str, at: datetime, password: str | None = None,
    organisation: int | None = None, is_simulated: bool = False,
) -> int:  # fmt: skip
    """Create the person if needed and give a post from ``at`` on, unless it is held; called by set-up and
    ``qipan user add``."""
    if office not in offices.OFFICES:
        raise ValueError(f"office {office!r} is none of {sorted(offices.OFFICES)}")
    person = Person.objects.filter(username=username).first() or Person.objects.create_person(
        username, password=password, name_zh=name.zh, name_en=name.en, is_simulated=is_simulated
    )
    unit = Organisation.objects.get(id=organisation) if organisation else None
    posts = Post.objects.filter(person=person, office=office, region_id=region, organisation=unit)
    if not posts.exclude(valid_to__lte=at).exists():
        Post.objects.create(person=person, office=office, region_id=region, organisation=unit, valid_from=at)
    return person.id


def disable(username: str) -> bool:
    """Bar a person from signing in; False when there is nobody of that name."""
    return Person.objects.filter(username=username).update(is_active=False) == 1


def renew_password(username: str, password: str, *, by: Actor) -> bool:
    """Give somebody who forgot theirs another password; False when there is nobody of that name.

    Their sessions end, their second steps stay. Whether the password is a good one is the caller's to ask.

    Raises:
        NotAllowed.

    Event: organisations.password_renewed.
    """
    by.require("organisations.appoint")
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(username=username, is_active=True).first()
        if person is None:
            return False
        person.set_password(password)
        person.save(update_fields=["password"])
        events.record("organisations.password_renewed", by=by, subject=f"person/{person.pk}", at=clock.now())
    return True


def give_post(wanted: Appointment, *, by: Actor, idem: UUID) -> int:
    """Give a person who can sign in a post, from one instant on and perhaps until another.

    1. Refuse unless ``by`` may appoint in that division (for an office of the centre: in the nation), and it is for
       somebody else.
    2. Refuse an office, division, unit or class of item that is none, and a period that ends before it begins.

    Returns:
        The post's id.

    Raises:
        NotAllowed, OwnPost, PersonUnknown, OfficeUnknown, RegionUnknown, OrganisationUnknown, ClassUnknown,
        PeriodBackwards.

    Event: organisations.post_given.
    """
    if wanted.office not in offices.OFFICES:
        raise errors.OfficeUnknown(word=wanted.office, offices=", ".join(offices.OFFICES))
    unit = Organisation.objects.filter(id=wanted.unit).first() if wanted.unit else None
    if wanted.unit and unit is None:
        raise errors.OrganisationUnknown(word=str(wanted.unit))
    if not Region.objects.filter(code=wanted.region).exists():
        raise errors.RegionUnknown(word=wanted.region)
    where = unit.region_id if unit else NATION if wanted.office in offices.CENTRAL else wanted.region
    by.require(access.APPOINT, region=where)
    person = _other_person(wanted.username, by)
    if wanted.item_class and wanted.item_class not in {code for code, *_more in catalogue.categories()}:
        raise errors.ClassUnknown(word=wanted.item_class)
    _require_forwards(wanted.valid_from, wanted.valid_to)

    def work() -> dict[str, Any]:
        post = Post.objects.create(
            person=person, office=wanted.office, region_id=wanted.region, organisation=unit,
            item_class=wanted.item_class, valid_from=wanted.valid_from, valid_to=wanted.valid_to, ground=wanted.ground,
        )  # fmt: skip
        events.record(
            "organisations.post_given", by=by, subject=f"person/{person.id}", at=clock.now(), region=where,
            post=post.id, office=post.office, ground=wanted.ground,
        )  # fmt: skip
        return {"post": post.id}

    body = {key: str(value) for key, value in asdict(wanted).items()}
    return int(events.once("organisations.give_post", by=by, idem=idem, body=body, work=work)["post"])


def let_stand_in(
    post: int, *, username: str, valid_from: datetime, valid_to: datetime, by: Actor, idem: UUID, ground: str = ""
) -> int:
    """Let somebody else hold a post for a while: the holder lets, or whoever may appoint there, who is not who gets it.

    What the stand-in does counts as done in the holder's name where two persons are asked for.

    Args:
        valid_to: at most ``STAND_IN_DAYS_MOST`` days after ``valid_from``.

    Raises:
        PostUnknown, StandInOfStandIn, NotAllowed, PersonUnknown, OwnPost, PeriodBackwards, StandInTooLong.

    Event: organisations.stand_in_given.
    """
    held = _post(post)
    if held.stands_in_for_id is not None:
        raise errors.StandInOfStandIn()
    if held.person_id != by.id:
        by.require(access.APPOINT, region=_place_of(held))
    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise errors.PersonUnknown(word=username)
    if person.id in (held.person_id, by.id):
        raise errors.OwnPost(name=username)
    _require_forwards(valid_from, valid_to)
    if valid_to - valid_from > timedelta(days=STAND_IN_DAYS_MOST):
        raise errors.StandInTooLong(days=STAND_IN_DAYS_MOST)

    def work() -> dict[str, Any]:
        made = Post.objects.create(
            person=person, office=held.office, region_id=held.region_id, organisation_id=held.organisation_id,
            item_class=held.item_class, valid_from=valid_from, valid_to=valid_to, stands_in_for=held, ground=ground,
            tenant=held.tenant,
        )  # fmt: skip
        events.record(
            "organisations.stand_in_given", by=by, subject=f"person/{held.person_id}", at=clock.now(),
            region=_place_of(held), post=held.id, stand_in=person.username, ground=ground,
        )  # fmt: skip
        return {"post": made.id}

    body = {"post": post, "username": username, "from": valid_from, "to": valid_to, "ground": ground}
    return int(events.once("organisations.let_stand_in", by=by, idem=idem, body=body, work=work)["post"])


def end_post(post: int, *, by: Actor, at: datetime, idem: UUID, ground: str = "") -> None:
    """End a post, and with it who stands in for it: whoever may appoint there, or who let somebody stand in.

    Raises:
        PostUnknown, PostEnded, NotAllowed.

    Event: organisations.post_ended.
    """
    held = _post(post)
    if held.stands_in_for is None or held.stands_in_for.person_id != by.id:
        by.require(access.APPOINT, region=_place_of(held))

    def work() -> dict[str, Any]:
        if held.valid_to is not None and held.valid_to <= at:
            raise errors.PostEnded()
        until = max(at, held.valid_from + timedelta(microseconds=1))
        Post.objects.filter(id=post).update(valid_to=until)
        events.record(
            "organisations.post_ended", by=by, subject=f"person/{held.person_id}", at=at, region=_place_of(held),
            post=post, until=clock.write_instant(until), ground=ground,
        )  # fmt: skip
        return {"post": post}

    events.once("organisations.end_post", by=by, idem=idem, body={"post": post, "ground": ground}, work=work)


def _post(post: int) -> Post:
    found = Post.objects.select_related("organisation", "stands_in_for").filter(id=post).first()
    if found is None:
        raise errors.PostUnknown(post=post)
    return found


def _place_of(post: Post) -> str:
    """The division whose appointer may give or end the post."""
    if post.organisation is not None:
        return post.organisation.region_id
    return NATION if post.office in offices.CENTRAL else post.region_id


def _other_person(username: str, by: Actor) -> Person:
    """The person to be appointed, who is not who appoints."""
    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise errors.PersonUnknown(word=username)
    if person.id == by.id:
        raise errors.OwnPost(name=username)
    return person


def _require_forwards(valid_from: datetime, valid_to: datetime | None) -> None:
    if valid_to is not None and valid_to <= valid_from:
        raise errors.PeriodBackwards()
