"""Whoever can do what cannot be undone signs in by more than a password."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.organisations.offices import GUARDED

SESSION_KEY = "account_authentication_methods"


def guarded(actor: Actor, session: Any = None) -> Actor:
    """The actor, without what needs a second step where there is none. At most one query, and only for who has a post
    that needs one.

    Args:
        session: of the request; one that passed a second step is not asked about again.
    """
    asked = GUARDED & {action for grant in actor.grants for action in grant.actions}
    if not asked or not settings.SECOND_STEP or _is_passed(session) or has_step(actor.id):
        return actor
    return replace(actor, closed=frozenset(asked))


def has_step(person: int) -> bool:
    """Whether this person has an authenticator app or a security key."""
    return Authenticator.objects.filter(user_id=person, type__in=("totp", "webauthn")).exists()


def reset(person: int, *, by: Actor) -> int:
    """Take away every second step of a person, and end that person's sessions; how many steps there were.

    Event: organisations.step_reset.
    """
    by.require("organisations.appoint")
    with transaction.atomic():
        gone, _by_model = Authenticator.objects.filter(user_id=person).delete()
        for session in UserSession.objects.filter(user_id=person):
            session.end()
        events.record(
            "organisations.step_reset", by=by, subject=f"person/{person}", at=clock.now(), after={"count": gone}
        )
    return gone


def _is_passed(session: Any) -> bool:
    return session is not None and any(step.get("method") == "mfa" for step in session.get(SESSION_KEY, ()))
