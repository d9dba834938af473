"""P3: a report is booked exactly once. One key from many threads, with another body, and across a killed server."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import Any
from uuid import UUID

from qipan.kernel import clock, events
from tests.prove.forked import forked, kill
from tests.prove.phones import Answer, Lost, Phone, close_all, together
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, books, served, token_of

THREADS, THREADS_LEAST, ROUNDS, CRASHES = 64, 8, 2, 8
PEOPLE = ("duty", "approver", "keeper", "driver", "receiver")
ITEM, STORE, UNIT = "SUIT-GB", "reserve", "wuhan_a"


@dataclass(frozen=True)
class Report:
    """Something that is sent under a key: by whom, where, what, the same otherwise; what it books.

    Args:
        event: the key of the event it leaves, once; moves: how many movements it books.
    """

    person: str
    path: str
    body: Any
    other: Any
    event: str
    moves: int = 0


@dataclass
class Way:
    """The way of some goods from the need to the receipt and back: each report needs what the ones before answered.

    Args:
        number: from 1; a later way asks for more, for the hospital has what the ones before brought.
    """

    world: World
    number: int
    answers: list[Answer] = field(default_factory=list)

    def reports(self) -> Iterator[Report]:
        """Each report in turn; the answer to it must be in ``answers`` before the next is asked for."""
        cast = self.world.cast
        much = 40 * self.number
        need = {"unit": UNIT, "item": ITEM, "zone": "ICU", "quantity": f"{much}"}
        yield Report("duty", "/needs", [need], [{**need, "quantity": f"{much + 1}"}], "demand.reported")
        yield Report("duty", "/needs/approvals", [need], [{**need, "quantity": f"{much + 2}"}], "demand.approved")
        with self.world.sql() as owner:
            found = owner.execute("SELECT coalesce(sum(onhand), 0)::bigint FROM stock_balance WHERE account_id = %s",
                                  [cast.accounts[STORE]]).fetchone()  # fmt: skip
        more = int(found[0] if found else 0) + 300 * self.number
        shelf = {"account": cast.accounts[STORE], "item": ITEM, "counted": str(more), "reason": "shelf"}
        yield Report("keeper", "/stock/counts", shelf, {**shelf, "counted": str(more + 1)}, "stock.counted", 1)
        deadline = clock.write_instant(clock.now() + timedelta(days=2))
        plan = {"title_zh": "批次", "policy": "test-policy", "deadline": deadline, "items": [ITEM]}
        yield Report("duty", "/batches", plan, {**plan, "title_zh": "另"}, "allocation.batch_planned")
        batch = f"/batches/{self.answers[-1].body['number']}"
        note = {"note": "other"}
        yield Report("approver", f"{batch}/approve", {}, note, "allocation.batch_approved")
        yield Report("approver", f"{batch}/issue", {}, note, "allocation.batch_issued")
        load = {"lines": self._lines(batch), "vehicle": "v", "driver": "d", "planned_arrival": deadline}
        yield Report("keeper", "/shipments", load, {**load, "vehicle": "w"}, "transport.loaded")
        shipment = f"/shipments/{self.answers[-1].body['number']}"
        yield Report("keeper", f"{shipment}/depart", {}, note, "transport.depart", len(load["lines"]))
        rows = self.answers[-1].body["lines"]
        yield Report("driver", f"{shipment}/arrive", {}, note, "transport.arrive")
        counted = {"lines": [{"line": row["line"], "counted": str(row["quantity"])} for row in rows]}
        yield Report("receiver", f"{shipment}/receipt", counted, {**counted, **note}, "transport.receive", len(rows))
        back = {"movement": self._last_movement(), "reason": "typed twice"}
        yield Report("keeper", "/stock/reversals", back, {**back, "reason": "other"}, "stock.correction_proposed")
        asked = f"/stock/corrections/{self.answers[-1].body['correction']}/confirm"
        yield Report("approver", asked, {}, note, "stock.reversed", 1)

    def _lines(self, batch: str) -> list[int]:
        """The lines of a batch that go from the first line's store; there is one receiver."""
        from qipan.allocation.models import BatchLine

        rows = list(BatchLine.objects.filter(batch__number=int(batch.rsplit("/", 1)[1])).order_by("number"))
        return [row.id for row in rows if row.source_account == rows[0].source_account]

    def _last_movement(self) -> int:
        from qipan.stock.models import Movement

        return Movement.objects.order_by("-id").values_list("id", flat=True)[0]

    def booked(self, event: str) -> tuple[int, int]:
        """(events of this key, movements) in the books."""
        with self.world.sql() as owner:
            sql = "SELECT (SELECT count(*) FROM kernel_event WHERE key = %s), (SELECT count(*) FROM stock_movement)"
            found = owner.execute(sql, [event]).fetchone()
        return found or (0, 0)


Send = Callable[[Report, UUID], list[Answer]]


def walk(way: Way, send: Send, choose: random.Random) -> tuple[int, list[str]]:
    """Send every report of a way; how many requests were sent, and what was not booked exactly once."""
    cases, broken = 0, []
    for report in way.reports():
        before = way.booked(report.event)
        answers = send(report, UUID(int=choose.getrandbits(128), version=4))
        cases += len(answers)
        after = way.booked(report.event)
        gained = (after[0] - before[0], after[1] - before[1])
        broken += [f"{report.path}: {answer}" for answer in answers[:-1] if not answer.is_done]
        broken += [f"{report.path}: {a}, before {answers[0]}" for a in answers[1:-1] if a != answers[0]]
        if answers[-1].code != "same_key_other_body":
            broken.append(f"{report.path} under the same key with another body: {answers[-1]}")
        if gained != (1, report.moves):
            broken.append(f"{report.path}: {gained} events and movements were booked and not {(1, report.moves)}")
        if broken:  # what follows would stand on it
            break
        way.answers.append(answers[0])
    return cases, broken


def race(effort: Effort, patch: str = "") -> Outcome:
    """Each report of a way from many threads at once under one key, then with another body."""
    choose = random.Random(effort.seed)
    threads = effort.times(THREADS, THREADS_LEAST)
    cases, broken = 0, []
    with books(effort.ground) as world:
        tokens = {person: token_of(person) for person in PEOPLE}
        with served(world, patch=patch, threads=8, is_short=effort.is_short) as address:
            for round_ in range(effort.times(ROUNDS)):
                sent, found = walk(Way(world, round_ + 1), partial(_at_once, address, tokens, threads), choose)
                cases, broken = cases + sent, broken + found
    return Outcome(cases, broken, f"{threads} threads on a key")


def _at_once(address: str, tokens: dict[str, str], threads: int, report: Report, key: UUID) -> list[Answer]:
    phones = [Phone(address, tokens[report.person]) for _thread in range(threads)]
    answers = together([partial(phone.post, report.path, report.body, key=key) for phone in phones])
    answers.append(phones[0].post(report.path, report.other, key=key))
    close_all(phones)
    return answers


def crash(effort: Effort, patch: str = "") -> Outcome:
    """Each report of a way while the whole server is killed under it, then again to the next server."""
    choose = random.Random(effort.seed)
    cases, lost, broken = 0, 0, []

    def send(report: Report, key: UUID) -> list[Answer]:
        nonlocal lost
        first = _into_a_crash(tokens[report.person], report, key, choose.random() * 0.12, patch)
        lost += first is None
        with forked(patch=patch) as (address, _processes):
            phone = Phone(address, tokens[report.person])
            again = [phone.post(report.path, report.body, key=key) for _time in range(2)]
            other = phone.post(report.path, report.other, key=key)
            phone.close()
        return [*([first] if first else []), *again, other]

    with books(effort.ground) as world:
        tokens = {person: token_of(person) for person in PEOPLE}
        for round_ in range(effort.times(CRASHES)):
            sent, found = walk(Way(world, round_ + 1), send, choose)
            cases, broken = cases + sent, broken + found
    return Outcome(cases, broken, f"{lost} answers lost to a killed server")


def _into_a_crash(token: str, report: Report, key: UUID, delay: float, patch: str) -> Answer | None:
    """Send it to a server that is killed ``delay`` seconds later; the answer, if it came before."""
    answers: list[Answer] = []

    def ask(phone: Phone) -> None:
        try:
            answers.append(phone.post(report.path, report.body, key=key))
        except Lost:
            return

    with forked(patch=patch) as (address, processes):
        asking = Thread(target=ask, args=[Phone(address, token)])
        asking.start()
        time.sleep(delay)
        for process in processes:
            kill(process)
        asking.join()
    return answers[0] if answers else None


def forget_keys() -> None:
    """A patch: the key of a report is not looked at, nor that of what it posts."""
    from uuid import uuid4

    def unclaimed(_operation: str, *, work: Callable[[], dict[str, Any]], **_rest: Any) -> dict[str, Any]:
        from django.db import transaction

        with transaction.atomic():
            return work()

    from qipan.stock.operations import correcting, posting

    events.once = unclaimed
    correcting.uuid5 = lambda *_words: uuid4()
    posting.uuid5 = correcting.uuid5  # type: ignore[attr-defined]


def forget_bodies() -> None:
    """A patch: a key that is known gets its answer whatever the body says."""
    once = events.once

    def careless(operation: str, *, body: dict[str, Any], **rest: Any) -> dict[str, Any]:
        return once(operation, body={}, **rest)

    events.once = careless


HERE = "tests.prove.trials.exactly_once"
MUTANTS = {"the claim of a key": f"{HERE}:forget_keys", "the comparison of bodies": f"{HERE}:forget_bodies"}
TRIALS = (
    Trial(
        "P3", "one-key", "one key from 64 threads over HTTP for twelve kinds of report, then with another body", race,
        {name: partial(race, patch=patch) for name, patch in MUTANTS.items()},
    ),
    Trial(
        "P3", "crash", "the server is killed under a report, and the report is sent again", crash,
        {"the claim of a key": partial(crash, patch=MUTANTS["the claim of a key"])},
    ),
)  # fmt: skip
