"""Signing in: name and password, a second step, codes, keys, a provider; and what one may not do without."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, hotp_value
from django.test import Client

from tests.cast import Cast

ClientOf = Callable[..., Client]
PASSWORD = "test"


def sign_in(name: str = "duty", password: str = PASSWORD, client: Client | None = None, **more: str) -> Any:
    return (client or Client()).post("/sign-in", {"login": name, "password": password, **more})


def code_of(secret: str) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30):06d}"


class TestPassword:
    def test_comes_in_and_goes_where_one_wanted(self, cast: Cast) -> None:
        answer = sign_in(next="/needs?item=SUIT-GB")
        assert (answer.status_code, answer["Location"]) == (302, "/needs?item=SUIT-GB")

    def test_is_not_sent_elsewhere(self, cast: Cast) -> None:
        assert sign_in(next="https://elsewhere.example/")["Location"] == "/"

    def test_a_wrong_name_and_a_wrong_password_answer_alike(self, cast: Cast) -> None:
        wrong, nobody = sign_in(password="no"), sign_in("nobody", "no")
        assert wrong.status_code == nobody.status_code == 403
        assert _plain(wrong, "duty") == _plain(nobody, "nobody")
        assert "用户名或密码不正确" in wrong.text

    def test_one_is_led_to_sign_in_and_back(self, cast: Cast) -> None:
        where = Client().get("/shipments?state=arrived")["Location"]
        assert where == "/sign-in?next=%2Fshipments%3Fstate%3Darrived"

    def test_too_many_tries_answer_alike_and_shut_out_the_right_password_too(self, cast: Cast) -> None:
        for _time in range(10):
            sign_in(password="no")
            sign_in("nobody", "no")
        shut, nobody = sign_in(), sign_in("nobody", "no")
        assert shut.status_code == nobody.status_code == 403
        assert _plain(shut, "duty") == _plain(nobody, "nobody")
        assert sign_in("approver").status_code == 302

    def test_the_session_gets_another_key(self, cast: Cast) -> None:
        client = Client()
        client.get("/sign-in")
        client.session.save()
        before = client.session.session_key
        sign_in(client=client)
        assert client.session.session_key != before


def _plain(answer: Any, name: str) -> str:
    """The page without what differs by request."""
    lines = answer.content.decode().replace(f'"{name}"', "").splitlines()
    return "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


class TestSecondStep:
    def test_is_asked_for_after_the_password(self, cast: Cast) -> None:
        TOTP.activate(cast.person("duty"), "A" * 32)
        client = Client()
        answer = sign_in(client=client)
        assert answer["Location"].startswith("/sign-in/second-step")
        assert client.get("/needs")["Location"].startswith("/sign-in")
        assert client.post("/sign-in/second-step", {"code": "000000"}).status_code == 200
        assert client.get("/needs").status_code == 302
        assert client.post("/sign-in/second-step", {"code": code_of("A" * 32)}).status_code == 302
        assert client.get("/needs").status_code == 200

    def test_a_code_is_taken_once(self, cast: Cast) -> None:
        TOTP.activate(cast.person("duty"), "A" * 32)
        code = code_of("A" * 32)
        for status in (302, 200):
            client = Client()
            sign_in(client=client)
            assert client.post("/sign-in/second-step", {"code": code}).status_code == status

    def test_a_recovery_code_is_taken_once(self, cast: Cast) -> None:
        person = cast.person("duty")
        TOTP.activate(person, "A" * 32)
        (code, *_rest) = RecoveryCodes.activate(person).get_unused_codes()
        for status in (302, 200):
            client = Client()
            sign_in(client=client)
            assert client.post("/sign-in/second-step", {"code": code}).status_code == status

    def test_is_set_up_by_scanning_and_stands_in_the_trail(
        self, cast: Cast, django_capture_on_commit_callbacks: Any
    ) -> None:
        client = Client()
        sign_in(client=client)
        client.post("/account/again", {"password": PASSWORD})
        page = client.get("/account/app")
        secret = page.context["form"].secret
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/account/app", {"code": code_of(secret)})
        assert answer.status_code == 302
        (kept,) = Authenticator.objects.filter(user=cast.person("duty"), type="totp")
        assert secret not in str(kept.data)
        assert (
            "second step set up"
            in client.get(f"/people/{cast.duty.id}", headers={"accept-language": "en"}).content.decode()
        )

    def test_the_password_is_asked_for_again_before_anything_changes(self, client_of: ClientOf) -> None:
        assert client_of("duty").get("/account/app")["Location"].startswith("/account/again")


class TestWithoutASecondStep:
    @pytest.fixture(autouse=True)
    def _asked_for(self, settings: Any) -> None:
        settings.SECOND_STEP = True

    @pytest.fixture
    def number(self, cast: Cast) -> int:
        """A planned batch."""
        cast.put("reserve", "SUIT-GB", 100)
        cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
        return cast.plan("SUIT-GB")

    def approve(self, client: Client, number: int) -> Any:
        return client.post(
            f"/api/v1/batches/{number}/approve", {}, content_type="application/json",
            headers={"idempotency-key": str(uuid4())},
        )  # fmt: skip

    def test_what_cannot_be_undone_is_refused(self, client_of: ClientOf, number: int) -> None:
        answer = self.approve(client_of("approver"), number)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_step_needed")

    def test_with_one_it_is_done(self, cast: Cast, client_of: ClientOf, number: int) -> None:
        TOTP.activate(cast.person("approver"), "A" * 32)
        assert self.approve(client_of("approver"), number).status_code == 200

    def test_the_page_says_what_to_do(self, client_of: ClientOf) -> None:
        assert "A second step is missing." in client_of("approver").get("/account").content.decode()
        assert "A second step is missing." not in client_of("driver").get("/account").content.decode()
