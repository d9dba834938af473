"""Bearer tokens of the API: kept as digests, tied to a person, with an expiry and perhaps fewer actions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.errors import AuthenticationError
from ninja.security import HttpBearer

from qipan.kernel import clock, scope
from qipan.organisations import operations
from qipan.organisations import queries as organisations
from qipan.server.entrance import second_step


class Bearer(HttpBearer):
    """Reads ``Authorization: Bearer …`` and puts the actor on the request.

    A token that is unknown, taken back, over, or of somebody who left ends the request: no session stands in for it.
    """

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        found = operations.use_token(token, clock.real_now())
        person = organisations.active_person(found.person_id) if found is not None else None
        if found is None or person is None:
            raise AuthenticationError()
        actor = second_step.guarded(organisations.actor_of(person, clock.now()))
        request.actor = actor.only(found.actions) if found.actions else actor  # type: ignore[attr-defined]
        scope.use(scope.of(actor))
        return person
