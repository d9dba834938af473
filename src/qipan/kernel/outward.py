"""Telling other systems: one signed POST to an address somebody typed, and never into our own network.

The signature is that of Standard Webhooks (standardwebhooks.com, symmetric, v1). An address is resolved once, every
answer must be a public one, and the connection goes to that very answer: a name that changes its mind in between
reaches nothing. Redirections are not followed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused

PREFIX = "whsec_"
SECONDS, ANSWER_BYTES = 5.0, 4_096
TRANSLATED = ipaddress.ip_network("64:ff9b::/32")
"""Addresses a gateway turns into IPv4 ones: what lies behind cannot be seen here."""
Resolve = Callable[[str, int], list[str]]


class AddressRefused(Refused):
    """An address we do not call: not https, with a name or password in it, or inside a network of our own."""

    code = "address_refused"
    status = 422
    sentence = _("%(address)s is not called: it takes an https address of a public host (%(why)s).")


@dataclass(frozen=True)
class Target:
    """Where a call goes: the name for certificate and header, and the one address it is made to."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host name."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


def target_of(address: str, *, ask: Resolve = resolve) -> Target:
    """Look an address up and refuse what we do not call.

    Hosts named in QIPAN_WEBHOOK_HOSTS may lie inside and may be plain http: the operator said so.

    Raises:
        AddressRefused.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise AddressRefused(address=address[:200], why=_("it cannot be read")) from error
    is_ours = host in settings.WEBHOOK_HOSTS
    if parts.scheme not in ("https", *(["http"] if is_ours else [])) or not host:
        raise AddressRefused(address=address[:200], why=_("not https"))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused(address=address[:200], why=_("a name, password or fragment in it"))
    try:
        found = ask(host, port)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(address=address[:200], why=_("the host is unknown")) from error
    if not found or not (is_ours or all(_is_public(ip) for ip in found)):
        raise AddressRefused(address=address[:200], why=_("not a public host"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, found[0])


def _is_public(text: str) -> bool:
    """Whether an address is of the open internet, also one written as IPv6 around an IPv4."""
    try:
        ip = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    is_translated = ip.version == 6 and ip in TRANSLATED
    return ip.is_global and not ip.is_multicast and not is_translated and (inner is None or inner.is_global)


def fresh_secret() -> str:
    """A secret to share with the receiver: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message: str, at: int, body: bytes) -> str:
    """The header ``webhook-signature``: HMAC-SHA-256 over id, time and body.

    Args:
        message: the message's id. at: seconds since 1970.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    told = f"{message}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()


def post(target: Target, secret: str, message: str, at: int, body: bytes) -> int:
    """Send a message; the status of the answer, 0 when there was none. At most five seconds."""
    headers = {
        "Host": target.host if target.port in (80, 443) else f"{target.host}:{target.port}",
        "Content-Type": "application/json",
        "User-Agent": "Qipan",
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(secret, message, at, body),
    }
    limits = urllib3.Timeout(total=SECONDS)
    if target.scheme == "https":
        pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
            target.ip, target.port, timeout=limits, retries=False, server_hostname=target.host,
            assert_hostname=target.host,
        )  # fmt: skip
    else:
        pool = urllib3.HTTPConnectionPool(target.ip, target.port, timeout=limits, retries=False)
    try:
        answer = pool.request("POST", target.path, body=body, headers=headers, redirect=False, preload_content=False)
        answer.read(ANSWER_BYTES)
        return int(answer.status)
    except (urllib3.exceptions.HTTPError, OSError):
        return 0
    finally:
        pool.close()
