"""Only the command plans what is under central allocation; others plan the rest for their own region."""

from __future__ import annotations

from uuid import uuid4

import pytest

from qipan.allocation import errors, operations
from qipan.catalogue import operations as catalogue
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations import queries
from tests.cast import START, Cast


@pytest.fixture
def provincial(cast: Cast) -> Actor:
    """Hubei's officer, who answers for the province and is not the command."""
    person = organisations.appoint(
        "hubei", name=Both("省", "p"), office="provincial_officer", region="420000", at=START
    )
    row = queries.active_person(person)
    assert row is not None
    return queries.actor_of(row, clock.now())


def _plan(by: Actor, item: str, place: str = "420000") -> int:
    return operations.plan_batch(
        by=by, idem=uuid4(), at=clock.now(), policy="test-policy", deadline=clock.read_instant("2020-02-07T19:00"),
        title=Both("批", "b"), items=[item], place=place,
    )  # fmt: skip


def test_only_the_command_plans_a_controlled_item(cast: Cast, provincial: Actor) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    assert _plan(provincial, "SUIT-GB") == 1
    catalogue.place_under_control("SUIT-GB", by=cast.duty, at=clock.now(), authority="test")
    with pytest.raises(errors.ControlledItem):
        _plan(provincial, "SUIT-GB")
    assert _plan(cast.duty, "SUIT-GB") == 2


def test_a_province_plans_for_itself_only(cast: Cast, provincial: Actor) -> None:
    with pytest.raises(NotAllowed):
        _plan(provincial, "SUIT-GB", place="440000")
    with pytest.raises(NotAllowed):
        _plan(provincial, "SUIT-GB", place="")


def test_a_receipt_outside_a_replay_is_sealed_at_once(committed: None) -> None:
    from qipan.kernel.models import Sealed, Waiting
    from tests.cast import gather

    cast = gather()
    cast.put("plant_a", "SUIT-GB", 10)
    assert (Sealed.objects.filter(kind="stock_movement").count(), Waiting.objects.count()) == (1, 0)
