"""Three firms of Shanxi: a soap maker above designated size, a feed mill needed for daily life, a small print shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest

from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations.operations import Registration
from qipan.organisations.queries import actor_of
from qipan.resumption import operations as resumption
from qipan.resumption.operations import ChecklistText
from tests.cast import START, Cast

NOW = datetime(2020, 2, 6, 17, tzinfo=clock.CST)
TODAY = date(2020, 2, 6)
RULE = datetime(2020, 2, 10, tzinfo=clock.CST)
"""9 February, 24:00."""


@dataclass
class Shanxi:
    """The firms and who speaks there."""

    soap: int
    feed: int
    print: int
    officer: Actor
    second: Actor
    maker: Actor


@pytest.fixture
def shanxi(cast: Cast) -> Shanxi:
    rows = [
        Registration("soap", "enterprise", Both("晋阳日化厂", "Jinyang soap works"), "140100", "test"),
        Registration("feed", "enterprise", Both("大同饲料厂", "Datong feed mill"), "140200", "test"),
        Registration("print", "enterprise", Both("阳泉印刷社", "Yangquan print shop"), "140300", "test"),
    ]
    units = organisations.register(rows, by=cast.duty, at=START)
    for unit, name in (("soap", "above_size"), ("feed", "above_size"), ("feed", "livelihood"), ("soap", "dispatch")):
        organisations.list_enterprises(
            [units[unit]], list_name=name, is_member=True, authority="test", by=cast.duty, at=START, idem=uuid4()
        )
    people = []
    for username, office, unit in (
        ("officer", "provincial_officer", None), ("second", "provincial_officer", None), ("soapmaker", "maker", "soap"),
    ):  # fmt: skip
        organisations.appoint(
            username, name=Both(username, username), office=office, region="140000", at=START, password="test",
            organisation=units[unit] if unit else None,
        )  # fmt: skip
        people.append(actor_of(cast.person(username), NOW))
    return Shanxi(units["soap"], units["feed"], units["print"], *people)


@pytest.fixture
def checklist(shanxi: Shanxi) -> str:
    wanted = ChecklistText(
        "shanxi-2020-02", Both("工业企业疫情防控工作导则", "Guideline"), "test", "test",
        resumption.measures_of_shanxi(), region="140000",
    )  # fmt: skip
    resumption.write_checklist(wanted, by=shanxi.officer, at=START, idem=uuid4())
    return wanted.code


@pytest.fixture(autouse=True)
def _evening() -> Any:
    with clock.held_at(NOW):
        yield
