"""Screens of checklists: their versions, and a firm against every measure."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from qipan.kernel import clock
from qipan.kernel.doors import XLSX, actor_of, attachment, key_of, shared_cut_of
from qipan.kernel.errors import FileRefused, NotAllowed, Refused
from qipan.kernel.exchange import write_template
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.resumption import access, exchange, operations, queries
from qipan.resumption.forms import CheckForm, ChecklistForm
from qipan.ui.acts import Acted, perform


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """A firm against every measure of the newest checklist, on a phone; prefilled with the last check."""
    by, now = actor_of(request), clock.now()
    found = queries.firm(pk, Cut(now))
    may_inspect, may_report = by.may(access.ORDER, region=found.unit.region), access.may_report(by, found.unit)
    if not (may_inspect or may_report):
        raise NotAllowed(name=by.name, action=access.REPORT)
    versions = queries.checklists(Cut(now))
    if not versions:
        return render(request, "resumption/check.html", {"firm": found})
    newest = versions[0]
    said = found.assessment.answers if found.assessment and found.assessment.checklist_id == newest.id else {}
    first = {f"m{n}": answer for n, (answer, _evidence) in said.items()}
    first |= {f"e{n}": evidence for n, (_answer, evidence) in said.items()}
    form = CheckForm(
        request.POST or None, initial=first, measures=newest.measures, may_inspect=may_inspect, may_report=may_report
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.assess(
                pk, checklist=newest.code, answers=form.answers(), is_inspection=form.cleaned_data["whose"] != "own",
                by=by, at=now, idem=key_of(request),
            )  # fmt: skip
            return HttpResponseRedirect(reverse("resumption:firm", args=[pk]))
        except Refused as error:
            refusal = error
            form.add_error(None, str(error))
    context = {"firm": found, "checklist": newest, "form": form, "rows": form.rows()}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "resumption/check.html", context, status=status)


@require_http_methods(["GET", "POST"])
def checklists(request: HttpRequest) -> HttpResponse:
    """Versions of checklists with their measures; an officer writes another down from a table."""
    cut, by = shared_cut_of(request, place="", item=""), actor_of(request)
    problems: list[Any] = []

    def write(typed: dict[str, Any]) -> None:
        upload = typed["file"]
        wanted = operations.ChecklistText(
            typed["code"], Both(typed["title_zh"], typed["title_en"]), typed["authority"], upload.name,
            exchange.read_measures(upload.name, upload.read()), typed["region"],
        )  # fmt: skip
        operations.write_checklist(wanted, by=by, at=clock.now(), idem=key_of(request))

    def form(sent: Any, prefix: str) -> ChecklistForm:
        return ChecklistForm(sent, request.FILES if sent is not None else None, prefix=prefix)

    try:
        acted = perform(request, {"write": (form, write)})
    except FileRefused as error:
        problems = error.problems
        acted = Acted({"write": form(request.POST, "write")}, None, error.status)
    if acted.response is not None:
        return acted.response
    context = {
        "rows": queries.checklists(cut),
        "problems": problems,
        "forms": acted.forms if by.may(access.ORDER) else {},
    }
    return render(request, "resumption/checklists.html", context, status=acted.status)


@require_GET
def template(_request: HttpRequest) -> HttpResponse:
    """An empty workbook with the columns of a checklist and one example row."""
    return attachment(write_template(exchange.MEASURE_COLUMNS), "checklist.xlsx", XLSX)
