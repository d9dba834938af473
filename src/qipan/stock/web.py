"""Screens of stock: what lies where at a cut, and one account with its movements, counts and reversals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from qipan.catalogue import errors as catalogue_errors
from qipan.catalogue import queries as catalogue
from qipan.catalogue.queries import MaterialRow
from qipan.kernel import clock
from qipan.kernel.doors import (
    XLSX,
    PageRefused,
    actor_of,
    attachment,
    cut_of,
    key_of,
    page_number,
    page_of,
    whole_number,
)
from qipan.kernel.errors import NotAllowed, NotFound, Refused
from qipan.kernel.figures import Cut
from qipan.kernel.quantity import QuantityUnreadable, read_quantity
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock import access, errors, exchange, operations, queries
from qipan.stock.forms import CountForm, ReversalForm, StoreForm, count_choices
from qipan.ui import format

PER_PAGE = 50
LATE = timedelta(hours=2)
"""A movement recorded longer than this after it happened is marked."""
DOCUMENTS = ((re.compile(r"^shipment/(S-\d+)$"), "/shipments/"), (re.compile(r"^batch/(\d+)$"), "/batches/"))


@require_GET
def places(request: HttpRequest) -> HttpResponse:
    """What lies where at the cut: a row for every place, item and lot; totals of like-united items only."""
    cut, asked, where, unit = _asked(request)
    materials = catalogue.materials()
    sums = queries.stock_sums(asked)
    number = page_number(request)
    found = queries.stock_rows(asked, where=where, items=materials, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    labels = queries.account_labels({row.account for row in found})
    regions = organisations.region_choices(
        cut.place, also={code for label in labels.values() for code in organisations.way_down(label.region)}
    )
    here = [s for s in sums if where in ("", s.where)]
    context = {
        "may_open": actor_of(request).may(access.OPEN),
        "cut": cut,
        "groups": _groups(found, labels, regions, materials),
        "page": page_of(found, sum(s.rows for s in here), number=number, per_page=PER_PAGE),
        "tabs": _tabs(request, sums, where),
        "totals": _totals(here, materials),
        "whole": _whole(here, materials),
        "place": regions.get(cut.place),
        "provinces": [r for r in regions.values() if r.level == "province"],
        "near": organisations.near(cut.place, regions),
        "items": materials.values(),
        "unit": unit,
        "query": _address(request, unit=str(unit.id) if unit else ""),
        "kept": _kept(request),
    }
    return render(request, "stock/places.html", context)


@require_GET
def workbook(request: HttpRequest) -> HttpResponse:
    """All rows of the same filter as a workbook."""
    cut, asked, where, unit = _asked(request)
    materials = catalogue.materials()
    found = queries.stock_rows(asked, where=where, items=materials, limit=None)
    content = exchange.write_stock(found, cut, materials=materials, where=where, unit=unit)
    return attachment(content, "stock.xlsx", XLSX)


@require_http_methods(["GET", "POST"])
def open_store(request: HttpRequest) -> HttpResponse:
    """Open a store with its keeper and owner; a count then says what lies in it."""
    by, status = actor_of(request), 200
    form = StoreForm(request.POST or None)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            typed = form.cleaned_data
            try:
                account = operations.open_store(
                    typed["kind"], by=by, at=clock.now(), idem=key_of(request), region=typed["region"],
                    name=Both(typed["name_zh"], typed["name_en"]),
                    holder=organisations.organisation(typed["holder"]).id,
                    owner=organisations.organisation(typed["owner"]).id if typed["owner"] else None,
                )  # fmt: skip
                return HttpResponseRedirect(reverse("stock:account", args=[account]))
            except Refused as error:
                status = error.status
                form.add_error(None, str(error))
    return render(request, "stock/open_store.html", {"form": form, "may_open": by.may(access.OPEN)}, status=status)


@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: what it has at the cut, its movements, and forms to count and to book back."""
    label = queries.account_labels({pk}).get(pk)
    if label is None:
        raise errors.AccountUnknown()
    by, cut = actor_of(request), cut_of(request, place="")
    materials = catalogue.materials()
    only = catalogue.material(cut.item) if cut.item else None
    held = queries.stock_rows(queries.Asked(cut.as_of, cut.known_at, account=pk), items=materials, limit=None)
    lots = queries.lots({row.lot for row in held})
    may_count = label.kind == "store" and access.may(by, access.COUNT, label)
    may_reverse = access.may(by, access.REVERSE, label)
    act = request.POST.get("act", "")
    count_form = CountForm(request.POST if act == "count" else None, choices=count_choices(held, lots, materials))
    reversal_form = ReversalForm(request.POST if act == "reverse" else None)
    movement = _movement(request, pk, cut) if may_reverse else None
    if request.method == "POST":
        if not {"count": may_count, "reverse": may_reverse}.get(act):
            raise NotAllowed(name=by.name, action=f"stock.{act[:20]}")
        is_count = act == "count"
        is_done = (
            _count(request, count_form, label, materials) if is_count else _reverse(request, reversal_form, movement)
        )
        if is_done:
            return HttpResponseRedirect(reverse("stock:account", args=[pk]))
    number = page_number(request)
    found, total = queries.entries(
        pk, cut, item=only.id if only else None, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
    )
    sides = {side for e in [*found, *([movement] if movement else [])] for side in (e.src, e.dst)}
    names = queries.account_labels(sides - {pk}) | {pk: label}
    people = organisations.names_of_people({e.actor for e in found})
    entry_lots = queries.lots({e.lot for e in found} - set(lots)) | lots
    regions = organisations.regions(organisations.way_down(label.region)) if label.region else {}
    context = {
        "cut": cut,
        "label": label,
        "where": exchange.PLACE_WORDS[label.place.kind if label.place and label.kind == "store" else label.kind],
        "way": [regions[code] for code in organisations.way_down(label.region) if code in regions],
        "balances": [exchange.cells(row, materials[row.item], lots) for row in held],
        "entries": [_entry(e, pk, names, materials[e.item], entry_lots, people) for e in found],
        "page": page_of(found, total, number=number, per_page=PER_PAGE),
        "only": only,
        "is_outside": label.kind in ("source", "sink"),
        "may_count": may_count,
        "may_reverse": may_reverse,
        "waiting": queries.corrections(account=pk)[0],
        "trail": organisations.trail(f"account/{pk}", until=cut.as_of),
        "is_past": bool(request.GET.get("as_of") or request.GET.get("known_at")),
        "count_form": count_form,
        "reversal_form": reversal_form,
        "movement": _entry(movement, pk, names, materials[movement.item], entry_lots, {}) if movement else None,
        "kept": _kept(request),
    }
    return render(
        request, "stock/account.html", context, status=422 if count_form.errors or reversal_form.errors else 200
    )


def _asked(
    request: HttpRequest,
) -> tuple[Cut, queries.Asked, str, organisations.OrganisationRow | None]:
    """The cut, the rows asked for, the kind of place and the unit of the address."""
    cut = cut_of(request)
    where = request.GET.get("kind", "").strip()
    if where not in exchange.TABS:
        raise PageRefused(text=where[:40], name="kind")
    if cut.place:
        organisations.region(cut.place)
    item = catalogue.material(cut.item) if cut.item else None
    unit_id = whole_number(request, "unit", default=0, most=2**31)
    unit = organisations.organisations(ids={unit_id}).get(unit_id) if unit_id else None
    if unit_id and unit is None:
        raise PageRefused(text=str(unit_id), name="unit")
    asked = queries.Asked(
        as_of=cut.as_of,
        known_at=cut.known_at,
        like=organisations.like_prefix(cut.place),
        item=item.id if item else None,
        places=organisations.place_kinds(unit=unit_id or None),
        is_narrowed=unit is not None,
    )
    return replace(cut, item=item.code if item else ""), asked, where, unit


def _groups(
    found: list[queries.Holding],
    labels: dict[int, queries.AccountLabel],
    regions: dict[str, organisations.RegionRow],
    materials: dict[int, MaterialRow],
) -> list[dict[str, Any]]:
    """The rows of a page by account, in order."""
    lots = queries.lots({row.lot for row in found})
    groups: dict[int, dict[str, Any]] = {}
    for row in found:
        label = labels[row.account]
        group = groups.setdefault(
            row.account,
            {
                "label": label,
                "kind": exchange.PLACE_WORDS[row.where],
                "region": exchange.way(label.region, regions),
                "rows": [],
            },
        )
        group["rows"].append(exchange.cells(row, materials[row.item], lots))
    return list(groups.values())


def _totals(sums: Iterable[queries.StockSum], materials: dict[int, MaterialRow]) -> list[dict[str, Any]]:
    """One total for every item, side by side, in catalogue order."""
    by_item: dict[int, list[queries.StockSum]] = {}
    for each in sums:
        by_item.setdefault(each.item, []).append(each)
    return [
        {
            "item": item,
            "rows": sum(s.rows for s in by_item[item.id]),
            "is_simulated": any(s.is_simulated for s in by_item[item.id]),
            **_whole(by_item[item.id], materials),
        }
        for item in materials.values()
        if item.id in by_item
    ]


def _whole(sums: list[queries.StockSum], materials: dict[int, MaterialRow]) -> dict[str, Any]:
    """The total of these when their units are alike, else why there is none."""
    if not sums:
        return {}
    sides = {"onhand": [s.onhand for s in sums], "held": [s.held for s in sums], "free": [s.free for s in sums]}
    items, one = [materials[s.item] for s in sums], materials[sums[0].item]
    try:
        added = {name: catalogue.add(zip(items, grains, strict=True)) for name, grains in sides.items()}
    except catalogue_errors.UnlikeUnits as refusal:
        return {"refusal": str(refusal)}
    return {"unit": added["onhand"][1], **{name: one.from_grains(grains) for name, (grains, _unit) in added.items()}}


def _tabs(request: HttpRequest, sums: list[queries.StockSum], where: str) -> list[dict[str, Any]]:
    """Kinds of place with their numbers of rows; the rare ones only where there is something."""
    counts = {name: sum(s.rows for s in sums if name in ("", s.where)) for name in exchange.TABS}
    return [
        {
            "label": label,
            "href": "?" + _address(request, kind=name),
            "selected": name == where,
            "count": counts[name],
        }
        for name, label in exchange.TABS.items()
        if name not in exchange.RARE or counts[name] or where == name
    ]


def _count(
    request: HttpRequest, form: CountForm, label: queries.AccountLabel, materials: dict[int, MaterialRow]
) -> bool:
    """Book the count; what refuses it stands in the form."""
    if not form.is_valid():
        return False
    item_id, lot = (int(part) for part in form.cleaned_data["holding"].split(":"))
    item = materials[item_id]
    try:
        counted = item.to_grains(
            read_quantity(form.cleaned_data["counted"], zero_allowed=True), form.cleaned_data["measure"]
        )
        difference = operations.count_stock(
            label.id,
            item=item.id,
            lot=lot,
            counted=counted,
            reason=form.cleaned_data["reason"],
            by=actor_of(request),
            idem=key_of(request),
            at=clock.now(),
        )
    except catalogue_errors.UnitUnknown as refusal:
        form.add_error("measure", str(refusal))
    except QuantityUnreadable as refusal:
        form.add_error("counted", str(refusal))
    except Refused as refusal:
        form.add_error(None, str(refusal))
    else:
        words = {
            "item": item.short,
            "difference": format.signed(item.from_grains(difference)),
            "unit": item.unit,
        }
        sentence = _("%(item)s counted: %(difference)s %(unit)s against the books.")
        if difference < 0:
            sentence += " " + _("It is written off when a second person confirms.")
        messages.success(request, sentence % words)
        return True
    return False


def _movement(request: HttpRequest, pk: int, cut: Cut) -> queries.Entry | None:
    """The movement of this account that the address asks to book back.

    Raises:
        NotFound: this account has no such movement by the cut.
    """
    asked = whole_number(request, "reverse", default=0, most=2**62)
    if not asked:
        return None
    found, _total = queries.entries(pk, cut, movement=asked, limit=1)
    if not found:
        raise NotFound(what="movement", which=asked)
    return found[0]


def _reverse(request: HttpRequest, form: forms.Form, movement: queries.Entry | None) -> bool:
    """Book the movement back; what refuses it stands in the form."""
    if movement is None:
        raise errors.NotReversible()
    if not form.is_valid():
        return False
    try:
        operations.propose_reversal(
            movement.id,
            reason=form.cleaned_data["reason"],
            by=actor_of(request),
            idem=key_of(request),
            at=clock.now(),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("Movement %(id)s is booked back when a second person confirms.") % {"id": movement.id})
    return True


def _entry(
    entry: queries.Entry,
    pk: int,
    names: dict[int, queries.AccountLabel],
    item: MaterialRow,
    lots: dict[int, Any],
    people: dict[int, Any],
) -> dict[str, Any]:
    """A movement with its names, and where its document is."""
    return {
        "row": entry,
        "kind": exchange.KIND_WORDS[entry.kind],
        "basis": exchange.BASIS_WORDS[entry.basis],
        "src": names[entry.src],
        "dst": names[entry.dst],
        "is_in": entry.dst == pk,
        "item": item,
        "lot": lots.get(entry.lot, ("", None))[0],
        "quantity": item.from_grains(entry.qty),
        "by": people.get(entry.actor, ""),
        "is_late": entry.recorded_at - entry.occurred_at > LATE,
        "is_reversible": entry.reverses is None and entry.reversed_by is None,
        "document": _document(entry.document),
    }


def _document(document: str) -> dict[str, str]:
    """What a movement was booked for: its number, and its page where it has one."""
    for pattern, address in DOCUMENTS:
        if found := pattern.match(document):
            return {"words": found[1], "href": address + found[1]}
    return {"words": document[:14] if document.startswith("count/") else document, "href": ""}


def _address(request: HttpRequest, **changed: str) -> str:
    """The query of this page with some parameters changed; '' leaves one out, and the page starts anew."""
    names = ("as_of", "known_at", "place", "item", "unit", "kind")
    kept = {name: request.GET[name] for name in names if request.GET.get(name)}
    return urlencode({name: value for name, value in {**kept, **changed}.items() if value})


def _kept(request: HttpRequest) -> str:
    """The cut of the page, to be carried into the links that lead on."""
    kept = {name: request.GET[name] for name in ("as_of", "known_at") if request.GET.get(name)}
    return "?" + urlencode(kept) if kept else ""
