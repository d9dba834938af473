"""The steps of a batch, each once and in order."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from qipan.allocation import errors
from qipan.allocation.models import (
    Batch,
    BatchStep,
)
from qipan.kernel import clock
from qipan.kernel.access import Actor


def batch_of(number: int, tenant: int) -> Batch:
    batch = Batch.objects.filter(number=number, tenant=tenant).first()
    if batch is None:
        raise errors.BatchUnknown(number=number)
    return batch


def add_step(batch: Batch, step: str, *, by: Actor, at: datetime, note: str, after: tuple[str, ...]) -> None:
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
