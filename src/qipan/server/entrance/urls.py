"""Addresses of signing in, by the names django-allauth knows. What it offers beside (sign-up, mail) is left out."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as steps
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as keys
from allauth.socialaccount import views as links
from allauth.socialaccount.providers.openid_connect import urls as oidc
from django.urls import include, path

from qipan.server.entrance import views

urlpatterns = [
    path("sign-in", views.SignIn.as_view(), name="sign_in"),
    path("sign-in", views.SignIn.as_view(), name="account_login"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("sign-out", views.sign_out, name="account_logout"),
    path("sign-in/second-step", steps.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey", keys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/inactive", account.account_inactive, name="account_inactive"),
    path("sign-in/cancelled", links.login_cancelled, name="socialaccount_login_cancelled"),
    path("sign-in/failed", links.login_error, name="socialaccount_login_error"),
    path("sign-in/", include(oidc)),
    path("account", views.security, name="mfa_index"),
    path("account/again", account.reauthenticate, name="account_reauthenticate"),
    path("account/again/code", steps.reauthenticate, name="mfa_reauthenticate"),
    path("account/again/key", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/password/set", account.password_set, name="account_set_password"),
    path("account/app", app.activate_totp, name="mfa_activate_totp"),
    path("account/app/remove", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/codes", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/codes/new", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/codes.txt", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/keys", views.to_security, name="mfa_list_webauthn"),
    path("account/keys/add", keys.add_webauthn, name="mfa_add_webauthn"),
    path("account/keys/<int:pk>/edit", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/keys/<int:pk>/remove", keys.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/links", links.connections, name="socialaccount_connections"),
    path("account/sessions", views.Sessions.as_view(), name="usersessions_list"),
]
