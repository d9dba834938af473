"""The fixed people and the tiny world every test stands on.

Two plants, one reserve, three hospitals; suits, respirators and goggles; one policy. Quantities are
small enough to check by head. Everybody has one post.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from qipan.allocation import operations as allocation
from qipan.allocation import queries as allocation_reads
from qipan.catalogue import queries as catalogue
from qipan.demand import operations as demand
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations import queries as organisation_reads
from qipan.organisations.models import Person
from qipan.organisations.operations import Registration
from qipan.stock import operations as stock
from qipan.transport import operations as transport

START = datetime(2020, 1, 23, tzinfo=clock.CST)
NAMESPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
UNITS = (("wuhan_a", "420100"), ("wuhan_b", "420100"), ("xiaogan", "420900"))
STORES = (("plant_a", "plant", "130100"), ("plant_b", "plant", "320500"), ("reserve", "reserve", "420000"))


@dataclass
class Cast:
    """Everybody and every place by a short name; ids as the contexts know them."""

    duty: Actor
    approver: Actor
    keeper: Actor
    driver: Actor
    receiver: Actor
    auditor: Actor
    units: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    items: dict[str, catalogue.MaterialRow] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        return Person.objects.get(username=name)

    def put(self, store: str, item: str, quantity: int, *, lot: int = 0, at: datetime | None = None) -> None:
        """Book an opening stock of ``quantity`` units into a store."""
        material = self.items[item]
        line = stock.Transfer(
            "opening", material.id, self.accounts["outside"], self.accounts[store], material.to_grains(quantity),
            "opening", lot=lot,
        )  # fmt: skip
        stock.post_batch([line], by=self.keeper, idem=uuid4(), at=at or clock.now())

    def approve(self, unit: str, item: str, zone: str, per_day: int, *, at: datetime | None = None) -> None:
        """Approve a need per day of a unit."""
        material = self.items[item]
        row = demand.Approval(self.units[unit], material.id, zone, material.to_grains(per_day), "test")
        demand.approve_needs([row], by=self.duty, at=at or clock.now(), idem=uuid4())

    def book_back(self, movement: int, *, at: datetime | None = None) -> int:
        """Propose it as the keeper, confirm it as the approver; the movement's id."""
        when = at or clock.now()
        asked = stock.propose_reversal(movement, reason="typed twice", by=self.keeper, idem=uuid4(), at=when)
        return stock.confirm_correction(asked, by=self.approver, idem=uuid4(), at=when)

    def plan(self, *items: str, place: str = "", deadline: str = "2020-02-07T19:00") -> int:
        """Plan a batch of ``items`` and return its number."""
        return allocation.plan_batch(
            by=self.duty, idem=uuid4(), at=clock.now(), policy="test-policy", deadline=clock.read_instant(deadline),
            title=Both("测试批次", "Test batch"), items=items, place=place,
        )  # fmt: skip

    def issue(self, number: int) -> None:
        """Approve and issue a batch by the approver."""
        allocation.approve_batch(number, by=self.approver, at=clock.now(), idem=uuid4())
        allocation.issue_batch(number, by=self.approver, at=clock.now(), idem=uuid4())

    def send(self, number: int) -> str:
        """Load every line of an issued batch on one vehicle and have it leave; the shipment's number."""
        load = self.load([line.id for line in allocation_reads.lines_to_load(number)])
        self.depart(load)
        return load

    def load(self, lines: list[int]) -> str:
        """Load these lines on one vehicle; the shipment's number."""
        return transport.load_batch_lines(
            lines, by=self.keeper, idem=uuid4(), at=clock.now(), vehicle=transport.Vehicle("v", "d"),
            planned_arrival=clock.now(),
        )  # fmt: skip

    def depart(self, number: str) -> None:
        """Have a load leave."""
        transport.depart(number, by=self.keeper, at=clock.now(), idem=uuid4())


def key(*words: object) -> UUID:
    """A key that is the same for the same words."""
    return uuid5(NAMESPACE, "/".join(map(str, words)))


def gather() -> Cast:
    """Make the world; the clock of its books is driven, so that tests decide what was known when."""
    stock.open_books(100000, clock_kind="driven")
    actors: dict[str, Actor] = {}
    posts = (
        ("duty", "duty_officer"), ("approver", "approver"), ("keeper", "store_keeper"), ("driver", "driver"),
        ("audit", "auditor"),
    )  # fmt: skip
    for username, office in posts:
        actors[username] = _appoint(username, office, None)
    cast = Cast(
        actors["duty"], actors["approver"], actors["keeper"], actors["driver"], actors["audit"], actors["audit"]
    )
    _register(cast)
    cast.receiver = _appoint("receiver", "receiver", cast.units["wuhan_a"])
    cast.items = {m.code: m for m in catalogue.materials().values()}
    tiers = [
        {"name_zh": "重症", "name_en": "Intensive care", "zones": ["ICU"]},
        {"name_zh": "隔离", "name_en": "Isolation", "zones": ["ISO"]},
        {"name_zh": "其他", "name_en": "Others"},
    ]
    text = allocation.PolicyText(Both("测试政策", "Test policy"), "test", tiers)
    allocation.state_policy("test-policy", text, by=cast.duty, at=START, idem=uuid4())
    return cast


def _appoint(username: str, office: str, organisation: int | None) -> Actor:
    person = organisations.appoint(
        username, name=Both(username, username), office=office, region="420100", at=START, password="test",
        organisation=organisation,
    )  # fmt: skip
    row = Person.objects.prefetch_related("posts__organisation").get(id=person)
    return organisation_reads.actor_of(row, clock.now())


def _register(cast: Cast) -> None:
    by = cast.duty
    rows = [
        Registration(name, "hospital", Both(f"医院 {name}", f"Hospital {name}"), region, "test")
        for name, region in UNITS
    ]
    rows += [
        Registration(
            name,
            "custodian" if kind == "reserve" else "enterprise",
            Both(f"库 {name}", f"Store {name}"),
            region,
            "test",
        )
        for name, kind, region in STORES
    ]
    ids = organisations.register(rows, by=by, at=START)
    cast.units = {name: ids[name] for name, _region in UNITS}
    wanted = [stock.Opening("source", "outside/test")]
    for name, kind, region in (*((n, "unit", r) for n, r in UNITS), *STORES):
        cast.places[name] = organisations.open_place(
            name, by=by, kind=kind, holder=ids[name], name=Both(f"地点 {name}", f"Place {name}"), region=region
        )
        wanted.append(stock.Opening("store", f"{kind}/{name}", cast.places[name], region))
    accounts = stock.open_accounts(wanted, by=cast.keeper)
    cast.accounts = {code.split("/")[1]: account for code, account in accounts.items()}
    cast.accounts["outside"] = accounts["outside/test"]
