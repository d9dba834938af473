"""Who and what a simulation has: the cast, receivers of every hospital, accounts outside, loads and batches so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.errors import Refused
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations import queries as organisation_reads
from qipan.organisations.models import Person
from qipan.stock import operations as stock
from qipan.stock.models import Account, Movement
from tests.cast import START, STORES, UNITS, Cast
from tests.prove.simulator.memory import Memory, Move

ITEMS = ("SUIT-GB", "GOG", "SHIELD")
PLANTS = tuple(name for name, kind, _region in STORES if kind == "plant")
HOSPITALS = tuple(name for name, _region in UNITS)
SHELVES = (*(name for name, _kind, _region in STORES), *HOSPITALS)


class Differs(Exception):
    """The books do not say what the memory says."""


@dataclass(frozen=True)
class Deed:
    """Something a person does.

    Args:
        call: the operation, given its key.
        refusals: what it must be refused with by now: one of these; nothing: it must be done; None: either.
        effect: puts it into the memory, given the answer and when it became known.
        is_report: it goes through ``events.once``, as every door does; else it is a call of the ledger itself, whose
            keys are its own.
    """

    name: str
    call: Callable[[UUID], Any]
    refusals: Callable[[], tuple[type[Refused], ...] | None]
    effect: Callable[[Any, datetime], None]
    is_report: bool = True


@dataclass
class Line:
    """What a load carries: grains of an item, and the promise it fulfils."""

    item: int
    qty: int
    hold: int | None = None


@dataclass
class Load:
    """A load: accounts it leaves, uses and goes to, its lines by number, and its steps."""

    source: int
    road: int
    store: int
    unit: str
    lines: dict[int, Line]
    departed: datetime | None = None
    arrived: datetime | None = None
    received: datetime | None = None


@dataclass(frozen=True)
class Planned:
    """A line of a batch: from which account to which place, grains of an item."""

    source: int
    place: int
    item: int
    qty: int


@dataclass
class Batch:
    """A batch: its state, its lines by id, the promise and the load of each."""

    lines: dict[int, Planned]
    state: str = "planned"
    until: datetime | None = None
    holds: dict[int, int] = field(default_factory=dict)
    loaded: set[int] = field(default_factory=set)


@dataclass
class Correction:
    """What waits for a second person, or did: the move it would book."""

    move: Move
    key: tuple[int, int]
    state: str = "waiting"


@dataclass
class Scene:
    """Everything so far. ``seen`` is the newest movement that is in the memory."""

    cast: Cast
    memory: Memory
    receivers: dict[str, Actor]
    loads: dict[str, Load] = field(default_factory=dict)
    batches: dict[int, Batch] = field(default_factory=dict)
    corrections: dict[int, Correction] = field(default_factory=dict)
    freed: set[int] = field(default_factory=set)
    seen: int = 0

    def account(self, name: str) -> int:
        return self.cast.accounts[name]

    def place_name(self, place: int) -> str:
        return next(name for name, number in self.cast.places.items() if number == place)

    def booked(self, moves: list[Move], *, happened: datetime, known: datetime) -> None:
        """Put moves into the memory under the ids of the movements that came since.

        Raises:
            Differs: another number of movements was booked.
        """
        ids = list(Movement.objects.filter(id__gt=self.seen).order_by("id").values_list("id", flat=True))
        if len(ids) != len(moves):
            raise Differs(f"{len(ids)} movements were booked and not {len(moves)}")
        self.memory.move(ids, moves, happened=happened, known=known)
        self.seen = max(ids, default=self.seen)

    def add_load(self, number: str, load: Load) -> None:
        load.road = Account.objects.values_list("id", flat=True).get(code=f"road/{number}")
        self.memory.inside.add(load.road)
        self.memory.roads.add(load.road)
        self.loads[number] = load


def set_up(cast: Cast) -> Scene:
    """A scene in fresh books: receivers of every hospital, what is outside, and where seized goods lie."""
    outside = [("source", "outside/output"), ("source", "outside/count"), ("sink", "outside/used"),
               ("sink", "outside/lost"), ("seized", "seized/test")]  # fmt: skip
    wanted = [stock.Opening(kind, code, None, "420000" if kind == "seized" else "") for kind, code in outside]
    opened = stock.open_accounts(wanted, by=cast.keeper)
    cast.accounts |= {code.split("/")[1]: number for code, number in opened.items() if code != "seized/test"}
    cast.accounts["seized"] = opened["seized/test"]
    inside = {cast.accounts[name] for name in (*SHELVES, "seized")}
    receivers = {name: cast.receiver if name == "wuhan_a" else _receiver(cast, name) for name in HOSPITALS}
    last = Movement.objects.aggregate(last=Max("id"))["last"] or 0
    return Scene(cast, Memory(inside), receivers, seen=last)


def _receiver(cast: Cast, unit: str) -> Actor:
    person = organisations.appoint(
        f"receiver_{unit}", name=Both(unit, unit), office="receiver", region="420100", at=START, password="test",
        organisation=cast.units[unit],
    )  # fmt: skip
    row = Person.objects.prefetch_related("posts__organisation").get(id=person)
    return organisation_reads.actor_of(row, clock.now())
