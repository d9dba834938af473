"""A unit's statements are added to a history; nothing said is changed, nothing half-written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from qipan.catalogue.errors import ZoneUnknown
from qipan.demand import errors, operations, queries
from qipan.demand.operations import NeedStatement
from qipan.kernel import clock, events
from qipan.kernel.access import Actor, Grant
from qipan.kernel.errors import NotAllowed, SameKeyOtherBody
from qipan.kernel.figures import Cut
from qipan.organisations import offices
from tests.cast import Cast, key

TUESDAY, WEDNESDAY = clock.read_instant("2020-02-04T10:00"), clock.read_instant("2020-02-05T10:00")


def _say(
    cast: Cast, unit: str = "wuhan_a", quantity: int | None = 100, change: str = "added", at: datetime = TUESDAY
) -> NeedStatement:
    return NeedStatement(
        cast.units[unit], "防护服", change, at, "test", material=cast.items["SUIT-GB"].id, quantity=quantity
    )


def _in_force(at: datetime | None = None, known_at: datetime | None = None) -> dict[int, int | None]:
    return {s.organisation: s.quantity for s in queries.stated(Cut(at or clock.now(), known_at))}


def test_adds_a_statement(cast: Cast) -> None:
    assert operations.report_needs([_say(cast)], by=cast.duty, idem=key("a")) == 1
    assert _in_force() == {cast.units["wuhan_a"]: 100}


def test_a_later_statement_counts_and_the_first_stays(cast: Cast) -> None:
    operations.report_needs([_say(cast)], by=cast.duty, idem=key("a"))
    operations.report_needs([_say(cast, quantity=250, change="changed", at=WEDNESDAY)], by=cast.duty, idem=key("b"))
    unit = cast.units["wuhan_a"]
    assert _in_force() == {unit: 250}
    assert _in_force(TUESDAY) == {unit: 100}
    assert [(row.change, row.quantity) for row in queries.statement_history(unit, "防护服")] == [
        ("added", 100),
        ("changed", 250),
    ]


def test_a_removed_statement_is_no_longer_in_force_and_still_in_the_history(cast: Cast) -> None:
    operations.report_needs([_say(cast)], by=cast.duty, idem=key("a"))
    operations.report_needs([_say(cast, quantity=None, change="removed", at=WEDNESDAY)], by=cast.duty, idem=key("b"))
    assert _in_force() == {}
    assert len(queries.statement_history(cast.units["wuhan_a"], "防护服")) == 2


def test_a_statement_without_a_number_stays_without_a_number(cast: Cast) -> None:
    operations.report_needs([_say(cast, quantity=None)], by=cast.duty, idem=key("a"))
    assert _in_force() == {cast.units["wuhan_a"]: None}


def test_what_is_learned_late_does_not_change_what_was_known(cast: Cast) -> None:
    operations.report_needs([_say(cast, at=TUESDAY)], by=cast.duty, idem=key("a"))
    assert _in_force(WEDNESDAY, known_at=WEDNESDAY) == {}
    assert _in_force(WEDNESDAY) == {cast.units["wuhan_a"]: 100}


def test_refuses_the_change_of_a_statement_never_made(cast: Cast) -> None:
    with pytest.raises(errors.NeedUnknown) as refusal:
        operations.report_needs([_say(cast, change="changed")], by=cast.duty, idem=key("a"))
    assert "Hospital wuhan_a" in str(refusal.value) or "医院 wuhan_a" in str(refusal.value)


def test_refuses_a_zone_that_is_none(cast: Cast) -> None:
    with pytest.raises(ZoneUnknown):
        operations.report_needs([replace(_say(cast), zone="RED")], by=cast.duty, idem=key("a"))


def test_one_bad_statement_leaves_nothing_behind(cast: Cast) -> None:
    with pytest.raises(errors.NeedUnknown):
        operations.report_needs([_say(cast), _say(cast, "wuhan_b", change="removed")], by=cast.duty, idem=key("a"))
    assert _in_force() == {}
    assert events.trail("needs") == []


def test_twice_is_once(cast: Cast) -> None:
    for at in (TUESDAY, WEDNESDAY):
        assert operations.report_needs([_say(cast, at=at)], by=cast.duty, idem=key("a")) == 1
    assert len(queries.statement_history(cast.units["wuhan_a"], "防护服")) == 1


def test_the_same_key_for_something_else_is_refused(cast: Cast) -> None:
    operations.report_needs([_say(cast)], by=cast.duty, idem=key("a"))
    with pytest.raises(SameKeyOtherBody):
        operations.report_needs([_say(cast, quantity=101)], by=cast.duty, idem=key("a"))


def test_a_storekeeper_speaks_for_the_own_unit_only(cast: Cast) -> None:
    operations.report_needs([_say(cast)], by=_own_post_only(cast), idem=key("a"))
    with pytest.raises(NotAllowed):
        operations.report_needs([_say(cast, "wuhan_b")], by=_own_post_only(cast), idem=key("b"))


def _own_post_only(cast: Cast) -> Actor:
    return cast.receiver


def test_an_officer_speaks_for_the_own_region_only(cast: Cast) -> None:
    officer = replace(cast.duty, grants=(Grant(offices.EVERYTHING, region="420900"),))
    operations.report_needs([_say(cast, "xiaogan")], by=officer, idem=key("a"))
    with pytest.raises(NotAllowed):
        operations.report_needs([_say(cast, "wuhan_a")], by=officer, idem=key("b"))


@pytest.mark.parametrize("person", ["keeper", "driver", "auditor", "approver"])
def test_others_may_not(cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        operations.report_needs([_say(cast)], by=getattr(cast, person), idem=key("a"))


def test_leaves_one_event_for_the_call(cast: Cast) -> None:
    operations.report_needs([_say(cast), _say(cast, "wuhan_b")], by=cast.duty, idem=key("a"))
    (event,) = events.trail("needs")
    assert (event.key, event.detail) == ("demand.reported", {"count": 2})
