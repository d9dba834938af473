"""A plan: tiers before levels, rules of the zone and the day, and everything it rests on frozen with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest

from qipan.allocation import errors, operations, planning, queries
from qipan.allocation.gathering import Inputs
from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed, SameKeyOtherBody
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads
from tests.cast import START, Cast, key

Given = Callable[[int], dict[tuple[str, str], int]]
Needs = Callable[[int], list[queries.NeedRow]]
NOON = clock.read_instant("2020-02-06T12:00")


def test_a_lower_tier_gets_nothing_a_higher_tier_could_use(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 50)
    cast.approve("wuhan_b", "SUIT-GB", "ISO", 20)
    cast.approve("xiaogan", "SUIT-GB", "FEV", 10)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 50, ("wuhan_b", "ISO"): 10, ("xiaogan", "FEV"): 0}


def test_inside_a_tier_the_worst_off_is_lifted_first(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    for unit in ("wuhan_a", "wuhan_b"):
        cast.approve(unit, "SUIT-GB", "ICU", 100)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 30, ("wuhan_b", "ICU"): 30}


def test_what_a_unit_has_counts_before_the_level(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    cast.put("wuhan_a", "SUIT-GB", 40)
    for unit in ("wuhan_a", "wuhan_b"):
        cast.approve(unit, "SUIT-GB", "ICU", 100)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 10, ("wuhan_b", "ICU"): 50}


def test_needs_per_day_are_planned_up_to_the_deadline(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 600)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    assert given_of(cast.plan("SUIT-GB", deadline="2020-02-08T19:00")) == {("wuhan_a", "ICU"): 200}
    assert given_of(cast.plan("SUIT-GB", deadline="2020-02-07T07:00")) == {("wuhan_a", "ICU"): 100}


def test_eu_suits_never_go_to_intensive_care(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-EM", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 50)
    cast.approve("wuhan_b", "SUIT-GB", "ISO", 30)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 0, ("wuhan_b", "ISO"): 30}


def test_eu_suits_spare_the_suits_intensive_care_needs(cast: Cast, needs_of: Needs) -> None:
    cast.put("plant_a", "SUIT-GB", 50)
    cast.put("plant_b", "SUIT-EM", 30)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 50)
    cast.approve("wuhan_b", "SUIT-GB", "ISO", 30)
    sent = {(n.zone, line.item.code): line.qty for n in needs_of(cast.plan("SUIT-GB")) for line in n.lines}
    assert sent == {("ICU", "SUIT-GB"): 50, ("ISO", "SUIT-EM"): 30}


def test_a_substitution_that_has_ended_is_not_planned(cast: Cast, given_of: Given) -> None:
    from qipan.catalogue import operations as catalogue

    cast.put("plant_a", "SUIT-EM", 100)
    cast.approve("wuhan_b", "SUIT-GB", "ISO", 30)
    catalogue.end_emergency("SUIT-EM", by=cast.duty, at=clock.read_instant("2020-02-07T00:00"))
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_b", "ISO"): 0}


@pytest.mark.parametrize(("expires_on", "planned"), [(date(2020, 2, 6), 0), (date(2020, 2, 7), 50)])
def test_a_lot_that_expires_before_the_deadline_is_not_planned(
    cast: Cast, given_of: Given, expires_on: date, planned: int
) -> None:
    lot = stock.open_lot(cast.items["SUIT-GB"].id, by=cast.keeper, number="L1", expires_on=expires_on)
    cast.put("plant_a", "SUIT-GB", 50, lot=lot)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 50)
    assert given_of(cast.plan("SUIT-GB", deadline="2020-02-07T19:00")) == {("wuhan_a", "ICU"): planned}


def test_held_stock_is_not_planned_again(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    cast.issue(cast.plan("SUIT-GB"))
    cast.approve("wuhan_b", "SUIT-GB", "ICU", 100)
    assert sum(given_of(cast.plan("SUIT-GB")).values()) == 20


def test_what_is_promised_to_a_need_is_not_given_to_it_again(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    cast.issue(cast.plan("SUIT-GB"))
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 0}


def test_what_is_on_the_road_to_a_need_is_not_given_to_it_again(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    number = cast.plan("SUIT-GB")
    cast.issue(number)
    cast.send(number)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 0}


def test_a_substitute_on_the_road_covers_the_need_it_was_sent_for(cast: Cast, given_of: Given) -> None:
    cast.put("plant_b", "SUIT-EM", 60)
    cast.approve("wuhan_b", "SUIT-GB", "ISO", 30)
    number = cast.plan("SUIT-GB")
    cast.issue(number)
    cast.send(number)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_b", "ISO"): 0}


def test_a_substitute_in_the_store_covers_no_zone_it_is_not_permitted_in(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 30)
    cast.put("wuhan_a", "SUIT-EM", 30)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 30}


def test_a_substitute_that_is_needed_itself_covers_nothing_else(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 30)
    cast.put("wuhan_b", "SUIT-EM", 30)
    cast.approve("wuhan_b", "SUIT-EM", "ISO", 30)
    cast.approve("wuhan_b", "SUIT-GB", "ISO", 30)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_b", "ISO"): 30}


def test_a_units_stock_covers_its_strictest_zone_over_the_whole_horizon(cast: Cast, needs_of: Needs) -> None:
    cast.put("wuhan_a", "SUIT-GB", 25)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ISO", 10)
    found = {n.zone: n.covered for n in needs_of(cast.plan("SUIT-GB", deadline="2020-02-08T19:00"))}
    assert found == {"ICU": 20, "ISO": 5}


def test_a_voided_batch_promises_nothing(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    number = cast.plan("SUIT-GB")
    cast.issue(number)
    operations.void_batch(number, reason="mistake", by=cast.approver, at=clock.now(), idem=key("void", number))
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 40}


def test_planning_alone_holds_nothing(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    cast.plan("SUIT-GB")
    assert [h.held for h in stock_reads.free_now(cast.accounts.values())] == [0]


def test_a_hospitals_own_store_is_no_source(cast: Cast, given_of: Given) -> None:
    cast.put("wuhan_b", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 0}


def test_the_policy_says_which_reserves_are_drawn_on(cast: Cast, given_of: Given) -> None:
    cast.put("reserve", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 40}
    _state(cast, 2, pools=("plant",))
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 0}


def _state(
    cast: Cast, version: int, *, at: datetime = START, pools: tuple[str, ...] = ("plant", "own_reserve")
) -> None:
    tiers = [{"name_zh": "发热", "name_en": "Fever", "zones": ["FEV"]}, {"name_zh": "其他", "name_en": "Others"}]
    text = operations.PolicyText(Both("新政策", "New policy"), "test", tiers, pools)
    operations.state_policy("test-policy", text, version=version, by=cast.duty, at=at, idem=uuid4())


def test_the_newest_version_in_force_decides(cast: Cast, given_of: Given) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    cast.approve("wuhan_b", "SUIT-GB", "FEV", 10)
    _state(cast, 2, at=clock.read_instant("2020-02-10"))
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 10, ("wuhan_b", "FEV"): 0}
    _state(cast, 3, at=NOON)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 0, ("wuhan_b", "FEV"): 10}


def test_the_batch_cites_policy_and_version(cast: Cast, batch_of: Callable[[int], queries.BatchRow]) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    assert batch_of(cast.plan("SUIT-GB")).policy == Both("测试政策 v1", "Test policy v1")


def _plan(cast: Cast, **more: object) -> int:
    words = {
        "by": cast.duty, "idem": key("plan"), "at": clock.now(), "policy": "test-policy",
        "deadline": clock.read_instant("2020-02-07T19:00"), "title": Both("题", "Title"), "items": ["SUIT-GB"],
    }  # fmt: skip
    return operations.plan_batch(**{**words, **more})  # type: ignore[arg-type]


def test_refuses_a_policy_that_is_not_in_force(cast: Cast) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    with pytest.raises(errors.PolicyUnknown):
        _plan(cast, policy="nobody-stated-this")
    with pytest.raises(errors.PolicyUnknown):
        operations.policy_in_force("test-policy", clock.read_instant("2020-01-21"))


@pytest.mark.parametrize("deadline", ["2020-02-06T19:00", "2020-02-06T12:00", "2020-03-08T19:01"])
def test_refuses_a_deadline_that_has_passed_or_is_far(cast: Cast, deadline: str) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    with pytest.raises(errors.DeadlinePassed):
        _plan(cast, deadline=clock.read_instant(deadline))


def test_refuses_when_nothing_is_approved(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    with pytest.raises(errors.NothingToShare):
        _plan(cast)


def test_refuses_when_nothing_is_approved_there(cast: Cast) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    with pytest.raises(errors.NothingToShare) as refusal:
        _plan(cast, place="440000")
    assert "440000" in str(refusal.value)


def test_with_no_free_stock_every_need_says_so(cast: Cast, needs_of: Needs) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    (need,) = needs_of(_plan(cast))
    assert (need.given, need.lines, need.cause) == (0, (), "unreachable")


@pytest.mark.parametrize("person", ["approver", "keeper", "receiver", "auditor"])
def test_others_may_not_plan(cast: Cast, person: str) -> None:
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    with pytest.raises(NotAllowed):
        _plan(cast, by=getattr(cast, person))


def test_twice_is_once_and_the_key_serves_one_plan_only(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    assert _plan(cast) == _plan(cast)
    assert queries.batches(Cut(clock.now()))[1] == 1
    with pytest.raises(SameKeyOtherBody):
        _plan(cast, title=Both("别的", "Other"))


def test_a_number_is_never_reused(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    first = cast.plan("SUIT-GB")
    operations.void_batch(first, by=cast.duty, at=clock.now(), idem=uuid4(), reason="mistake")
    assert [cast.plan("SUIT-GB"), cast.plan("SUIT-GB")] == [first + 1, first + 2]
    assert queries.batches(Cut(clock.now()))[1] == 3


def test_a_refused_plan_takes_no_number(cast: Cast) -> None:
    with pytest.raises(errors.NothingToShare):
        _plan(cast)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    assert cast.plan("SUIT-GB") == 1


def test_the_inputs_are_frozen(cast: Cast, batch_of: Callable[[int], queries.BatchRow]) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 20)
    batch = batch_of(cast.plan("SUIT-GB"))
    before = queries.inputs(batch.id)
    cast.put("plant_a", "SUIT-GB", 500)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 900)
    assert queries.inputs(batch.id) == before
    assert [(s["free"], s["place_kind"]) for s in before["supplies"]] == [(10, "plant")]
    assert [(w["need"], w["zone"], w["tier"]) for w in before["wants"]] == [(20, "ICU", 0)]


def test_the_hash_can_be_computed_from_the_frozen_inputs(
    cast: Cast, batch_of: Callable[[int], queries.BatchRow]
) -> None:
    cast.put("plant_a", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 20)
    batch = batch_of(cast.plan("SUIT-GB"))
    text = json.dumps(queries.inputs(batch.id), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == batch.inputs_sha256


def test_the_same_world_gives_the_same_inputs_and_lines(
    cast: Cast, batch_of: Callable[[int], queries.BatchRow]
) -> None:
    cast.put("plant_a", "SUIT-GB", 33)
    cast.put("plant_b", "SUIT-GB", 34)
    for unit in cast.units:
        cast.approve(unit, "SUIT-GB", "ICU", 50)
    first, second = (batch_of(cast.plan("SUIT-GB")) for _ in range(2))
    assert first.inputs_sha256 == second.inputs_sha256
    lines = [
        [(n.organisation, r.place, r.qty) for n in queries.needs(b.id)[0] for r in n.lines] for b in (first, second)
    ]
    assert lines[0] == lines[1]


def test_the_frozen_inputs_give_the_same_plan_again(cast: Cast, needs_of: Needs) -> None:
    cast.put("plant_a", "SUIT-GB", 33)
    for unit in cast.units:
        cast.approve(unit, "SUIT-GB", "ICU", 50)
    number = cast.plan("SUIT-GB")
    batch = queries.batch(number, Cut(clock.now()))
    assert batch is not None
    stored = queries.inputs(batch.id)
    again = planning.solve_inputs(Inputs.of_json(stored))
    assert again.is_proven
    assert {g.delivered for g in again.given} == {n.given for n in needs_of(number)} == {11}


def test_a_batch_holds_32_items_and_more(cast: Cast) -> None:
    from qipan.catalogue import queries as catalogue

    zone_of = {original: zone for original, _substitute, zone in _own_stands(catalogue.stands(NOON))}
    items = [m for m in catalogue.materials().values() if m.id in zone_of][:40]
    cast.items.update({m.code: m for m in items})
    for m in items:
        cast.put("plant_a", m.code, 5)
        cast.approve("wuhan_a", m.code, zone_of[m.id], 10)
    cast.issue(cast.plan())
    row = queries.batch(1, Cut(clock.now()))
    assert row is not None
    assert (len(row.items), row.lines, row.state) == (40, 40, "issued")


def _own_stands(stands: Any) -> list[tuple[int, int, str]]:
    return [(s.original, s.substitute, s.zone) for s in stands if s.original == s.substitute]


def test_a_need_out_of_all_proportion_is_refused_by_name(cast: Cast) -> None:
    cast.put("plant_a", "SUIT-GB", 30)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 2**52)
    with pytest.raises(errors.SumsTooLarge, match="need"):
        cast.plan("SUIT-GB")


def test_a_cluster_that_does_not_answer_holds_no_plan_up(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, needs_of: Needs
) -> None:
    monkeypatch.setenv("QIPAN_RAY_ADDRESS", "127.0.0.1:1")
    cast.put("plant_a", "SUIT-GB", 30)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    assert [need.given for need in needs_of(cast.plan("SUIT-GB"))] == [30]
    assert "planning here instead" in caplog.text


def test_of_two_plans_equally_fair_the_one_that_changes_least_is_taken(cast: Cast) -> None:
    """All but three came from the farther plant last time: 50 km are no reason to change that, 200 are."""
    cast.put("plant_a", "SUIT-GB", 50)
    cast.put("plant_b", "SUIT-GB", 50)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    kept = _inputs_of(cast.plan("SUIT-GB"))
    (far, _want, _km), (near, _want, _km) = kept.edges

    def sent(farther_by: int, usual: list[tuple[int, int, int]]) -> dict[int, int]:
        changed = replace(kept, edges=[(far, 0, 300 + farther_by), (near, 0, 300)], usual=usual)
        return dict(planning.solve_inputs(changed).given[0].lines)

    need = kept.wants[0].need
    assert sent(50, []) == {near: need}
    assert sent(50, [(far, 0, need - 3)]) == {far: need - 3, near: 3}
    assert sent(200, [(far, 0, need - 3)]) == {near: need}


def test_a_plan_knows_what_the_last_issued_batch_sent(cast: Cast) -> None:
    cast.put("plant_b", "SUIT-GB", 10)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    first = cast.plan("SUIT-GB")
    assert _inputs_of(first).usual == []
    cast.issue(first)
    cast.put("plant_a", "SUIT-GB", 7)
    cast.put("plant_b", "SUIT-GB", 8)
    kept = _inputs_of(cast.plan("SUIT-GB"))
    line = queries.lines_to_load(first)[0]
    assert [(kept.supplies[supply].place, grains) for supply, _want, grains in kept.usual] == [(line.source_place, 8)]


def _inputs_of(number: int) -> Inputs:
    row = queries.batch(number, Cut(clock.now()))
    assert row is not None
    return Inputs.of_json(queries.inputs(row.id))
