"""A real Chromium before a live server over the replayed case.

Everything runs on 13 February 2020, 08:10. ``qipan_desk`` is a committed copy of the case with a second batch
under way, which tests only read; ``own_books`` is a copy of one's own. Whatever asks another host than the live
server, and whatever the browser complains about (script errors, content policy), fails the test that did it.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test import Client, override_settings
from django.test.testcases import QuietWSGIRequestHandler
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import EMPTY, _point_at
from tests.doors.browser.desk import Desk, furnish
from tests.doors.browser.spots import Spot
from tests.doors.browser.survey import Sight, look
from tests.doors.browser.watch import Watch

NOW = "2020-02-13T08:10"
DESK, OWN = "qipan_desk", "qipan_own"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip
LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}


@pytest.fixture(autouse=True)
def _fixed_time() -> Iterator[None]:
    """The morning after the demo's replay, for every thread of the server too."""
    from qipan.kernel import clock

    with clock.held_at(clock.read_instant(NOW)):
        yield


def find_chromium() -> str:
    """Where Chromium is; '' when there is none."""
    found = [path for path in map(shutil.which, NAMES) if path]
    return next(iter(found), MAC if Path(MAC).exists() else "")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all; without one the tests are skipped, or fail where QIPAN_REQUIRE_BROWSER=1."""
    program = find_chromium()
    if not program:
        if os.environ.get("QIPAN_REQUIRE_BROWSER") == "1":
            pytest.fail("QIPAN_REQUIRE_BROWSER=1, but no Chromium was found: install the package chromium.")
        pytest.skip("No Chromium was found; install the package chromium to run the browser tests.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # playwright's loop runs in this thread; Django would take its own reads here for asynchronous ones
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        found = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="package")
def address(browser: Browser) -> Iterator[str]:
    """A threaded server of the whole application on a free port; demo sign-ins are shown."""
    from django.db import connections

    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch, override_settings(IS_DEMO=True):
        for alias in connections:  # a kept connection would stay with the database of the test before
            patch.setitem(connections.settings[alias], "CONN_MAX_AGE", 0)
        yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="package")
def desk(browser: Browser, hubei_database: str, create: Callable[..., str], django_db_blocker: Any) -> Desk:
    """The case, committed, with a second batch under way: what the reading tests look at."""
    from qipan.kernel import clock

    create(DESK, hubei_database)
    with django_db_blocker.unblock(), clock.held_at(clock.read_instant(NOW)):
        _point_at(DESK)
        found = furnish()
        _point_at(EMPTY)
    return found


@pytest.fixture
def _at_desk(desk: Desk, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        _point_at(DESK)
        yield
        _point_at(EMPTY)


@pytest.fixture
def own_books(
    browser: Browser, hubei_database: str, create: Callable[..., str], django_db_blocker: Any
) -> Iterator[None]:
    """A committed copy of the case for one test that writes."""
    create(OWN, hubei_database)
    with django_db_blocker.unblock():
        _point_at(OWN)
        yield
        _point_at(EMPTY)


@pytest.fixture
def watch(address: str) -> Iterator[Watch]:
    """What the browser asked for and complained about during the test; there is nothing of either."""
    found = Watch(urlsplit(address).netloc)
    yield found
    assert found.outside == [], "requests to somewhere else"
    assert found.complaints == [], "the browser complained"


@pytest.fixture
def visit(browser: Browser, address: str, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open a tab: ``visit("duty", "en")``. Without a person nobody is signed in."""
    opened: list[BrowserContext] = []

    def open_tab(person: str = "", language: str = "zh-hans", *, theme: str = "light", **more: Any) -> Page:
        context = open_context(browser, address, person, language, theme=theme, **more)
        opened.append(context)
        watch.follow(context)
        return context.new_page()

    yield open_tab
    for context in opened:
        context.close()


@pytest.fixture(scope="package")
def _sights(browser: Browser, address: str, desk: Desk) -> Iterator[Callable[[Spot, str], Sight]]:
    """Looks at each spot once per language, in tabs that stay open."""
    sights: dict[tuple[str, str], Sight] = {}
    tabs: dict[tuple[str, str], tuple[Page, Watch]] = {}

    def see(spot: Spot, language: str) -> Sight:
        if (spot.name, language) not in sights:
            who = (spot.person, language)
            if who not in tabs:
                context = open_context(browser, address, *who, theme="system")
                watch = Watch(urlsplit(address).netloc)
                watch.follow(context)
                tabs[who] = (context.new_page(), watch)
            page, watch = tabs[who]
            sights[spot.name, language] = look(page, spot, desk, watch)
        return sights[spot.name, language]

    yield see
    for page, _watch in tabs.values():
        page.context.close()


@pytest.fixture
def seen(_sights: Callable[[Spot, str], Sight], _at_desk: None) -> Callable[[Spot, str], Sight]:
    """What a spot showed in a language; looked at once for all tests that ask."""
    return _sights


def open_context(
    browser: Browser, address: str, person: str, language: str, *, theme: str = "light",
    size: tuple[int, int] = (1600, 1000),
) -> BrowserContext:  # fmt: skip
    """A browser profile with the cookies of a person, a language and a theme."""
    context = browser.new_context(
        base_url=address, locale=LOCALES[language], viewport={"width": size[0], "height": size[1]},
        color_scheme="light", reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(20_000)
    cookies = {settings.LANGUAGE_COOKIE_NAME: language, "qipan_theme": theme}
    if person:
        cookies[settings.SESSION_COOKIE_NAME] = session_of(person)
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    return context


def session_of(person: str) -> str:
    """The key of a fresh session of somebody, in the database that is pointed at; the password was given just now."""
    from qipan.organisations.models import Person

    client = Client()
    client.force_login(Person.objects.get(username=person))
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() + 3600, "username": person, "reauthenticated": True}
    ]
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value
