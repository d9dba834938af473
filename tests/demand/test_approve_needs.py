"""What the health authority approves is what allocation works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client

from qipan.demand import errors, operations, queries
from qipan.kernel import clock, events
from qipan.kernel.access import Grant
from qipan.kernel.errors import NotAllowed, SameKeyOtherBody
from qipan.kernel.figures import Cut
from qipan.organisations import offices
from tests.cast import Cast, key

TUESDAY, WEDNESDAY = clock.read_instant("2020-02-04T10:00"), clock.read_instant("2020-02-05T10:00")


def _approval(
    cast: Cast, quantity: int = 100, zone: str = "ICU", item: str = "SUIT-GB", unit: str = "wuhan_a"
) -> operations.Approval:
    return operations.Approval(cast.units[unit], cast.items[item].id, zone, quantity, "ground of the test")


def _in_force(at: datetime | None = None, known_at: datetime | None = None) -> list[tuple[str, int]]:
    return sorted((row.zone_code, row.quantity_day) for row in queries.approved(Cut(at or clock.now(), known_at)))


def test_approves_by_unit_item_and_zone(cast: Cast) -> None:
    rows = [_approval(cast), _approval(cast, 50, "ISO")]
    assert operations.approve_needs(rows, by=cast.duty, at=TUESDAY, idem=key("a")) == 2
    assert _in_force() == [("ICU", 100), ("ISO", 50)]


def test_a_later_approval_replaces_from_then_on(cast: Cast) -> None:
    operations.approve_needs([_approval(cast)], by=cast.duty, at=TUESDAY, idem=key("a"))
    operations.approve_needs([_approval(cast, 40)], by=cast.duty, at=WEDNESDAY, idem=key("b"))
    assert _in_force() == [("ICU", 40)]
    assert _in_force(TUESDAY) == [("ICU", 100)]


def test_zero_ends_a_need(cast: Cast) -> None:
    operations.approve_needs([_approval(cast)], by=cast.duty, at=TUESDAY, idem=key("a"))
    operations.approve_needs([_approval(cast, 0)], by=cast.duty, at=WEDNESDAY, idem=key("b"))
    assert _in_force() == []
    assert _in_force(TUESDAY) == [("ICU", 100)]


def test_what_is_approved_late_was_not_known_before(cast: Cast) -> None:
    operations.approve_needs([_approval(cast)], by=cast.duty, at=TUESDAY, idem=key("a"))
    assert _in_force(WEDNESDAY, known_at=WEDNESDAY) == []


def test_the_ground_is_kept(cast: Cast) -> None:
    operations.approve_needs([_approval(cast)], by=cast.duty, at=TUESDAY, idem=key("a"))
    assert queries.approved(Cut(clock.now()))[0].ground == "ground of the test"


def test_refuses_a_zone_the_item_may_not_be_used_in(cast: Cast) -> None:
    with pytest.raises(errors.ZoneNotPermitted) as refusal:
        rows = [_approval(cast, zone="ICU", item="SUIT-EM")]
        operations.approve_needs(rows, by=cast.duty, at=WEDNESDAY, idem=key("a"))
    assert "ICU" in str(refusal.value)
    assert _in_force() == []


def test_a_permission_counts_from_its_first_day(cast: Cast) -> None:
    rows = [_approval(cast, zone="ISO", item="SUIT-EM")]
    with pytest.raises(errors.ZoneNotPermitted):
        operations.approve_needs(rows, by=cast.duty, at=clock.read_instant("2020-01-28T12:00"), idem=key("a"))
    operations.approve_needs(rows, by=cast.duty, at=clock.read_instant("2020-01-29T12:00"), idem=key("b"))
    assert _in_force() == [("ISO", 100)]


def test_one_zone_not_permitted_leaves_nothing_behind(cast: Cast) -> None:
    rows = [_approval(cast), _approval(cast, zone="ICU", item="SUIT-EM")]
    with pytest.raises(errors.ZoneNotPermitted):
        operations.approve_needs(rows, by=cast.duty, at=WEDNESDAY, idem=key("a"))
    assert _in_force() == []


def test_twice_is_once(cast: Cast) -> None:
    for _ in range(2):
        operations.approve_needs([_approval(cast)], by=cast.duty, at=TUESDAY, idem=key("a"))
    assert _in_force() == [("ICU", 100)]
    assert len(events.trail("needs")) == 1


def test_the_same_key_for_something_else_is_refused(cast: Cast) -> None:
    operations.approve_needs([_approval(cast)], by=cast.duty, at=TUESDAY, idem=key("a"))
    with pytest.raises(SameKeyOtherBody):
        operations.approve_needs([_approval(cast, 101)], by=cast.duty, at=TUESDAY, idem=key("a"))


@pytest.mark.parametrize("person", ["receiver", "keeper", "approver", "driver", "auditor"])
def test_others_may_not(cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        operations.approve_needs([_approval(cast)], by=getattr(cast, person), at=TUESDAY, idem=key("a"))


def test_an_officer_approves_within_the_own_region_only(cast: Cast) -> None:
    officer = replace(cast.duty, grants=(Grant(offices.EVERYTHING, region="420900"),))
    operations.approve_needs([_approval(cast, unit="xiaogan")], by=officer, at=TUESDAY, idem=key("a"))
    with pytest.raises(NotAllowed):
        operations.approve_needs([_approval(cast)], by=officer, at=TUESDAY, idem=key("b"))
    statement = operations.PlaceStatement("official", "420100", cast.items["SUIT-GB"].id, 5, TUESDAY, "test")
    with pytest.raises(NotAllowed):
        operations.state_place_needs([statement], by=officer, idem=uuid4())


def test_the_screen_can_end_a_need(cast: Cast, client_of: Callable[..., Client]) -> None:
    operations.approve_needs([_approval(cast)], by=cast.duty, at=TUESDAY, idem=key("a"))
    form = {"item": "SUIT-GB", "zone": "ICU", "quantity": "0", "act": "approve", "note": "no patients left"}
    answer = client_of("duty").post(f"/needs/units/{cast.units['wuhan_a']}", form)
    assert answer.status_code == 302, answer.content.decode()
    assert _in_force() == []
