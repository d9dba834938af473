"""Screens of need: gaps, a unit's statements, approvals, imports, unread texts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from qipan.catalogue import queries as catalogue
from qipan.demand import access, exchange, operations, queries
from qipan.demand.forms import DecisionForm, FileForm, NeedForm, PlaceNeedForm
from qipan.kernel import clock
from qipan.kernel.doors import XLSX, actor_of, attachment, cut_of, key_of, page_number, page_of, require_reading
from qipan.kernel.errors import FileRefused, NotFound, Refused
from qipan.kernel.exchange import write_template
from qipan.kernel.quantity import QuantityUnreadable
from qipan.organisations import queries as organisations

LEVELS = ("city", "province", "unit")
PER_PAGE = 50


@require_GET
def gaps(request: HttpRequest) -> HttpResponse:
    """Need and gap by place, item and zone, the largest gap share first."""
    cut = cut_of(request)
    level = request.GET.get("level", "city")
    level = level if level in LEVELS else "city"
    found = queries.gap_by_place(cut, level=level)
    number = page_number(request)
    rows = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    query = request.GET.copy()
    query.pop("page", None)
    tabs = []
    for name, label in (("city", _("Cities")), ("province", _("Provinces")), ("unit", _("Units"))):
        query["level"] = name
        tabs.append({"label": label, "href": "?" + query.urlencode(), "selected": name == level, "count": None})
    context = {
        "cut": cut,
        "rows": rows,
        "page": page_of(rows, len(found), number=number, per_page=PER_PAGE),
        "tabs": tabs,
        "level": level,
        "items": catalogue.materials().values(),
        "place": organisations.region(cut.place) if cut.place else None,
        "provinces": organisations.regions(levels=("province",)).values(),
        "grades": queries.grades(),
        "unread": queries.unread_count(),
        "simulated": any(row.is_simulated for row in rows),
        "meeting": queries.meeting_before(cut.as_of),
    }
    return render(request, "demand/gaps.html", context)


@require_http_methods(["GET", "POST"])
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit: what it stated, what is approved, what covers it; forms to report and to approve."""
    found = organisations.organisations(ids={pk}).get(pk)
    if found is None:
        raise NotFound(what="unit", which=pk)
    require_reading(request, found.region)
    by, cut = actor_of(request), cut_of(request, place="", item="")
    form = NeedForm(request.POST or None, zero_allowed=request.POST.get("act") == "approve")
    if request.method == "POST" and form.is_valid():
        try:
            _take(request, form, found)
            return HttpResponseRedirect(request.get_full_path())
        except (Refused, QuantityUnreadable) as error:
            form.add_error(None, str(error))
    materials = catalogue.materials()
    gaps_of = [row for row in queries.gap_by_place(cut, level="unit") if row.organisation == pk]
    statements = queries.stated(cut, organisation=pk)
    context = {
        "unit": found,
        "region": organisations.region(found.region).name,
        "cut": cut,
        "form": form,
        "statements": [{"row": s, "item": materials.get(s.material or 0)} for s in statements],
        "remarks": queries.remarks(pk),
        "gaps": gaps_of,
        "history": queries.statement_history(pk, request.GET["history"]) if request.GET.get("history") else None,
        "may_report": by.may(access.REPORT, region=found.region, unit=pk),
        "may_approve": by.may(access.APPROVE, region=found.region),
    }
    return render(request, "demand/unit.html", context, status=422 if form.errors else 200)


def _take(request: HttpRequest, form: NeedForm, unit_row: organisations.OrganisationRow) -> None:
    """Report or approve what the form says."""
    item = catalogue.material(form.cleaned_data["item"])
    typed, measure = form.cleaned_data["quantity"], form.cleaned_data["measure"]
    by, now = actor_of(request), clock.now()
    if request.POST.get("act") == "approve":
        approval = operations.Approval(
            unit_row.id,
            item.id,
            form.cleaned_data["zone"],
            item.to_grains(typed, measure),
            form.cleaned_data["note"] or _("approved on the unit's page"),
        )
        operations.approve_needs([approval], by=by, at=now, idem=key_of(request))
        return
    statement = operations.NeedStatement(
        organisation=unit_row.id,
        item_text=item.name.zh,
        change="added",
        at=now,
        source=_("reported on the unit's page"),
        material=item.id,
        zone=form.cleaned_data["zone"],
        quantity=item.to_units(typed, measure),
        unit_text=item.unit.zh,
    )
    operations.report_needs([statement], by=by, idem=key_of(request))


@require_http_methods(["GET", "POST"])
def unread(request: HttpRequest) -> HttpResponse:
    """Texts that could not be read for certain; a person decides, once."""
    number = page_number(request)
    settled = request.GET.get("settled") == "1"
    form = DecisionForm(request.POST or None)
    asked = request.POST.get("unread", "")
    if request.method == "POST" and form.is_valid():
        try:
            operations.settle_unread(
                int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else 0,
                decision=form.cleaned_data["decision"],
                by=actor_of(request),
                at=clock.now(),
                idem=key_of(request),
            )
            return HttpResponseRedirect(request.get_full_path())
        except Refused as error:
            form.add_error(None, str(error))
    rows, total = queries.unread(limit=PER_PAGE, offset=(number - 1) * PER_PAGE, is_settled=settled)
    context = {
        "rows": [
            {
                "row": r,
                "before": r.cell[max(0, r.start - 40) : r.start],
                "piece": r.cell[r.start : r.end],
                "after": r.cell[r.end : r.end + 40],
            }
            for r in rows
        ],
        "page": page_of(rows, total, number=number, per_page=PER_PAGE),
        "form": form,
        "settled": settled,
        "may_review": actor_of(request).may(access.REVIEW),
        "reasons": reasons(),
    }
    return render(request, "demand/unread.html", context, status=422 if form.errors else 200)


@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """Published case counts of a region, the newest first; a fall is kept and marked as a revision."""
    cut = cut_of(request)
    place = cut.place or "420000"
    rows = queries.case_counts(place, as_of=cut.as_of)
    context = {
        "rows": rows[::-1],
        "place": organisations.region(place),
        "revisions": sum(row.is_revision for row in rows),
        "tiles": [t for t in organisations.tiles() if t.board in ("hubei", "china")],
    }
    return render(request, "demand/cases.html", context)


@require_http_methods(["GET", "POST"])
def voices(request: HttpRequest) -> HttpResponse:
    """What was said about the needs of places, every voice beside the others; an officer adds one."""
    cut = cut_of(request)
    by, refusal = actor_of(request), None
    form = PlaceNeedForm(request.POST or None, initial={"place": cut.place or "420000", "item": cut.item})
    if request.method == "POST" and form.is_valid():
        try:
            item = catalogue.material(form.cleaned_data["item"])
            statement = operations.PlaceStatement(
                form.cleaned_data["voice"], organisations.region(form.cleaned_data["place"]).code, item.id,
                item.to_grains(form.cleaned_data["quantity"]), clock.now(), form.cleaned_data["source"],
            )  # fmt: skip
            operations.state_place_needs([statement], by=by, idem=key_of(request))
            return HttpResponseRedirect(f"{reverse('demand:voices')}?place={statement.region}&item={item.code}")
        except Refused as error:
            refusal = error
            form.add_error(None, str(error))
    number = page_number(request)
    found = queries.place_needs(cut)
    rows = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    context = {
        "rows": rows,
        "page": page_of(rows, len(found), number=number, per_page=PER_PAGE),
        "form": form,
        "may_state": by.may(access.APPROVE),
        "cut": cut,
        "place": organisations.region(cut.place) if cut.place else None,
        "items": catalogue.materials().values(),
        "tiles": [t for t in organisations.tiles() if t.board in ("hubei", "china")],
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "demand/voices.html", context, status=status)


@require_http_methods(["GET", "POST"])
def load_file(request: HttpRequest) -> HttpResponse:
    """Import a table of needs: a dry run shows every problem; nothing is half-written."""
    problems: list[Any] = []
    statements: list[operations.NeedStatement] = []
    name = ""
    done = None
    if request.method == "POST":
        form = FileForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            name = upload.name
            try:
                statements = exchange.read_needs(name, upload.read())
                if request.POST.get("act") == "book":
                    done = operations.report_needs(statements, by=actor_of(request), idem=key_of(request))
            except FileRefused as error:
                problems = error.problems
            except Refused as error:
                form.add_error(None, str(error))
    else:
        form = FileForm()
    units = organisations.organisations(ids={s.organisation for s in statements})
    context = {
        "form": form,
        "problems": problems,
        "statements": [{"row": s, "unit": units[s.organisation]} for s in statements[:PER_PAGE]],
        "count": len(statements),
        "name": name,
        "done": done,
    }
    return render(request, "demand/import.html", context, status=422 if problems or form.errors else 200)


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """An empty workbook with the columns of the import and one example row."""
    return attachment(write_template(exchange.NEED_COLUMNS), "needs.xlsx", XLSX)


@require_GET
def workbook(request: HttpRequest) -> HttpResponse:
    """The gap list as a workbook: same cut, filter and columns."""
    return HttpResponseRedirect(reverse("figure_file", args=["demand.gap"]) + "?" + request.GET.urlencode())


def reasons() -> dict[str, str]:
    """Why a text was not read, in words."""
    return {
        "ambiguous_item": _("the word names several materials"),
        "not_in_catalogue": _("no such material in the catalogue"),
        "unknown_item": _("unknown item"),
        "misread_item": _("misspelt item, please confirm"),
        "drag_error": _("drag error of N95, please confirm"),
        "cut_off": _("cut off"),
        "number_without_item": _("a number without an item"),
        "quantity_unclear": _("quantity unclear"),
        "zero_need": _("a need of zero"),
        "not_wanted": _("not wanted, and what follows"),
        "sent_goods_unclear": _("goods were sent, unclear which"),
        "goods_on_the_way": _("goods on the way"),
        "repeated": _("said twice in the row"),
        "contact_detail": _("looks like a contact detail"),
        "leftover": _("not understood"),
    }
