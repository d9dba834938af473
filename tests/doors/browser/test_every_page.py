"""Every page, in Chinese and English: its status, its words, nothing too wide, no complaint of the browser."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Page

from tests.doors.browser.desk import Desk
from tests.doors.browser.spots import NOT_PAGES, SPOTS, WALLS, Spot
from tests.doors.browser.survey import NARROW, WIDE, Sight

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("_at_desk")]
LANGUAGES = ("zh-hans", "en")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SUFFIX = {"zh-hans": " · 棋盘", "en": " · Qipan"}
each = pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
both = pytest.mark.parametrize("language", LANGUAGES)
Seen = Callable[[Spot, str], Sight]


def translations() -> dict[str, str]:
    """Every text of the product with its Chinese, where the two differ and hold no values."""
    path = Path(settings.LOCALE_PATHS[0]) / "zh_Hans/LC_MESSAGES/django.mo"
    with path.open("rb") as file:
        found = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    texts = {key[0] if isinstance(key, tuple) else key: value for key, value in found.items()}
    return {en: zh for en, zh in texts.items() if en and zh != en and "%(" not in en}


@both
@each
def test_answers_as_it_should(seen: Seen, spot: Spot, language: str) -> None:
    sight = seen(spot, language)
    assert sight.status == spot.status
    assert sight.language == {"zh-hans": "zh-Hans", "en": "en"}[language]
    if spot.is_empty:
        assert sight.empty_states, "an empty state says what would stand here"


@both
@each
def test_speaks_one_language(seen: Seen, spot: Spot, language: str) -> None:
    sight = seen(spot, language)
    table = translations()
    other = set(table) if language == "zh-hans" else set(table.values())
    assert [text for text in sight.texts if text in other] == []
    assert sight.title.endswith(SUFFIX[language])
    assert sight.title.removesuffix(SUFFIX[language]) not in other


@both
@each
def test_nothing_is_too_wide(seen: Seen, spot: Spot, language: str) -> None:
    sight = seen(spot, language)
    assert sight.layout == {NARROW: [], WIDE: []}


@both
@each
def test_browser_complains_of_nothing_and_asks_nobody_else(seen: Seen, spot: Spot, language: str) -> None:
    sight = seen(spot, language)
    assert sight.outside == []
    assert sight.complaints == []


def test_no_page_is_left_out(desk: Desk) -> None:
    addresses = [spot.address(desk).split("?")[0] for spot in (*SPOTS, *WALLS) if spot.name != "404"]
    covered = {resolve(address).view_name for address in addresses}
    pages = {
        name for name in _names(get_resolver().url_patterns) if not name.endswith(("workbook", "template", "step"))
    }
    assert pages - covered - NOT_PAGES == set()


def _names(patterns: list[URLPattern | URLResolver], space: str = "") -> list[str]:
    found = []
    for each in patterns:
        if isinstance(each, URLResolver):
            name = f"{space}{each.namespace}:" if each.namespace else space
            found += [] if each.namespace and each.namespace.startswith("api") else _names(each.url_patterns, name)
        elif each.name:
            found.append(space + each.name)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_server_writes_the_theme_of_the_cookie(visit: Callable[..., Page], theme: str) -> None:
    page = visit("duty", "en", theme=theme)
    for path in ("/", "/nowhere"):
        page.goto(path)
        assert page.get_attribute("html", "data-theme") == theme
        red = page.evaluate("() => Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
        assert (red < 60) == (theme == "dark")


def test_theme_switch_is_remembered(visit: Callable[..., Page]) -> None:
    page = visit("duty", "en")
    page.goto("/needs")
    page.get_by_role("button", name=re.compile("^Light or dark")).click()
    assert page.get_attribute("html", "data-theme") == "dark"
    page.reload()
    assert page.get_attribute("html", "data-theme") == "dark"


@both
def test_says_that_the_database_sleeps(
    visit: Callable[..., Page], desk: Desk, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    from django.db import connections

    page = visit("duty", language)
    for alias in connections:
        monkeypatch.setitem(connections.settings[alias], "NAME", "qipan_gone")
    answer = page.goto("/needs")
    assert answer is not None
    assert answer.status == 503
    assert page.title().endswith(SUFFIX[language])


@both
def test_shows_its_own_page_when_it_breaks(
    visit: Callable[..., Page], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    from qipan.demand import queries

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(queries, "unread_count", broken)
    page = visit("duty", language)
    answer = page.goto("/needs")
    assert answer is not None
    assert answer.status == 500
    assert "500" in page.title()
