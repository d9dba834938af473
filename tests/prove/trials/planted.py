"""P16: names and telephone numbers are planted on loads; then everything there is is read, and searched for them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from unittest import mock
from uuid import uuid4

from django.test import Client
from django.urls import get_resolver

from qipan.kernel import clock, vault
from qipan.kernel.errors import NotAllowed
from qipan.kernel.models import Event
from qipan.organisations.models import Person
from qipan.transport import operations
from qipan.transport.operations import contacts
from tests.doors.aims import routes, words_of
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, books

LOADS = 60
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈", "安邦昌德恩福贵和吉康宁平仁瑞顺泰祥兴义永"
READABLE = """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""
PEOPLE = ("duty", "approver", "keeper", "driver", "receiver", "audit")
Guard = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Planted:
    """What was planted on a load."""

    number: str
    name: str
    phone: str

    @property
    def marks(self) -> tuple[str, ...]:
        """What must be found nowhere: the name, the given name, the number with and without its spaces."""
        return self.name, self.name[1:], self.phone, self.phone.replace(" ", "")


def attack(effort: Effort, guard: Guard = nullcontext) -> Outcome:
    """Plant, read everything as everybody, look into the tables, open some, and compare the trail with the looks."""
    chance, found = random.Random(effort.seed), Outcome(0)
    with books(effort.ground) as world, guard():
        planted = [_plant(world, chance) for _time in range(effort.times(LOADS, 3))]
        cases = _read_all(world, planted, found) + _search_tables(world, planted, found)
        cases += _look(world, chance, planted, found)
    return Outcome(cases, found.violations, f"{len(planted)} loads, {len(PEOPLE)} readers")


def _plant(world: World, chance: random.Random) -> Planted:
    """A load with a driver and a receiver of made-up name and number."""
    cast = world.cast
    name = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 3))
    phone = f"1{chance.randrange(30, 99)} {chance.randrange(10**4):04d} {chance.randrange(10**4):04d}"
    cast.put("reserve", "SUIT-GB", 5)
    number = operations.load_shipment(
        [operations.Load(cast.items["SUIT-GB"].id, 1)], by=cast.duty, idem=uuid4(), at=clock.now(),
        route=operations.Route(cast.places["reserve"], cast.places["wuhan_a"], clock.now()),
        vehicle=operations.Vehicle("演A0001", name, driver_phone=phone),
    )  # fmt: skip
    return Planted(number, name, phone)


def _read_all(world: World, planted: list[Planted], found: Outcome) -> int:
    """Every plain address of the router, and every load's page and answer, as every person."""
    plain = [f"/{route}" for route in routes(get_resolver()) if "<" not in route and not route.startswith("sign")]
    loads = [path for p in planted for path in (f"/shipments/{p.number}", f"/api/v1/shipments/{p.number}")]
    every = tuple(mark for p in planted for mark in p.marks)
    for who in PEOPLE:
        client = Client()
        client.force_login(Person.objects.get(username=who))
        for path in [*plain, *loads]:
            text = words_of(client.get(path))
            found.violations.extend(f"{who} reads {mark} at {path}" for mark in every if mark in text)
    return len(PEOPLE) * (len(plain) + len(loads))


def _search_tables(world: World, planted: list[Planted], found: Outcome) -> int:
    """Every row of every table, as its owner reads it, which is what a stolen dump holds."""
    with world.sql() as owner:
        tables = [name for (name,) in owner.execute(READABLE)]
        for table in tables:
            (words,) = owner.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t').fetchone() or ("",)
            for p in planted:
                found.violations.extend(f"{table} holds {mark}" for mark in p.marks if mark in (words or ""))
    return len(tables)


def _look(world: World, chance: random.Random, planted: list[Planted], found: Outcome) -> int:
    """Everybody looks at everything: who may is written down, who may not sees nothing."""
    cast, cases = world.cast, 0
    for p in planted:
        for by in (cast.duty, cast.keeper, cast.receiver, cast.auditor, cast.driver, cast.approver):
            cases, before = cases + 1, _looks()
            may, reason = by.may("transport.contact"), f"reason {chance.randrange(10**6)}"
            try:
                operations.reveal(p.number, "driver", reason=reason, by=by, at=clock.now(), idem=uuid4())
            except NotAllowed:
                is_open = False
            else:
                is_open = True
            if is_open != may:
                found.violations.append(f"{by.name} {'opened' if is_open else 'could not open'} {p.number}")
            if _looks() - before != is_open:
                found.violations.append(f"a look of {by.name} at {p.number} is not in the trail")
    return cases


def _looks() -> int:
    return Event.objects.filter(key="transport.contact_revealed").count()


@contextmanager
def _masks_in_clear() -> Iterator[None]:
    with mock.patch.object(contacts, "masks", lambda name, phone: [name[:10], re.sub(r"\s", "", phone)]):
        yield


@contextmanager
def _vault_left_open() -> Iterator[None]:
    with mock.patch.object(vault, "close", lambda words: words), mock.patch.object(vault, "open_", lambda words: words):
        yield


@contextmanager
def _looks_unwritten() -> Iterator[None]:
    with mock.patch.object(contacts.events, "record", lambda *_words, **_more: None):
        yield


@contextmanager
def _anybody() -> Iterator[None]:
    with mock.patch.object(contacts.access, "require_contact", lambda *_words, **_more: None):
        yield


GUARDS: dict[str, Guard] = {
    "the mask": _masks_in_clear,
    "the closing": _vault_left_open,
    "the trail of looks": _looks_unwritten,
    "the right to look": _anybody,
}
TRIALS = (
    Trial(
        "P16", "planted", "names and numbers planted on loads, looked for in every page, answer and table", attack,
        {name: lambda effort, guard=guard: attack(effort, guard) for name, guard in GUARDS.items()},  # type: ignore[misc]
    ),
)  # fmt: skip
