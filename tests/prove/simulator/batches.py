"""What people do with batches: approve needs, plan, approve, issue, load, void; and what the worker frees."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from qipan.allocation import errors, operations
from qipan.allocation.models import BatchLine, LineHold
from qipan.demand import operations as demand
from qipan.kernel import clock
from qipan.kernel.errors import Refused
from qipan.kernel.text import Both
from qipan.server import worker
from qipan.stock import errors as stock_errors
from qipan.transport import errors as transport_errors
from qipan.transport import operations as transport
from tests.prove.simulator.memory import Promise
from tests.prove.simulator.scene import HOSPITALS, ITEMS, Batch, Deed, Differs, Line, Load, Planned, Scene

NEVER: tuple[type[Refused], ...] = ()
ZONES = ("ICU", "ISO", "FEV")


class Desk:
    """The deeds of the command. A verb gives a deed, or None when there is nothing to do it to."""

    def __init__(self, scene: Scene, choose: random.Random) -> None:
        self.scene, self.choose = scene, choose
        self.cast, self.memory = scene.cast, scene.memory

    def state_needs(self) -> None:
        """Every hospital needs every item in one of its zones from the first day on."""
        rows = [self._approval(unit, item) for unit in HOSPITALS for item in ITEMS]
        demand.approve_needs(rows, by=self.cast.duty, at=clock.now(), idem=UUID(int=self.choose.getrandbits(128)))

    def _approval(self, unit: str, item: str) -> demand.Approval:
        qty = self.choose.randint(0, 60)
        return demand.Approval(
            self.cast.units[unit], self.cast.items[item].id, self.choose.choice(ZONES), qty, "test"
        )  # fmt: skip

    def need(self, at: datetime) -> Deed:
        row = self._approval(self.choose.choice(HOSPITALS), self.choose.choice(ITEMS))
        return Deed(
            "need",
            lambda key: demand.approve_needs([row], by=self.cast.duty, at=at, idem=key),
            lambda: NEVER,
            lambda _count, _known: None,
        )

    def plan(self, _at: datetime) -> Deed:
        at, deadline = clock.now(), clock.now() + timedelta(days=self.choose.randint(1, 3))
        items = self.choose.sample(ITEMS, 2)

        def effect(number: int, _known: datetime) -> None:
            rows = BatchLine.objects.filter(batch__number=number).order_by("number")
            lines = {
                row.id: Planned(row.source_account, row.batch_need.place_id, row.material_id, row.qty)
                for row in rows.select_related("batch_need")
            }
            self.scene.batches[number] = Batch(lines)

        return Deed(
            "plan",
            lambda key: operations.plan_batch(
                by=self.cast.duty, idem=key, at=at, policy="test-policy", deadline=deadline,
                title=Both("批次", "Batch"), items=items,
            ),
            lambda: None,
            effect,
        )  # fmt: skip

    def _batch(self, states: Sequence[str]) -> int | None:
        """Mostly a batch in one of the states, sometimes any."""
        due = [n for n, batch in self.scene.batches.items() if batch.state in states]
        if due and self.choose.random() < 0.9:
            return self.choose.choice(due)
        return self.choose.choice(list(self.scene.batches)) if self.scene.batches else None

    def approve(self, at: datetime) -> Deed | None:
        number = self._batch(("planned",))
        if number is None:
            return None
        batch = self.scene.batches[number]

        def effect(_none: None, _known: datetime) -> None:
            batch.state = "approved"

        return Deed(
            "approve",
            lambda key: operations.approve_batch(number, by=self.cast.approver, at=at, idem=key),
            lambda: NEVER if batch.state == "planned" else (errors.StepOutOfOrder,),
            effect,
        )

    def issue(self, at: datetime) -> Deed | None:
        """Every line is held or none; the promises are the plan's."""
        number = self._batch(("approved",))
        if number is None:
            return None
        batch = self.scene.batches[number]
        until = clock.now() + timedelta(hours=self.choose.randint(4, 48)) if self.choose.random() < 0.5 else None

        def refusals() -> tuple[type[Refused], ...]:
            if batch.state != "approved":
                return (errors.StepOutOfOrder,)
            asked = [((line.source, line.item), line.qty) for line in batch.lines.values()]
            return NEVER if self.memory.may_hold(asked) else (stock_errors.StockInsufficient,)

        def effect(count: int, known: datetime) -> None:
            holds = dict(LineHold.objects.filter(line__batch__number=number).values_list("line_id", "hold"))
            if count != len(batch.lines) or holds.keys() != batch.lines.keys():
                raise Differs(f"batch {number} has {len(batch.lines)} lines, {count} told, {len(holds)} held")
            for line, hold in holds.items():
                row = batch.lines[line]
                self.memory.promise(hold, Promise((row.source, row.item), row.qty, at, known, until))
            batch.state, batch.until, batch.holds = "issued", until, holds

        return Deed(
            "issue",
            lambda key: operations.issue_batch(number, by=self.cast.approver, at=at, idem=key, holds_until=until),
            refusals,
            effect,
        )

    def void(self, at: datetime) -> Deed | None:
        number = self._batch(("planned", "approved", "issued"))
        if number is None:
            return None
        batch = self.scene.batches[number]

        def refusals() -> tuple[type[Refused], ...]:
            left = {line.hold for load in self.scene.loads.values() if load.departed for line in load.lines.values()}
            if left & set(batch.holds.values()):
                return (errors.AlreadyOnTheRoad,)
            return (errors.StepOutOfOrder,) if batch.state == "voided" else NEVER

        def effect(_none: None, known: datetime) -> None:
            for hold in batch.holds.values():
                if self.memory.is_open(hold):
                    self.memory.end(hold, happened=at, known=known)
            batch.state = "voided"

        return Deed(
            "void",
            lambda key: operations.void_batch(number, by=self.cast.duty, at=at, idem=key, reason="test"),
            refusals,
            effect,
        )

    def load(self, at: datetime) -> Deed | None:
        """A part of what an issued batch sends from one store to one hospital, on a vehicle of its own."""
        number = self._batch(("issued",))
        if number is None or not self.scene.batches[number].lines:
            return None
        batch = self.scene.batches[number]
        open_ = [n for n in batch.lines if n not in batch.loaded] or list(batch.lines)
        first = batch.lines[self.choose.choice(open_)]
        same = [n for n in open_ if (batch.lines[n].source, batch.lines[n].place) == (first.source, first.place)]
        chosen = same[: self.choose.randint(1, len(same))]

        def refusals() -> tuple[type[Refused], ...]:
            over = [n for n in chosen if n in batch.holds and self._is_over(batch.holds[n])]
            is_there = batch.state == "issued" and not over and not batch.loaded & set(chosen)
            return NEVER if is_there else (transport_errors.LineNotIssued,)

        def effect(shipment: str, _known: datetime) -> None:
            unit = self.scene.place_name(first.place)
            lines = {
                at_line: Line(batch.lines[n].item, batch.lines[n].qty, batch.holds[n])
                for at_line, n in enumerate(sorted(chosen), start=1)
            }
            self.scene.add_load(shipment, Load(first.source, 0, self.scene.account(unit), unit, lines))
            batch.loaded |= set(chosen)

        return Deed(
            "load",
            lambda key: transport.load_batch_lines(
                sorted(chosen), by=self.cast.keeper, idem=key, at=at, vehicle=transport.Vehicle("v", "d"),
                planned_arrival=at + timedelta(hours=12),
            ),
            refusals,
            effect,
        )  # fmt: skip

    def _is_over(self, hold: int) -> bool:
        """Whether a promise was freed because its time had come, and not voided or fulfilled."""
        made = self.memory.promises[hold]
        return made.until is not None and made.ended is not None and hold in self.scene.freed

    def free(self, _at: datetime) -> Deed:
        """The worker frees what was held too long and stands on no load."""
        at = clock.now()

        def effect(count: int, known: datetime) -> None:
            loaded = {line.hold for load in self.scene.loads.values() for line in load.lines.values()}
            due = [
                hold
                for hold, made in self.memory.promises.items()
                if made.ended is None and made.until and made.until <= at and hold not in loaded
            ]
            if count != len(due):
                raise Differs(f"{count} holds were freed and not {len(due)}")
            for hold in due:
                self.memory.end(hold, happened=at, known=known)
                self.scene.freed.add(hold)

        return Deed("free", lambda _key: worker.end_overdue(), lambda: NEVER, effect)
