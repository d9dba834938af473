"""The log's operations of the API: its state, the proof of one row, checkpoints out and witnesses' files in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Router, Schema
from pydantic import Field

from qipan.kernel import clock, events, sealing, witness
from qipan.kernel.doors import actor_of
from qipan.kernel.errors import NotFound

WITNESS = "log.witness"
router = Router(tags=["log"])


class WitnessIn(Schema):
    """A witness's file as it travels: another log's checkpoint (with its ``key`` the first time), or a cosignature."""

    file: dict[str, Any]
    key: str = Field("", max_length=200)


@router.get("/log", summary="The log: entries, what waits, the newest checkpoint, what witnesses signed")
def read_log(request: HttpRequest) -> dict[str, Any]:
    found = sealing.state()
    return {
        "entries": found.size,
        "waiting": found.waiting,
        "signed": found.checkpoint.size if found.checkpoint else 0,
        "witnessed": sealing.last_witnessed(),
        "checkpoint": found.checkpoint.note if found.checkpoint else None,
        "key": str(found.key) if found.key else None,
        "witness_of": [
            {"origin": origin, "entries": size, "seen_at": clock.write_instant(at)}
            for origin, size, at in witness.sightings()
        ],
    }


@router.get("/acts/{act}", summary="Whether one's own act with this key was booked, and its answer")
def read_act(request: HttpRequest, act: UUID) -> dict[str, Any]:
    """What to ask after an answer was lost: 404 means that nothing was booked, and the same key may be sent again."""
    found = events.booked(act, by=actor_of(request))
    return {"operation": found.operation, "answer": found.answer, "known_at": clock.write_instant(found.known_at)}


@router.get("/log/checkpoint", summary="The newest checkpoint for a witness that last saw ?since= entries")
def read_checkpoint(request: HttpRequest, since: int = 0) -> dict[str, Any]:
    return witness.offer(since=since)


@router.get("/log/proofs/{kind}/{ref}", summary="The signed acknowledgement of one row")
def read_proof(request: HttpRequest, kind: str, ref: int) -> dict[str, Any]:
    """``kind`` is kernel_event, stock_movement, stock_hold or stock_holdend; ``checkpoint`` is null until signed."""
    proof = sealing.proof_of(kind, ref)
    if proof is None:
        raise NotFound(what="entry of the log", which=f"{kind} {ref}")
    return proof.as_json()


@router.post("/log/files", summary="Send a witness's file: a checkpoint is checked and cosigned, a cosignature is kept")
def send_file(request: HttpRequest, body: WitnessIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    by = actor_of(request)
    by.require(WITNESS)

    def work() -> dict[str, Any]:
        return receive(body.file, log_key=body.key)

    return events.once("log.witness", by=by, idem=key, body=body.dict(), work=work)


def receive(found: Any, *, log_key: str) -> dict[str, Any]:
    """Keep a cosignature of ours, or cosign another log's checkpoint."""
    if isinstance(found, dict) and found.get("format") == witness.REPLY:
        return {"accepted": witness.accept(found)}
    return witness.cosign(found, log_key=log_key)
