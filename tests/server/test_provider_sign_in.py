"""Sign-in by an identity provider: one of ours comes in, nobody is made, and the request that comes back is ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from qipan.organisations.models import Person
from qipan.server.settings import oidc_apps
from tests.cast import Cast
from tests.server.provider import Provider, standing


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with standing() as found:
        told = {"QIPAN_OIDC_SERVER": found.address, "QIPAN_OIDC_CLIENT": "qipan", "QIPAN_OIDC_SECRET": "s"}
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": oidc_apps(told)}}
        yield found


def come_back(client: Client, provider: Provider, *, process: str = "login", state: str = "", **claims: str) -> Any:
    """Go to the provider and come back with its code; ``state`` replaces the one we gave it."""
    provider.claims = claims
    away = client.post(f"/sign-in/oidc/login/?process={process}")
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get("/sign-in/oidc/login/callback/", {"code": "c", "state": state or asked["state"][0]})


def test_who_is_not_linked_is_told_so_and_nobody_is_made(cast: Cast, provider: Provider) -> None:
    client, before = Client(), Person.objects.count()
    answer = come_back(client, provider, sub="1", preferred_username="duty")
    assert (answer.status_code, Person.objects.count()) == (403, before)
    assert client.get("/needs").status_code == 302


def test_a_claim_the_settings_name_finds_the_person(cast: Cast, provider: Provider, settings: Any) -> None:
    settings.OIDC_CLAIM = "preferred_username"
    client = Client()
    assert come_back(client, provider, sub="1", preferred_username="duty").status_code == 302
    assert client.get("/needs").status_code == 200
    assert provider.asked["code_verifier"]


@pytest.mark.parametrize("name", ["", "nobody"])
def test_a_claim_that_names_nobody_lets_nobody_in(cast: Cast, provider: Provider, settings: Any, name: str) -> None:
    settings.OIDC_CLAIM = "preferred_username"
    assert come_back(Client(), provider, sub="1", preferred_username=name).status_code == 403


def test_one_links_an_account_while_signed_in_and_comes_in_by_it(cast: Cast, provider: Provider) -> None:
    client = Client()
    client.post("/sign-in", {"login": "duty", "password": "test"})
    client.post("/account/again", {"password": "test"})
    assert come_back(client, provider, process="connect", sub="77").status_code == 302
    assert SocialAccount.objects.get(uid="77").user_id == cast.duty.id
    other = Client()
    assert come_back(other, provider, sub="77").status_code == 302
    assert other.get("/needs").status_code == 200
    assert come_back(Client(), provider, sub="78").status_code == 403


def test_an_answer_nobody_asked_for_is_refused(cast: Cast, provider: Provider, settings: Any) -> None:
    settings.OIDC_CLAIM = "preferred_username"
    client = Client()
    come_back(client, provider, sub="1", preferred_username="duty", state="forged")
    assert client.get("/needs").status_code == 302


def test_an_account_that_was_disabled_stays_out(cast: Cast, provider: Provider, settings: Any) -> None:
    settings.OIDC_CLAIM = "preferred_username"
    Person.objects.filter(username="duty").update(is_active=False)
    assert come_back(Client(), provider, sub="1", preferred_username="duty").status_code == 403
