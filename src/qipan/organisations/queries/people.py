"""Persons, their posts, and who an actor is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from qipan.kernel.access import NATION, Actor, Grant
from qipan.kernel.text import Both
from qipan.organisations import offices
from qipan.organisations.models import Person, Post, Token, Webhook
from qipan.organisations.queries.regions import within
from qipan.ui import happenings

POSTS = Prefetch("posts", queryset=Post.objects.select_related("organisation", "stands_in_for").order_by("id"))


def actor_of(person: Person, at: datetime) -> Actor:
    """The actor a person is at an instant: one grant for each post valid then. Asks nothing if posts were fetched."""
    posts = posts_of(person, at)
    return Actor(
        id=person.id,
        name=person.name_zh,
        tenant=posts[0].tenant if posts else 100000,
        grants=tuple(_grant(post) for post in posts),
        simulated=person.is_simulated,
    )


def fetch_posts(person: Person) -> None:
    """Read a person's posts and their units. Two queries."""
    prefetch_related_objects([person], POSTS)


def _grant(post: Post) -> Grant:
    """A post at a unit is for that unit and reads its division; a post at the centre is for the whole nation."""
    unit = post.organisation
    region = NATION if post.office in offices.CENTRAL and unit is None else post.region_id
    return Grant(
        offices.actions_of(post.office),
        region=region,
        unit=post.organisation_id,
        item_class=post.item_class,
        reads=unit.region_id if unit else region,
        stands_in_for=post.stands_in_for.person_id if post.stands_in_for else None,
    )


def posts_of(person: Person, at: datetime) -> list[Post]:
    """The posts a person holds at an instant; a stand-in's ends at the latest with the post it stands in for."""
    held = [post for post in person.posts.all() if _is_valid(post, at)]
    return [post for post in held if post.stands_in_for is None or _is_valid(post.stands_in_for, at)]


def _is_valid(post: Post, at: datetime) -> bool:
    return post.valid_from <= at and (post.valid_to is None or post.valid_to > at)


def active_person(person_id: int) -> Person | None:
    """The person with this id who may still sign in, with posts."""
    return Person.objects.filter(id=person_id, is_active=True).prefetch_related(POSTS).first()


def person_by_name(username: str) -> Person | None:
    """The person with this sign-in name, with posts."""
    return Person.objects.filter(username=username).prefetch_related(POSTS).first()


def person_by_id(person: int) -> Person | None:
    """The person with this id, also one who may no longer sign in."""
    return Person.objects.filter(id=person).first()


@dataclass(frozen=True)
class PostRow:
    """An office somebody holds: where, for what class of item (a category's code), from when to when, for whom."""

    id: int
    person_id: int
    username: str
    person: Both
    office: str
    region: str
    unit: Both | None
    item_class: str
    stands_in_for: Both | None
    valid_from: datetime
    valid_to: datetime | None
    ground: str
    is_simulated: bool


def posts_at(unit: int) -> list[PostRow]:
    """Every post at a unit, the newest first. One query."""
    return [_post_row(p) for p in _posts().filter(organisation_id=unit).order_by("-valid_from", "id")]


def posts_of_person(person: int) -> list[PostRow]:
    """Every post of a person, the newest first. One query."""
    return [_post_row(p) for p in _posts().filter(person_id=person).order_by("-valid_from", "id")]


def posts(place: str, at: datetime, *, office: str = "", text: str = "", limit: int = 100, offset: int = 0
          ) -> tuple[list[PostRow], int]:  # fmt: skip
    """The posts valid at an instant that are held inside a division ("" is the nation), by person; and how many.

    Args:
        text: part of a name or sign-in name.
    """
    rows = _posts().filter(valid_from__lte=at).exclude(valid_to__lte=at)
    at_no_unit = Q(organisation__isnull=True) & within("region__code", place)
    rows = rows.filter(at_no_unit | within("organisation__region__code", place))
    if place:
        rows = rows.exclude(organisation__isnull=True, office__in=offices.CENTRAL)
    if office:
        rows = rows.filter(office=office)
    if word := text.strip():
        rows = rows.filter(
            Q(person__name_zh__contains=word) | Q(person__name_en__icontains=word) | Q(person__username__icontains=word)
        )
    return [_post_row(p) for p in rows.order_by("person__username", "id")[offset : offset + limit]], rows.count()


def _posts() -> QuerySet[Post]:
    return Post.objects.select_related("person", "organisation", "stands_in_for__person")


def _post_row(p: Post) -> PostRow:
    unit, other = p.organisation, p.stands_in_for
    return PostRow(
        id=p.id,
        person_id=p.person_id,
        username=p.person.username,
        person=Both(p.person.name_zh, p.person.name_en),
        office=p.office,
        region=unit.region_id if unit else NATION if p.office in offices.CENTRAL else p.region_id,
        unit=Both(unit.name_zh, unit.name_en) if unit else None,
        item_class=p.item_class,
        stands_in_for=Both(other.person.name_zh, other.person.name_en) if other else None,
        valid_from=p.valid_from,
        valid_to=p.valid_to,
        ground=p.ground,
        is_simulated=p.person.is_simulated,
    )


def people() -> list[dict[str, Any]]:
    """Everybody who can sign in, with offices, by name."""
    return [
        {
            "username": person.username,
            "name": person.name_zh,
            "active": person.is_active,
            "offices": sorted({post.office for post in person.posts.all()}),
        }
        for person in Person.objects.prefetch_related("posts").order_by("username")
    ]


def names_of_people(ids: Iterable[int]) -> dict[int, Both]:
    """Names of persons by id. One query."""
    return {p.id: Both(p.name_zh, p.name_en) for p in Person.objects.filter(id__in=set(ids))}


def tokens_of(person: int) -> list[Token]:
    """The tokens of a person, the newest first."""
    return list(Token.objects.filter(person_id=person).order_by("-id"))


def webhooks_of(person: int) -> list[Webhook]:
    """The addresses of a person that are told, the newest first."""
    return list(Webhook.objects.filter(person_id=person).order_by("-id"))


def trail(subject: str, *, until: datetime | None = None) -> list[dict[str, Any]]:
    """The trail of an object with the persons' names in the reader's language. Two queries."""
    return happenings.trail(subject, until=until, names_of=names_of_people)
