"""A text that could not be read is settled by a person, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from qipan.demand import operations
from qipan.demand.errors import AlreadySettled
from qipan.demand.models import UnreadSettled, UnreadText
from qipan.kernel import clock
from qipan.kernel.errors import NotFound
from tests.cast import Cast
from tests.provinces import Province


def _settle(cast: Cast, unread: int) -> None:
    operations.settle_unread(unread, decision="five", by=cast.duty, at=clock.now(), idem=uuid4())


def test_is_settled_once(cast: Cast, shanxi: Province) -> None:
    text = UnreadText.objects.get()
    _settle(cast, text.id)
    with pytest.raises(AlreadySettled):
        _settle(cast, text.id)
    assert UnreadSettled.objects.count() == 1


def test_refuses_a_text_that_is_not_there(cast: Cast) -> None:
    with pytest.raises(NotFound):
        _settle(cast, 4711)


@pytest.mark.parametrize("asked", ["", "0", "-1", "％％", "²", "9" * 25, "4711", "\x00"])
def test_no_odd_number_in_the_form_is_a_fault(client_of: Callable[..., Any], asked: str) -> None:
    answer = client_of("duty").post("/needs/unread", {"unread": asked, "decision": "five"})
    assert answer.status_code == 422
    assert UnreadSettled.objects.count() == 0
