"""Screens of the field: commissioners and their logs, what holds lines back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, key_of, page_number, page_of, require_reading, shared_cut_of
from qipan.kernel.errors import NotFound, Refused
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.production import access, operations, queries
from qipan.production.forms import LogForm, SendForm, StepForm, TicketForm
from qipan.production.words import DEPARTMENT_WORDS, DUTY_WORDS, HINDRANCE_WORDS

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
def commissioners(request: HttpRequest) -> HttpResponse:
    """Who is at which maker, in which wave; the newest logs; an officer sends somebody or ends it."""
    cut, by = cut_of(request), actor_of(request)
    may_send = by.may(access.REGISTER)
    form = SendForm(request.POST if request.POST.get("act") == "send" else None)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            if request.POST.get("act") == "end":
                operations.end_commission(
                    _number(request.POST.get("commission", "")), ground=request.POST.get("ground", "")[:200], by=by,
                    at=clock.now(), idem=key_of(request),
                )  # fmt: skip
                return HttpResponseRedirect(request.get_full_path())
            if form.is_valid():
                typed = form.cleaned_data
                unit = organisations.organisation(typed["unit"]).id
                wanted = operations.CommissionText(unit, typed["who"], typed["wave"], typed["team"], typed["is_lead"])
                operations.send_commissioners(
                    [wanted], authority=typed["authority"], by=by, at=clock.now(), idem=key_of(request)
                )
                return HttpResponseRedirect(request.get_full_path())
        except Refused as error:
            refusal = error
            if form.is_bound:
                form.add_error(None, str(error))
    rows = queries.commissions(cut)
    units: dict[int, list[queries.CommissionRow]] = {}
    for row in rows:
        units.setdefault(row.unit_id, []).append(row)
    number = page_number(request)
    shown = list(units.values())[(number - 1) * PER_PAGE : number * PER_PAGE]
    written = queries.logs(cut, limit=20)
    context = {
        "cut": cut,
        "groups": shown,
        "page": page_of(shown, len(units), number=number, per_page=PER_PAGE),
        "makers": len(units),
        "people": len(rows),
        "waves": len({row.wave for row in rows}),
        "logs": [{"row": row, "entries": _entries(row.entries)} for row in written],
        "form": form if may_send else None,
        "may_send": may_send,
        "mine": {unit for unit in units if by.may(access.VERIFY, unit=unit)},
        "refusal": refusal,
        "place": organisations.region(cut.place) if cut.place else None,
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "production/commissioners.html", context, status=status)


@require_http_methods(["GET", "POST"])
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """A commissioner's day at a maker on a phone, under the five duties."""
    by, now = actor_of(request), clock.now()
    unit = organisations.organisations(ids={pk}).get(pk)
    if unit is None or unit.kind != "enterprise":
        raise NotFound(what="unit", which=pk)
    require_reading(request, unit.region)
    by.require(access.VERIFY, region=unit.region, unit=pk, where=str(unit.name))
    form = LogForm(request.POST or None, initial={"day": clock.day_of(now)})
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        entries = {duty: form.cleaned_data[duty] for duty in DUTY_WORDS}
        try:
            operations.write_commission_log(
                pk, day=form.cleaned_data["day"], entries=entries, by=by, idem=key_of(request)
            )
            return HttpResponseRedirect(reverse("production:log", args=[pk]) + "?done=1")
        except Refused as error:
            refusal = error
            form.add_error(None, str(error))
    written = queries.logs(Cut(now), unit=pk, limit=14)
    context = {
        "unit": unit,
        "form": form,
        "done": request.method == "GET" and "done" in request.GET,
        "logs": [{"row": row, "entries": _entries(row.entries)} for row in written],
        "lines": queries.lines(Cut(now), unit=pk),
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "production/log.html", context, status=status)


@require_http_methods(["GET", "POST"])
def tickets(request: HttpRequest) -> HttpResponse:
    """What holds lines back, the dearest first; whoever may opens another."""
    cut, by = cut_of(request), actor_of(request)
    state = "resolved" if request.GET.get("state") == "resolved" else "open"
    lines = (
        [row for row in queries.lines(Cut(clock.now())) if access.may_ticket(by, row)] if by.may(access.TICKET) else []
    )
    asked = request.GET.get("line", "")
    form = TicketForm(
        request.POST or None, lines=[(row.id, f"{row.title} · {row.item.short}") for row in lines],
        initial={"line": asked} if asked.isascii() and asked.isdigit() else {},
    )  # fmt: skip
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            wanted = operations.TicketText(
                typed["line"], typed["kind"], typed["title"], typed["owner"], typed["due_at"]
            )
            made = operations.open_ticket(wanted, by=by, at=clock.now(), idem=key_of(request))
            return HttpResponseRedirect(reverse("production:ticket", args=[made]))
        except Refused as error:
            refusal = error
            form.add_error(None, str(error))
    found = queries.tickets(cut, is_open=state == "open")
    number = page_number(request)
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "cut": cut,
        "rows": [_words(row) for row in shown],
        "page": page_of(shown, len(found), number=number, per_page=PER_PAGE),
        "state": state,
        "open_href": _with(query, "open"),
        "resolved_href": _with(query, "resolved"),
        "overdue": sum(row.is_overdue for row in found),
        "form": form if lines else None,
        "place": organisations.region(cut.place) if cut.place else None,
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "production/tickets.html", context, status=status)


@require_http_methods(["GET", "POST"])
def ticket(request: HttpRequest, pk: int) -> HttpResponse:
    """One hindrance: whose it is, what was done, and the next step."""
    cut, by = shared_cut_of(request, place="", item=""), actor_of(request)
    found = queries.ticket(pk, cut)
    require_reading(request, found.line.region)
    may_step = access.may_ticket(by, found.line) and found.is_open
    form = StepForm(request.POST or None)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            operations.step_ticket(
                pk, kind=typed["kind"], text=typed["text"], owner=typed["owner"], due_at=typed["due_at"], by=by,
                at=clock.now(), idem=key_of(request),
            )  # fmt: skip
            return HttpResponseRedirect(request.get_full_path())
        except Refused as error:
            refusal = error
            form.add_error(None, str(error))
    context = {
        "ticket": _words(found),
        "steps": [{"row": step, "owner": DEPARTMENT_WORDS.get(step.owner, "")} for step in found.steps],
        "form": form if may_step or form.errors else None,
        "trail": organisations.trail(f"ticket/{pk}", until=cut.as_of),
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "production/ticket.html", context, status=status)


def _words(row: queries.TicketRow) -> dict[str, Any]:
    return {"row": row, "kind": HINDRANCE_WORDS[row.kind], "owner": DEPARTMENT_WORDS[row.owner], "days": row.age.days}


def _entries(entries: dict[str, str]) -> list[tuple[Any, str]]:
    """Headings and texts, in the order of the duties."""
    return [(word, entries[duty]) for duty, word in DUTY_WORDS.items() if duty in entries]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _with(query: Any, state: str) -> str:
    query["state"] = state
    return "?" + str(query.urlencode())
