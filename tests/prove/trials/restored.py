"""P13: a restore works and says what is missing. Backups while writers post, restored, and held against a witness."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from threading import Event, Thread
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from django.db import connection

from qipan import verify as reader
from qipan.kernel import clock, scope, sealing
from qipan.kernel.models import Checkpoint
from qipan.kernel.notes import Note, SigningKey
from qipan.server import backup
from qipan.stock import operations as stock
from qipan.verify.hashing import Checkpoint as Seen
from tests.prove import guards
from tests.prove.trial import Effort, Outcome, Run, Trial
from tests.prove.world import World, books
from tests.stock.books import assert_in_order

ROUNDS, HELD = 12, 5
WITNESS = "centre.test"
LACKS = "SELECT k FROM unnest(%s::uuid[]) AS t(k) WHERE NOT EXISTS (SELECT FROM stock_movement m WHERE m.idem = t.k)"
Around = Callable[[], AbstractContextManager[object]]


def back_up_and_restore(effort: Effort, around: Around = nullcontext) -> Outcome:
    """Each backup has what was acknowledged before it began, is in order, and lacks what a witness says it lacks."""
    choose = random.Random(effort.seed)
    broken: list[str] = []
    kept = 0
    with books(effort.ground) as world, _signing(effort):
        for round_ in range(effort.times(ROUNDS)):
            file = effort.folder / f"{round_}.zip"
            with _writing(world) as acknowledged:
                time.sleep(0.3 + choose.random() * 0.5)
                before = list(acknowledged)
                with around():
                    manifest = backup.make(world.url(), file)
            seen = _witnessed()
            kept += len(before)
            broken += [f"round {round_}: {p}" for p in _faults(world, before, seen, manifest.entries, effort, round_)]
    return Outcome(kept, broken, f"{effort.times(ROUNDS)} backups while movements were booked")


def _faults(
    world: World, before: list[UUID], seen: Seen, entries: int, effort: Effort, round_: int
) -> Iterator[str]:  # fmt: skip
    """What is wrong with a restored copy."""
    with _empty_database(world) as url:
        try:
            backup.restore(url, effort.folder / f"{round_}.zip")
        except backup.BackupRefused as error:
            yield f"it cannot be restored: {str(error)[-300:]}"
            return
        with psycopg.connect(url, autocommit=True) as copy:
            lacking = copy.execute(LACKS, [before]).fetchall()
            if lacking:
                yield f"{len(lacking)} of {len(before)} movements acknowledged before it began are not in it"
            held = copy.execute("SELECT coalesce(sum(qty), 0)::bigint FROM stock_hold").fetchone()
            if held != (HELD * (round_ + 1),):
                yield f"{held} are promised in it"
            found = copy.execute("SELECT max(n) FROM kernel_sealed").fetchone()
            if found != (entries,):
                yield f"its manifest tells of {entries} entries, its log has {found}"
            try:
                assert_in_order(lambda sql: copy.execute(sql).fetchall())
            except AssertionError as error:
                yield f"it is not in order: {str(error)[:200]}"
        with psycopg.connect(url) as copy:
            if problems := reader.verify(copy, key=None).problems:
                yield f"it is not clean: {problems[:2]}"
            told = reader.verify(copy, key=None, witnesses=[reader.Witnessed(WITNESS, None, [seen])]).problems
            expected = [("log_shorter", {"witness": WITNESS, "size": seen.size, "leaves": entries})]
            if told != expected:
                yield f"a witness of {seen.size} entries makes it say {told[:2]}"


@contextmanager
def _writing(world: World) -> Iterator[list[UUID]]:
    """Somebody posts all the while; the keys that were acknowledged so far. Something is promised first."""
    cast, item = world.cast, world.cast.items["SUIT-GB"].id
    is_over, acknowledged = Event(), list[UUID]()
    cast.put("reserve", "SUIT-GB", HELD)
    row = stock.HoldLine(cast.accounts["reserve"], item, HELD, "test")
    stock.hold_batch([row], by=cast.keeper, idem=uuid4(), at=clock.now())

    def work() -> None:
        scope.use(scope.EVERYTHING)
        try:
            while not is_over.is_set():
                key = uuid4()
                line = stock.Transfer("output", item, cast.accounts["outside"], cast.accounts["plant_a"], 1, "test")
                stock.post_batch([line], by=cast.keeper, idem=key, at=clock.now())
                acknowledged.append(key)
        finally:
            connection.close()

    thread = Thread(target=work)
    thread.start()
    try:
        yield acknowledged
    finally:
        is_over.set()
        thread.join()


def _witnessed() -> Seen:
    """One more entry, a checkpoint over all, and what a witness keeps of it."""
    sealing.seal()
    sealing.make_checkpoint()
    note = Note.read(Checkpoint.objects.order_by("-size").values_list("note", flat=True)[0])
    return Seen.read(note.text + SigningKey(WITNESS, uuid4().bytes * 2).cosign(note, seconds=1) + "\n")


@contextmanager
def _signing(effort: Effort) -> Iterator[None]:
    """The log is signed by a key of its own."""
    key = str(effort.folder / "seal_key")
    with guards.instead(settings, "SEAL_KEY_FILE", key), guards.instead(settings, "LOG_NAME", "prove.test"):
        yield


@contextmanager
def _empty_database(world: World) -> Iterator[str]:
    """The owner's address of a database in which there is nothing."""
    name = f"{world.name}_copy"
    with psycopg.connect(world.ground.url("superuser", "postgres"), autocommit=True) as superuser:
        superuser.execute(f'CREATE DATABASE "{name}" OWNER qipan_owner TEMPLATE template0')
        try:
            url = world.ground.url("owner", name)
            with psycopg.connect(url, autocommit=True) as owner:
                owner.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            yield url
        finally:
            superuser.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _dumping(change: Callable[[list[str]], list[str]]) -> Run:
    """The same with other words for ``pg_dump``, which takes a moment to begin, as on a busy machine."""
    run = backup._run

    def changed(program: str, url: str, words: list[str]) -> None:
        if program == "pg_dump":
            time.sleep(0.2)
        run(program, url, change(words) if program == "pg_dump" else words)

    return partial(back_up_and_restore, around=lambda: guards.instead(backup, "_run", changed))


TRIALS = (
    Trial(
        "P13", "restored", "backups while movements are booked, restored, and held against what a witness has seen",
        back_up_and_restore,
        {
            "one of the tables": _dumping(lambda words: [*words, "--exclude-table-data=stock_hold"]),
            "one instant": _dumping(lambda words: [word for word in words if not word.startswith("--snapshot")]),
        },
    ),
)  # fmt: skip
