"""A batch is planned, with everything it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from qipan.allocation import access, errors, gathering, planning, queries
from qipan.allocation.models import (
    Batch,
    BatchInputs,
    BatchLine,
    BatchNeed,
    BatchStep,
    Policy,
)
from qipan.allocation.operations.policies import policy_in_force
from qipan.catalogue import queries as catalogue
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.text import Both


def warm_engine() -> None:
    """Have the engine compiled, or loaded from its cache, before anybody waits for a plan. Books nothing."""
    planning.warm_engine()


def plan_batch(
    *, by: Actor, idem: UUID, at: datetime, policy: str, deadline: datetime, title: Both,
    items: Iterable[str] = (), place: str = "",
) -> int:  # fmt: skip
    """Plan the next numbered batch: gather, solve, check, explain, freeze.

    1. Refuse unless ``by`` may plan, the policy is in force and the deadline lies ahead.
    2. Gather free stock, approved needs and the rules of the day; solve family by family.
    3. Store batch, needs, lines and the frozen inputs with their hash; take the next number.

    Returns:
        The batch number; it is used up even if the batch is voided.

    Raises:
        PolicyUnknown, DeadlinePassed, NothingToShare.

    Event: allocation.batch_planned.
    """
    wanted = sorted(items)
    asked = {m.id for m in catalogue.materials().values() if not wanted or m.code in wanted}
    access.require_plan_of(by, place=place, items=asked, is_controlled=bool(asked & catalogue.controlled(at)))
    body = {"policy": policy, "deadline": deadline, "items": wanted, "place": place, "title": [title.zh, title.en]}

    def work() -> dict[str, Any]:
        if not at < deadline <= at + timedelta(days=31):
            raise errors.DeadlinePassed()
        rule = policy_in_force(policy, at)
        tiers = list(rule.tiers.order_by("rank"))
        inputs = gathering.gather(
            as_of=at,
            deadline=deadline,
            tiers=tiers,
            policy=f"{rule.code} v{rule.version}",
            promised=queries.promised(),
            items=wanted,
            place=place,
            pools=rule.pools,
        )
        if not inputs.wants:
            raise errors.NothingToShare(place=place or "100000")
        solution = planning.solve_inputs(inputs)
        batch = _store(by, rule, inputs, solution, title=title, at=at, deadline=deadline, place=place)
        events.record("allocation.batch_planned", by=by, subject=f"batch/{batch.number}", at=at, inputs=inputs.sha256)
        return {"number": batch.number}

    return int(events.once("allocation.plan", by=by, idem=idem, body=body, work=work)["number"])


def _next_number(tenant: int) -> int:
    """The next batch number of a tenant; one transaction at a time, never given twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO allocation_batchnumber (tenant, last) VALUES (%s, 1)"
            " ON CONFLICT (tenant) DO UPDATE SET last = allocation_batchnumber.last + 1 RETURNING last",
            [tenant],
        )
        return int(cursor.fetchone()[0])


def _store(
    by: Actor, rule: Policy, inputs: gathering.Inputs, solution: planning.Solution, *, title: Both, at: datetime,
    deadline: datetime, place: str,
) -> Batch:  # fmt: skip
    """Write the batch with its needs, lines and first step, set-based."""
    batch = Batch.objects.create(
        tenant=by.tenant,
        number=_next_number(by.tenant),
        title_zh=title.zh,
        title_en=title.en,
        policy=rule,
        as_of=at,
        deadline=deadline,
        known_at=clock.now(),
        actor_id=by.id,
        place_code=place,
        frame={key: value for key, value in inputs.as_json().items() if key not in queries.APART},
        inputs_sha256=inputs.sha256,
        certificate={"proven": solution.is_proven, "families": solution.certificates},
        is_simulated=inputs.is_simulated,
    )
    BatchInputs.objects.create(batch=batch, rows={key: inputs.as_json()[key] for key in queries.APART})
    ordered = sorted(solution.given, key=lambda g: (inputs.wants[g.want].tier, g.want))
    needs = BatchNeed.objects.bulk_create(
        [_need_row(batch, position, given, inputs) for position, given in enumerate(ordered)]
    )
    rows = [
        (need, inputs.supplies[s], qty) for need, given in zip(needs, ordered, strict=True) for s, qty in given.lines
    ]
    BatchLine.objects.bulk_create(
        [
            BatchLine(
                batch=batch,
                number=number,
                batch_need=need,
                source_account=supply.account,
                source_place_id=supply.place,
                region_code=need.region_code,
                material_id=supply.item,
                lot=supply.lot,
                qty=qty,
            )
            for number, (need, supply, qty) in enumerate(rows, start=1)
        ]
    )
    BatchStep.objects.create(
        batch=batch, step="planned", actor_id=by.id, actor_name=by.name, at=at, known_at=clock.now()
    )
    return batch


def _need_row(batch: Batch, position: int, given: planning.Given, inputs: gathering.Inputs) -> BatchNeed:
    want = inputs.wants[given.want]
    return BatchNeed(
        batch=batch,
        position=position,
        place_id=want.place,
        organisation_id=want.organisation,
        region_code=want.region,
        material_id=want.item,
        zone_code=want.zone,
        tier=want.tier,
        need=want.need,
        covered=want.covered,
        given=given.delivered,
        level=given.level,
        part=given.part,
        cause=given.cause,
        reason={**given.reason, "want": given.want},
    )
