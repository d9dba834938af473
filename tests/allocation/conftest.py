"""What allocation's tests share: a batch's needs and lines by short names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qipan.allocation import queries
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from tests.cast import Cast


@pytest.fixture
def batch_of() -> Callable[[int], queries.BatchRow]:
    """The batch with a number, at the present cut."""

    def read(number: int) -> queries.BatchRow:
        found = queries.batch(number, Cut(clock.now()))
        assert found is not None
        return found

    return read


@pytest.fixture
def needs_of(batch_of: Callable[[int], queries.BatchRow]) -> Callable[[int], list[queries.NeedRow]]:
    """The needs of the batch with a number, in their order."""
    return lambda number: queries.needs(batch_of(number).id, limit=1_000)[0]


@pytest.fixture
def given_of(
    cast: Cast, needs_of: Callable[[int], list[queries.NeedRow]]
) -> Callable[[int], dict[tuple[str, str], int]]:
    """What each (unit, zone) was given, by short name."""
    names = {unit: name for name, unit in cast.units.items()}
    return lambda number: {(names[n.organisation], n.zone): n.given for n in needs_of(number)}
