"""Bearer tokens of the API: signed, tied to a person, with an expiry. Nothing secret is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import HttpRequest
from ninja.errors import AuthenticationError
from ninja.security import HttpBearer

from qipan.kernel import clock, scope
from qipan.organisations import queries as organisations

SALT = "qipan.api"
DAYS_MOST = 366


def create(person_id: int, *, days: int) -> str:
    """A token for a person, valid 1 to 366 days of real time.

    Raises:
        ValueError: days out of bounds.
    """
    if not 1 <= days <= DAYS_MOST:
        raise ValueError(f"days must be 1 to {DAYS_MOST}")
    expires = (clock.real_now() + timedelta(days=days)).timestamp()
    return signing.dumps({"person": person_id, "expires": int(expires)}, salt=SALT)


class Bearer(HttpBearer):
    """Reads ``Authorization: Bearer …`` and puts the actor on the request.

    A token that is forged, has expired or is of somebody who left ends the request: no session stands in for it.
    """

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        try:
            found = signing.loads(token, salt=SALT)
        except signing.BadSignature as error:
            raise AuthenticationError() from error
        if found["expires"] < clock.real_now().timestamp():
            raise AuthenticationError()
        person = organisations.active_person(found["person"])
        if person is None:
            raise AuthenticationError()
        request.actor = organisations.actor_of(person, clock.now())  # type: ignore[attr-defined]
        scope.use(scope.of(request.actor))  # type: ignore[attr-defined]
        return person
