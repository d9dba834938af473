"""P17: a full disk. Writers are refused, readers are answered, and nothing that was acknowledged is lost."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from unittest import mock
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client

from qipan.demand.models import PlaceNeed
from qipan.server import middleware
from tests.prove.disks import small
from tests.prove.people import client_of, provinces
from tests.prove.trial import Effort, Outcome, Trial

REFUSED = 8
"""Writers that are turned away before the disk is cleared."""
PAGES = ("/stock", "/needs", "/shipments", "/figures/demand.gap", "/api/v1/stock")
Guard = Callable[[], AbstractContextManager[object]]


def attack(effort: Effort, guard: Guard = nullcontext) -> Outcome:
    """Write until the disk refuses; read; clear it; send again what was refused, under the same key."""
    dice, bad = random.Random(effort.seed), []
    told: Counter[int] = Counter()
    word = ""
    with provinces(effort) as (world, _there), guard(), small(effort, world) as disk:
        client, word = client_of(world, "duty"), disk.word
        for round_ in range(effort.times(25)):
            disk.fill()
            keys: dict[UUID, int] = {}
            while list(keys.values()).count(201) < 150 and sum(s != 201 for s in keys.values()) < REFUSED:
                key = UUID(int=dice.getrandbits(128))
                keys[key] = send(client, key)
            read = {where: client.get(where).status_code for where in PAGES}
            disk.clear()
            told.update(keys.values())
            bad += [f"round {round_}: a writer was answered {s}" for s in set(keys.values()) - {201, 503}]
            bad += [f"round {round_}: {where} was answered {s}" for where, s in read.items() if s not in (200, 503)]
            kept = booked(keys)
            bad += [f"round {round_}: {key} was acknowledged and is lost" for key, s in keys.items()
                    if s == 201 and not kept[key]]  # fmt: skip
            bad += [f"round {round_}: {key} was refused and is there" for key, s in keys.items()
                    if s != 201 and kept[key]]  # fmt: skip
            again = {key: send(client, key) for key, s in keys.items() if s != 201}
            kept = booked(keys)
            bad += [f"round {round_}: {key} sent again was answered {s}" for key, s in again.items() if s != 201]
            bad += [f"round {round_}: {key} is there {kept[key]} times" for key in keys if kept[key] != 1]
    return Outcome(sum(told.values()), bad, f"{told[201]:,} acknowledged, {told[503]:,} refused on {word}")


def send(client: Client, key: UUID) -> int:
    """State a need whose source is the key; the status."""
    body = [{"voice": "scenario", "place": "420000", "item": "SUIT-GB", "quantity": "1", "source": str(key),
             "scope": "x" * 250}]  # fmt: skip
    answer = client.post(
        "/api/v1/place-needs", json.dumps(body), content_type="application/json", headers={"idempotency-key": str(key)}
    )
    return answer.status_code


def booked(keys: dict[UUID, int]) -> Counter[UUID]:
    """How often each is in the books."""
    found = PlaceNeed.objects.filter(source__in=list(map(str, keys))).values_list("source", flat=True)
    return Counter(map(UUID, found))


def without_telling() -> AbstractContextManager[object]:
    """What the database refused is acknowledged."""

    def well(_request: HttpRequest) -> HttpResponse:
        return JsonResponse({"added": 1}, status=201)

    return mock.patch.object(middleware, "asleep", well)


TRIALS = (
    Trial(
        "P17", "full-disk", "needs written until the disk is full, and again when it has room", attack,
        {"the refusal": lambda effort: attack(effort, without_telling)},
    ),
)  # fmt: skip
