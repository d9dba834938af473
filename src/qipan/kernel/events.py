"""The trail: every operation leaves one event in the transaction that did the work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from qipan.kernel import clock, sealing
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotBooked, SameKeyOtherBody
from qipan.kernel.models import AnsweredKey, Event, Sealed


def record(key: str, *, by: Actor, subject: str, at: datetime, region: str | None = None, **detail: Any) -> None:
    """Append one event.

    Args:
        key: ``context.what_happened``. subject: ``kind/id``.
        region: the division it is of, whose readers see it; the person's own when None.
    """
    Event.objects.create(
        key=key,
        tenant=by.tenant,
        actor_id=by.id,
        actor_name=by.name,
        subject=subject,
        at=at,
        known_at=clock.now(),
        detail=detail,
        region_code=by.home if region is None else region,
    )
    sealing.seal_soon()


def trail(subject: str, *, limit: int = 100) -> list[Event]:
    """Events of one object, oldest first."""
    return list(Event.objects.filter(subject=subject).order_by("id")[:limit])


def last_leaf() -> int:
    """The number of the newest leaf of the log; 0 where there is none."""
    return Sealed.objects.aggregate(last=Max("n"))["last"] or 0


def sealed_after(leaf: int, *, kinds: tuple[str, ...] = (), limit: int = 500) -> tuple[list[tuple[int, Event]], int]:
    """Events sealed behind a leaf that the session sees, in the order of sealing, with their leaves.

    The order of sealing is that of becoming known: nothing is ever put in before what was read.

    Args:
        kinds: beginnings of keys; empty: all. limit: leaves looked at.

    Returns:
        The events, and the last leaf looked at.
    """
    leaves = dict(Sealed.objects.filter(kind="kernel_event", n__gt=leaf).order_by("n").values_list("ref", "n")[:limit])
    wanted = reduce(or_, (Q(key__startswith=kind) for kind in kinds), Q())
    rows = sorted(Event.objects.filter(wanted, id__in=leaves), key=lambda row: leaves[row.id])
    return [(leaves[row.id], row) for row in rows], max(leaves.values(), default=leaf)


@dataclass(frozen=True)
class Booked:
    """What stands under a key: the operation, its answer, and when it became known."""

    operation: str
    answer: dict[str, Any]
    known_at: datetime


def booked(idem: UUID, *, by: Actor) -> Booked:
    """Whether this person's act with this key was booked: what to ask when an answer was lost.

    Raises:
        NotBooked.
    """
    row = AnsweredKey.objects.filter(key=idem, actor_id=by.id).first()
    if row is None:
        raise NotBooked()
    return Booked(row.operation, dict(row.answer), row.known_at)


def once(
    operation: str, *, by: Actor, idem: UUID, body: dict[str, Any], work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do ``work`` once for the key ``idem``; a repeat with the same body gets the same answer.

    1. In one transaction insert the key; whoever comes second waits for the first.
    2. The second finds the key: same operation, person and body → the stored answer.
    3. Any other body is refused and nothing is done.

    Raises:
        SameKeyOtherBody: the key was used for something else.
    """
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    with transaction.atomic():
        row, is_first = AnsweredKey.objects.get_or_create(
            key=idem,
            defaults={
                "operation": operation,
                "actor_id": by.id,
                "body_sha256": digest,
                "answer": {},
                "known_at": clock.now(),
            },
        )
        if is_first:
            answer = work()
            AnsweredKey.objects.filter(key=idem, answer={}).update(answer=answer)
            return answer
    if (row.operation, row.actor_id, row.body_sha256) != (operation, by.id, digest):
        raise SameKeyOtherBody()
    return dict(row.answer)
