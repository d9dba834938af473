"""What changes in how somebody signs in stands in that person's trail; sign-ins themselves in the server's log."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.mfa import signals as steps
from allauth.socialaccount import signals as links

from qipan.server.entrance.adapters import LOG, record


def connect() -> None:
    """Listen to what django-allauth tells."""
    steps.authenticator_added.connect(_step_added)
    steps.authenticator_removed.connect(_step_removed)
    steps.authenticator_reset.connect(_step_renewed)
    account.password_changed.connect(_password_changed)
    links.social_account_added.connect(_linked)
    links.social_account_removed.connect(_unlinked)
    account.user_logged_in.connect(_came_in)


def _step_added(user: Any, authenticator: Any, **_more: Any) -> None:
    record("step_added", user.id, kind=authenticator.type)


def _step_removed(user: Any, authenticator: Any, **_more: Any) -> None:
    record("step_removed", user.id, kind=authenticator.type)


def _step_renewed(user: Any, authenticator: Any, **_more: Any) -> None:
    record("step_renewed", user.id, kind=authenticator.type)


def _password_changed(user: Any, **_more: Any) -> None:
    record("password_changed", user.id)


def _linked(sociallogin: Any, **_more: Any) -> None:
    record("account_linked", sociallogin.user.id, kind=sociallogin.account.provider)


def _unlinked(socialaccount: Any, **_more: Any) -> None:
    record("account_unlinked", socialaccount.user_id, kind=socialaccount.provider)


def _came_in(request: Any, user: Any, **_more: Any) -> None:
    LOG.info("person %s signed in from %s", user.pk, get_adapter().get_client_ip(request))
