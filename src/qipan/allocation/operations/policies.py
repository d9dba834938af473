"""Who comes first is written down here, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from qipan.allocation import access, errors
from qipan.allocation.models import (
    POOLS,
    Policy,
    PolicyTier,
)
from qipan.catalogue import queries as catalogue
from qipan.catalogue.errors import ZoneUnknown
from qipan.kernel import events
from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations


@dataclass(frozen=True)
class PolicyText:
    """What a version of a policy says.

    Args:
        tiers: fields of ``PolicyTier`` by rank; the last takes what no other takes.
        pools: what a batch draws on, of ``models.POOLS``.
    """

    name: Both
    authority: str
    tiers: Sequence[dict[str, Any]]
    pools: Sequence[str] = ("plant", "own_reserve")


def state_policy(
    code: str, text: PolicyText, *, by: Actor, idem: UUID, at: datetime, version: int | None = None
) -> int:
    """Write down a version of a policy with its tiers, in force from ``at``; it replaces the version before.

    Args:
        version: the number it must get; the next one when None.

    Returns:
        The version.

    Raises:
        PolicyVersionTaken, TierMissing, PoolUnknown, RegionUnknown, ZoneUnknown.

    Event: allocation.policy_stated.
    """
    access.require_state_policy(by)
    _check_words(text)

    def work() -> dict[str, Any]:
        number = version or _next_version(code)
        policy, is_first = Policy.objects.get_or_create(
            code=code,
            version=number,
            defaults={
                "name_zh": text.name.zh,
                "name_en": text.name.en,
                "valid_from": at,
                "authority": text.authority,
                "pools": list(text.pools),
            },
        )
        if not is_first:
            raise errors.PolicyVersionTaken(code=code, version=number)
        PolicyTier.objects.bulk_create([PolicyTier(policy=policy, rank=r, **t) for r, t in enumerate(text.tiers)])
        events.record("allocation.policy_stated", by=by, subject=f"policy/{code}", at=at, version=number)
        return {"version": number}

    body = {"code": code, "version": version, "text": repr(text)}
    return int(events.once("allocation.policy", by=by, idem=idem, body=body, work=work)["version"])


def _check_words(text: PolicyText) -> None:
    zones = catalogue.zones()
    if not text.tiers:
        raise errors.TierMissing()
    for pool in text.pools:
        if pool not in POOLS:
            raise errors.PoolUnknown(word=pool, pools=", ".join(POOLS))
    for tier in text.tiers:
        for zone in tier.get("zones", ()):
            if zone not in zones:
                raise ZoneUnknown(word=zone, zones=", ".join(zones))
        for region in tier.get("regions", ()):
            organisations.region(region)


def _next_version(code: str) -> int:
    """The number a new version of this policy gets, from 1."""
    return (Policy.objects.filter(code=code).aggregate(last=Max("version"))["last"] or 0) + 1


def policy_in_force(code: str, at: datetime) -> Policy:
    """The newest version of a policy valid at ``at``.

    Raises:
        PolicyUnknown: there is none.
    """
    rows = Policy.objects.filter(code=code, valid_from__lte=at).exclude(valid_to__lte=at)
    found = rows.order_by("-version").first()
    if found is None:
        raise errors.PolicyUnknown(code=code)
    return found
