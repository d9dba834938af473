"""A token lets a program act as a person: for its days, for its actions, until it is taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from qipan.demand import queries as demand
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut
from qipan.kernel.models import Event
from qipan.organisations import operations as organisations
from qipan.organisations.errors import DaysOutOfBounds
from qipan.organisations.models import Token
from tests.cast import Cast
from tests.doors.test_api import HOME, NEED, ClientOf, _problem, _send


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _token(by: Actor, *, days: int = 1, actions: tuple[str, ...] = ()) -> str:
    return organisations.make_token(by=by, name="test", days=days, idem=uuid4(), actions=actions).secret


def test_a_token_reads_and_writes_as_its_person(cast: Cast) -> None:
    token = _token(cast.duty)
    client = Client(enforce_csrf_checks=True)
    assert client.get(f"{HOME}/figures", headers=_bearer(token)).status_code == 200
    assert _send(client, "POST", f"{HOME}/needs", [NEED], **_bearer(token)).status_code == 201
    assert Event.objects.get(key="demand.reported").actor_id == cast.duty.id


def test_a_token_may_no_more_than_its_person(cast: Cast) -> None:
    _problem(_send(Client(), "POST", f"{HOME}/needs", [NEED], **_bearer(_token(cast.auditor))), 403, "not_allowed")


def test_a_token_may_no_more_than_its_actions(cast: Cast) -> None:
    token = _token(cast.duty, actions=("read", "stock.count"))
    assert Client().get(f"{HOME}/figures/demand.gap", headers=_bearer(token)).status_code == 200
    _problem(_send(Client(), "POST", f"{HOME}/needs", [NEED], **_bearer(token)), 403, "not_allowed")


def test_an_action_the_person_lacks_is_not_gained_by_a_token(cast: Cast) -> None:
    token = _token(cast.auditor, actions=("demand.report",))
    _problem(_send(Client(), "POST", f"{HOME}/needs", [NEED], **_bearer(token)), 403, "not_allowed")


def test_the_secret_is_not_kept(cast: Cast) -> None:
    token = _token(cast.duty)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM organisations_token t UNION ALL SELECT a::text FROM kernel_answeredkey a"
                       " UNION ALL SELECT e::text FROM kernel_event e")  # fmt: skip
        assert not any(token in row or token[8:] in row for (row,) in cursor.fetchall())


def _expired(cast: Cast) -> str:
    token = _token(cast.duty)
    Token.objects.update(expires_at=clock.real_now() - timedelta(seconds=1))
    return token


def _taken_back(cast: Cast) -> str:
    token = _token(cast.duty)
    organisations.revoke_token(Token.objects.latest("id").id, by=cast.duty, idem=uuid4())
    return token


def _left(cast: Cast) -> str:
    person = cast.person("duty")
    person.is_active = False
    person.save()
    return _token(cast.duty)


WORTHLESS = (
    _expired,
    _taken_back,
    _left,
    lambda cast: _token(cast.duty)[:-1],
    lambda _cast: "x",
    lambda _cast: "a:b:c",
)


@pytest.mark.parametrize("make", WORTHLESS)
def test_a_token_that_does_not_count_is_refused(cast: Cast, make: Callable[[Cast], str]) -> None:
    headers = _bearer(make(cast))
    _problem(Client().get(f"{HOME}/figures", headers=headers), 401, "sign_in_needed")
    _problem(_send(Client(), "POST", f"{HOME}/needs", [NEED], **headers), 401, "sign_in_needed")
    assert demand.stated(Cut(clock.now())) == []


def test_a_bad_token_is_not_saved_by_a_session(cast: Cast, client_of: ClientOf) -> None:
    _problem(client_of("duty").get(f"{HOME}/figures", headers=_bearer(_expired(cast))), 401, "sign_in_needed")


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_has_a_bounded_life(cast: Cast, days: int) -> None:
    with pytest.raises(DaysOutOfBounds):
        _token(cast.duty, days=days)


def test_a_token_is_made_shown_once_and_taken_back_on_ones_own_page(cast: Cast, client_of: ClientOf) -> None:
    client, page = client_of("duty"), f"/people/{cast.duty.id}"
    form = {"act": "token", "name": "nightly", "days": "30", "actions": ["read"], "idem": str(uuid4())}
    secret = re.search(r"qipan_[\w-]{40,}", client.post(page, form).content.decode())
    assert secret is not None
    assert Client().get(f"{HOME}/figures", headers=_bearer(secret[0])).status_code == 200
    again = client.post(page, form).content.decode()
    assert "qipan_" not in again.replace("qipan_csrf", "") and "the secret was shown then" in again
    number = Token.objects.get().id
    assert client_of("approver").post(page, {"act": "revoke_token", "token": number}).status_code == 404
    assert client.post(page, {"act": "revoke_token", "token": number}).status_code == 302
    assert Client().get(f"{HOME}/figures", headers=_bearer(secret[0])).status_code == 401
