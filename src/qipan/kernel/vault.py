"""Words kept closed: enciphered with a key outside the database, so that a copy of the books does not tell them.

Fernet (AES-128-CBC with HMAC-SHA-256) of the library *cryptography*. The key file holds one key a line; the first
closes, all of them open, so that a key is changed by putting a new line on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class VaultLocked(Refused):
    """No key file, or the key these words were closed with is not in it."""

    code = "vault_locked"
    status = 503
    sentence = _("These words cannot be opened here: the key they were closed with is missing (QIPAN_VAULT_KEY).")


def fresh_key() -> str:
    """A fresh key, one line of a key file."""
    return Fernet.generate_key().decode()


def close(words: str) -> str:
    """The words enciphered; each time another text.

    Raises:
        VaultLocked: there is no key.
    """
    return _keys(settings.VAULT_KEY_FILE, _written(settings.VAULT_KEY_FILE)).encrypt(words.encode()).decode()


def open_(closed: str) -> str:
    """The words of ``close``.

    Raises:
        VaultLocked: there is no key, or not this one, or the text was changed.
    """
    try:
        return _keys(settings.VAULT_KEY_FILE, _written(settings.VAULT_KEY_FILE)).decrypt(closed.encode()).decode()
    except InvalidToken as error:
        raise VaultLocked() from error


def _written(path: str) -> int:
    """When the key file was last written, so that a changed key is read anew; 0 where there is none."""
    return Path(path).stat().st_mtime_ns if path and Path(path).exists() else 0


@lru_cache(maxsize=4)
def _keys(path: str, written: int) -> MultiFernet:
    lines: Sequence[str] = Path(path).read_text().split() if written else ()
    if not lines:
        raise VaultLocked()
    return MultiFernet([Fernet(line) for line in lines])
