"""Telling other systems what happens: addresses of one's own, told in order, each event at least once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from qipan.kernel import clock, events, outward, scope, vault
from qipan.kernel.access import Actor
from qipan.organisations import errors, queries
from qipan.organisations.models import Webhook

MOST = 5
RESTS = tuple(timedelta(seconds=s) for s in (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000))
"""How long to wait after the first, second, … failure; after the last the address is ended."""
Send = Callable[[outward.Target, str, str, int, bytes], int]


@dataclass(frozen=True)
class MadeWebhook:
    """An address just made; ``secret`` is "" when the same key made it before: it is told once."""

    id: int
    secret: str


def make_webhook(address: str, *, by: Actor, idem: UUID, kinds: Collection[str] = ()) -> MadeWebhook:
    """Have an address told what happens in the divisions one reads, from now on.

    Args:
        kinds: beginnings of event keys, such as ``transport.``; empty: every kind.

    Raises:
        AddressRefused, TooManyWebhooks, VaultLocked.

    Event: organisations.webhook_made.
    """
    outward.target_of(address)
    secret = outward.fresh_secret()

    def work() -> dict[str, Any]:
        if Webhook.objects.filter(person_id=by.id, ended_at=None).count() >= MOST:
            raise errors.TooManyWebhooks(most=MOST)
        now = clock.real_now()
        made = Webhook.objects.create(
            person_id=by.id, address=address, kinds=sorted(set(kinds)), closed_secret=vault.close(secret), made_at=now,
            last_leaf=events.last_leaf(), next_try=now,
        )  # fmt: skip
        after = {"host": urlsplit(address).hostname}
        events.record("organisations.webhook_made", by=by, subject=f"person/{by.id}", at=clock.now(), after=after)
        return {"webhook": made.id}

    body = {"address": address, "kinds": sorted(set(kinds))}
    made = int(events.once("organisations.make_webhook", by=by, idem=idem, body=body, work=work)["webhook"])
    is_first = vault.open_(Webhook.objects.get(id=made).closed_secret) == secret
    return MadeWebhook(made, secret if is_first else "")


def end_webhook(webhook: int, *, by: Actor, idem: UUID) -> None:
    """Tell an address of one's own nothing more.

    Raises:
        WebhookUnknown.

    Event: organisations.webhook_ended.
    """
    found = Webhook.objects.filter(id=webhook, person_id=by.id).first()
    if found is None:
        raise errors.WebhookUnknown(webhook=webhook)

    def work() -> dict[str, Any]:
        Webhook.objects.filter(id=webhook, ended_at=None).update(ended_at=clock.real_now())
        after = {"host": urlsplit(found.address).hostname}
        events.record("organisations.webhook_ended", by=by, subject=f"person/{by.id}", at=clock.now(), after=after)
        return {"webhook": webhook}

    events.once("organisations.end_webhook", by=by, idem=idem, body={"webhook": webhook}, work=work)


def tell(now: datetime, *, send: Send = outward.post) -> int:
    """Tell every address what it was not told yet, in order; how many messages were taken. The worker's.

    An address is looked up anew each time; what its person no longer reads is not told.
    """
    taken = 0
    for hook in Webhook.objects.filter(ended_at=None, next_try__lte=now).order_by("id"):
        person = queries.active_person(hook.person_id)
        if person is None:
            Webhook.objects.filter(id=hook.id).update(ended_at=now)
            continue
        with scope.entered(scope.of(queries.actor_of(person, clock.now()))):
            rows, reached = events.sealed_after(hook.last_leaf, kinds=tuple(hook.kinds))
        taken += _told(hook, rows, reached, now, send)
    return taken


def _told(hook: Webhook, rows: list[tuple[int, Any]], reached: int, now: datetime, send: Send) -> int:
    """Send until one is not taken; keep how far it came."""
    for count, (leaf, row) in enumerate(rows):
        hook.last_status = _sent(hook, row, now, send)
        if not 200 <= hook.last_status < 300:
            _rest(hook, now, had_some=count > 0)
            return count
        hook.last_leaf = leaf
    if reached > hook.last_leaf or rows:
        hook.last_leaf, hook.failures = reached, 0
        hook.save(update_fields=KEPT)
    return len(rows)


KEPT = ["last_leaf", "failures", "next_try", "last_status", "ended_at"]


def _rest(hook: Webhook, now: datetime, *, had_some: bool) -> None:
    """Try again later; give up after a day, or at once when the receiver says that it is gone."""
    hook.failures = 1 if had_some else hook.failures + 1
    if hook.failures > len(RESTS) or hook.last_status == 410:
        hook.ended_at = now
    else:
        hook.next_try = now + RESTS[hook.failures - 1]
    hook.save(update_fields=KEPT)


def _sent(hook: Webhook, row: Any, now: datetime, send: Send) -> int:
    """The status of the answer; 0 where the address is not called any more or did not answer."""
    told = {
        "id": row.id, "subject": row.subject, "region": row.region_code, "known_at": clock.write_instant(row.known_at),
    }  # fmt: skip
    body = json.dumps({"type": row.key, "timestamp": clock.write_instant(row.at), "data": told}, ensure_ascii=False)
    try:
        target = outward.target_of(hook.address)
    except outward.AddressRefused:
        return 0
    return send(target, vault.open_(hook.closed_secret), f"msg_{row.id}", int(now.timestamp()), body.encode())
