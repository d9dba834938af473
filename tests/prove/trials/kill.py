"""P4: a kill loses nothing acknowledged. Writers post, every process of the database server is killed, and so on."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import psutil
from django.db import DatabaseError, InterfaceError, connections

from qipan.kernel import clock, scope
from qipan.server.postgres.places import Places
from qipan.server.postgres.processes import postmaster_of
from qipan.stock import errors
from qipan.stock import operations as stock
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, books, standing

ROUNDS, WRITERS = 25, 6
LATE = {
    "fsync": "off", "synchronous_commit": "off", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB",
}  # fmt: skip
"""A commit is acknowledged before it is written down."""
KEPT = "SELECT idem::text, count(*) FROM stock_movement WHERE idem = ANY(%s::uuid[]) GROUP BY 1"
SUMS = """SELECT (SELECT sum(onhand) FROM stock_balance WHERE account_id = %(store)s)
               = (SELECT sum(qty) FROM stock_movement WHERE dst_id = %(store)s)"""


Key = tuple[UUID, datetime]
"""The key of a posting and when it happened, as a writer keeps them to send them again."""


@dataclass
class Noted:
    """What one writer keeps for itself: keys that were acknowledged, and the one that was under way at the kill."""

    done: list[Key] = field(default_factory=list)
    unknown: list[Key] = field(default_factory=list)


def kill_and_look(effort: Effort, settings: dict[str, str] | None = None) -> Outcome:
    """On a server with the product's own settings unless others are given."""
    choose = random.Random(effort.seed)
    noted = Noted()
    broken: list[str] = []
    with standing(effort.folder, settings) as ground, books(ground) as world:
        with world.sql("superuser") as superuser:
            superuser.execute("CHECKPOINT")  # the cast is not what is tried
        for round_ in range(effort.times(ROUNDS)):
            fresh = _write_until_killed(world, effort.folder, 0.3 + choose.random())
            ground.server.start()
            for key in fresh.unknown:  # sent again under the same key
                _post(world, key)
            noted.done += fresh.done + fresh.unknown
            noted.unknown += fresh.unknown
            broken += [f"round {round_}: {problem}" for problem in _missing(world, noted.done)]
            if broken:
                break
    return Outcome(len(noted.done), broken, f"{round_ + 1} kills, {len(noted.unknown)} calls under way")


def _write_until_killed(world: World, folder: Path, seconds: float) -> Noted:
    """Writers post as fast as they can for so long; then every process of the server is killed at once."""
    is_over = Event()
    with ThreadPoolExecutor(WRITERS) as threads:
        writers = [threads.submit(_write, world, is_over) for _ in range(WRITERS)]
        time.sleep(seconds)
        _kill(folder)
        is_over.set()
    noted = [writer.result() for writer in writers]
    return Noted([key for each in noted for key in each.done], [key for each in noted for key in each.unknown])


def _kill(folder: Path) -> None:
    """The postmaster first, that it may start no other; then what it had started."""
    postmaster = postmaster_of(Places(folder).cluster)
    if postmaster is None:
        raise AssertionError("there is no server to kill")
    children = postmaster.children(recursive=True)
    for process in (postmaster, *children):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs([postmaster, *children], timeout=30)


def _write(world: World, is_over: Event) -> Noted:
    noted = Noted()
    scope.use(scope.EVERYTHING)
    try:
        while not is_over.is_set():
            key = (uuid4(), clock.now())
            try:
                _post(world, key)
            except (DatabaseError, InterfaceError, errors.OutcomeUnknown):
                noted.unknown.append(key)
                break
            noted.done.append(key)
    finally:
        connections.close_all()
    return noted


def _post(world: World, key: Key) -> None:
    cast = world.cast
    line = stock.Transfer(
        "output", cast.items["SUIT-GB"].id, cast.accounts["outside"], cast.accounts["plant_a"], 1, "kill"
    )  # fmt: skip
    stock.post_batch([line], by=cast.keeper, idem=key[0], at=key[1])


def _missing(world: World, keys: list[Key]) -> list[str]:
    """Acknowledged movements that are not there, or more than once; balances that do not follow from movements."""
    with world.sql() as owner:
        found = dict(owner.execute(KEPT, [[key for key, _at in keys]]).fetchall())
        is_whole = owner.execute(SUMS, {"store": world.cast.accounts["plant_a"]}).fetchone()
    counts = [found.get(str(key), 0) for key, _at in keys]
    problems = [f"{counts.count(0)} of {len(keys)} acknowledged movements are lost"] if 0 in counts else []
    problems += ["a movement is there twice"] if max(counts, default=0) > 1 else []
    return problems + ([] if is_whole == (True,) else ["balances do not follow from movements"])


TRIALS = (
    Trial(
        "P4", "kill", "kill -9 of every process of the database under writers, and a look for what was acknowledged",
        kill_and_look, {"commits that wait for the disk": partial(kill_and_look, settings=LATE)},
    ),
)  # fmt: skip
