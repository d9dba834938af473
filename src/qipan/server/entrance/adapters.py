"""What Qipan decides where django-allauth asks."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext as _

from qipan.kernel import clock, events, scope, vault
from qipan.organisations import queries as organisations

LOG = logging.getLogger("qipan.security")


class Accounts(DefaultAccountAdapter):
    """Nobody signs up by themselves; no mail is sent, for no address is kept."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

    def authentication_failed(self, request: HttpRequest, **_credentials: Any) -> None:
        LOG.warning("sign-in failed from %s", self.get_client_ip(request))

    def send_notification_mail(self, template_prefix: str, user: Any, context: Any = None, email: Any = None) -> None:
        """What a mail would tell stands in the person's trail."""

    def add_message(self, request: HttpRequest, level: int, *rest: Any, **words: Any) -> None:
        """What went wrong; what went well the page itself says."""
        if level >= messages.ERROR:
            super().add_message(request, level, *rest, **words)


class SecondSteps(DefaultMFAAdapter):
    """Secrets of the second step are kept closed."""

    def encrypt(self, text: str) -> str:
        return vault.close(text)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.open_(encrypted_text)

    def send_notification_mail(self, *_arguments: Any, **_words: Any) -> None:
        """What a mail would tell stands in the person's trail."""


class Providers(DefaultSocialAccountAdapter):
    """A provider's person comes in as one of ours: linked before, or by the claim the settings name."""

    def is_open_for_signup(self, *_asked: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find whom it is. Who is not known is told so, and nothing is made."""
        if request.user.is_authenticated or sociallogin.is_existing:
            return
        told = sociallogin.account.extra_data
        claims = {**told, **told.get("userinfo", {}), **told.get("id_token", {})}
        name = str(claims.get(settings.OIDC_CLAIM, "")) if settings.OIDC_CLAIM else ""
        person = organisations.person_by_name(name) if name else None
        if person is None or not person.is_active:
            LOG.warning("sign-in by a provider for nobody of ours")
            words = {"reason": _("Nobody here is linked to this account. Sign in by name once and link it.")}
            raise ImmediateHttpResponse(render(request, "server/entrance/refused.html", words, status=403))
        sociallogin.connect(request, person)


def record(what: str, person: int, **after: Any) -> None:
    """Write a change of how somebody signs in into that person's trail, also while nobody is signed in yet."""
    at = clock.now()
    row = organisations.active_person(person)
    if row is not None:
        by = organisations.actor_of(row, at)
        with scope.entered(scope.EVERYTHING):
            events.record(f"organisations.{what}", by=by, subject=f"person/{person}", at=at, after=after)
