"""Tokens of programs: made for a person, for some actions and days; taken back one by one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.organisations import errors, offices
from qipan.organisations.models import Token

DAYS_MOST = 366
PREFIX = "qipan_"
USED_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Made:
    """A token just made; ``secret`` is "" when the same key made it before: it is told once."""

    id: int
    secret: str


def make_token(*, by: Actor, name: str, days: int, idem: UUID, actions: Collection[str] = ()) -> Made:
    """Make a token of one's own.

    Args:
        days: 1 to 366 days of real time.
        actions: what it may do at most, such as ``stock.count``; empty: everything its person may at that moment.

    Raises:
        DaysOutOfBounds, ActionUnknown.

    Event: organisations.token_made.
    """
    if not 1 <= days <= DAYS_MOST:
        raise errors.DaysOutOfBounds(most=DAYS_MOST)
    if unknown := sorted(set(actions) - offices.EVERYTHING):
        raise errors.ActionUnknown(word=unknown[0], actions=", ".join(sorted(offices.EVERYTHING)))
    secret = PREFIX + secrets.token_urlsafe(32)

    def work() -> dict[str, Any]:
        now = clock.real_now()
        made = Token.objects.create(
            person_id=by.id, name=name, digest=digest_of(secret), actions=sorted(set(actions)), made_at=now,
            expires_at=now + timedelta(days=days),
        )  # fmt: skip
        after = {"name": name, "until": clock.write_instant(made.expires_at)}
        events.record("organisations.token_made", by=by, subject=f"person/{by.id}", at=clock.now(), after=after)
        return {"token": made.id}

    body = {"name": name, "days": days, "actions": sorted(set(actions))}
    made = int(events.once("organisations.make_token", by=by, idem=idem, body=body, work=work)["token"])
    is_first = Token.objects.filter(id=made, digest=digest_of(secret)).exists()
    return Made(made, secret if is_first else "")


def revoke_token(token: int, *, by: Actor, idem: UUID) -> None:
    """Take a token of one's own back, at once.

    Raises:
        TokenUnknown.

    Event: organisations.token_revoked.
    """
    found = Token.objects.filter(id=token, person_id=by.id).first()
    if found is None:
        raise errors.TokenUnknown(token=token)

    def work() -> dict[str, Any]:
        Token.objects.filter(id=token, revoked_at=None).update(revoked_at=clock.real_now())
        after = {"name": found.name}
        events.record("organisations.token_revoked", by=by, subject=f"person/{by.id}", at=clock.now(), after=after)
        return {"token": token}

    events.once("organisations.revoke_token", by=by, idem=idem, body={"token": token}, work=work)


def use_token(secret: str, now: datetime) -> Token | None:
    """The valid token with this secret; notes at most once an hour that it was used."""
    valid = Token.objects.filter(digest=digest_of(secret), revoked_at=None, expires_at__gt=now)
    found = valid.first()
    if found is not None and (found.used_at is None or now - found.used_at > USED_EVERY):
        valid.update(used_at=now)
    return found


def digest_of(secret: str) -> str:
    """What is kept of a secret: it has 256 random bits, so a plain SHA-256 cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()
