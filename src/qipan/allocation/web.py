"""Screens of allocation: the list of batches, one batch with its explanation, planning."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qipan.allocation import access, exchange, explanation, operations, queries, supposing
from qipan.allocation.errors import BatchUnknown
from qipan.allocation.forms import POOL_WORDS, PlanForm, PolicyForm, StepForm, TierForms
from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.doors import (
    XLSX,
    actor_of,
    attachment,
    cut_of,
    key_of,
    page_number,
    page_of,
    sent_instant,
    whole_number,
)
from qipan.kernel.errors import Refused
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.ui import reasons
from qipan.ui.templatetags.ui import instant

PER_PAGE = 50
POLICY_FIELDS = ("code", "name_zh", "name_en", "authority", "pools")


@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """Batches, the newest first, with their state and progress."""
    cut = cut_of(request)
    state = request.GET.get("state", "")
    number = page_number(request)
    rows, total = queries.batches(cut, state=state, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    counts = queries.state_counts(cut)
    materials = catalogue.materials()
    states = [
        ("", _("All")),
        ("planned", _("Planned")),
        ("approved", _("Approved")),
        ("issued", _("Issued")),
        ("voided", _("Voided")),
    ]
    keep = request.GET.copy()
    tabs = []
    for name, label in states:
        keep["state"] = name
        keep.pop("page", None)
        count = counts.get(name, 0) if name else sum(counts.values())
        tabs.append({"label": label, "href": "?" + keep.urlencode(), "selected": name == state, "count": count})
    context = {
        "rows": [{"batch": b, "items": [materials[i].short for i in b.items]} for b in rows],
        "page": page_of(rows, total, number=number, per_page=PER_PAGE),
        "tabs": tabs,
        "cut": cut,
        "may_plan": actor_of(request).may(access.PLAN),
    }
    return render(request, "allocation/batches.html", context)


@require_GET
def batch(request: HttpRequest, number: int) -> HttpResponse:
    """One batch: steps, fill by tier and item, lines, one explained, two persons."""
    return _batch_page(request, number)


def _batch_page(request: HttpRequest, number: int, *, refusal: Refused | None = None) -> HttpResponse:
    cut = cut_of(request) if request.method == "GET" else Cut(clock.now())
    row = _found(number, cut)
    tier, text = request.GET.get("tier", ""), request.GET.get("text", "").strip()[:60]
    at_page = page_number(request)
    needs, total = queries.needs(
        row.id,
        tier=int(tier) if tier.isascii() and tier.isdigit() and len(tier) < 3 else None,
        item=cut.item,
        text=text,
        limit=PER_PAGE,
        offset=(at_page - 1) * PER_PAGE,
    )
    names = explanation.names_of(queries.inputs(row.id), row.policy)
    zones = catalogue.zones()
    opened = whole_number(request, "open", default=-1, most=1_000_000)
    shown = [
        {
            "need": n,
            "zone": zones.get(n.zone),
            "cause": reasons.word(n.cause),
            "why": explanation.explain(n, names),
            "want": n.reason.get("want"),
        }
        for n in needs
    ]
    cells = queries.levels(row.id)
    context = {
        "batch": row,
        "cut": cut,
        "steps": _steps(row),
        "certificate": _certificate(row),
        "level_items": [names.materials[i] for i in row.items],
        "level_rows": _level_rows(row, cells, names),
        "needs": shown,
        "opened": opened,
        "page": page_of(needs, total, number=at_page, per_page=PER_PAGE),
        "tiers": names.inputs["tiers"],
        "tier": tier,
        "item": cut.item,
        "text": text,
        "totals": _totals(cells, names),
        "may": _may(row, actor_of(request)),
        "step_form": StepForm(),
        "refusal": refusal,
        "trail": organisations.trail(f"batch/{number}", until=cut.as_of),
        "holds": queries.holds_of(number) if row.state == "issued" else None,
        "excluded": names.inputs["excluded"],
        "rules": names.inputs["rules"],
        "days": names.inputs["days"],
    }
    return render(request, "allocation/batch.html", context, status=refusal.status if refusal else 200)


@require_GET
def what_if(request: HttpRequest, number: int) -> HttpResponse:
    """One change to a batch's inputs and what it would do; the price of each rule."""
    row = _found(number, cut_of(request))
    desk = supposing.Desk(row)
    asked, effect, refusal = request.GET.dict(), None, None
    if asked.get("kind"):
        try:
            effect = desk.effect_of(desk.read(asked))
        except Refused as error:
            refusal = error
    inputs, names = desk.inputs, desk.names
    context = {
        "batch": row,
        "asked": asked,
        "effect": effect,
        "shown": effect.rows[:PER_PAGE] if effect else [],
        "refusal": refusal,
        "sources": [
            {"at": at, "place": names.places[s.place], "item": names.materials[s.item], "free": s.free}
            for at, s in enumerate(inputs.supplies)
        ],
        "needs": [
            {
                "at": at,
                "unit": names.units[w.organisation],
                "zone": w.zone,
                "item": names.materials[w.item],
                "need": w.need,
            }
            for at, w in enumerate(inputs.wants)
        ],
        "prices": desk.prices(),
    }
    return render(request, "allocation/what_if.html", context, status=422 if refusal else 200)


@require_http_methods(["GET", "POST"])
def policies(request: HttpRequest) -> HttpResponse:
    """The policies in force; the command writes down a new version, prefilled from one of them."""
    by, status = actor_of(request), 422 if request.method == "POST" else 200
    rows = queries.policies(clock.now())
    earlier = next((row for row in rows if row.code == request.GET.get("of", "")), rows[0] if rows else None)
    tiers = list(earlier.tiers.all()) if earlier else []
    form = PolicyForm(request.POST or None, initial=_as_fields(earlier, POLICY_FIELDS))
    forms = TierForms(request.POST or None, initial=[_tier_fields(tier) for tier in tiers])
    if request.method == "POST" and form.is_valid() and forms.is_valid():
        said = form.cleaned_data
        stated = [tier for tier in forms.cleaned_data if tier.get("name_zh")]
        try:
            name = Both(said["name_zh"], said["name_en"])
            text = operations.PolicyText(name, said["authority"], stated, said["pools"])
            operations.state_policy(said["code"], text, by=by, at=clock.now(), idem=key_of(request))
            return HttpResponseRedirect(reverse("allocation:policies") + f"?of={said['code']}")
        except Refused as error:
            status = error.status
            form.add_error(None, str(error))
    pools = {row.code: [str(POOL_WORDS[pool]) for pool in row.pools] for row in rows}
    context = {
        "policies": [{"p": row, "pools": pools[row.code]} for row in rows],
        "form": form,
        "tier_forms": forms,
        "may_state": by.may(access.COMMAND),
    }
    return render(request, "allocation/policies.html", context, status=status)


def _as_fields(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names} if row is not None else {}


def _tier_fields(tier: Any) -> dict[str, Any]:
    fields = _as_fields(tier, tuple(TierForms.form.base_fields))
    return {**fields, "regions": " ".join(tier.regions), "zones": " ".join(tier.zones)}


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """Plan the next batch."""
    by = actor_of(request)
    form = PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            number = operations.plan_batch(
                by=by,
                idem=key_of(request),
                at=clock.now(),
                policy=form.cleaned_data["policy"],
                deadline=form.cleaned_data["deadline"],
                title=Both(form.cleaned_data["title_zh"], form.cleaned_data["title_en"]),
                items=form.cleaned_data["items"],
                place=form.cleaned_data["place"],
            )
            return HttpResponseRedirect(reverse("allocation:batch", args=[number]))
        except Refused as error:
            form.add_error(None, str(error))
    context = {"form": form, "may_plan": by.may(access.PLAN), "policies": queries.policies(clock.now())}
    return render(request, "allocation/plan.html", context, status=422 if form.errors else 200)


@require_POST
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Approve, issue or void; a refusal stays on the page."""
    by, act, note = actor_of(request), request.POST.get("act", ""), request.POST.get("note", "").strip()[:300]
    try:
        if act == "approve":
            operations.approve_batch(number, by=by, at=clock.now(), idem=key_of(request), note=note)
        elif act == "issue":
            until = sent_instant(request, "holds_until")
            operations.issue_batch(number, by=by, at=clock.now(), idem=key_of(request), note=note, holds_until=until)
        elif act == "void":
            operations.void_batch(number, by=by, at=clock.now(), idem=key_of(request), reason=note)
    except Refused as error:
        return _batch_page(request, number, refusal=error)
    return HttpResponseRedirect(reverse("allocation:batch", args=[number]))


@require_GET
def workbook(request: HttpRequest, number: int) -> HttpResponse:
    """The batch as a workbook: lines, needs with explanation, certificate."""
    cut = cut_of(request)
    row = _found(number, cut)
    return attachment(exchange.batch_workbook(row), f"batch-{number}.xlsx", XLSX)


def _found(number: int, cut: Cut) -> queries.BatchRow:
    row = queries.batch(number, cut)
    if row is None:
        raise BatchUnknown(number=number)
    return row


def _steps(row: queries.BatchRow) -> list[dict[str, Any]]:
    words = {"planned": _("Planned"), "approved": _("Approved"), "issued": _("Issued")}
    steps = []
    is_next = True
    for name in queries.STEPS:
        done = row.step(name)
        state = "done" if done else "current" if is_next and row.state != "voided" else "todo"
        is_next = is_next if done else False
        note = f"{done.actor} · {instant(done.at)}" if done else _("waiting") if state == "current" else ""
        steps.append({"name": words[name], "note": note, "state": state})
    if row.state == "voided" and (voided := row.step("voided")):
        steps.append({"name": _("Voided"), "note": f"{voided.actor} · {instant(voided.at)}", "state": "refused"})
    return steps


def _certificate(row: queries.BatchRow) -> dict[str, Any]:
    families = row.certificate["families"]
    return {
        "fair": row.is_proven,
        "gap": max((f["gap"] for f in families), default=0),
        "checked_at": row.as_of,
        "digest": "…".join((row.inputs_sha256[:4], row.inputs_sha256[-4:])),
        "href": "#proof",
        "reason": "; ".join(fault for f in families for fault in f["faults"])[:300],
    }


def _level_rows(
    row: queries.BatchRow, cells: list[queries.LevelCell], names: explanation.Names
) -> list[dict[str, Any]]:
    """Fill by tier (rows) and item (columns)."""
    by_key = {(c.tier, c.item): c for c in cells}
    return [
        {
            "rank": tier["rank"],
            "name": explanation.tier_name(names.inputs, tier["rank"]),
            "needs": sum(c.needs for c in cells if c.tier == tier["rank"]),
            "cells": [by_key.get((tier["rank"], item)) for item in row.items],
        }
        for tier in names.inputs["tiers"]
        if any(c.tier == tier["rank"] for c in cells)
    ]


def _totals(cells: list[queries.LevelCell], names: explanation.Names) -> list[dict[str, Any]]:
    found = []
    for item in dict.fromkeys(c.item for c in cells):
        material = names.materials[item]
        rows = [c for c in cells if c.item == item]
        need, covered, given = (sum(getattr(c, key) for c in rows) for key in ("need", "covered", "given"))
        found.append(
            {
                "item": material,
                "need": material.from_grains(need),
                "covered": material.from_grains(covered),
                "given": material.from_grains(given),
                "fill": (covered + given) / need,
                "gap": material.from_grains(max(0, need - covered - given)),
            }
        )
    return found


def _may(row: queries.BatchRow, by: Actor) -> dict[str, Any]:
    """Which step is due and whether this person may do it; if not, why."""
    due = {"planned": "approve", "approved": "issue"}.get(row.state, "")
    action = {"approve": access.APPROVE, "issue": access.ISSUE}.get(due, "")
    why = ""
    if due and not by.may(action):
        why = _("This needs the post of an approver.")
    elif due and by.id == row.planned_by:
        why = _("You planned this batch; somebody else must do this.")
    elif due == "approve" and not row.is_proven:
        why = _("Without its certificate it cannot be approved.")
    return {
        "due": due,
        "ok": bool(due) and not why,
        "why": why,
        "void": by.may(access.VOID) and row.state != "voided",
    }
