"""The trail, and doing a thing once for a key however often it is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.errors import SameKeyOtherBody
from tests.cast import key

DUTY, OTHER = Actor(1, "duty"), Actor(2, "other")


class Work:
    """A piece of work that counts how often it is done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, Any]:
        self.times += 1
        return {"number": self.times}


def _ask(work: Any, *, operation: str = "tests.do", by: Actor = DUTY, **body: Any) -> dict[str, Any]:
    return events.once(operation, by=by, idem=key("once"), body=body or {"quantity": 5}, work=work)


def test_the_same_key_gets_the_same_answer(db: None) -> None:
    work = Work()
    assert [_ask(work), _ask(work), _ask(work)] == [{"number": 1}] * 3
    assert work.times == 1


@pytest.mark.parametrize(
    "other", [{"quantity": 6}, {"operation": "tests.undo", "quantity": 5}, {"by": OTHER, "quantity": 5}]
)
def test_refuses_the_key_for_something_else(db: None, other: dict[str, Any]) -> None:
    work = Work()
    _ask(work)
    with pytest.raises(SameKeyOtherBody):
        _ask(work, **other)
    assert work.times == 1


def test_the_order_of_the_body_does_not_matter(db: None) -> None:
    work = Work()
    assert _ask(work, a=1, b=2) == _ask(work, b=2, a=1)
    assert work.times == 1


def test_work_that_fails_leaves_the_key_free(db: None) -> None:
    def fail() -> dict[str, Any]:
        events.record("tests.done", by=DUTY, subject="test/1", at=clock.now())
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        _ask(fail)
    assert events.trail("test/1") == []
    assert _ask(Work()) == {"number": 1}


def test_two_at_once_are_one_work(committed: None) -> None:
    """The first is inside its work when the second asks; the second waits and gets the first's answer."""
    first_is_inside, second_asks = Event(), Event()
    work = Work()

    def slow() -> dict[str, Any]:
        first_is_inside.set()
        assert second_asks.wait(30)
        return work()

    def ask(by_thread: Any) -> dict[str, Any]:
        try:
            return _ask(by_thread)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ask, slow)
        assert first_is_inside.wait(30)
        second = threads.submit(ask, work)
        second_asks.set()
        assert (first.result(60), second.result(60)) == ({"number": 1}, {"number": 1})
    assert work.times == 1


def test_many_at_once_are_one_work(committed: None) -> None:
    start, work = Barrier(8), Work()

    def ask() -> dict[str, Any]:
        try:
            start.wait(30)
            return _ask(work)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        answers = [answer.result(60) for answer in [threads.submit(ask) for _ in range(8)]]
    assert (answers, work.times) == ([{"number": 1}] * 8, 1)


def test_the_trail_of_an_object_is_in_order(db: None) -> None:
    for what in ("planned", "approved", "issued"):
        events.record(f"tests.{what}", by=DUTY, subject="batch/1", at=clock.now(), why=what)
    events.record("tests.planned", by=OTHER, subject="batch/2", at=clock.now())
    assert [(e.key, e.actor_name, e.detail) for e in events.trail("batch/1")] == [
        ("tests.planned", "duty", {"why": "planned"}),
        ("tests.approved", "duty", {"why": "approved"}),
        ("tests.issued", "duty", {"why": "issued"}),
    ]


def test_an_event_goes_with_the_transaction_that_did_the_work(db: None) -> None:
    subject = f"test/{uuid4()}"
    with transaction.atomic():
        events.record("tests.done", by=DUTY, subject=subject, at=clock.now())
        transaction.set_rollback(True)
    assert events.trail(subject) == []
