"""Another person approves, and only what the independent check has proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from qipan import cluster
from qipan.allocation import errors, operations, queries
from qipan.engine import allocation as engine
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed, SameKeyOtherBody
from qipan.kernel.figures import Cut
from tests.cast import Cast, key

BatchOf = Callable[[int], queries.BatchRow]


@pytest.fixture
def planned(cast: Cast) -> int:
    """A batch of 40 suits for hospital A, planned by the duty officer."""
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    return cast.plan("SUIT-GB")


def _approve(number: int, by: Actor, word: str = "approve", note: str = "") -> None:
    operations.approve_batch(number, by=by, at=clock.now(), idem=key(word), note=note)


def test_the_approver_approves(planned: int, cast: Cast, batch_of: BatchOf) -> None:
    _approve(planned, cast.approver, note="checked")
    batch = batch_of(planned)
    step = batch.step("approved")
    assert (batch.state, step.actor_id, step.note) == ("approved", cast.approver.id, "checked")  # type: ignore[union-attr]


def test_an_approval_that_is_told_late_was_not_known_before(planned: int, cast: Cast, batch_of: BatchOf) -> None:
    told, after = clock.now(), clock.now() + timedelta(hours=5)
    with clock.held_at(after):
        operations.approve_batch(planned, by=cast.approver, at=told, idem=key("approve"))
    seen = [queries.batch(planned, Cut(after, known)) for known in (told, after)]
    assert [row.state for row in seen if row] == ["planned", "approved"]
    assert [queries.state_counts(Cut(after, known)) for known in (told, after)] == [{"planned": 1}, {"approved": 1}]
    found = [queries.batches(Cut(after, known), state="approved")[1] for known in (told, after)]
    assert found == [0, 1]


def test_refuses_who_planned_even_with_the_approvers_post(planned: int, cast: Cast, batch_of: BatchOf) -> None:
    both = replace(cast.duty, grants=cast.duty.grants + cast.approver.grants)
    with pytest.raises(errors.SamePerson):
        _approve(planned, both)
    assert batch_of(planned).state == "planned"


@pytest.mark.parametrize("person", ["duty", "keeper", "receiver", "auditor"])
def test_others_may_not(planned: int, cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        _approve(planned, getattr(cast, person))


def test_the_certificate_of_a_good_plan_is_kept(planned: int, batch_of: BatchOf) -> None:
    certificate = batch_of(planned).certificate
    assert certificate["proven"] is True
    (family,) = certificate["families"]
    assert (family["feasible"], family["fair"], family["gap"], family["faults"]) == (True, True, 0, [])


@pytest.mark.parametrize("wrong", [{"fair": False}, {"feasible": False}, {"gap": 1}])
def test_refuses_a_wrong_certificate(
    cast: Cast, batch_of: BatchOf, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    check = engine.check
    monkeypatch.setattr(engine, "check", lambda problem, plan: replace(check(problem, plan), **wrong))
    cast.put("plant_a", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 40)
    number = cast.plan("SUIT-GB")
    with pytest.raises(errors.NotCertified):
        _approve(number, cast.approver)
    assert batch_of(number).state == "planned"


def test_a_plan_that_is_not_fair_gets_no_certificate(
    cast: Cast, batch_of: BatchOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solver lies: the first unit gets all. The independent check sees it, whatever the solver says of itself."""

    def unfair(problem: Any) -> Any:
        plan = engine.solve(problem)
        shipped = plan.shipped.copy()
        first = int(shipped.argmax())
        shipped[first], rest = shipped.sum(), [i for i in range(len(shipped)) if i != first]
        shipped[rest] = 0
        return replace(plan, shipped=shipped)

    monkeypatch.setattr(cluster, "solve_many", lambda problems, **_: [unfair(each) for each in problems])
    cast.put("plant_a", "SUIT-GB", 60)
    for unit in ("wuhan_a", "wuhan_b"):
        cast.approve(unit, "SUIT-GB", "ICU", 100)
    number = cast.plan("SUIT-GB")
    assert batch_of(number).is_proven is False
    with pytest.raises(errors.NotCertified):
        _approve(number, cast.approver)


def test_a_search_that_was_cut_short_gets_no_certificate_and_says_why(
    cast: Cast, batch_of: BatchOf, monkeypatch: pytest.MonkeyPatch, client_of: Callable[..., Client]
) -> None:
    monkeypatch.setattr(engine.Effort, "of_seconds", staticmethod(lambda problem, seconds: engine.Effort(trials=0)))
    cast.put("plant_a", "SUIT-GB", 60)
    for unit in ("wuhan_a", "wuhan_b"):
        cast.approve(unit, "SUIT-GB", "ICU", 100)
    number = cast.plan("SUIT-GB")
    assert (batch_of(number).is_proven, batch_of(number).certificate["families"][0]["finished"]) == (False, False)
    with pytest.raises(errors.NotCertified):
        _approve(number, cast.approver)
    page = client_of("duty", "en").get(f"/batches/{number}")
    assert "the search was ended early" in page.content.decode()


def test_twice_is_once(planned: int, cast: Cast, batch_of: BatchOf) -> None:
    for _ in range(2):
        _approve(planned, cast.approver)
    assert [step.step for step in batch_of(planned).steps] == ["planned", "approved"]


def test_the_same_key_with_another_note_is_refused(planned: int, cast: Cast) -> None:
    _approve(planned, cast.approver)
    with pytest.raises(SameKeyOtherBody):
        _approve(planned, cast.approver, note="other")


def test_a_second_approval_is_out_of_order(planned: int, cast: Cast) -> None:
    _approve(planned, cast.approver)
    with pytest.raises(errors.StepOutOfOrder):
        _approve(planned, cast.approver, "again")


def test_there_is_no_such_batch(cast: Cast) -> None:
    with pytest.raises(errors.BatchUnknown):
        _approve(999, cast.approver)
