"""axe finds nothing on any page, in both themes and both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.doors.browser.spots import SPOTS, Spot
from tests.doors.browser.survey import Sight

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("_at_desk")]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
def test_axe_finds_nothing(seen: Callable[[Spot, str], Sight], spot: Spot, language: str) -> None:
    assert seen(spot, language).axe == {"light": [], "dark": []}
