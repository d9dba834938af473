"""The hashes and signatures of the log, read once more from their public descriptions (RFC 6962, C2SP notes)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class KeyUnreadable(ValueError):
    """The text is no key of a log or witness."""


def packed(*fields: object) -> bytes:
    """The body of a leaf: every field as text behind its length in four bytes; ff ff ff ff for none."""
    parts = []
    for value in fields:
        if value is None:
            parts.append(b"\xff\xff\xff\xff")
            continue
        text = str((value - EPOCH) // MICROSECOND if isinstance(value, datetime) else value).encode()
        parts.append(len(text).to_bytes(4, "big") + text)
    return b"".join(parts)


def leaf(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


@dataclass
class Growing:
    """The root over leaves that come one after another: the roots of the whole subtrees, the largest first."""

    size: int = 0
    peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, hashed: bytes) -> None:
        height = 0
        while self.peaks and self.peaks[-1][0] == height:
            _height, left = self.peaks.pop()
            hashed = hashlib.sha256(b"\x01" + left + hashed).digest()
            height += 1
        self.peaks.append((height, hashed))
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        found = self.peaks[-1][1]
        for _height, left in reversed(self.peaks[:-1]):
            found = hashlib.sha256(b"\x01" + left + found).digest()
        return found


def leads_to(hashed: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that a path of inclusion leads to; None when it has the wrong length."""
    low, high, sides = 0, size, []
    while high - low > 1:
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        sides.append(index >= middle)
        low, high = (middle, high) if index >= middle else (low, middle)
    if len(path) != len(sides):
        return None
    for step, is_right in zip(path, reversed(sides), strict=True):
        pair = step + hashed if is_right else hashed + step
        hashed = hashlib.sha256(b"\x01" + pair).digest()
    return hashed


@dataclass(frozen=True)
class Key:
    """A public key in one line, ``name+id+base64``; ``kind`` 1 signs notes, 4 cosigns them."""

    name: str
    raw: bytes
    kind: int

    @staticmethod
    def read(text: str) -> Key:
        """Raises: KeyUnreadable."""
        try:
            name, _id, coded = text.strip().split("+", 2)
            raw = base64.b64decode(coded, validate=True)
        except ValueError as error:
            raise KeyUnreadable(text.strip()[:60]) from error
        key = Key(name, raw[1:], raw[0] if raw else 0)
        if len(key.raw) != 32 or key.kind not in (1, 4) or key.id().hex() != _id:
            raise KeyUnreadable(text.strip()[:60])
        return key

    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\x0a" + bytes([self.kind]) + self.raw).digest()[:4]

    def holds(self, note: Checkpoint) -> bool:
        """Whether this key signed, or cosigned, the checkpoint."""
        public = Ed25519PublicKey.from_public_bytes(self.raw)
        for name, signature in note.signatures:
            if name != self.name or signature[:4] != self.id():
                continue
            signed, rest = note.body.encode(), signature[4:]
            if self.kind == 4:
                stamp, rest = int.from_bytes(rest[:8], "big"), rest[8:]
                signed = f"cosignature/v1\ntime {stamp}\n".encode() + signed
            try:
                public.verify(rest, signed)
            except InvalidSignature:
                continue
            return True
        return False


@dataclass(frozen=True)
class Checkpoint:
    """A signed note over a tree: three lines, an empty one, and signatures."""

    origin: str
    size: int
    root: bytes
    body: str
    signatures: list[tuple[str, bytes]]

    @staticmethod
    def read(text: str) -> Checkpoint:
        """Raises: ValueError."""
        above, _gap, below = text.partition("\n\n")
        origin, size, root = above.split("\n")[:3]
        signatures = []
        for line in below.splitlines():
            dash, name, coded = line.split(" ")
            if dash == "—":
                signatures.append((name, base64.b64decode(coded, validate=True)))
        return Checkpoint(origin, int(size), base64.b64decode(root, validate=True), above + "\n", signatures)
