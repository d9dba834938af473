"""No page asks the database once per row: twice the rows, the same queries; and no page asks more than it may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qipan.allocation import operations as allocation
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations

pytestmark = pytest.mark.usefixtures("hubei")
NOW = "2020-02-13T08:10"
LOAD_OF_ONE, LOAD_OF_MORE, SILENT, SPEAKING, STORE = "load_of_one", "load_of_more", "silent", "speaking", "store"
SLACK = 2
"""A filter that finds nothing of a kind may save the look-up of that kind; a query per row would be ten and more."""
BATCHES_MAX = 15
Ask = Callable[[str], tuple[int, int]]


@dataclass(frozen=True)
class Door:
    """A page with few rows and with at least twice as many, and how many queries it may ask."""

    name: str
    few: str
    many: str
    queries_max: int
    more_rows: int = 10


DOORS = (
    Door("room", "/?as_of=2020-01-25T24:00", "/?as_of=2020-01-29T24:00", 50, more_rows=6),
    Door("room with a batch", "/?item=GOG&as_of=2020-02-12T24:00", "/?as_of=2020-02-12T24:00", 60, more_rows=3),
    Door("wall", "/wall?as_of=2020-01-25T24:00", "/wall?as_of=2020-01-29T24:00", 50, more_rows=3),
    Door("production", "/production?item=AMB-NP", "/production", 20),
    Door("late reports", "/production/reporters?standing=late", "/production/reporters", 15, more_rows=0),
    Door("commissioners", "/production/commissioners?place=440000", "/production/commissioners", 15),
    Door("tickets", "/production/tickets?item=SUIT-EM", "/production/tickets", 25, more_rows=3),
    Door("line", "/production/lines/{line}?as_of=2020-01-24T24:00", "/production/lines/{line}", 20, more_rows=6),
    Door("gaps by city", "/needs?place=420900", "/needs", 20),
    Door("gaps by unit", "/needs?level=unit&place=420900&item=SUIT-GB", "/needs?level=unit", 20),
    Door("unit's needs", f"/needs/units/{{{SILENT}}}", f"/needs/units/{{{SPEAKING}}}", 22),
    Door("unread", "/needs/unread?page=10", "/needs/unread", 10),
    Door("batch", "/batches/1?text=协和", "/batches/1", 25),
    Door("what if", "/batches/1/what-if?kind=rule&rule=0", "/batches/1/what-if?kind=stock&source=0&quantity=9000", 20),
    Door("shipments", "/shipments?state=short", "/shipments", 15),
    Door("shipment", f"/shipments/{{{LOAD_OF_ONE}}}", f"/shipments/{{{LOAD_OF_MORE}}}", 15, more_rows=3),
    Door("stock", "/stock?place=420900", "/stock", 15),
    Door("account", "/stock/{store}?as_of=2020-01-23T24:00", "/stock/{store}", 15),
    Door("materials", "/catalogue?text=mask", "/catalogue", 12),
    Door("units", "/units?text=协和", "/units", 10),
    Door("corrections", "/stock/corrections?state=rejected", "/stock/corrections", 12, more_rows=0),
    Door("posts", "/people?office=driver", "/people", 12, more_rows=6),
    Door("key list", "/units/key-list?place=420900", "/units/key-list", 10),
    Door("regions", "/regions?parent=420700", "/regions?parent=420100", 10),
    Door("figure of gaps", "/figures/demand.gap?place=420900", "/figures/demand.gap", 20),
    Door(
        "figure of goods", "/figures/transport.shipped_and_arrived?as_of=2020-01-24T24:00",
        "/figures/transport.shipped_and_arrived", 15, more_rows=5,
    ),
    Door("search", "/search?q=lss", "/search?q=yy", 12),
)  # fmt: skip


@pytest.fixture
def now() -> Iterator[None]:
    with clock.held_at(clock.read_instant(NOW)):
        yield


@pytest.fixture
def ask(now: None) -> Ask:
    """Ask a page as the duty officer: how many queries it took and how many rows it shows."""
    from qipan.organisations.models import Person

    client = Client()
    client.force_login(Person.objects.get(username="duty"))

    def count(address: str) -> tuple[int, int]:
        client.get(address)  # what is kept between requests is read once, in whichever came first
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        assert answer.status_code == 200, address
        words = answer.content.decode()
        return len(asked), words.count("<tr") + words.count("<li")

    return count


@pytest.fixture
def names(now: None) -> dict[str, str]:
    """What the words in the addresses above stand for in this replay."""
    from qipan.demand.models import NeedReport
    from qipan.kernel.figures import Cut
    from qipan.production.models import Line
    from qipan.stock.models import Account
    from qipan.transport import queries as transport

    loads = sorted(transport.loads(Cut(clock.now()), batch=1, limit=500)[0], key=lambda load: len(load.lines))
    said = NeedReport.objects.values_list("organisation").annotate(items=Count("item_text", distinct=True))
    units = [unit for unit, _items in said.order_by("items", "organisation")]
    return {
        LOAD_OF_ONE: loads[0].number, LOAD_OF_MORE: loads[-1].number, SILENT: units[0], SPEAKING: units[-1],
        STORE: Account.objects.get(code="plant/320500").id,
        "line": Line.objects.get(region_code="320500", material__code="SUIT-GB").id,
    }  # fmt: skip


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_asks_no_more_for_more_rows(door: Door, ask: Ask, names: dict[str, str]) -> None:
    (few, few_rows), (many, many_rows) = (ask(address.format_map(names)) for address in (door.few, door.many))
    assert many_rows >= few_rows + door.more_rows, "the two addresses do not differ enough to tell"
    assert many <= few + SLACK
    assert many <= door.queries_max


def test_asks_no_more_for_more_batches(ask: Ask) -> None:
    (few, few_rows), (few_to_load, few_groups) = ask("/batches"), ask("/batches/1/load")
    number, _third, _fourth = (_plan(word) for word in ("second", "third", "fourth"))
    approver = _actor("approver")
    allocation.approve_batch(number, by=approver, at=clock.now(), idem=_key("approve"))
    allocation.issue_batch(number, by=approver, at=clock.now(), idem=_key("issue"))
    (many, many_rows), (many_to_load, many_groups) = ask("/batches"), ask(f"/batches/{number}/load")
    assert many_rows == few_rows + 3
    assert few - SLACK <= many <= few <= BATCHES_MAX
    assert many_groups >= few_groups + 10
    assert many_to_load <= few_to_load + SLACK


def _actor(username: str) -> Actor:
    person = organisations.person_by_name(username)
    assert person is not None
    return organisations.actor_of(person, clock.now())


def _key(word: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"qipan:query-counts:{word}")


def _plan(word: str) -> int:
    return allocation.plan_batch(
        by=_actor("duty"), idem=_key(word), at=clock.now(), policy="worst-hit-first", items=["SUIT-GB"], place="420000",
        deadline=clock.read_instant("2020-02-15T24:00"), title=Both("防护服", "Suits"),
    )  # fmt: skip
