"""The ledger as a state machine beside the model in plain Python: Hypothesis looks for a way to part them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.stock.books import STORES, Books, assert_in_order
from tests.stock.model import Model
from tests.stock.test_conservation import ITEMS, Pair, few, hours, line, pick, promise

FEW = settings(
    max_examples=6,
    stateful_step_count=15,
    phases=[Phase.generate],  # a shorter example is for whoever looks for the fault
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Ledger(RuleBasedStateMachine):
    """Everything that may be booked, in any order; what is refused is refused by both."""

    def __init__(self, books: Books) -> None:
        super().__init__()
        self._undone = transaction.atomic()
        self._undone.__enter__()
        self.pair = Pair(books)

    @rule(lines=st.lists(line, min_size=1, max_size=4), hour=hours)
    def post(self, lines: list[tuple[tuple[str, str], str, int]], hour: int) -> None:
        self.pair.book("post", lines, hour)

    @rule(lines=st.lists(promise, min_size=1, max_size=3), hour=hours)
    def hold(self, lines: list[tuple[str, str, int]], hour: int) -> None:
        self.pair.book("hold", lines, hour)

    @precondition(lambda self: self.pair.model.open_holds())
    @rule(which=pick, hour=hours)
    def depart(self, which: int, hour: int) -> None:
        self.pair.book("depart", which, hour)

    @precondition(lambda self: self.pair.model.open_holds())
    @rule(which=pick, hour=hours)
    def void(self, which: int, hour: int) -> None:
        self.pair.book("void", which, hour)

    @rule(which=pick, hour=hours)
    def book_back(self, which: int, hour: int) -> None:
        self.pair.book("reverse", which, hour)

    @rule(store=st.sampled_from(STORES), item=st.sampled_from(ITEMS), counted=few, hour=hours)
    def count(self, store: str, item: str, counted: int, hour: int) -> None:
        self.pair.book("count", store, item, counted, hour)

    @rule(hour=hours)
    def look_back(self, hour: int) -> None:
        self.pair.check(hour)

    @invariant()
    def they_agree(self) -> None:
        self.pair.check()
        self.pair.check_conservation()
        assert_in_order()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undone.__exit__(None, None, None)


def test_the_ledger_never_parts_from_the_model(books: Books) -> None:
    run_state_machine_as_test(lambda: Ledger(books), settings=FEW)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "forget",
    [
        lambda model: setattr(model, "post", lambda ids, lines: None),
        lambda model: setattr(model, "may_hold", lambda lines: True),
    ],
    ids=["posts", "what is promised"],
)
def test_a_model_that_forgets_is_noticed(books: Books, forget: Callable[[Model], None]) -> None:
    """The negative control: the machine can tell two ledgers apart."""

    class Forgetful(Ledger):
        def __init__(self, books: Books) -> None:
            super().__init__(books)
            forget(self.pair.model)

    with pytest.raises(BaseException):  # noqa: B017 (Hypothesis may raise a group of what it found)
        run_state_machine_as_test(lambda: Forgetful(books), settings=FEW)  # type: ignore[no-untyped-call]
