"""P14: clocks may lie. Clients of every zone and century, and an application server whose own clock is days off."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from qipan.kernel import clock
from tests.prove import guards
from tests.prove.phones import Answer, Phone, close_all, together
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, books, served, token_of

SHIFT, VARIABLE = -3 * 86400 - 7, "QIPAN_CLOCK_SHIFT"
"""The application server is three days slow."""
ROUNDS, CLIENTS = 12, 6
OFFSETS = (
    timedelta(hours=5), timedelta(hours=-11), timedelta(days=3), timedelta(days=-40), timedelta(days=3650),
    timedelta(days=-18000),
)  # fmt: skip
WORDS = (
    "1970-01-01T00:00:00Z", "1969-12-31T23:59:59+14:00", "2020-01-29T24:00", "2020-01-29T10:00", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-12:00", "2020-02-30", "2020-01-29T10:00:00.000001Z", "2199-12-31T24:00", "tomorrow", "-1", "",
    "2020-01-29T10:00:00+99:99", "1580256000",
)  # fmt: skip
TOLD = """
  SELECT (SELECT count(*) FROM stock_movement WHERE recorded_at NOT BETWEEN %(from)s AND clock_timestamp()),
         (SELECT count(*) FROM stock_movement WHERE occurred_at NOT BETWEEN %(first)s AND %(last)s),
         (SELECT count(*) FROM kernel_event WHERE id > %(event)s AND (at NOT BETWEEN %(first)s AND %(last)s
                                            OR known_at NOT BETWEEN %(first)s AND %(last)s)),
         (SELECT count(*) FROM (SELECT sealed_at < lag(sealed_at) OVER (ORDER BY n) AS back FROM kernel_sealed) s
           WHERE back),
         (SELECT count(*) FROM kernel_sealed z JOIN stock_movement m ON m.id = z.ref AND z.kind = 'stock_movement'
           WHERE z.sealed_at < m.recorded_at),
         (SELECT count(*) FROM stock_movement)"""
FAULTS = (
    "movements recorded outside the database's own time", "movements that happened outside the server's time",
    "events outside the server's time", "places of the log sealed before the place before", "sealed before recorded",
)  # fmt: skip


def lie(effort: Effort, patch: str = "", before: Callable[[World], None] = lambda _world: None) -> Outcome:
    """Clients state instants wherever they can; what is booked has the server's, and every request is answered."""
    choose = random.Random(effort.seed)
    with books(effort.ground, clock_kind="server") as world, shifted():
        before(world)
        tokens = {person: token_of(person) for person in ("duty", "keeper")}
        with world.sql() as owner:
            start = owner.execute("SELECT clock_timestamp(), (SELECT max(id) FROM kernel_event)").fetchone() or ()
        first = clock.now()
        with served(world, patch=patch or f"{__name__}:shift", is_short=effort.is_short) as address:
            calls = [
                partial(_client, world, address, tokens, random.Random(choose.random()), effort.times(ROUNDS))
                for _number in range(CLIENTS)
            ]
            answers = [answer for found in together(calls) for answer in found]
        asked = {"from": start[0], "event": start[1], "first": first, "last": clock.now()}
        with world.sql() as owner:
            *counts, movements = owner.execute(TOLD, asked).fetchone() or ()
    broken = [f"{path}: {answer}" for path, answer in answers if answer.status >= 500]
    broken += [f"{count} {fault}" for count, fault in zip(counts, FAULTS, strict=True) if count]
    if not movements:
        broken.append("nothing was booked")
    return Outcome(len(answers), broken, f"{movements} movements")


def _client(
    world: World, address: str, tokens: dict[str, str], choose: random.Random, rounds: int
) -> list[tuple[str, Answer]]:
    """One person with one wrong clock, who states its time in every field that takes one, and in some that do not."""
    phones = {person: Phone(address, token) for person, token in tokens.items()}
    answers = []
    for round_ in range(rounds):
        for text in (_wrong(choose), choose.choice(WORDS)):
            sent = [
                ("keeper", "/stock/counts", {"account": world.cast.accounts["reserve"], "item": "GOG", "reason": "x",
                                             "counted": str(choose.randint(1, 10**6) * (round_ + 1))}),
                ("duty", "/needs", [{"unit": "xiaogan", "item": "GOG", "quantity": "5"}]),
                ("duty", "/batches", {"title_zh": "批", "policy": "test-policy", "deadline": text, "items": ["GOG"]}),
                ("keeper", "/shipments", {"lines": [1], "vehicle": "v", "driver": "d", "planned_arrival": text}),
                ("duty", "/batches/1/issue", {"holds_until": text}),
            ]  # fmt: skip
            for person, path, body in sent:
                key = UUID(int=choose.getrandbits(128), version=4)
                answers.append((path, phones[person].post(path, _stamped(body, text), key=key, headers=_said(text))))
            for path in ("/figures/transport.shipped_and_arrived", "/stock"):
                page = f"{path}?as_of={_plain(text)}&known_at={_plain(choose.choice(WORDS))}"
                answers.append((page, phones["duty"].get(page)))
    close_all(phones.values())
    return answers


def _wrong(choose: random.Random) -> str:
    """An instant of a wrong clock, in a zone of its own or in none."""
    shown = (clock.real_now() + choose.choice(OFFSETS)).isoformat(timespec="seconds")
    return choose.choice((shown, shown[:19], shown[:19] + "Z", shown[:19] + "-09:30"))


def _stamped(body: Any, text: str) -> Any:
    stamps = dict.fromkeys(("at", "occurred_at", "recorded_at", "known_at", "happened_at"), text)
    return [{**row, **stamps} for row in body] if isinstance(body, list) else {**body, **stamps}


def _said(text: str) -> dict[str, str]:
    return {"Date": text, "X-Clock": text}


def _plain(text: str) -> str:
    return text.replace("+", "%2B").replace(" ", "%20")


@contextmanager
def shifted() -> Iterator[None]:
    """This process has the clock of the application server."""
    before = os.environ.get(VARIABLE)
    shift()
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        if before is not None:
            os.environ[VARIABLE] = before


def shift() -> None:
    """A patch: the clock of the application server is off."""
    os.environ[VARIABLE] = str(SHIFT)


def believe() -> None:
    """A patch: a report happened when its client says."""
    from qipan.server.middleware import Actors

    shift()
    answer, present = Actors.__call__, clock.now
    said: list[datetime] = []

    def asked(self: Any, request: Any) -> Any:
        try:
            said[:] = [clock.read_instant(request.headers.get("X-Clock", ""))]
        except clock.InstantUnreadable:
            said.clear()
        return answer(self, request)

    Actors.__call__ = asked  # type: ignore[method-assign]
    clock.now = lambda: said[0] if said else present()


def lie_to_the_ledger(effort: Effort) -> Outcome:
    """Movements are recorded at the time that the application server states."""
    asked = ("THEN p_recorded ELSE clock_timestamp() END", "THEN p_recorded ELSE p_recorded END")
    return lie(effort, before=lambda world: guards.rewrite(world, asked))


TRIALS = (
    Trial(
        "P14", "clocks", "clients hours to decades off state their time everywhere; the server itself is days slow",
        lie,
        {
            "the database's own clock": lie_to_the_ledger,
            "the server's own instant": partial(lie, patch=f"{__name__}:believe"),
        },
    ),
)  # fmt: skip
