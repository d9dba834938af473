"""P15: three days without a network. Phones report under their own keys, later, in another order, twice, at once.

What the API takes today: a report is booked when it comes. That it says itself when it happened is not offered yet.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from qipan.kernel import clock
from qipan.transport import operations as transport
from tests.prove.phones import Answer, Phone, together
from tests.prove.simulator.scene import HOSPITALS, set_up
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, books, served, token_of
from tests.stock.books import assert_in_order

LOADS, NEEDS, COUNTS, QTY, PASSES = 60, 60, 40, 10, 6
LATER = ("shipment_not_arrived",)
"""Refusals that are over when another phone has sent; what is refused otherwise is a conflict that its owner sees."""
SHOWN = ("already_received", "stock_insufficient", *LATER)


@dataclass
class Report:
    """What a phone keeps until it is answered: where to, what, under which key; and every answer so far.

    Args:
        load: the number of the load that it is about; event: what it leaves in the trail.
    """

    path: str
    body: Any
    key: UUID
    event: str
    load: str = ""
    answers: list[Answer] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return any(answer.is_done for answer in self.answers)

    @property
    def is_over(self) -> bool:
        return bool(self.answers) and self.answers[-1].code not in LATER


@dataclass
class Owner:
    """A person with a phone, and what it keeps."""

    name: str
    kept: list[Report]


def go_offline(effort: Effort, patch: str = "", is_key_kept: bool = True) -> Outcome:
    """All phones come back at once and send what they kept, until everything was answered for good."""
    choose = random.Random(effort.seed)
    with books(effort.ground) as world:
        set_up(world.cast)
        numbers = _loads_on_the_road(world, effort.times(LOADS, 4))
        owners = _owners(effort, world, numbers, choose)
        tokens = {owner.name: token_of(owner.name) for owner in owners}
        with served(world, patch=patch, threads=8, is_short=effort.is_short) as address:
            for pass_ in range(PASSES):
                if pass_ > 1 and all(report.is_over for owner in owners for report in owner.kept):
                    break
                seeds = [choose.random() for _owner in owners]
                together([
                    partial(_send, Phone(address, tokens[owner.name]), owner, random.Random(seed), is_key_kept)
                    for owner, seed in zip(owners, seeds, strict=True)
                ])  # fmt: skip
        kept = [report for owner in owners for report in owner.kept]
        broken = [*_unanswered(kept), *_booked_otherwise(world, kept), *_received_otherwise(world, kept, numbers)]
    shown = sum(not report.is_done for report in kept)
    return Outcome(len(kept), broken, f"{sum(len(r.answers) for r in kept):,} sent, {shown} conflicts shown")


def _loads_on_the_road(world: World, count: int) -> dict[str, str]:
    """Loads that left before the network was gone: the hospital by the number of the load."""
    cast, numbers = world.cast, {}
    cast.put("reserve", "GOG", count * QTY)
    for at in range(count):
        unit = HOSPITALS[at % len(HOSPITALS)]
        route = transport.Route(cast.places["reserve"], cast.places[unit], clock.now() + timedelta(hours=9))
        number = transport.load_shipment(
            [transport.Load(cast.items["GOG"].id, QTY)], by=cast.keeper, idem=uuid4(), at=clock.now(), route=route,
            vehicle=transport.Vehicle("v", "d"),
        )  # fmt: skip
        cast.depart(number)
        numbers[number] = unit
    return numbers


def _owners(effort: Effort, world: World, numbers: dict[str, str], choose: random.Random) -> list[Owner]:
    """The driver's phone; and two phones of every hospital, both of which sign some of the loads."""

    def key() -> UUID:
        return UUID(int=choose.getrandbits(128), version=4)

    def receipt(number: str) -> Report:
        counted = choose.choice((QTY, QTY, QTY - 1, 0))
        body = {"lines": [{"line": 1, "counted": str(counted), "reason": "counted at the door"}]}
        return Report(f"/shipments/{number}/receipt", body, key(), "transport.receive", number)

    arrivals = [Report(f"/shipments/{n}/arrive", {}, key(), "transport.arrive", n) for n in numbers]
    owners = [Owner("driver", arrivals)]
    for unit in HOSPITALS:
        own = [number for number, consignee in numbers.items() if consignee == unit]
        store = world.cast.accounts[unit]
        needs = [
            Report("/needs", [{"unit": unit, "item": "SHIELD", "quantity": str(n + 1)}], key(), "demand.reported")
            for n in range(effort.times(NEEDS, 2))
        ]
        counts = [
            Report("/stock/counts", {"account": store, "item": "SHIELD", "counted": str(choose.randint(0, 50)),
                                     "reason": "shelf"}, key(), "stock.counted")
            for _n in range(effort.times(COUNTS, 2))
        ]  # fmt: skip
        name = "receiver" if unit == "wuhan_a" else f"receiver_{unit}"
        owners.append(Owner(name, [receipt(number) for number in own] + needs))
        owners.append(Owner(name, [receipt(number) for number in own[::2]] + counts))
    return owners


def _send(phone: Phone, owner: Owner, choose: random.Random, is_key_kept: bool) -> None:
    """What is not over, in any order, some of it twice; what is done, now and then once more."""
    due = [report for report in owner.kept if not report.is_over or choose.random() < 0.1]
    due += [report for report in due if choose.random() < 0.3]
    choose.shuffle(due)
    for report in due:
        report.answers.append(phone.post(report.path, report.body, key=report.key if is_key_kept else uuid4()))
    phone.close()


def _unanswered(kept: list[Report]) -> list[str]:
    """Reports that were neither booked nor refused for a reason that is shown, or answered in two ways."""
    found = []
    for report in kept:
        said = [answer for answer in report.answers if answer.is_done]
        if not report.is_over or any(not a.is_done and a.code not in SHOWN for a in report.answers):
            found.append(f"{report.path}: {[str(answer) for answer in report.answers]}")
        elif said and (len({_gist(a) for a in said}) > 1 or not report.answers[-1].is_done):
            found.append(f"{report.path} was answered in several ways: {[str(answer) for answer in report.answers]}")
    return found


def _gist(answer: Answer) -> tuple[Any, ...]:
    """What an answer says of the report itself; where the load is by then may have changed."""
    return tuple(answer.body.get(word) for word in ("number", "added", "difference"))


def _booked_otherwise(world: World, kept: list[Report]) -> list[str]:
    """Kinds of report of which another number is in the books than phones were told."""
    told: dict[str, int] = {}
    for report in kept:
        told[report.event] = told.get(report.event, 0) + report.is_done
    with world.sql() as owner:
        sql = "SELECT key, count(*) FROM kernel_event WHERE key = ANY(%s) GROUP BY 1"
        found = dict(owner.execute(sql, [list(told)]).fetchall())
    return [f"{n} × {event} were acknowledged, {found.get(event, 0)} booked" for event, n in told.items()
            if found.get(event, 0) != n]  # fmt: skip


def _received_otherwise(world: World, kept: list[Report], numbers: dict[str, str]) -> list[str]:
    """Loads that nobody could sign, or that were booked otherwise than the one whose signature was taken counted."""
    signed: dict[str, list[Report]] = {number: [] for number in numbers}
    for report in kept:
        if report.event == "transport.receive" and report.is_done:
            signed[report.load].append(report)
    found = [f"{number} was signed {len(reports)} times" for number, reports in signed.items() if len(reports) != 1]
    sql = "SELECT coalesce(sum(qty), 0)::bigint FROM stock_movement WHERE kind = 'receive' AND document = %s"
    with world.sql() as owner:
        for number, reports in signed.items():
            counted = int(reports[0].body["lines"][0]["counted"]) if reports else 0
            if owner.execute(sql, [f"shipment/{number}"]).fetchone() != (counted,):
                found.append(f"{number}: {counted} counted, something else booked")
        found += _disorder(lambda text: owner.execute(text).fetchall())
    return found


def _disorder(rows_of: Callable[[str], list[Any]]) -> list[str]:
    try:
        assert_in_order(rows_of)
    except AssertionError as error:
        return [f"the books are not in order: {error}"]
    return []


TRIALS = (
    Trial(
        "P15", "phones", "phones that were offline send later, in any order, twice, beside others who signed already",
        go_offline,
        {
            "the key that the device keeps": partial(go_offline, is_key_kept=False),
            "the claim of a key": partial(go_offline, patch="tests.prove.trials.exactly_once:forget_keys"),
        },
    ),
)  # fmt: skip
