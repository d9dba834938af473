"""What the browser is told with every answer, what the server's log holds, and which passwords are taken."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from qipan.server.logs import Lines
from tests.cast import Cast

ClientOf = Callable[..., Client]
ANSWERS = [
    ("/", 200), ("/sign-in", 302), ("/healthz", 200), ("/static/ui/qipan.js", 200), ("/api/v1/figures", 200),
    ("/nowhere", 404), ("/api/v1/nowhere", 404), ("/allocation/999999", 404), ("/stock?as_of=never", 422),
]  # fmt: skip


@pytest.fixture
def behind_tls(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 365 * 24 * 3600, True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(("path", "status"), ANSWERS)
def test_every_answer_carries_its_policy(client_of: ClientOf, path: str, status: int) -> None:
    answer = client_of("duty").get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert answer.status_code == status
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer
    assert "no-store" in answer["Cache-Control"] or path.startswith("/static/")
    answer.close()


@pytest.mark.parametrize(("path", "status"), ANSWERS)
def test_behind_tls_the_browser_stays_with_it(behind_tls: None, client_of: ClientOf, path: str, status: int) -> None:
    open_, closed = client_of("duty").get(path), client_of("duty").get(path, headers={"x-forwarded-proto": "https"})
    assert "Strict-Transport-Security" not in open_
    assert closed["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    open_.close()
    closed.close()


def test_behind_tls_every_cookie_is_of_this_host_and_travels_by_tls_alone() -> None:
    """The settings are read as they are imported: asked in a process of its own."""
    ask = (
        "from qipan.server import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME,"
        " s.LANGUAGE_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.LANGUAGE_COOKIE_SECURE,"
        " s.SECURE_HSTS_SECONDS)"
    )
    told = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, env={**os.environ, "QIPAN_HTTPS": "1"}
    )
    assert told.stdout.split() == [
        "__Host-qipan_session", "__Host-qipan_csrf", "__Host-qipan_language", "True", "True", "True", "31536000",
    ]  # fmt: skip


def test_cookies_are_for_this_site_and_the_session_is_not_for_scripts(cast: Cast) -> None:
    client = Client()
    client.get("/sign-in")
    client.post("/sign-in", {"login": "duty", "password": "test"})
    client.post("/language", {"language": "en"})
    assert {name: (cookie["samesite"], bool(cookie["httponly"])) for name, cookie in client.cookies.items()} == {
        "qipan_session": ("Lax", True), "qipan_csrf": ("Lax", False), "qipan_language": ("Lax", True),
    }  # fmt: skip


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "QIPAN"])
@pytest.mark.parametrize("path", ["/", "/stock", "/sign-in", "/api/v1/figures"])
def test_a_method_nobody_serves_changes_and_echoes_nothing(client_of: ClientOf, path: str, method: str) -> None:
    answer = client_of("duty").generic(method, path, headers={"x-told": "an-echo"})
    assert answer.status_code in (302, 403, 405)
    assert b"an-echo" not in answer.content


def test_who_signs_out_leaves_nothing_in_the_browser(client_of: ClientOf) -> None:
    client = client_of("duty")
    session = client.cookies["qipan_session"].value
    assert client.post("/sign-out")["Clear-Site-Data"] == '"cache", "storage"'
    again = Client()
    again.cookies["qipan_session"] = session
    assert again.get("/")["Location"].startswith("/sign-in")


class TestLog:
    def test_who_came_in_who_did_not_and_who_may_not_stands_in_it(
        self, cast: Cast, client_of: ClientOf, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "qipan.security"):
            Client().post("/sign-in", {"login": "duty", "password": "no"})
            Client().post("/sign-in", {"login": "duty", "password": "test"})
            client_of("receiver").get("/api/v1/needs?place=430000")
            client_of("receiver").post("/emergencies", {"name": "x", "place": "420000"})
        told = "\n".join(record.getMessage() for record in caplog.records)
        duty, keeper = cast.person("duty").id, cast.person("receiver").id
        assert "sign-in failed from 127.0.0.1" in told
        assert f"person {duty} signed in from 127.0.0.1" in told
        assert f"person {keeper} refused not_your_division at GET /api/v1/needs" in told
        assert "test" not in told.replace("test_", "")

    def test_what_somebody_typed_cannot_begin_a_line(self) -> None:
        record = logging.LogRecord("x", logging.WARNING, "", 1, "at %s", ("/a\n2020 CRITICAL x\x1b[2J\u2028",), None)
        line = Lines().format(record)
        assert len(line.splitlines()) == 1
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ WARNING x at /a\\x0a2020 CRITICAL", line)
        assert "\x1b" not in line

    def test_a_fault_is_told_with_where_it_was_set_in(self) -> None:
        try:
            raise ValueError("one\n2020-01-01T00:00:00Z CRITICAL forged")
        except ValueError:
            record = logging.LogRecord("x", logging.ERROR, "", 1, "fault", (), sys.exc_info())
        first, *rest = Lines().format(record).split("\n")
        assert first.endswith("ERROR x fault")
        assert rest
        assert all(line.startswith("  ") for line in rest)


@pytest.mark.parametrize(
    "word", ["password1234", "qipan2020wuhan", "棋盘防护服口罩2020", "12345678", "duty-officer", "hospital-admin1"]
)
def test_a_password_anybody_would_try_is_refused(cast: Cast, word: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(word, cast.person("duty"))


@pytest.mark.parametrize(
    "word", ["four words that nobody says", "绿马在三点半跳过了七条小河", "x" * 40 + "ÿ🐎" * 20, "aaabbbcccddd!"]
)
def test_any_signs_make_a_password_and_long_ones_too(cast: Cast, word: str) -> None:
    validate_password(word, cast.person("duty"))
    person = cast.person("duty")
    person.set_password(word)
    assert person.check_password(word)
    assert not person.check_password(word[:-1])
