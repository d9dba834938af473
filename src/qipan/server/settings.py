"""Settings. Everything a deployment may set is an environment variable with the prefix QIPAN_;
``docs/reference/settings.md`` lists them all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

PACKAGE = Path(__file__).resolve().parent.parent


def database_of(url: str, role: str = "", scope: str = "") -> dict[str, object]:
    """A Django database from ``postgresql://user:password@host:port/name?host=/socket``.

    Args:
        role: the role to work as. scope: what part of the books its sessions begin with (``kernel.scope``).
    """
    parts = urlsplit(url)
    options: dict[str, object] = dict(parse_qsl(parts.query))
    host = str(options.pop("host", "") or parts.hostname or "")
    if role or scope:
        options["options"] = " ".join([f"-c role={role}"] * bool(role) + [f"-c qipan.scope={scope}"] * bool(scope))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "qipan",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def oidc_apps(told: Mapping[str, str]) -> list[dict[str, object]]:
    """The identity provider of QIPAN_OIDC_SERVER, QIPAN_OIDC_CLIENT, QIPAN_OIDC_SECRET; none where they are unset."""
    if not told.get("QIPAN_OIDC_SERVER"):
        return []
    return [
        {
            "provider_id": "oidc",
            "name": told.get("QIPAN_OIDC_NAME", "OpenID Connect"),
            "client_id": told.get("QIPAN_OIDC_CLIENT", ""),
            "secret": told.get("QIPAN_OIDC_SECRET", ""),
            "settings": {"server_url": told["QIPAN_OIDC_SERVER"]},
        }
    ]


_URL = os.environ.get("QIPAN_DATABASE_URL", "postgresql:///qipan")
_OWNER_URL = os.environ.get("QIPAN_OWNER_DATABASE_URL", _URL)
DATABASES = {
    "default": database_of(_URL, os.environ.get("QIPAN_DATABASE_ROLE", "")),
    "owner": database_of(_OWNER_URL, scope="%"),
    "sealer": database_of(os.environ.get("QIPAN_SEALER_DATABASE_URL", _OWNER_URL), scope="%"),
}
DATABASE_ROUTERS: list[str] = []

SECRET_KEY = os.environ.get("QIPAN_SECRET_KEY", "only-for-tests-and-checks")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("QIPAN_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
SEAL_KEY_FILE = os.environ.get("QIPAN_SEAL_KEY", "")
LOG_NAME = os.environ.get("QIPAN_LOG_NAME", "")
SEALS_AT_ONCE = os.environ.get("QIPAN_SEALER", "") != "worker"
IS_DEMO = os.environ.get("QIPAN_DEMO", "") == "1"
IS_HTTPS = os.environ.get("QIPAN_HTTPS", "") == "1"
VAULT_KEY_FILE = os.environ.get("QIPAN_VAULT_KEY", "")
WEBHOOK_HOSTS = [host for host in os.environ.get("QIPAN_WEBHOOK_HOSTS", "").split(",") if host]
CONTACT_DAYS = int(os.environ.get("QIPAN_CONTACT_DAYS", "90"))
SECOND_STEP = not IS_DEMO and os.environ.get("QIPAN_SECOND_STEP", "") != "off"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "qipan.kernel",
    "qipan.ui",
    "qipan.catalogue",
    "qipan.organisations",
    "qipan.stock",
    "qipan.resumption",
    "qipan.production",
    "qipan.demand",
    "qipan.allocation",
    "qipan.transport",
    "qipan.briefings",
    "qipan.server",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "qipan.server.middleware.Headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "qipan.server.middleware.Actors",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "qipan.server.middleware.Refusals",
]
ROOT_URLCONF = "qipan.server.urls"
WSGI_APPLICATION = "qipan.server.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "qipan.server.navigation.chrome",
            ],
            "builtins": ["qipan.ui.templatetags.ui"],
        },
    }
]

AUTH_USER_MODEL = "organisations.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "qipan.server.entrance.passwords.PlaceWords"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name_zh", "name_en")},
    },
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-qipan_session" if IS_HTTPS else "qipan_session"
CSRF_COOKIE_NAME = "__Host-qipan_csrf" if IS_HTTPS else "qipan_csrf"
CSRF_FAILURE_VIEW = "qipan.server.pages.csrf_failed"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if IS_HTTPS else []
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

ACCOUNT_ADAPTER = "qipan.server.entrance.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": "60/5m/ip,10/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("QIPAN_PROXIES", "0"))
MFA_ADAPTER = "qipan.server.entrance.adapters.SecondSteps"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS  # only http://localhost is taken by browsers then
MFA_TOTP_ISSUER = "Qipan"
MFA_TRUST_ENABLED = False
SOCIALACCOUNT_ADAPTER = "qipan.server.entrance.adapters.Providers"
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = ""
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
OIDC_CLAIM = os.environ.get("QIPAN_OIDC_CLAIM", "")
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": oidc_apps(os.environ)}}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "kernel_throttle",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "__Host-qipan_language" if IS_HTTPS else "qipan_language"
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = "qipan.ui.formats"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 25 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "qipan.server.logs.Lines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"qipan.security": {"level": "INFO"}},
}
