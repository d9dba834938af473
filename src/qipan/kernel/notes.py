"""Signed notes: the text of a checkpoint, who signed it, and keys as one line of text.

Formats: C2SP signed-note, tlog-checkpoint and tlog-cosignature (v1), Ed25519, so that the tools of transparency
logs can read them. A checkpoint is ``origin``, the number of leaves and the root in base64, a line each; below an
empty line stand the signatures. A key's line is ``name+id+base64``.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNS, COSIGNS = 1, 4
"""The algorithm bytes: Ed25519 under a note; a timestamped Ed25519 cosignature."""
_NAME = re.compile(r"^[^\s+]{1,80}$")
_LINE = re.compile(r"^— (\S+) (\S+)$")


class NoteUnreadable(ValueError):
    """The text is no signed checkpoint, or no key."""


@dataclass(frozen=True)
class PublicKey:
    """A key that checks signatures: whose it is, and what for (SIGNS or COSIGNS)."""

    name: str
    raw: bytes
    algorithm: int = SIGNS

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.raw).digest()[:4]

    def __str__(self) -> str:
        packed = base64.b64encode(bytes([self.algorithm]) + self.raw).decode()
        return f"{self.name}+{self.id.hex()}+{packed}"

    def as_witness(self) -> PublicKey:
        """The same key for cosignatures."""
        return PublicKey(self.name, self.raw, COSIGNS)

    @staticmethod
    def read(text: str) -> PublicKey:
        """Raises: NoteUnreadable."""
        try:
            name, key_id, packed = text.strip().split("+", 2)
            raw = base64.b64decode(packed, validate=True)
            found = PublicKey(name, raw[1:], raw[0])
        except (ValueError, IndexError, binascii.Error) as error:
            raise NoteUnreadable(f"no key: {text.strip()[:60]!r}") from error
        if len(found.raw) != 32 or found.id.hex() != key_id or found.algorithm not in (SIGNS, COSIGNS):
            raise NoteUnreadable(f"no key: {text.strip()[:60]!r}")
        return found

    def _checks(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def has_signed(self, note: Note) -> bool:
        """Whether one of the note's signatures is this key's and holds."""
        for packed in note.signatures.get(self.name, ()):
            if packed[:4] != self.id:
                continue
            if self.algorithm == SIGNS and self._checks(packed[4:], note.body.encode()):
                return True
            if self.algorithm == COSIGNS and self._checks(packed[12:], _cosigned(note.body, packed[4:12])):
                return True
        return False


@dataclass(frozen=True)
class Note:
    """A signed checkpoint as it was read; nothing of it is checked yet."""

    origin: str
    size: int
    root: bytes
    body: str
    signatures: dict[str, list[bytes]]
    text: str

    @staticmethod
    def read(text: str) -> Note:
        """Raises: NoteUnreadable."""
        body, mark, below = text.partition("\n\n")
        lines = body.split("\n")
        try:
            size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        except (ValueError, IndexError, binascii.Error) as error:
            raise NoteUnreadable("no checkpoint") from error
        if not mark or size < 0 or len(root) != 32 or str(size) != lines[1] or not _NAME.match(lines[0]):
            raise NoteUnreadable("no checkpoint")
        signatures: dict[str, list[bytes]] = {}
        for line in below.splitlines():
            found = _LINE.match(line)
            if not found:
                raise NoteUnreadable(f"no signature: {line[:60]!r}")
            try:
                packed = base64.b64decode(found[2], validate=True)
            except binascii.Error as error:
                raise NoteUnreadable(f"no signature: {line[:60]!r}") from error
            signatures.setdefault(found[1], []).append(packed)
        return Note(lines[0], size, root, body + "\n", signatures, text)


class SigningKey:
    """A key that signs in one name."""

    def __init__(self, name: str, secret: bytes) -> None:
        if not _NAME.match(name):
            raise NoteUnreadable(f"a key's name has no spaces and no plus sign: {name!r}")
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = PublicKey(name, raw)

    def checkpoint(self, size: int, root: bytes) -> str:
        """The signed note of a tree; its origin is the key's name."""
        body = f"{self.public.name}\n{size}\n{base64.b64encode(root).decode()}\n"
        return body + "\n" + self._line(self.public, self._key.sign(body.encode())) + "\n"

    def cosign(self, note: Note, *, seconds: int) -> str:
        """The line of a witness under somebody else's checkpoint, at ``seconds`` since 1970."""
        stamp = seconds.to_bytes(8, "big")
        return self._line(self.public.as_witness(), stamp + self._key.sign(_cosigned(note.body, stamp)))

    @staticmethod
    def _line(key: PublicKey, signature: bytes) -> str:
        return f"— {key.name} {base64.b64encode(key.id + signature).decode()}"


def _cosigned(body: str, stamp: bytes) -> bytes:
    return f"cosignature/v1\ntime {int.from_bytes(stamp, 'big')}\n{body}".encode()
