"""What people do with goods: make, ship, drive, receive, lose, seize, use, count, correct. Each with what must come."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed, Refused
from qipan.stock import errors as stock_errors
from qipan.stock import operations as stock
from qipan.stock.models import Correction as CorrectionRow
from qipan.transport import errors, operations
from tests.prove.simulator.memory import Move
from tests.prove.simulator.scene import HOSPITALS, ITEMS, PLANTS, SHELVES, Correction, Deed, Differs, Line, Load, Scene

NEVER: tuple[type[Refused], ...] = ()


class Goods:
    """The deeds of keepers, drivers and receivers. A verb gives a deed, or None when there is nothing to do it to."""

    def __init__(self, scene: Scene, choose: random.Random) -> None:
        self.scene, self.choose = scene, choose
        self.cast, self.memory = scene.cast, scene.memory

    def _item(self) -> int:
        return self.cast.items[self.choose.choice(ITEMS)].id

    def _posting(self, name: str, moves: list[Move], at: datetime) -> Deed:
        """Lines posted by the keeper in one call."""
        lines = [stock.Transfer(m.kind, m.item, m.src, m.dst, m.qty, f"test/{name}") for m in moves]
        short = (stock_errors.StockInsufficient,)
        return Deed(
            name,
            lambda key: stock.post_batch(lines, by=self.cast.keeper, idem=key, at=at),
            lambda: NEVER if self.memory.may_move(moves) else short,
            lambda _ids, known: self.scene.booked(moves, happened=at, known=known),
            is_report=False,
        )

    def make(self, at: datetime) -> Deed:
        store = self.scene.account(self.choose.choice((*PLANTS, "reserve")))
        qty = self.choose.randint(20, 200)
        return self._posting("make", [Move("output", self.scene.account("output"), store, self._item(), qty)], at)

    def ship(self, at: datetime) -> Deed:
        """A load of one's own, sometimes of more than there is."""
        source, unit = self.choose.choice((*PLANTS, "reserve")), self.choose.choice(HOSPITALS)
        items = self.choose.sample(ITEMS, self.choose.randint(1, 2))
        lines = [Line(self.cast.items[code].id, self.choose.randint(1, 90)) for code in items]
        route = operations.Route(self.cast.places[source], self.cast.places[unit], at + timedelta(hours=12))
        load = Load(
            self.scene.account(source), 0, self.scene.account(unit), unit, dict(enumerate(lines, start=1))
        )  # fmt: skip
        return Deed(
            "ship",
            lambda key: operations.load_shipment(
                [operations.Load(line.item, line.qty) for line in lines], by=self.cast.keeper, idem=key, at=at,
                route=route, vehicle=operations.Vehicle("v", "d"),
            ),
            lambda: NEVER,
            lambda number, _known: self.scene.add_load(number, load),
        )  # fmt: skip

    def _load(self, wanted: str) -> str | None:
        """Mostly a load whose next step is the wanted one, sometimes any."""
        steps = ("departed", "arrived", "received")
        due = [
            number
            for number, load in self.scene.loads.items()
            if [bool(getattr(load, s)) for s in steps] == [steps.index(s) < steps.index(wanted) for s in steps]
        ]
        if due and self.choose.random() < 0.9:
            return self.choose.choice(due)
        return self.choose.choice(list(self.scene.loads)) if self.scene.loads else None

    def depart(self, at: datetime) -> Deed | None:
        number = self._load("departed")
        if number is None:
            return None
        load = self.scene.loads[number]
        moves = [Move("depart", load.source, load.road, row.item, row.qty, row.hold) for row in load.lines.values()]

        def refusals() -> tuple[type[Refused], ...]:
            if load.departed:
                return (errors.AlreadyDeparted,)
            if not all(row.hold is None or self.memory.is_open(row.hold) for row in load.lines.values()):
                return (stock_errors.HoldNotOpen,)
            return NEVER if self.memory.may_move(moves) else (stock_errors.StockInsufficient,)

        def effect(_none: None, known: datetime) -> None:
            self.scene.booked(moves, happened=at, known=known)
            load.departed = at

        by = self.cast.keeper
        return Deed("depart", lambda key: operations.depart(number, by=by, at=at, idem=key), refusals, effect)

    def arrive(self, at: datetime) -> Deed | None:
        number = self._load("arrived")
        if number is None:
            return None
        load = self.scene.loads[number]

        def refusals() -> tuple[type[Refused], ...]:
            if not load.departed:
                return (errors.NotDeparted,)
            if at < load.departed:
                return (errors.OrderOfInstants,)
            return (errors.AlreadyReceived,) if load.arrived else NEVER

        def effect(_none: None, _known: datetime) -> None:
            load.arrived = at

        by = self.cast.driver
        return Deed("arrive", lambda key: operations.report_arrival(number, by=by, at=at, idem=key), refusals, effect)

    def receive(self, at: datetime) -> Deed | None:
        """What was counted: mostly all of it, sometimes less or nothing."""
        number = self._load("received")
        if number is None:
            return None
        load = self.scene.loads[number]
        some = {n: row.qty - self.choose.choice((0, 0, 0, 1, row.qty)) for n, row in load.lines.items()}
        counted = {n: operations.Counted(qty, "not on the vehicle") for n, qty in some.items()}
        moves = [Move("receive", load.road, load.store, row.item, some[n]) for n, row in load.lines.items() if some[n]]

        def refusals() -> tuple[type[Refused], ...]:
            if not load.arrived:
                return (errors.ShipmentNotArrived,)
            if at < load.arrived:
                return (errors.OrderOfInstants,)
            if load.received:
                return (errors.AlreadyReceived,)
            return NEVER if self.memory.may_move(moves) else (stock_errors.StockInsufficient,)

        def effect(short: int, known: datetime) -> None:
            if short != sum(row.qty for row in load.lines.values()) - sum(some.values()):
                raise Differs(f"{number} is told to be {short} short")
            self.scene.booked(moves, happened=at, known=known)
            load.received = at

        by = self.scene.receivers[load.unit]
        return Deed(
            "receive",
            lambda key: operations.confirm_receipt(number, counted=counted, by=by, at=at, idem=key),
            refusals,
            effect,
        )

    def mishap(self, at: datetime) -> Deed | None:
        """Goods on a road are lost, seized, turned back, or split among two stores; sometimes more than there are."""
        there = [(a, i, q) for (a, i), q in self.memory.onhand.items() if a in self.memory.roads and q]
        if not there:
            return None
        road, item, onhand = self.choose.choice(there)
        qty = self.choose.randint(1, onhand + 1)
        kind, ends = self.choose.choice(
            (("loss", ("lost",)), ("loss", ("seized",)), ("return", ("reserve",)), ("return", ("plant_a", "reserve")))
        )
        part = [qty] if len(ends) == 1 or qty == 1 else [qty // 2, qty - qty // 2]
        moves = [
            Move(kind, road, self.scene.account(end), item, q) for end, q in zip(ends[: len(part)], part, strict=True)
        ]
        return self._posting("mishap", moves, at)

    def release(self, at: datetime) -> Deed | None:
        """Seized goods go to a store."""
        seized = self.scene.account("seized")
        there = [(i, q) for (a, i), q in self.memory.onhand.items() if a == seized and q]
        if not there:
            return None
        item, onhand = self.choose.choice(there)
        store = self.scene.account(self.choose.choice(SHELVES))
        return self._posting("release", [Move("return", seized, store, item, self.choose.randint(1, onhand))], at)

    def use(self, at: datetime) -> Deed:
        store, qty = self.scene.account(self.choose.choice(HOSPITALS)), self.choose.randint(1, 60)
        return self._posting("use", [Move("use", store, self.scene.account("used"), self._item(), qty)], at)

    def count(self, at: datetime) -> Deed:
        """A shelf is counted; what is too much is booked, what is missing waits for a second person."""
        account, item = self.scene.account(self.choose.choice(SHELVES)), self._item()
        key_ = (account, item)
        counted = max(0, self.memory.onhand[key_] + self.choose.randint(-12, 8))

        def effect(difference: int, known: datetime) -> None:
            if difference != counted - self.memory.onhand[key_]:
                raise Differs(f"a count of {counted} differs by {difference}")
            for row in self.scene.corrections.values():
                is_over = row.key == key_ and row.state == "waiting" and row.move.reverses is None
                row.state = "replaced" if is_over else row.state
            if difference > 0:
                move = Move("count", self.scene.account("count"), account, item, difference)
                self.scene.booked([move], happened=at, known=known)
            if difference < 0:
                self._waits(Move("count", account, self.scene.account("count"), item, -difference), key_)

        return Deed(
            "count",
            lambda key: stock.count_stock(
                account, item=item, counted=counted, reason="shelf", by=self.cast.keeper, idem=key, at=at
            ),
            lambda: (stock_errors.StockInsufficient,) if counted < self.memory.held[key_] else NEVER,
            effect,
        )

    def _waits(self, move: Move, key: tuple[int, int]) -> None:
        newest = CorrectionRow.objects.order_by("-id").values_list("id", flat=True)[0]
        self.scene.corrections[newest] = Correction(move, key)

    def propose_back(self, at: datetime) -> Deed | None:
        """Somebody wants a movement booked back, sometimes one that was before or is such a booking itself."""
        if not self.memory.moves:
            return None
        number = self.choose.choice(list(self.memory.moves)[-60:])
        first = self.memory.moves[number].move
        back = Move("reversal", first.dst, first.src, first.item, first.qty, reverses=number)
        is_closed = first.reverses is not None
        return Deed(
            "propose_back",
            lambda key: stock.propose_reversal(number, reason="typed twice", by=self.cast.keeper, idem=key, at=at),
            lambda: (stock_errors.NotReversible,) if is_closed or number in self.memory.reversed else NEVER,
            lambda _id, _known: self._waits(back, (first.src, first.item)),
        )

    def decide(self, _at: datetime) -> Deed | None:
        """A second person confirms or rejects what waits; the first one may not."""
        waiting = [n for n, row in self.scene.corrections.items() if row.state == "waiting"]
        if not waiting:
            return None
        number = self.choose.choice(waiting if self.choose.random() < 0.9 else list(self.scene.corrections))
        row, at = self.scene.corrections[number], clock.now()
        roll = self.choose.random()
        by = self.cast.keeper if roll < 0.1 else self.cast.approver

        def confirm_refusals() -> tuple[type[Refused], ...]:
            if by is self.cast.keeper:
                return (NotAllowed,)
            back, open_ = row.move.reverses, row.state == "waiting"
            if back is not None and back in self.memory.reversed:
                return (stock_errors.NotReversible,)
            if not self.memory.may_move([row.move]):
                return (stock_errors.StockInsufficient,)
            return NEVER if open_ else (stock_errors.CorrectionEnded,)

        def confirmed(_id: int, known: datetime) -> None:
            self.scene.booked([row.move], happened=at, known=known)
            row.state = "confirmed"

        def rejected(_none: None, _known: datetime) -> None:
            row.state = "rejected"

        if roll < 0.8:
            return Deed(
                "confirm", lambda key: stock.confirm_correction(number, by=by, idem=key, at=at), confirm_refusals,
                confirmed,
            )  # fmt: skip
        return Deed(
            "reject",
            lambda key: stock.reject_correction(number, by=by, idem=key, at=at, note="found"),
            lambda: NEVER if row.state == "waiting" else (stock_errors.CorrectionEnded,),
            rejected,
        )
