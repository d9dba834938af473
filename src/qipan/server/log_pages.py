"""The log as people see it: checkpoints, who witnessed them, what is and is not proven; files in and out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from qipan.kernel import sealing, witness
from qipan.kernel.doors import actor_of, attachment, page_number, page_of, whole_number
from qipan.kernel.errors import NotFound, Refused
from qipan.server.log_api import WITNESS, receive

PAGE, FILE_MOST = 25, 1 << 20
JSON = "application/json"


@dataclass(frozen=True)
class Signed:
    """A checkpoint on the page: its size, root, instant, and who cosigned it."""

    size: int
    root: str
    made_at: Any
    witnesses: list[str]


@require_http_methods(["GET", "POST"])
def log(request: HttpRequest) -> HttpResponse:
    """The page; a witness file sent to it is checked, kept and answered."""
    refusal = None
    if request.method == "POST":
        try:
            return _taken(request)
        except Refused as error:
            refusal = error
    found = sealing.state()
    number = page_number(request)
    rows, signed, count = sealing.checkpoints(limit=PAGE, offset=(number - 1) * PAGE)
    witnessed = sealing.last_witnessed()
    context = {
        "log": found,
        "rows": [
            Signed(row.size, bytes(row.root).hex(), row.made_at, [each.witness for each in signed.get(row.size, [])])
            for row in rows
        ],
        "page": page_of(rows, count, number=number, per_page=PAGE),
        "witnessed": witnessed,
        "unwitnessed": found.size - witnessed,
        "sightings": [{"origin": origin, "size": size, "at": at} for origin, size, at in witness.sightings()],
        "may_witness": actor_of(request).may(WITNESS),
        "refusal": refusal,
        "accepted": whole_number(request, "accepted", default=0, most=10**12),
    }
    return render(request, "server/log.html", context, status=refusal.status if refusal else 200)


def _taken(request: HttpRequest) -> HttpResponse:
    """Another log's checkpoint is answered with our cosignature; a cosignature of ours is kept."""
    actor_of(request).require(WITNESS)
    done = receive(_sent(request), log_key=request.POST.get("key", "").strip())
    if "accepted" in done:
        return HttpResponseRedirect(f"{reverse('log')}?accepted={done['accepted']}")
    return _file(done, f"cosignature-{done['size']}.json")


def _sent(request: HttpRequest) -> Any:
    file = request.FILES.get("file")
    if file is None or file.size is None or file.size > FILE_MOST:
        raise witness.WitnessFileUnreadable(why=_("choose a file of at most one megabyte"))
    try:
        return json.loads(file.read().decode())
    except (ValueError, RecursionError) as error:  # a thousand brackets are no JSON that anybody means
        raise witness.WitnessFileUnreadable(why=_("it is no JSON")) from error


@require_GET
def checkpoint_file(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint for a witness that last saw ``since`` entries."""
    since = whole_number(request, "since", default=0, most=10**12)
    return _file(witness.offer(since=since), "checkpoint.json")


@require_GET
def kept_file(request: HttpRequest, origin: str) -> HttpResponse:
    """Everything that was seen here of another log."""
    found = witness.kept(origin)
    if not found["checkpoints"]:
        raise NotFound(what=_("log"), which=origin)
    return _file(found, "kept.json")


@require_GET
def proof_file(request: HttpRequest, kind: str, ref: int) -> HttpResponse:
    """The signed acknowledgement of one row: its leaf, the path, the checkpoint."""
    proof = sealing.proof_of(kind, ref)
    if proof is None:
        raise NotFound(what=_("entry of the log"), which=f"{kind} {ref}")
    return _file(proof.as_json(), f"{kind}-{ref}.json")


def _file(found: dict[str, Any], name: str) -> HttpResponse:
    return attachment((json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode(), name, JSON)
