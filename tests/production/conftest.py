"""A maker in Hebei with two lines: suits that await release for seven days, and masks that do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations.operations import Registration
from qipan.organisations.queries import actor_of, organisation
from qipan.production import operations as production
from qipan.production.operations import Daily, LineRegistration
from qipan.stock import queries as stock_reads
from tests.cast import START, Cast

NOW = datetime(2020, 2, 6, 17, tzinfo=clock.CST)
TODAY = date(2020, 2, 6)


@dataclass
class Firm:
    """The firm, its lines and who speaks for it."""

    unit: int
    suits: int
    masks: int
    maker: Actor
    commissioner: Actor

    def accounts(self, line: int) -> tuple[int, int | None]:
        """Store and what awaits release."""
        from qipan.production.models import Line

        place = Line.objects.get(id=line).place_id
        store = stock_reads.account_of_place(place)
        assert store is not None
        return store, stock_reads.awaiting_of_place(place)


def onhand(account: int, item: int) -> int:
    """What an account has of an item now, in grains."""
    rows = stock_reads.stock_rows(stock_reads.Asked(clock.now(), account=account, item=item))
    return sum(row.onhand for row in rows)


@pytest.fixture
def firm(cast: Cast) -> Firm:
    rows = [Registration("f_hebei", "enterprise", Both("河北防护用品厂", "Hebei protective works"), "130100", "test")]
    unit = organisations.register(rows, by=cast.duty, at=START)["f_hebei"]
    lines = [
        production.register_line(
            LineRegistration(
                unit, cast.items[code].id, name, "running", cast.items[code].to_grains(capacity), "verified", days
            ),
            by=cast.duty, at=START, idem=uuid4(),
        )
        for code, name, capacity, days in (("SUIT-GB", "一号线", 1000, 7), ("MASK-MED-N95", "口罩线", 50_000, 0))
    ]  # fmt: skip
    people = []
    for username, office in (("maker", "maker"), ("commissioner", "commissioner")):
        organisations.appoint(
            username, name=Both(username, username), office=office, region="130100", at=START, organisation=unit
        )
        people.append(actor_of(cast.person(username), NOW))
    assert organisation("f_hebei").id == unit
    return Firm(unit, *lines, *people)


@pytest.fixture
def say(firm: Firm) -> Callable[..., int]:
    """Reports a day of a line in the firm's voice; the revision."""

    def report(
        day: date = TODAY, output: int = 900, *, line: int = 0, by: Actor | None = None, idem: UUID | None = None,
        **more: Any,
    ) -> int:  # fmt: skip
        said = {"shipped": 0, "opening": 0, "voice": "firm", **more}
        said.setdefault("closing", (said["opening"] or 0) + output - said["shipped"])
        daily = Daily(line=line or firm.masks, day=day, output=output, **said)
        speaker = by or (firm.maker if said["voice"] == "firm" else firm.commissioner)
        return production.submit_daily_reports([daily], by=speaker, idem=idem or uuid4())[0]

    return report


@pytest.fixture(autouse=True)
def _evening() -> Any:
    with clock.held_at(NOW):
        yield
