"""What is done beside answering people: seals, snapshots at the cuts, checkpoints. One works, others stand by."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import DatabaseError, connection, connections

from qipan.kernel import clock, sealing
from qipan.kernel.access import Actor
from qipan.organisations import operations as organisations
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads
from qipan.transport import operations as moves
from qipan.transport import queries as transport

LOG = logging.getLogger(__name__)
LOCK = 7160002
"""The advisory lock of the one that works."""
HOLD_SECONDS, CUT_SECONDS, CHECKPOINT_SECONDS, LONGEST_REST = 20.0, 15.0, 10.0, 30.0
ERASE_SECONDS, TELL_SECONDS = 3600.0, 2.0


@dataclass
class Job:
    """Something to do again and again, ``every`` so many seconds."""

    every: float
    work: Callable[[], object]
    due: float = field(default=0.0)


def jobs() -> list[Job]:
    """Everything the worker does, in this order."""
    return [
        Job(1.0, sealing.seal),
        Job(HOLD_SECONDS, end_overdue),
        Job(CUT_SECONDS, lambda: stock.keep_cut(clock.now())),
        Job(CHECKPOINT_SECONDS, sealing.make_checkpoint),
        Job(TELL_SECONDS, lambda: organisations.tell(clock.real_now())),
        Job(ERASE_SECONDS, erase_contacts),
    ]


def end_overdue() -> int:
    """Free what was held and not loaded in time."""
    now = clock.now()
    overdue = [hold for holds in stock_reads.overdue_holds(now).values() for hold in holds]
    return stock.end_overdue(now, keep=transport.loaded_holds(overdue)) if overdue else 0


def erase_contacts() -> int:
    """Erase names and telephone numbers whose time is over."""
    return moves.erase(by=Actor(0, "worker"), at=clock.now())


def pass_cut() -> None:
    """At a cut of a replayed case: what a worker would have done then."""
    stock.keep_cut(clock.now())
    sealing.make_checkpoint()


def run(is_over: threading.Event, *, todo: list[Job] | None = None) -> None:
    """Work until ``is_over``; when the database does not answer, rest and try again."""
    todo, rest = todo or jobs(), 1.0
    while not is_over.is_set():
        try:
            if _is_ours():
                _round(todo)
            rest = 1.0
        except DatabaseError as error:
            LOG.warning("the worker rests %.0f s: %s", rest, error)
            connections.close_all()
            rest = min(rest * 2, LONGEST_REST)
        is_over.wait(rest)
    connections.close_all()


def _round(todo: list[Job]) -> None:
    for job in todo:
        if time.monotonic() >= job.due:
            job.work()
            job.due = time.monotonic() + job.every


def _is_ours() -> bool:
    """Whether this worker holds the lock; it keeps it until its connection ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
            " AND pid = pg_backend_pid()) OR pg_try_advisory_lock(%s)",
            [LOCK, LOCK],
        )
        return bool(cursor.fetchone()[0])
