"""Sign-in, sign-out and the page on which a person sees how they sign in and where they are signed in."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_GET, require_POST

from qipan.kernel import clock
from qipan.kernel.doors import actor_of
from qipan.organisations.offices import GUARDED
from qipan.server import demo_accounts

BROWSERS = ("Edg", "Firefox", "Chrome", "Safari")
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


class SignIn(LoginView):
    """By name and password: the same answer whether the name or the password is wrong, or there were too many tries."""

    template_name = "server/sign_in.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_invalid(form)
        answer.status_code = 403
        return answer

    @property
    def extra_context(self) -> dict[str, Any]:
        """What the page shows beside the form."""
        return {
            "accounts": demo_accounts.shown(),
            "demo_password": demo_accounts.PASSWORD,
            "providers": get_adapter().list_providers(self.request),
        }


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, or a sign-in that waits for its second step; the browser forgets what it kept."""
    logout(request)
    return HttpResponseRedirect(reverse("sign_in"), headers={"Clear-Site-Data": '"cache", "storage"'})


@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """How one signs in: password, second step, keys, linked accounts; and where one is signed in."""
    by, person = actor_of(request), request.user
    steps = list(Authenticator.objects.filter(user=person).order_by("id"))
    wrapped = {step.type: step.wrap() for step in steps if step.type != Authenticator.Type.WEBAUTHN}
    codes = wrapped.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "app": next((step for step in steps if step.type == Authenticator.Type.TOTP), None),
        "keys": [step for step in steps if step.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.get_unused_codes()) if codes else 0,
        "has_codes": codes is not None,
        "has_step": is_mfa_enabled(person),
        "is_needed": bool(GUARDED & {action for grant in by.grants for action in grant.actions}),
        "is_enforced": settings.SECOND_STEP,
        "sessions": [
            {
                "row": row,
                "browser": browser_of(row.user_agent),
                "is_current": row.session_key == request.session.session_key,
            }
            for row in UserSession.objects.purge_and_list(person)
        ],
        "links": SocialAccount.objects.filter(user=person).order_by("id"),
        "providers": get_adapter().list_providers(request),
        "now": clock.real_now(),
    }
    return render(request, "server/entrance/security.html", context)


def browser_of(told: str) -> str:
    """What a browser says it is, in two words: "Firefox, Android"; its first 40 characters where none is known."""
    known = [next((name for name in names if name in told), "") for names in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in known if name) or told[:40]


@require_GET
def to_security(_request: HttpRequest) -> HttpResponse:
    """Where django-allauth sends people to see their keys."""
    return HttpResponseRedirect(reverse("mfa_index"))


class Sessions(ListUserSessionsView):
    """Ends all sessions but this one; the list itself is on the page of security."""

    success_url = reverse_lazy("mfa_index")

    def get(self, request: HttpRequest, *_arguments: Any, **_words: Any) -> HttpResponse:
        return to_security(request)
