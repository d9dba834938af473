"""The days of a simulation: what is done next, how it is sent, and what is compared after it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Timer
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection

from qipan.kernel import clock, sealing
from qipan.kernel.errors import Refused, SameKeyOtherBody
from qipan.server import worker
from qipan.stock import errors as stock_errors
from qipan.stock import queries
from tests.prove.simulator.batches import Desk
from tests.prove.simulator.deeds import Goods
from tests.prove.simulator.scene import Deed, Differs, set_up
from tests.prove.world import World

BEGIN = clock.read_instant("2020-01-29T00:00")
KINDS = ("store", "road", "seized")
BALANCES = "SELECT account_id, material_id, onhand, held FROM stock_balance WHERE onhand <> 0 OR held <> 0"
SUMS = """SELECT (SELECT count(*) FROM stock_movement), (SELECT count(*) FROM stock_hold),
                 (SELECT count(*) FROM stock_holdend),
                 (SELECT count(*) FROM (SELECT FROM stock_balance b JOIN stock_account a ON a.id = b.account_id
                   WHERE b.onhand < b.held OR b.held < 0) bad)"""
Verb = Callable[[datetime], Deed | None]


class Play:
    """One simulation in books of its own; the same seed makes the same choices.

    Args:
        crash_share: how many of a hundred deeds lose their connection on the way.
    """

    def __init__(self, world: World, seed: int, *, crash_share: int = 4) -> None:
        self.choose = random.Random(seed)
        self.world, self.crash_share = world, crash_share
        self.now = BEGIN
        self.steps = 0
        with clock.held_at(self.now):
            self.scene = set_up(world.cast)
            desk = Desk(self.scene, self.choose)
            desk.state_needs()
        self.goods = goods = Goods(self.scene, self.choose)
        self.verbs: list[tuple[int, Verb]] = [
            (22, goods.make), (8, goods.ship), (18, goods.depart), (14, goods.arrive), (16, goods.receive),
            (6, goods.mishap), (3, goods.release), (6, goods.use), (7, goods.count), (6, goods.propose_back),
            (9, goods.decide), (4, desk.need), (4, desk.plan), (5, desk.approve), (6, desk.issue), (1, desk.void),
            (11, desk.load), (2, desk.free),
        ]  # fmt: skip
        self.opening: list[Verb] = [
            *[goods.make] * 4, *[lambda at: goods.make(at - timedelta(hours=2))] * 3, desk.plan, desk.approve,
            desk.issue, desk.load, goods.depart, goods.arrive, goods.receive, goods.use, goods.count,
        ]  # fmt: skip
        """What is done first, in this order and each twice, so that a short simulation has seen it too."""
        self.pocket: list[tuple[datetime, Deed]] = []
        """What phones without a network keep, and when they have one again."""
        self.sent: list[tuple[Deed, UUID, Any]] = []

    def step(self) -> None:
        """Some minutes pass; one thing is done, in one of the ways things are sent; the books are compared.

        Raises:
            Differs: they say something else than the memory.
        """
        self.step_on()
        with clock.held_at(self.now):
            self.compare_present()
            if self.opening or self.choose.random() < 0.2:
                self.compare_past()

    def step_on(self) -> None:
        """The same without a look at the books."""
        self.steps += 1
        self.now += timedelta(minutes=self.choose.randint(1, 30), seconds=self.choose.randint(0, 59))
        with clock.held_at(self.now):
            self._do()

    def tell_late(self, by: timedelta) -> None:
        """Goods that were made some time ago are told now."""
        with clock.held_at(self.now):
            self._send(self.goods.make(self.now - by))

    def pass_cut(self, cut: datetime) -> None:
        """A cut of figures comes: what the worker does then."""
        self.now = max(self.now, cut)
        with clock.held_at(cut):
            worker.pass_cut()

    def _do(self) -> None:
        if self.opening:
            deed = self.opening.pop(0)(self.now)
            if deed is not None:
                self._send(deed)
                self._repeat()
            return
        due = [n for n, (when, _deed) in enumerate(self.pocket) if when <= self.now]
        if due and self.choose.random() < 0.6:
            self._send(self.pocket.pop(self.choose.choice(due))[1])
            return
        if self.sent and self.choose.random() < 0.12:
            self._repeat()
            return
        verb = self.choose.choices([v for _w, v in self.verbs], [w for w, _v in self.verbs])[0]
        late = timedelta(hours=self.choose.choice((0, 0, 0, 0, 0, 0, 1, 7, 30, 70)))
        deed = verb(self.now - late)
        if deed is None:
            return
        if late and deed.name not in ("plan", "free", "issue", "confirm", "reject") and self.choose.random() < 0.4:
            self.pocket.append((self.now + timedelta(hours=self.choose.randint(1, 72)), deed))
        else:
            self._send(deed)

    def _send(self, deed: Deed) -> None:
        """Send it once, or through a connection that breaks and then again with the same key."""
        key = UUID(int=self.choose.getrandbits(128), version=4)
        refusals = deed.refusals()
        is_cut_off = self.choose.randrange(100) < self.crash_share and deed.name != "free"
        delay = self.choose.random() * 0.02
        try:
            answer = self._through_a_break(deed, key, delay) if is_cut_off else deed.call(key)
        except Refused as error:
            if refusals is not None and not isinstance(error, refusals or ()):
                raise Differs(f"{deed.name} was refused: {error.code}; expected {_names(refusals)}") from error
            return
        if refusals:
            raise Differs(f"{deed.name} was done; expected {_names(refusals)}")
        deed.effect(answer, self.now)
        if deed.name != "free":
            self.sent = [*self.sent[-80:], (deed, key, answer)]

    def _repeat(self) -> None:
        """The same message again gets the same answer; the same key with another message is refused."""
        deed, key, answer = self.choose.choice(self.sent)
        try:
            again = deed.call(key)
        except Refused as error:
            raise Differs(f"{deed.name} sent again was refused: {error.code}") from error
        if again != answer:
            raise Differs(f"{deed.name} sent again was answered {again!r} and not {answer!r}")
        other = self.choose.choice(self.sent)[0]
        if other is deed or other.is_report != deed.is_report:
            return
        try:
            other.call(key)
        except SameKeyOtherBody:
            return
        except Refused as error:
            if not other.refusals():
                raise Differs(f"{other.name} under the key of {deed.name} was refused: {error.code}") from error
            return
        raise Differs(f"{other.name} was done under the key of {deed.name}")

    def _through_a_break(self, deed: Deed, key: UUID, delay: float) -> Any:
        """Its connection is ended by the server some milliseconds later; it is sent again until it is answered."""
        connection.ensure_connection()
        killer = Timer(delay, self._end, [connection.connection.info.backend_pid])
        killer.start()
        try:
            return deed.call(key)
        except (DatabaseError, InterfaceError, stock_errors.OutcomeUnknown):
            killer.join()
            connection.close()
            return deed.call(key)
        finally:
            killer.join()
            connection.close()

    def _end(self, process: int) -> None:
        with self.world.sql("superuser") as ender:
            ender.execute("SELECT pg_terminate_backend(%s)", [process])

    def compare_present(self) -> None:
        """Balances, promises and the number of movements are the memory's; nothing is negative."""
        memory = self.scene.memory
        with connection.cursor() as cursor:
            cursor.execute(BALANCES)
            found = {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
            cursor.execute(SUMS)
            counts = cursor.fetchone()
        expected = memory.balances()
        if found != expected:
            raise Differs(f"balances differ: {_first(found, expected)}")
        ended = sum(made.ended is not None for made in memory.promises.values())
        if counts != (len(memory.moves), len(memory.promises), ended, 0):
            raise Differs(f"movements, holds, ends, negative balances: {counts}")

    def compare_past(self) -> None:
        """Two readings of a random past instant, by what happened and by what was known, are the memory's."""
        sealing.seal()
        memory = self.scene.memory
        back = (self.now - BEGIN) * self.choose.random()
        as_of = self.now - back
        known = as_of + back * self.choose.random()
        for limit in (None, known):
            rows = queries.balances(as_of=as_of, known_at=limit, kinds=KINDS)
            found = {(row.account, row.item): (row.onhand, row.held) for row in rows}
            expected = memory.at(as_of, limit)
            if found != expected:
                raise Differs(f"as of {as_of}, known at {limit}: {_first(found, expected)}")
            flows = {f.item: (f.shipped, f.arrived, f.lost) for f in queries.flows(as_of=as_of, known_at=limit)}
            if flows != memory.flows(as_of, limit):
                raise Differs(f"flows as of {as_of}, known at {limit}: {_first(flows, memory.flows(as_of, limit))}")
        sums: dict[int, int] = {}
        for (_account, item), qty in queries.total_by_kind().items():
            sums[item] = sums.get(item, 0) + qty
        if any(sums.values()):
            raise Differs(f"all places together do not come to nothing: {sums}")


def _names(refusals: tuple[type[Refused], ...]) -> str:
    return " or ".join(kind.code for kind in refusals) or "that it is done"


def _first(found: dict[Any, Any], expected: dict[Any, Any]) -> str:
    """The first of the keys in which two readings differ."""
    key = min(key for key in {*found, *expected} if found.get(key) != expected.get(key))
    return f"{key}: found {found.get(key)}, expected {expected.get(key)}"
