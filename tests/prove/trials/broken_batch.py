"""P9: a batch is all or nothing and its holds equal the plan. Its issuing is cut off before every statement in turn."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import partial
from threading import Timer
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, transaction

from qipan.allocation import operations
from qipan.allocation.models import BatchLine
from qipan.kernel import clock
from qipan.stock.errors import OutcomeUnknown
from tests.prove import guards
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, books

BATCHES, AT_RANDOM = 14, 12
ITEMS, UNITS = ("SUIT-GB", "GOG", "SHIELD"), ("wuhan_a", "wuhan_b", "xiaogan")
LEFT = """
  SELECT (SELECT count(*) FROM allocation_batchstep s JOIN allocation_batch b ON b.id = s.batch_id
           WHERE b.number = %(batch)s AND s.step = 'issued'),
         (SELECT count(*) FROM stock_hold WHERE document = %(document)s),
         (SELECT count(*) FROM allocation_batchline l JOIN allocation_batch b ON b.id = l.batch_id
            JOIN allocation_linehold t ON t.line_id = l.id
            JOIN stock_hold h ON h.id = t.hold AND h.document = %(document)s
             AND (h.account_id, h.material_id, h.lot, h.qty) = (l.source_account, l.material_id, l.lot, l.qty)
           WHERE b.number = %(batch)s),
         (SELECT count(*) FROM kernel_event WHERE key = 'allocation.batch_issued' AND subject = %(document)s),
         (SELECT count(*) FROM kernel_answeredkey WHERE key = %(key)s),
         (SELECT coalesce(sum(held), 0)::bigint FROM stock_balance)
       - (SELECT coalesce(sum(qty), 0)::bigint FROM stock_hold)"""
"""Steps, holds, holds that are exactly a line's, events, answered keys; and held in balances beyond what holds say."""


class Broken(Exception):
    """The program died here."""


class Breaker:
    """Breaks the ``at``-th statement: by ending its connection, or by an error in the program."""

    def __init__(self, world: World, at: int, *, is_killed: bool) -> None:
        self.world, self.at, self.is_killed, self.seen = world, at, is_killed, 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.seen += 1
        if self.seen == self.at:
            if not self.is_killed:
                raise Broken
            _end(self.world, connection.connection.info.backend_pid)
        return execute(sql, params, many, context)


def issue_broken(effort: Effort, around: Callable[[], AbstractContextManager[object]] = nullcontext) -> Outcome:
    """Issue batches, each broken off at every statement until one attempt is whole, then at random moments."""
    choose = random.Random(effort.seed)
    cases, broken = 0, []
    with books(effort.ground) as world:
        _stock_and_needs(world)
        for batch in range(effort.times(BATCHES, 2)):
            number, lines = _approved(world)
            breaks = _by_statement(world, is_killed=batch % 2 == 0) if batch % 7 < 6 else _by_chance(world, choose)
            key = UUID(int=choose.getrandbits(128), version=4)
            for attempt in breaks:
                with around():
                    done = attempt(partial(operations.issue_batch, number, by=world.cast.approver, at=clock.now(),
                                           idem=key))  # fmt: skip
                cases += 1
                if problem := _half(world, number, key, len(lines), is_done=done):
                    broken.append(f"seed {effort.seed}, batch {number}, attempt {cases}: {problem}")
                if done or broken:
                    break
            if broken:
                break
            operations.void_batch(number, by=world.cast.duty, at=clock.now(), idem=UUID(int=choose.getrandbits(128)),
                                  reason="next")  # fmt: skip
    return Outcome(cases, broken, f"{len(lines)} lines a batch")


def _by_statement(world: World, *, is_killed: bool) -> Any:
    """Attempts that break at the first, the second, … statement; the last breaks nowhere, for it has so few."""
    for at in range(1, 500):
        yield partial(_broken_at, Breaker(world, at, is_killed=is_killed))


def _broken_at(breaker: Breaker, call: Callable[[], int]) -> bool:
    """Whether the call was done."""
    try:
        with connection.execute_wrapper(breaker):
            call()
    except (DatabaseError, InterfaceError, OutcomeUnknown, Broken):
        connection.close()
        return False
    return True


def _by_chance(world: World, choose: random.Random) -> Any:
    """Attempts whose connection ends some milliseconds after they began, perhaps in a commit; then a whole one."""
    for _time in range(AT_RANDOM):
        yield partial(_killed_after, world, choose.random() * 0.05)
    yield lambda call: bool(call())


def _killed_after(world: World, delay: float, call: Callable[[], int]) -> bool:
    connection.ensure_connection()
    killer = Timer(delay, _end, [world, connection.connection.info.backend_pid])
    killer.start()
    try:
        call()
    except (DatabaseError, InterfaceError, OutcomeUnknown):
        return False
    finally:
        killer.join()
        connection.close()
    return True


def _end(world: World, process: int) -> None:
    with world.sql("superuser") as ender:
        ender.execute("SELECT pg_terminate_backend(%s, 5000)", [process])


def _half(world: World, number: int, key: UUID, count: int, *, is_done: bool) -> str:
    """What is there in part; "" when all is there or nothing. An attempt that broke may have been booked in whole."""
    asked = {"batch": number, "document": f"batch/{number}", "key": key}
    with world.sql() as owner:
        found = owner.execute(LEFT, asked).fetchone() or ()
        ends = owner.execute("SELECT qty FROM stock_hold h JOIN stock_holdend e ON e.hold_id = h.id").fetchall()
    whole, nothing = (1, count, count, 1, 1), (0, 0, 0, 0, 0)
    if found[:5] not in ((whole,) if is_done else (whole, nothing)):
        return f"steps, holds, holds by the plan, events, keys: {found[:5]}, of {count} lines"
    ended = sum(row[0] for row in ends)
    return "" if found[5] == -ended else f"balances hold {found[5]} more than the holds, {ended} of them ended"


def _stock_and_needs(world: World) -> None:
    for item in ITEMS:
        for store in ("plant_a", "plant_b"):
            world.cast.put(store, item, 80)
        for unit in UNITS:
            world.cast.approve(unit, item, "ISO", 20)


def _approved(world: World) -> tuple[int, list[int]]:
    """The number of an approved batch, and its lines' grains."""
    until = clock.write_instant(clock.now() + timedelta(hours=20))
    number = world.cast.plan(*ITEMS, deadline=until)
    operations.approve_batch(number, by=world.cast.approver, at=clock.now(), idem=UUID(int=number))
    return number, list(BatchLine.objects.filter(batch__number=number).values_list("qty", flat=True))


def issue_statement_by_statement(effort: Effort) -> Outcome:
    """Every statement commits by itself."""

    def alone(*_words: Any, **_more: Any) -> AbstractContextManager[None]:
        return nullcontext()

    return issue_broken(effort, lambda: guards.instead(transaction, "atomic", alone))


TRIALS = (
    Trial(
        "P9", "broken-batch", "the issuing of a batch is cut off before every statement, and at random moments",
        issue_broken, {"the one transaction": issue_statement_by_statement},
    ),
)  # fmt: skip
