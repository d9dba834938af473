"""Screens of production: the day's output, a line, its daily report on a phone, late and missing reports, imports."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.doors import (
    XLSX,
    actor_of,
    attachment,
    cut_of,
    key_of,
    page_number,
    page_of,
    require_reading,
    shared_cut_of,
)
from qipan.kernel.errors import FileRefused, Refused
from qipan.kernel.exchange import write_template
from qipan.kernel.figures import Cut
from qipan.kernel.quantity import QuantityUnreadable
from qipan.organisations import queries as organisations
from qipan.production import access, exchange, operations, queries
from qipan.production.forms import FileForm, LineForm, ReportForm, StateForm
from qipan.production.queries import DayRow, LineRow, ReportRow
from qipan.production.words import FLAG_WORDS, STANDING_WORDS, STATE_WORDS
from qipan.ui import charts

PER_PAGE = 50
SPAN = 14
WORDS = {"states": STATE_WORDS, "flags": FLAG_WORDS, "standings": STANDING_WORDS}


@require_GET
def days(request: HttpRequest) -> HttpResponse:
    """What was made on the cut's day: sums by item, what fell, every line with both voices."""
    cut = cut_of(request)
    rows = queries.days(cut)
    due = queries.expected(rows)
    series = queries.output_days(cut, span=SPAN)
    on = queries.day_due(cut.as_of)
    span = [on - timedelta(days=n) for n in range(SPAN - 1, -1, -1)]
    items = [
        {"row": item, "spark": [series.get(item.item.id, {}).get(day, 0) for day in span]}
        for item in queries.by_item(rows)
    ]
    number = page_number(request)
    context = {
        "cut": cut,
        "day": on,
        "items": items,
        "falls": queries.falls(rows)[:12],
        "rows": [_shown(row) for row in rows[(number - 1) * PER_PAGE : number * PER_PAGE]],
        "page": page_of(rows[(number - 1) * PER_PAGE : number * PER_PAGE], len(rows), number=number, per_page=PER_PAGE),
        "reported": sum(row.firm is not None for row in due),
        "due": len(due),
        "place": organisations.region(cut.place) if cut.place else None,
        "provinces": organisations.regions(levels=("province",)).values(),
        "materials": catalogue.materials().values(),
        "may_register": actor_of(request).may(access.REGISTER),
        "may_report": actor_of(request).may(access.REPORT) or actor_of(request).may(access.VERIFY),
    }
    return render(request, "production/days.html", context)


@require_GET
def reporters(request: HttpRequest) -> HttpResponse:
    """Who reported by the cut-off, who was late, who is missing."""
    cut = cut_of(request)
    on = clock.day_of(cut.as_of)
    rows = queries.expected(queries.days(cut, day=on))
    by_standing = {code: [row for row in rows if row.standing == code] for code in STANDING_WORDS}
    is_over = cut.as_of >= queries.cut_off_of(on)
    first = "missing" if is_over else "awaited"
    wanted = request.GET.get("standing", first)
    wanted = wanted if wanted in by_standing else first
    query = request.GET.copy()
    query.pop("page", None)
    tabs = []
    for code in (first, "late", "on_time"):
        query["standing"] = code
        label = str(STANDING_WORDS[code])
        tabs.append(
            {
                "label": label,
                "href": "?" + query.urlencode(),
                "selected": code == wanted,
                "count": len(by_standing[code]),
            }
        )
    number = page_number(request)
    found = by_standing[wanted]
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    context = {
        "cut": cut,
        "day": on,
        "due_at": queries.cut_off_of(on),
        "rows": shown,
        "page": page_of(shown, len(found), number=number, per_page=PER_PAGE),
        "tabs": tabs,
        "standing": wanted,
        "due": len(rows),
        "on_time": len(by_standing["on_time"]),
        "place": organisations.region(cut.place) if cut.place else None,
    }
    return render(request, "production/reporters.html", context)


@require_http_methods(["GET", "POST"])
def line(request: HttpRequest, pk: int) -> HttpResponse:
    """A line: its state and capacity over time, fourteen days of reports in both voices; an officer states it anew."""
    cut, by = shared_cut_of(request, place="", item=""), actor_of(request)
    found = queries.line(pk, cut)
    require_reading(request, found.region)
    may_state = by.may(access.REGISTER, region=found.region)
    first = {"state": found.state, "capacity": found.item.from_grains(found.capacity)}
    form = StateForm(request.POST or None, initial=first) if may_state else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            operations.state_line(
                pk, state=form.cleaned_data["state"], capacity_day=found.item.to_grains(form.cleaned_data["capacity"]),
                ground=form.cleaned_data["ground"], by=by, at=clock.now(), idem=key_of(request),
            )  # fmt: skip
            return HttpResponseRedirect(request.get_full_path())
        except (Refused, QuantityUnreadable) as error:
            form.add_error(None, str(error))
    last = clock.day_of(cut.as_of)
    said = queries.reports(cut, first=last - timedelta(days=SPAN - 1), last=last, line_ids=[pk])
    context = {
        "line": found,
        "cut": cut,
        "day": last,
        "days": _both_voices(said),
        "chart": _chart(found, said, last),
        "line_states": [
            {"at": s.at, "word": STATE_WORDS[s.state], "capacity": s.capacity_day, "ground": s.ground}
            for s in queries.states_of(pk, cut)
        ],
        "form": form,
        "may_report": access.may_report(by, found, "firm"),
        "may_verify": access.may_report(by, found, "commissioner"),
        "revisions": _revisions(request, pk),
        "trail": organisations.trail(f"line/{pk}", until=cut.as_of),
        **WORDS,
    }
    return render(request, "production/line.html", context, status=422 if form is not None and form.errors else 200)


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The daily report of a line on a phone: prefilled from yesterday; a second one is a revision."""
    by, now = actor_of(request), clock.now()
    found = queries.line(pk, Cut(now))
    voice = _voice_of(request, found)
    access.require_report(by, [(found, voice)])
    today = clock.day_of(now)
    on = _day_of(request, today)
    prefilled = _prefilled(found, on, voice, now)
    form = ReportForm(request.POST or None, initial=prefilled, has_release=found.release_days > 0, today=today)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            (revision,) = operations.submit_daily_reports([_said(form, found, voice)], by=by, idem=key_of(request))
            done = f"?day={form.cleaned_data['day']}&voice={voice}&done={revision}"
            return HttpResponseRedirect(reverse("production:report", args=[pk]) + done)
        except (Refused, QuantityUnreadable) as error:
            refusal = error if isinstance(error, Refused) else None
            form.add_error(None, str(error))
    context = {
        "line": found,
        "voice": voice,
        "form": form,
        "day": on,
        "yesterday": on - timedelta(days=1),
        "before": prefilled.get("before"),
        "done": request.GET.get("done", "")[:4] if request.method == "GET" else "",
        "said": _latest(found, on, voice, now),
        "ready": queries.releasable(found, day=on) if found.release_days else 0,
        **WORDS,
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "production/report.html", context, status=status)


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a line of a maker."""
    by = actor_of(request)
    by.require(access.REGISTER)
    form = LineForm(request.POST or None, initial={"state": "running"})
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            item = catalogue.material(typed["item"])
            wanted = operations.LineRegistration(
                organisations.organisation(typed["unit"]).id, item.id, typed["name"], typed["state"],
                item.to_grains(typed["capacity"]), typed["ground"], typed["release_days"],
            )  # fmt: skip
            made = operations.register_line(wanted, by=by, at=clock.now(), idem=key_of(request))
            return HttpResponseRedirect(reverse("production:line", args=[made]))
        except (Refused, QuantityUnreadable) as error:
            refusal = error if isinstance(error, Refused) else None
            form.add_error(None, str(error))
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "production/register.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def load_file(request: HttpRequest) -> HttpResponse:
    """Import a table of daily reports: a dry run shows every problem; nothing is half-written."""
    problems: list[Any] = []
    said: list[operations.Daily] = []
    name, done = "", None
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        name = upload.name
        try:
            said = exchange.read_reports(name, upload.read(), place=actor_of(request).home)
            if request.POST.get("act") == "book":
                done = len(operations.submit_daily_reports(said, by=actor_of(request), idem=key_of(request)))
        except FileRefused as error:
            problems = error.problems
        except Refused as error:
            form.add_error(None, str(error))
    lines = {row.id: row for row in queries.lines(Cut(clock.now()), ids=[each.line for each in said[:PER_PAGE]])}
    context = {
        "form": form,
        "problems": problems,
        "said": [{"row": each, "line": lines[each.line]} for each in said[:PER_PAGE]],
        "count": len(said),
        "name": name,
        "done": done,
    }
    return render(request, "production/import.html", context, status=422 if problems or form.errors else 200)


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """An empty workbook with the columns of the import and one example row."""
    return attachment(write_template(exchange.REPORT_COLUMNS), "daily-reports.xlsx", XLSX)


@require_GET
def workbook(request: HttpRequest) -> HttpResponse:
    """The day's output as a workbook: same cut and filter."""
    return HttpResponseRedirect(
        reverse("figure_file", args=["production.daily_output"]) + "?" + request.GET.urlencode()
    )


def _shown(row: DayRow) -> dict[str, Any]:
    """A line's day with its words."""
    flags = [str(FLAG_WORDS[flag]) for flag in (row.firm.flags if row.firm else []) if flag in FLAG_WORDS]
    return {"row": row, "state": STATE_WORDS[row.line.state], "flags": flags}


def _both_voices(said: list[ReportRow]) -> list[dict[str, Any]]:
    """Reports by day, the newest first: the firm's, the commissioner's, the difference."""
    found: dict[date, dict[str, Any]] = {}
    for row in said:
        found.setdefault(row.day, {"day": row.day})[row.voice] = row
    for both in found.values():
        firm, other = both.get("firm"), both.get("commissioner")
        both["difference"] = other.output - firm.output if firm and other else None
        both["flags"] = [str(FLAG_WORDS[flag]) for flag in (firm.flags if firm else []) if flag in FLAG_WORDS]
    return [found[day] for day in sorted(found, reverse=True)]


def _chart(found: LineRow, said: list[ReportRow], last: date) -> Any:
    """Output by day in the firm's voice."""
    made = {row.day: row.output for row in said if row.voice == "firm"}
    if not made:
        return None
    days_ = [last - timedelta(days=n) for n in range(SPAN - 1, -1, -1)]
    values = [float(found.item.from_grains(made.get(day, 0))) for day in days_]
    labels = [f"{day.month}-{day.day}" for day in days_]
    return charts.column_chart(
        values, labels, title=_("Output"), unit=str(found.item.unit), language=get_language() or ""
    )


def _revisions(request: HttpRequest, pk: int) -> list[ReportRow]:
    """Everything said of the day in the address."""
    try:
        return queries.revisions(pk, date.fromisoformat(request.GET.get("history", "")))
    except ValueError:
        return []


def _voice_of(request: HttpRequest, found: LineRow) -> str:
    """The voice asked for; else the one the person may speak in."""
    asked = request.GET.get("voice", "")
    if asked:
        return asked if asked in ("firm", "commissioner") else "firm"
    return "firm" if access.may_report(actor_of(request), found, "firm") else "commissioner"


def _day_of(request: HttpRequest, today: date) -> date:
    """The day in the address; today where it is none that can be reported."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today
    return day if operations.is_reportable(day, today) else today


def _latest(found: LineRow, on: date, voice: str, now: Any) -> ReportRow | None:
    rows = queries.reports(Cut(now), first=on, last=on, line_ids=[found.id])
    return next((row for row in rows if row.voice == voice), None)


def _prefilled(found: LineRow, on: date, voice: str, now: Any) -> dict[str, Any]:
    """What is likely: what was said of the day, or yesterday's closing, price, people and raw material."""
    rows = queries.reports(Cut(now), first=on - timedelta(days=1), last=on, line_ids=[found.id])
    said = {row.day: row for row in rows if row.voice == voice}
    of = found.item.from_grains
    if row := said.get(on):
        return {
            "day": on, "output": of(row.output), "opening": of(row.opening), "shipped": of(row.shipped),
            "closing": of(row.closing), "released": of(row.released), "price": row.price, "people": row.people,
            "raw_days": row.raw_days, "reason": row.reason, "note": row.note,
            "to": row.flows[0]["region"] if row.flows else "", "before": said.get(on - timedelta(days=1)),
        }  # fmt: skip
    before = said.get(on - timedelta(days=1))
    if before is None:
        return {"day": on}
    return {
        "day": on, "opening": of(before.closing), "price": before.price, "people": before.people,
        "raw_days": before.raw_days, "to": before.flows[0]["region"] if before.flows else "", "before": before,
    }  # fmt: skip


def _said(form: ReportForm, found: LineRow, voice: str) -> operations.Daily:
    typed, to_grains = form.cleaned_data, found.item.to_grains
    shipped = to_grains(typed["shipped"])
    flows = ((typed["to"], shipped),) if typed["to"] and shipped else ()
    return operations.Daily(
        line=found.id, day=typed["day"], voice=voice, output=to_grains(typed["output"]), shipped=shipped,
        closing=to_grains(typed["closing"]),
        opening=None if typed["opening"] is None else to_grains(typed["opening"]),
        released=to_grains(typed.get("released") or 0), flows=flows,
        price_yuan=typed["price"], people=typed["people"], raw_days=typed["raw_days"], reason=typed["reason"],
        note=typed["note"], source="page",
    )  # fmt: skip
