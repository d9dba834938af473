"""Screens of corrections: what waits for a second person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from qipan.kernel import clock
from qipan.kernel.doors import PageRefused, actor_of, key_of, page_number, page_of, require_reading
from qipan.kernel.errors import Refused
from qipan.stock import access, operations, queries

PER_PAGE = 30
KINDS: dict[str, str | Promise] = {
    "write_off": gettext_lazy("write-off"),
    "reversal": gettext_lazy("booking back"),
}
STATES: dict[str, tuple[str, str | Promise]] = {
    "waiting": ("wait", gettext_lazy("waiting")),
    "confirmed": ("ok", gettext_lazy("confirmed")),
    "rejected": ("none", gettext_lazy("rejected")),
    "replaced": ("none", gettext_lazy("replaced by a later count")),
}


@require_http_methods(["GET", "POST"])
def corrections(request: HttpRequest) -> HttpResponse:
    """Write-offs and bookings back by state; whoever may, confirms or rejects one."""
    by, refusal = actor_of(request), None
    require_reading(request, by.home)
    if request.method == "POST":
        try:
            _decide(request)
            return HttpResponseRedirect(request.get_full_path())
        except Refused as error:
            refusal = error
    state = request.GET.get("state", "waiting")
    if state not in STATES:
        raise PageRefused(text=state[:40], name="state")
    number = page_number(request)
    found, total = queries.corrections(state=state, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    context = {
        "rows": [_shown(row, request) for row in found],
        "page": page_of(found, total, number=number, per_page=PER_PAGE),
        "tabs": [
            {"label": label, "href": f"?state={name}", "selected": name == state, "count": None}
            for name, (_shape, label) in STATES.items()
        ],
        "state": state,
        "refusal": refusal,
    }
    return render(request, "stock/corrections.html", context, status=refusal.status if refusal else 200)


def _decide(request: HttpRequest) -> None:
    by, asked = actor_of(request), request.POST.get("correction", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else 0
    note = request.POST.get("note", "").strip()[:300]
    if request.POST.get("act") == "confirm":
        operations.confirm_correction(number, by=by, idem=key_of(request), at=clock.now(), note=note)
        messages.success(request, _("Correction %(id)s is booked.") % {"id": number})
    else:
        operations.reject_correction(number, by=by, idem=key_of(request), at=clock.now(), note=note)
        messages.success(request, _("Correction %(id)s is rejected; the books stay as they are.") % {"id": number})


def _shown(row: queries.CorrectionRow, request: HttpRequest) -> dict[str, Any]:
    by = actor_of(request)
    shape, word = STATES[row.state]
    may = access.may_confirm(by, region=row.region, is_controlled=row.is_controlled, proposed_by=row.proposed_by)
    return {
        "row": row,
        "kind": KINDS[row.kind],
        "quantity": row.item.from_grains(row.qty),
        "shape": shape,
        "word": word,
        "may_confirm": row.state == "waiting" and may,
        "may_reject": row.state == "waiting" and (may or by.id == row.proposed_by),
    }
