"""Persons, their posts, and who an actor is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from qipan.kernel import events
from qipan.kernel.access import NATION, Actor, Grant
from qipan.kernel.text import Both
from qipan.organisations import offices
from qipan.organisations.models import Person, Post

POSTS = Prefetch("posts", queryset=Post.objects.select_related("organisation").order_by("id"))


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
        reads=unit.region_id if unit else region,
    )


def posts_of(person: Person, at: datetime) -> list[Post]:
    """The posts a person holds at an instant."""
    return [p for p in person.posts.all() if p.valid_from <= at and (p.valid_to is None or p.valid_to > at)]


def active_person(person_id: int) -> Person | None:
    """The person with this id who may still sign in, with posts."""
    return Person.objects.filter(id=person_id, is_active=True).prefetch_related(POSTS).first()


def person_by_name(username: str) -> Person | None:
    """The person with this sign-in name, with posts."""
    return Person.objects.filter(username=username).prefetch_related(POSTS).first()


@dataclass(frozen=True)
class PostRow:
    """An office somebody holds at a unit, from one day to another."""

    person: Both
    office: str
    valid_from: datetime
    valid_to: datetime | None
    is_simulated: bool


def posts_at(unit: int) -> list[PostRow]:
    """Every post at a unit, the newest first. One query."""
    rows = Post.objects.filter(organisation_id=unit).select_related("person").order_by("-valid_from", "id")
    return [
        PostRow(
            Both(p.person.name_zh, p.person.name_en),
            p.office,
            p.valid_from,
            p.valid_to,
            p.person.is_simulated,
        )
        for p in rows
    ]


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


def trail(subject: str) -> list[dict[str, object]]:
    """The trail of an object with the persons' names in the reader's language."""
    found = events.trail(subject)
    names = names_of_people(e.actor_id for e in found)
    return [
        {"id": e.id, "key": e.key, "who": names.get(e.actor_id, e.actor_name), "at": e.at, "detail": e.detail}
        for e in found
    ]
