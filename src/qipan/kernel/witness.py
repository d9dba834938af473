"""Witnesses: others keep what our log was, we keep what theirs was, by files that travel any way they can.

1. The log's keeper gives out an *offer*: the newest signed checkpoint, and the proof that the last one the witness
   saw is its beginning.
2. The witness checks both, keeps the checkpoint, and answers with a *cosignature*.
3. The keeper keeps the cosignature under its checkpoint.

A witness never signs two histories: an offer that does not continue what it saw is refused, and both are kept
by whoever holds the files.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connections
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock, sealing
from qipan.kernel.errors import Refused
from qipan.kernel.merkle import is_beginning
from qipan.kernel.models import Checkpoint, Cosignature, Sighting
from qipan.kernel.notes import Note, PublicKey

OFFER, REPLY, KEPT = "qipan-checkpoint/1", "qipan-cosignature/1", "qipan-witness/1"


class NoLogKey(Refused):
    """No key file is named, so nothing can be signed."""

    code = "no_log_key"
    sentence = _("This server has no signing key: set QIPAN_SEAL_KEY to a file that only it can read.")


class NothingSigned(Refused):
    """There is no checkpoint yet."""

    code = "nothing_signed"
    sentence = _("There is no signed checkpoint yet; the worker signs one as soon as something was booked.")


class WitnessFileUnreadable(Refused):
    """A file is no offer and no cosignature of the format."""

    code = "witness_file_unreadable"
    status = 422
    sentence = _("This is no file of a witness: %(why)s")


class SignatureWrong(Refused):
    """A signature is not by the key that it claims."""

    code = "signature_wrong"
    status = 422
    sentence = _("The signature of %(name)s does not hold; nothing was kept.")


class KeyNotKnown(Refused):
    """The first checkpoint of a log must come with the key that one got by another way."""

    code = "log_key_not_known"
    sentence = _(
        "The log %(origin)s was not seen here before: give its public key, got from its keeper by another way."
    )


class KeyChanged(Refused):
    """The log is known by another key."""

    code = "log_key_changed"
    sentence = _("The log %(origin)s is known here by another key; nothing was signed. Ask its keeper.")


class StartsElsewhere(Refused):
    """The proof does not begin at what this witness saw last."""

    code = "starts_elsewhere"
    sentence = _("This witness last saw %(seen)s entries; ask for a file that begins there (--since %(seen)s).")


class HistoryRewritten(Refused):
    """The log does not continue what this witness saw."""

    code = "history_rewritten"
    sentence = _(
        "The log %(origin)s does not continue what was seen at %(seen)s entries: something before it was rewritten."
        " Nothing was signed; keep this file as evidence."
    )


def offer(*, since: int = 0) -> dict[str, Any]:
    """The newest checkpoint for a witness that last saw ``since`` leaves (0: none).

    Raises:
        NoLogKey, NothingSigned; WitnessFileUnreadable: ``since`` is more than the checkpoint has.
    """
    key = sealing.signing_key()
    if key is None:
        raise NoLogKey()
    last = Checkpoint.objects.order_by("-size").first()
    if last is None:
        raise NothingSigned()
    if not 0 <= since <= last.size:
        raise WitnessFileUnreadable(why=f"since {since} > {last.size}")
    path = sealing.tree(last.size).consistency(since) if since else []
    return {
        "format": OFFER,
        "key": str(key.public),
        "checkpoint": last.note,
        "since": since,
        "consistency": [sealing.b64(step) for step in path],
    }


def cosign(found: Mapping[str, Any], *, log_key: str = "") -> dict[str, Any]:
    """Check somebody else's offer, keep it, and return the cosignature to send back; the same twice is the same.

    Args:
        log_key: the log's public key, needed the first time.

    Raises:
        WitnessFileUnreadable, KeyNotKnown, KeyChanged, SignatureWrong, StartsElsewhere, HistoryRewritten, NoLogKey.
    """
    mine = sealing.signing_key()
    if mine is None:
        raise NoLogKey()
    try:
        _require_format(found, OFFER)
        note = Note.read(str(found["checkpoint"]))
        since = int(found["since"])
        path = [base64.b64decode(step, validate=True) for step in found["consistency"]]
        given = PublicKey.read(log_key) if log_key else None
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise WitnessFileUnreadable(why=str(error)[:120]) from error
    seen = list(Sighting.objects.filter(origin=note.origin).order_by("-size"))
    if not seen and given is None:
        raise KeyNotKnown(origin=note.origin)
    known = PublicKey.read(seen[0].key) if seen else given
    if known is None or (given is not None and given != known):
        raise KeyChanged(origin=note.origin)
    if known.name != note.origin or not known.has_signed(note):
        raise SignatureWrong(name=note.origin)
    if seen:
        _require_continues(note, seen[0], since, path)
    if seen and seen[0].size == note.size:
        line = seen[0].cosignature
    else:
        now = clock.now()
        line = mine.cosign(note, seconds=int(now.timestamp()))
        _keep(
            "SELECT kernel_put_sighting(%s, %s, %s, %s, %s, %s, %s)",
            [note.origin, str(known), note.size, note.root, note.text, line, now],
        )
    return {
        "format": REPLY,
        "witness": mine.public.name,
        "key": str(mine.public.as_witness()),
        "origin": note.origin,
        "size": note.size,
        "cosignature": line,
    }


def accept(found: Mapping[str, Any]) -> int:
    """Keep a witness's cosignature under our checkpoint; returns the checkpoint's size.

    Raises:
        WitnessFileUnreadable: the file, or a checkpoint that we never signed. SignatureWrong.
    """
    try:
        _require_format(found, REPLY)
        key = PublicKey.read(str(found["key"]))
        size, line = int(found["size"]), str(found["cosignature"])
        row = Checkpoint.objects.filter(size=size).first()
        if row is None:
            raise ValueError(f"{size}: no such checkpoint")
        note = Note.read(row.note + line + "\n")
    except (KeyError, TypeError, ValueError) as error:
        raise WitnessFileUnreadable(why=str(error)[:120]) from error
    if not key.has_signed(note):
        raise SignatureWrong(name=key.name)
    _keep("SELECT kernel_put_cosignature(%s, %s, %s, %s)", [size, key.name, line, clock.now()])
    return size


def kept(origin: str) -> dict[str, Any]:
    """Everything this witness saw of a log, as the file that ``qipan verify --witness`` reads."""
    mine = sealing.signing_key()
    rows = Sighting.objects.filter(origin=origin).order_by("size")
    return {
        "format": KEPT,
        "witness": mine.public.name if mine else "",
        "key": str(mine.public.as_witness()) if mine else "",
        "checkpoints": [f"{row.note.rstrip()}\n{row.cosignature}\n" for row in rows],
    }


def sightings() -> list[tuple[str, int, datetime]]:
    """Logs that we witness: origin, size last seen, when."""
    newest: dict[str, tuple[str, int, datetime]] = {}
    for row in Sighting.objects.order_by("origin", "size"):
        newest[row.origin] = (row.origin, row.size, row.known_at)
    return list(newest.values())


def last_cosigned(witness: str) -> int:
    """The size of our newest checkpoint under which this witness's signature stands; 0 without any."""
    found = Cosignature.objects.filter(witness=witness).order_by("-checkpoint").first()
    return int(found.checkpoint_id) if found else 0


def _require_format(found: Mapping[str, Any], wanted: str) -> None:
    if not isinstance(found, Mapping) or found.get("format") != wanted:
        raise ValueError(f"its format is not {wanted}")


def _require_continues(note: Note, last: Sighting, since: int, path: list[bytes]) -> None:
    """The offer continues what we saw last, or is what we saw last."""
    root = bytes(last.root)
    if note.size == last.size:
        if note.root != root:
            raise HistoryRewritten(origin=note.origin, seen=last.size)
        return
    if note.size < last.size or since != last.size:
        raise StartsElsewhere(seen=last.size)
    if not is_beginning(root, first=last.size, root=note.root, size=note.size, path=path):
        raise HistoryRewritten(origin=note.origin, seen=last.size)


def _keep(sql: str, values: list[Any]) -> None:
    with connections[sealing.SEALER].cursor() as cursor:
        cursor.execute(sql, values)
