"""The wall: one screen for the whole room, nothing cut off, nothing to scroll, in both languages and themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.doors.browser.desk import Desk
from tests.doors.browser.spots import WALLS, Spot
from tests.doors.browser.survey import AXE, LAYOUT, RUN_AXE, go

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("_at_desk")]
SCREENS = {"full-hd": (1920, 1080), "4k": (3840, 2160)}
SCROLLS = """() => {
  const root = document.documentElement;
  const fits = (e) => e.scrollHeight <= e.clientHeight + 1 && e.scrollWidth <= e.clientWidth + 1;
  return [root, ...document.querySelectorAll(".panel")].filter((e) => !fits(e))
    .map((e) => `${e.tagName} ${e.id} ${e.scrollWidth}×${e.scrollHeight} in ${e.clientWidth}×${e.clientHeight}`);
}"""


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("spot", WALLS, ids=lambda spot: spot.name)
def test_fits_one_screen(visit: Callable[..., Page], desk: Desk, spot: Spot, language: str, screen: str) -> None:
    page = visit("duty", language, theme="dark", size=SCREENS[screen])
    assert go(page, spot, desk) == 200
    assert page.evaluate(SCROLLS) == []
    assert page.evaluate(LAYOUT) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("spot", WALLS, ids=lambda spot: spot.name)
def test_axe_finds_nothing_on_the_wall(visit: Callable[..., Page], desk: Desk, spot: Spot, theme: str) -> None:
    page = visit("duty", "zh-hans", theme=theme, size=SCREENS["full-hd"])
    go(page, spot, desk)
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE, []) == []
