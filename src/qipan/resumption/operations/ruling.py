"""Rules say from when firms may resume; firms ask to resume earlier, and somebody else decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.resumption import access, errors, queries
from qipan.resumption.models import GROUNDS, Exemption, ExemptionDecision, StartRule
from qipan.resumption.operations.telling import told
from qipan.resumption.words import CLASS_WORDS


def set_start_rule(
    region: str, *, list_name: str, not_before: datetime, document: str, by: Actor, at: datetime, idem: UUID,
    is_simulated: bool = False,
) -> int:  # fmt: skip
    """No firm of a class in a division resumes before an instant; replaces the rule of that division and class.

    Args:
        list_name: a list of enterprises; "" is every enterprise.

    Raises:
        RegionUnknown, ClassUnknown, NotAllowed.

    Event: resumption.rule_set.
    """
    access.require_order(by, organisations.region(region).code)
    require_class(list_name)

    def work() -> dict[str, Any]:
        row = StartRule.objects.create(
            region_code=region, list_name=list_name, not_before=not_before, document=document,
            **told(by, at, is_simulated),
        )  # fmt: skip
        events.record(
            "resumption.rule_set", by=by, subject=f"region/{region}", at=at, region=region, list=list_name,
            not_before=clock.write_instant(not_before), document=document,
        )  # fmt: skip
        return {"rule": row.pk}

    body = {"region": region, "list": list_name, "not_before": not_before, "document": document}
    return int(events.once("resumption.set_start_rule", by=by, idem=idem, body=body, work=work)["rule"])


def ask_exemption(
    unit: int, *, ground: str, text: str, start_at: datetime, by: Actor, at: datetime, idem: UUID,
    is_simulated: bool = False,
) -> int:  # fmt: skip
    """A firm asks to resume earlier.

    Raises:
        NoEnterprise, GroundUnknown, NotAllowed.

    Event: resumption.exemption_asked.
    """
    firm = organisations.enterprises([unit])[unit]
    access.require_report(by, firm)
    if ground not in GROUNDS:
        raise errors.GroundUnknown(word=ground, grounds=", ".join(GROUNDS))

    def work() -> dict[str, Any]:
        row = Exemption.objects.create(
            organisation_id=unit, region_code=firm.region, ground=ground, text=text, start_at=start_at,
            **told(by, at, is_simulated),
        )  # fmt: skip
        events.record(
            "resumption.exemption_asked", by=by, subject=f"unit/{unit}", at=at, region=firm.region, ground=ground,
            start_at=clock.write_instant(start_at), exemption=row.pk,
        )  # fmt: skip
        return {"exemption": row.pk}

    body = {"unit": unit, "ground": ground, "text": text, "start_at": start_at}
    return int(events.once("resumption.ask_exemption", by=by, idem=idem, body=body, work=work)["exemption"])


def decide_exemption(
    exemption: int, *, is_approved: bool, note: str, by: Actor, at: datetime, idem: UUID, is_simulated: bool = False
) -> None:
    """Let a firm resume earlier or not, once, as somebody else than who asked.

    Raises:
        ExemptionUnknown, OwnRequest, NotAllowed, ExemptionDecided.

    Event: resumption.exemption_decided.
    """
    found = queries.exemptions(Cut(clock.now()), ids=[exemption])
    if not found:
        raise errors.ExemptionUnknown(exemption=exemption)
    asked = found[0]
    access.require_order(by, asked.region)
    if not access.may_decide(by, asked.region, asked_by=asked.actor_id):
        raise errors.OwnRequest(name=asked.actor_name)

    def work() -> dict[str, Any]:
        try:
            with transaction.atomic():
                ExemptionDecision.objects.create(
                    exemption_id=exemption, is_approved=is_approved, note=note, **told(by, at, is_simulated)
                )
        except IntegrityError as error:
            raise errors.ExemptionDecided() from error
        events.record(
            "resumption.exemption_decided", by=by, subject=f"unit/{asked.unit_id}", at=at, region=asked.region,
            approved=is_approved, note=note, exemption=exemption,
        )  # fmt: skip
        return {"exemption": exemption}

    body = {"exemption": exemption, "is_approved": is_approved, "note": note}
    events.once("resumption.decide_exemption", by=by, idem=idem, body=body, work=work)


def require_class(list_name: str) -> None:
    """Raises ClassUnknown."""
    if list_name not in CLASS_WORDS:
        raise errors.ClassUnknown(word=list_name, classes=", ".join(name for name in CLASS_WORDS if name))
