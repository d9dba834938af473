"""Screens of permits: cases under way, those that hold, one case with its steps."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from qipan.kernel import clock
from qipan.kernel.doors import (
    PageRefused,
    actor_of,
    cut_of,
    key_of,
    page_number,
    page_of,
    require_reading,
    shared_cut_of,
)
from qipan.organisations import queries as organisations
from qipan.resumption import access, operations, queries
from qipan.resumption.forms import PermitForm, PermitStepForm
from qipan.resumption.words import DEPARTMENT_WORDS, PERMIT_WORDS, STEP_WORDS
from qipan.ui.acts import perform

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
def permits(request: HttpRequest) -> HttpResponse:
    """Permit cases: under way with their clock, valid ones, ended ones; whoever speaks for a firm applies."""
    cut, by = cut_of(request), actor_of(request)

    def apply(typed: dict[str, Any]) -> str:
        wanted = operations.PermitText(**typed)
        made = operations.apply_for_permit(wanted, by=by, at=clock.now(), idem=key_of(request))
        return reverse("resumption:permit", args=[made])

    acted = perform(request, {"apply": (PermitForm, apply)})
    if acted.response is not None:
        return acted.response
    found = queries.permits(cut)
    states = {
        "open": [row for row in found if row.end is None],
        "valid": [row for row in found if row.is_valid],
        "ended": [row for row in found if row.end is not None and not row.is_valid],
    }
    state = request.GET.get("state", "open" if states["open"] or not states["valid"] else "valid")
    if state not in states:
        raise PageRefused(text=state[:40], name="state")
    labels = {"open": _("Under way"), "valid": _("Valid"), "ended": _("Ended")}
    query = request.GET.copy()
    query.pop("page", None)
    tabs = []
    for code, label in labels.items():
        query["state"] = code
        href = "?" + query.urlencode()
        tabs.append({"label": label, "href": href, "selected": code == state, "count": len(states[code])})
    number = page_number(request)
    shown = states[state][(number - 1) * PER_PAGE : number * PER_PAGE]
    context = {
        "cut": cut,
        "rows": [_words(row) for row in shown],
        "page": page_of(shown, len(states[state]), number=number, per_page=PER_PAGE),
        "tabs": tabs,
        "state": state,
        "in_dispatch": sum(row.in_dispatch for row in states["valid"]),
        "valid": len(states["valid"]),
        "overdue": sum(row.is_overdue for row in found),
        "ending": sum(row.ends_soon for row in found),
        "forms": acted.forms if by.may(access.REPORT) else {},
        "place": organisations.region(cut.place) if cut.place else None,
    }
    return render(request, "resumption/permits.html", context, status=acted.status)


@require_http_methods(["GET", "POST"])
def permit(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: with which department it lies, what was done, and the next step."""
    cut, by = shared_cut_of(request, place="", item=""), actor_of(request)
    found = queries.permit(pk, cut)
    require_reading(request, found.region)
    may_order = by.may(access.ORDER, region=found.region)
    may_step = may_order or by.may(access.REPORT, region=found.region, unit=found.unit_id)

    def step(typed: dict[str, Any]) -> None:
        operations.step_permit(pk, operations.StepText(**typed), by=by, at=clock.now(), idem=key_of(request))

    def form(sent: Any, prefix: str) -> PermitStepForm:
        return PermitStepForm(sent, prefix=prefix, may_order=may_order)

    acted = perform(request, {"step": (form, step)})
    if acted.response is not None:
        return acted.response
    context = {
        "permit": _words(found),
        "steps": [
            {"row": s, "word": STEP_WORDS[s.kind], "department": DEPARTMENT_WORDS.get(s.department, "")}
            for s in found.steps
        ],
        "forms": acted.forms if may_step and (found.end is None or acted.status != 200) else {},
        "trail": organisations.trail(f"permit/{pk}", until=cut.as_of),
    }
    return render(request, "resumption/permit.html", context, status=acted.status)


def _words(row: queries.PermitRow) -> dict[str, Any]:
    return {
        "row": row,
        "kind": PERMIT_WORDS[row.kind],
        "department": DEPARTMENT_WORDS[row.department],
        "days": row.took.days,
    }
