"""P2: no order exceeds what is there. 64 dispatchers draw on one stock over HTTP until nothing is left."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from qipan.allocation import operations as allocation
from qipan.kernel import clock
from qipan.transport import operations as transport
from tests.prove import guards
from tests.prove.phones import Answer, Phone, close_all, together
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, books, served, token_of

CLIENTS, LOADS, LEAST, BATCHES, MOST = 64, 900, 50, 32, 16
ITEM, STORE = "SUIT-GB", "plant_a"
NAIVE = (
    ("ORDER BY b.account_id, b.material_id, b.lot FOR UPDATE OF b;", "ORDER BY b.account_id, b.material_id, b.lot;"),
    ("  UPDATE stock_balance b SET onhand", "  PERFORM pg_sleep(0.05);\n  UPDATE stock_balance b SET onhand"),
)
"""Read, check, think, write: without the lock. The pause is what a busy disk does."""
BOOKED = """SELECT (SELECT coalesce(sum(qty), 0)::bigint FROM stock_movement WHERE src_id = %(store)s),
                   (SELECT coalesce(sum(qty), 0)::bigint FROM stock_hold WHERE account_id = %(store)s),
                   (SELECT onhand - held FROM stock_balance WHERE account_id = %(store)s)"""


@dataclass(frozen=True)
class Draw:
    """An order for ``qty`` grains: where it is sent."""

    path: str
    qty: int


def drain(effort: Effort, before: Callable[[World], None] = lambda _world: None) -> Outcome:
    """More is ordered than there is, by all at once; given out is exactly what there was, and what was answered."""
    choose = random.Random(effort.seed)
    with books(effort.ground) as world:
        large = _loads(world, choose, [choose.randint(2, MOST) for _ in range(effort.times(LOADS, LEAST))])
        stock = sum(draw.qty for draw in large) // 2
        world.cast.put(STORE, ITEM, stock)
        large += _batches(world, effort.times(BATCHES, 2))
        choose.shuffle(large)
        draws = large + _loads(world, choose, [1] * MOST)
        before(world)
        with served(world, threads=8, is_short=effort.is_short) as address:
            answers = _send(address, draws)
        with world.sql() as owner:
            found = owner.execute(BOOKED, {"store": world.cast.accounts[STORE]}).fetchone()
    assert found is not None
    return _judge(list(zip(draws, answers, strict=True)), stock, found)


def _judge(answered: list[tuple[Draw, Answer]], stock: int, found: tuple[int, ...]) -> Outcome:
    """What was answered against what was booked: (moved, held, free)."""
    moved, held, free = found
    told = sum(draw.qty for draw, answer in answered if answer.is_done)
    broken = [f"{draw.path}: {answer}" for draw, answer in answered if answer.status not in (200, 409)]
    broken += [f"{draw.path}: {a}" for draw, a in answered if a.status == 409 and a.code != "stock_insufficient"]
    if moved + held != stock or free != 0:
        broken.append(f"{moved + held} of {stock} given out, {free} free")
    if told != moved + held:
        broken.append(f"{told} answered as given, {moved + held} booked")
    return Outcome(len(answered), broken, f"{moved + held:,} of {stock:,} given out")


def _send(address: str, draws: list[Draw]) -> list[Answer]:
    """All clients at once, each its share one after another."""
    tokens = {"depart": token_of("keeper"), "issue": token_of("approver")}
    shares = [draws[first::CLIENTS] for first in range(CLIENTS)]
    phones = [{word: Phone(address, token) for word, token in tokens.items()} for _ in range(CLIENTS)]

    def work(own: dict[str, Phone], share: list[Draw]) -> list[Answer]:
        return [own[draw.path.rsplit("/", 1)[1]].post(draw.path, {}, key=uuid4()) for draw in share]

    found = together([partial(work, own, share) for own, share in zip(phones, shares, strict=True)])
    for own in phones:
        close_all(own.values())
    answers: list[Any] = [None] * len(draws)
    for first, share in enumerate(found):
        answers[first::CLIENTS] = share
    return answers


def _loads(world: World, choose: random.Random, sizes: list[int]) -> list[Draw]:
    """Loads that wait for their departure; those of one piece, sent last, take what the large ones leave."""
    cast, draws = world.cast, []
    route = transport.Route(cast.places[STORE], cast.places["wuhan_a"], clock.now() + timedelta(days=1))
    for qty in sizes:
        number = transport.load_shipment(
            [transport.Load(cast.items[ITEM].id, qty)], by=cast.keeper, idem=UUID(int=choose.getrandbits(128)),
            at=clock.now(), route=route, vehicle=transport.Vehicle("v", "d"),
        )  # fmt: skip
        draws.append(Draw(f"/shipments/{number}/depart", qty))
    return draws


def _batches(world: World, count: int) -> list[Draw]:
    """Approved batches, each planned while nothing was promised yet: together they ask for more than there is."""
    cast, draws = world.cast, []
    cast.approve("wuhan_a", ITEM, "ICU", MOST)
    until = clock.write_instant(clock.now() + timedelta(hours=20))
    for _number in range(count):
        number = cast.plan(ITEM, deadline=until)
        allocation.approve_batch(number, by=cast.approver, at=clock.now(), idem=uuid4())
        qty = sum(line.qty for line in _lines(number))
        draws.append(Draw(f"/batches/{number}/issue", qty))
    return draws


def _lines(number: int) -> Any:
    from qipan.allocation.models import BatchLine

    return BatchLine.objects.filter(batch__number=number)


def drain_naively(effort: Effort) -> Outcome:
    """The ledger reads, checks and writes without a lock, and the table does not check."""
    return drain(effort, lambda world: guards.rewrite(world, *NAIVE, then=guards.UNCHECKED))


TRIALS = (
    Trial(
        "P2", "hot-stock", "64 dispatchers over HTTP draw on one stock by loads and batches until nothing is left",
        drain, {"the lock on a balance": drain_naively},
    ),
)  # fmt: skip
