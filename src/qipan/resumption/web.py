"""Screens of the return to work: counts and prospects, firms one by one, requests, the check against measures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

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
from qipan.kernel.figures import Cut
from qipan.organisations import queries as organisations
from qipan.resumption import access, forecasting, operations, queries
from qipan.resumption.forms import (
    AttendanceForm,
    CommitForm,
    DecisionForm,
    ExemptionForm,
    PhaseForm,
    ReturnForm,
    RuleForm,
    StartForm,
    TallyForm,
)
from qipan.resumption.words import ANSWER_WORDS, CLASS_WORDS, FLAG_WORDS, GROUND_WORDS
from qipan.ui import charts
from qipan.ui.acts import perform

PER_PAGE = 50
SPAN = 14


@require_http_methods(["GET", "POST"])
def progress(request: HttpRequest) -> HttpResponse:
    """How many firms work again, what is expected, and the rules; an officer counts his division and sets rules."""
    cut, by = cut_of(request), actor_of(request)
    list_name = _class_of(request)
    acted = perform(request, {"tally": (TallyForm, _tally(request)), "rule": (RuleForm, _rule(request))})
    if acted.response is not None:
        return acted.response
    rows = queries.tallies(cut, list_name=list_name)
    counts, tellers, latest = queries.day_counts(rows), queries.tellers(rows), queries.latest(rows)
    names = organisations.regions([*latest, *(rule.region for rule in queries.rules(cut))])
    coming = forecasting.prospects(counts)
    context = {
        "cut": cut,
        "last": counts[-1] if counts else None,
        "coming": coming[-1] if coming else None,
        "chart": _chart(counts, coming),
        "rows": [
            {"row": row, "name": names[row.region].name, "counts": row.region in tellers}
            for row in sorted(latest.values(), key=lambda row: row.region)
        ],
        "scored": forecasting.scored(counts)[-SPAN:][::-1],
        "compared": forecasting.compared(counts),
        "rules": [
            {"row": rule, "name": names[rule.region].name, "class": CLASS_WORDS[rule.list_name]}
            for rule in queries.rules(cut)
        ],
        "waiting": sum(row.is_approved is None for row in queries.exemptions(cut)),
        "class": CLASS_WORDS[list_name],
        "list_name": list_name,
        "classes": CLASS_WORDS.items(),
        "forms": acted.forms if by.may(access.ORDER) else {},
        "place": organisations.region(cut.place) if cut.place else None,
        "provinces": organisations.regions(levels=("province",)).values(),
    }
    return render(request, "resumption/progress.html", context, status=acted.status)


@require_GET
def firms(request: HttpRequest) -> HttpResponse:
    """Firms one by one: from when they may, what is missing, and whether they work."""
    cut = cut_of(request)
    list_name = _class_of(request, default="")
    found = [row for row in queries.firms(cut) if not list_name or list_name in row.classes]
    states = {
        "": found,
        "working": [row for row in found if row.is_working],
        "early": [row for row in found if "too_early" in row.flags and row.is_working],
        "waiting": [row for row in found if not row.is_working],
    }
    state = request.GET.get("state", "")
    if state not in states:
        raise PageRefused(text=state[:40], name="state")
    labels = {"": _("All"), "working": _("Working"), "early": _("Too early"), "waiting": _("Not yet")}
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
        "rows": [_shown(row, cut) for row in shown],
        "page": page_of(shown, len(states[state]), number=number, per_page=PER_PAGE),
        "tabs": tabs,
        "list_name": list_name,
        "classes": CLASS_WORDS.items(),
        "place": organisations.region(cut.place) if cut.place else None,
        "provinces": organisations.regions(levels=("province",)).values(),
    }
    return render(request, "resumption/firms.html", context)


@require_http_methods(["GET", "POST"])
def firm(request: HttpRequest, pk: int) -> HttpResponse:
    """One firm on its way back: rule, commitment, measures, phases, people; who speaks for it adds to each."""
    cut, by, now = shared_cut_of(request, place="", item=""), actor_of(request), clock.now()
    found = queries.firm(pk, cut)
    require_reading(request, found.unit.region)
    may_report = access.may_report(by, found.unit)
    last = found.attendance
    acts: dict[str, Any] = {}
    if may_report or request.method == "POST":
        people = {"day": clock.day_of(now), "normal": last.normal if last else None}
        acts = {
            "commit": (CommitForm, _commit(request, pk)),
            "people": (_initial(AttendanceForm, people), _people(request, pk)),
            "phase": (_initial(PhaseForm, {"number": len(found.phases) + 1}), _phase(request, pk)),
            "start": (StartForm, _start(request)),
            "return": (ReturnForm, _return(request, pk)),
            "ask": (ExemptionForm, _ask(request, pk)),
        }
    acted = perform(request, acts)
    if acted.response is not None:
        return acted.response
    checklist = {row.id: row for row in queries.checklists(cut)}
    context = {
        "cut": cut,
        "row": _shown(found, cut),
        "firm": found,
        "checklist": checklist[found.assessment.checklist_id] if found.assessment else None,
        "missing": [FLAG_WORDS[code] for code in found.missing(cut.as_of)],
        "people": queries.attendances(cut, unit_ids=[pk], days=SPAN),
        "returns": [
            {"row": row, "flags": [FLAG_WORDS[flag] for flag in row.flags]} for row in queries.returns(pk, cut)
        ],
        "permits": queries.permits(Cut(cut.as_of, cut.known_at), unit_ids=[pk]),
        "asked": [_asked(row, by) for row in queries.exemptions(cut, unit_ids=[pk])],
        "forms": acted.forms if may_report else {},
        "may_check": may_report or by.may(access.ORDER, region=found.unit.region),
        "trail": organisations.trail(f"unit/{pk}", until=cut.as_of),
        "classes": [CLASS_WORDS[name] for name in CLASS_WORDS if name in found.classes],
    }
    return render(request, "resumption/firm.html", context, status=acted.status)


@require_http_methods(["GET", "POST"])
def exemptions(request: HttpRequest) -> HttpResponse:
    """Requests to resume earlier; an officer who did not ask decides."""
    cut, by = cut_of(request), actor_of(request)
    acted = perform(request, {"decide": (DecisionForm, _decide(request))})
    if acted.response is not None:
        return acted.response
    found = queries.exemptions(cut)
    number = page_number(request)
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    context = {
        "cut": cut,
        "rows": [_asked(row, by) for row in shown],
        "page": page_of(shown, len(found), number=number, per_page=PER_PAGE),
        "forms": acted.forms,
        "waiting": sum(row.is_approved is None for row in found),
        "place": organisations.region(cut.place) if cut.place else None,
    }
    return render(request, "resumption/exemptions.html", context, status=acted.status)


def _class_of(request: HttpRequest, *, default: str = "above_size") -> str:
    """The class of enterprises asked for."""
    name = request.GET.get("class", default)
    if name not in CLASS_WORDS:
        raise PageRefused(text=name[:40], name="class")
    return name


def _shown(row: queries.FirmRow, cut: Cut) -> dict[str, Any]:
    """A firm with its words and whether its day has come."""
    return {
        "row": row,
        "flags": [FLAG_WORDS[flag] for flag in row.flags] if row.is_working else [],
        "may_already": row.allowed_at is None or cut.as_of >= row.allowed_at,
        "is_exempt": bool(row.exemption and row.exemption.is_approved),
        "answers": [(word, row.assessment.counted(code)) for code, word in ANSWER_WORDS.items()]
        if row.assessment
        else [],
    }


def _asked(row: queries.ExemptionRow, by: Any) -> dict[str, Any]:
    may = row.is_approved is None and access.may_decide(by, row.region, asked_by=row.actor_id)
    return {"row": row, "ground": GROUND_WORDS[row.ground], "may_decide": may}


def _chart(counts: list[queries.DayCount], coming: list[forecasting.Prospect]) -> Any:
    """Counts of the last days, and what is expected of the next with its interval."""
    if len(counts) < 2:
        return None
    shown = counts[-SPAN:]
    days = [count.day for count in shown] + [each.day for each in coming]
    gap: list[float | None] = [None] * (len(shown) - 1)
    here = float(shown[-1].resumed)
    tail: list[float | None] = [None] * len(coming)
    lines = [charts.Series(_("Resumed"), [*(float(count.resumed) for count in shown), *tail])]
    if coming:
        lines += [
            charts.Series(_("Expected"), [*gap, here, *(float(each.middle) for each in coming)], "brass", dashed=True),
            charts.Series(_("At most"), [*gap, here, *(float(each.high) for each in coming)], "plain", dashed=True),
            charts.Series(_("At least"), [*gap, here, *(float(each.low) for each in coming)], "plain", dashed=True),
        ]
    return charts.line_chart(
        lines, [f"{day.month}-{day.day}" for day in days], title=_("Firms that have resumed"), unit=_("firms"),
        language=get_language() or "",
    )  # fmt: skip


def _initial(form: Any, first: dict[str, Any]) -> Any:
    """Makes the form with these first values."""
    return lambda sent, prefix: form(sent, prefix=prefix, initial=first)


def _tally(request: HttpRequest) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        said = operations.TallyText(
            typed["region"], typed["day"], typed["resumed"], typed["enterprises"], typed["people"], typed["list_name"],
            typed["source"],
        )  # fmt: skip
        operations.tell_tallies([said], by=actor_of(request), idem=key_of(request))
        return reverse("resumption:progress") + f"?class={typed['list_name']}"

    return do


def _rule(request: HttpRequest) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        operations.set_start_rule(
            typed["region"], list_name=typed["list_name"], not_before=typed["not_before"], document=typed["document"],
            by=actor_of(request), at=clock.now(), idem=key_of(request),
        )  # fmt: skip
        return None

    return do


def _commit(request: HttpRequest, pk: int) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        operations.sign_commitment(pk, **typed, by=actor_of(request), at=clock.now(), idem=key_of(request))
        return None

    return do


def _people(request: HttpRequest, pk: int) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        operations.count_people(pk, **typed, by=actor_of(request), idem=key_of(request))
        return None

    return do


def _phase(request: HttpRequest, pk: int) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        wanted = operations.PhaseText(pk, **typed)
        operations.plan_phase(wanted, by=actor_of(request), at=clock.now(), idem=key_of(request))
        return None

    return do


def _start(request: HttpRequest) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        operations.start_phase(typed["phase"], by=actor_of(request), at=clock.now(), idem=key_of(request))
        return None

    return do


def _return(request: HttpRequest, pk: int) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        works = typed["state"] == "works"
        operations.tell_return(
            pk, is_working=works, note=typed["note"], by=actor_of(request), at=clock.now(), idem=key_of(request)
        )
        return None

    return do


def _ask(request: HttpRequest, pk: int) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        operations.ask_exemption(pk, **typed, by=actor_of(request), at=clock.now(), idem=key_of(request))
        return None

    return do


def _decide(request: HttpRequest) -> Any:
    def do(typed: dict[str, Any]) -> str | None:
        operations.decide_exemption(
            typed["exemption"], is_approved=typed["answer"] == "yes", note=typed["note"], by=actor_of(request),
            at=clock.now(), idem=key_of(request),
        )  # fmt: skip
        return None

    return do
