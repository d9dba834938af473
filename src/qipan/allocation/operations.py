"""Writes of allocation: plan, approve, issue, void."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from qipan.allocation import access, errors, gathering, planning, queries
from qipan.allocation.models import (
    POOLS,
    Batch,
    BatchLine,
    BatchNeed,
    BatchStep,
    LineHold,
    Policy,
    PolicyTier,
)
from qipan.catalogue import queries as catalogue
from qipan.catalogue.errors import ZoneUnknown
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads


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
        batch = _store(by, rule, inputs, solution, title=title, at=at, deadline=deadline)
        events.record("allocation.batch_planned", by=by, subject=f"batch/{batch.number}", at=at, inputs=inputs.sha256)
        return {"number": batch.number}

    return int(events.once("allocation.plan", by=by, idem=idem, body=body, work=work)["number"])


def approve_batch(number: int, *, by: Actor, at: datetime, idem: UUID, note: str = "") -> None:
    """Approve a planned batch; another person than the planner, and only with its certificate.

    Raises:
        BatchUnknown, SamePerson, NotCertified, StepOutOfOrder.

    Event: allocation.batch_approved.
    """
    with transaction.atomic():
        batch = _batch(number, by.tenant)
        access.require_approve(by, planned_by=batch.actor_id, number=number)
        if not batch.certificate["proven"]:
            raise errors.NotCertified(number=number)

        def work() -> dict[str, Any]:
            _step(batch, "approved", by=by, at=at, note=note, after=("planned",))
            events.record("allocation.batch_approved", by=by, subject=f"batch/{number}", at=at, note=note)
            return {"number": number}

        events.once("allocation.approve", by=by, idem=idem, body={"number": number, "note": note}, work=work)


def issue_batch(
    number: int, *, by: Actor, at: datetime, idem: UUID, note: str = "", holds_until: datetime | None = None
) -> int:
    """Issue an approved batch: hold every line's goods in one call, all or nothing.

    1. Refuse unless approved, and by another person than the planner.
    2. Hold all lines out of their stores in one ledger call.
    3. Write the step and tie each line to its hold, in the same transaction.

    Args:
        holds_until: what has not been loaded by then is free again; None: it waits for ever.

    Returns:
        Number of lines held.

    Raises:
        HoldsEndBefore: ``holds_until`` has passed.
        StockInsufficient: a store gave its goods elsewhere meanwhile; nothing is held; plan again.
        BatchUnknown, SamePerson, StepOutOfOrder.

    Posts: holds on the source stores, document ``batch/<number>``.
    Event: allocation.batch_issued.
    """
    with transaction.atomic():
        batch = _batch(number, by.tenant)
        access.require_issue(by, planned_by=batch.actor_id, number=number)
        if holds_until is not None and holds_until <= at:
            raise errors.HoldsEndBefore()
        lines = list(batch.lines.order_by("number"))
        body = {"number": number, "note": note, **({"holds_until": str(holds_until)} if holds_until else {})}

        def work() -> dict[str, Any]:
            _step(batch, "issued", by=by, at=at, note=note, after=("approved",))
            if lines:
                holds = stock.hold_batch(
                    [
                        stock.HoldLine(line.source_account, line.material_id, line.qty, f"batch/{number}", lot=line.lot)
                        for line in lines
                    ],
                    by=by,
                    idem=uuid5(idem, "holds"),
                    at=at,
                    expires_at=holds_until,
                )
                LineHold.objects.bulk_create(
                    [LineHold(line=line, hold=hold) for line, hold in zip(lines, holds, strict=True)]
                )
            events.record("allocation.batch_issued", by=by, subject=f"batch/{number}", at=at, lines=len(lines))
            return {"lines": len(lines)}

        return int(events.once("allocation.issue", by=by, idem=idem, body=body, work=work)["lines"])


def void_batch(number: int, *, by: Actor, at: datetime, idem: UUID, reason: str) -> None:
    """Void a batch before any goods left; its holds end, its number stays used.

    Raises:
        AlreadyOnTheRoad, StepOutOfOrder, BatchUnknown.

    Event: allocation.batch_voided.
    """
    access.require_void(by)
    with transaction.atomic():
        batch = _batch(number, by.tenant)
        if _has_left(number):
            raise errors.AlreadyOnTheRoad(number=number)

        def work() -> dict[str, Any]:
            _step(batch, "voided", by=by, at=at, note=reason, after=("planned", "approved", "issued"))
            still = stock_reads.open_holds(f"batch/{number}")
            held = LineHold.objects.filter(line__batch=batch).order_by("hold").values_list("hold", flat=True)
            holds = [hold for hold in held if hold in still]
            if holds:
                stock.void_holds(holds, by=by, idem=uuid5(idem, "void"), at=at)
            events.record("allocation.batch_voided", by=by, subject=f"batch/{number}", at=at, reason=reason)
            return {"number": number}

        events.once("allocation.void", by=by, idem=idem, body={"number": number, "reason": reason}, work=work)


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


def _has_left(number: int) -> bool:
    """Whether a hold of the batch was already posted by a departure."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM stock_hold h JOIN stock_holdend e ON e.hold_id = h.id"
            " WHERE h.document = %s AND e.how = 'posted')",
            [f"batch/{number}"],
        )
        return bool(cursor.fetchone()[0])


def _batch(number: int, tenant: int) -> Batch:
    batch = Batch.objects.filter(number=number, tenant=tenant).first()
    if batch is None:
        raise errors.BatchUnknown(number=number)
    return batch


def _step(batch: Batch, step: str, *, by: Actor, at: datetime, note: str, after: tuple[str, ...]) -> None:
    """Add a step once; who comes second in a race finds it taken."""
    done = list(batch.steps.order_by("id").values_list("step", flat=True))
    if not done or done[-1] not in after:
        raise errors.StepOutOfOrder(number=batch.number, state=done[-1] if done else "empty", step=step)
    try:
        with transaction.atomic():
            BatchStep.objects.create(
                batch=batch,
                step=step,
                actor_id=by.id,
                actor_name=by.name,
                at=at,
                known_at=clock.now(),
                note=note,
            )
    except IntegrityError as error:
        raise errors.StepOutOfOrder(number=batch.number, state=step, step=step) from error


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
    deadline: datetime,
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
        inputs=inputs.as_json(),
        inputs_sha256=inputs.sha256,
        certificate={"proven": solution.is_proven, "families": solution.certificates},
        is_simulated=inputs.is_simulated,
    )
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
