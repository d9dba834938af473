"""Screens of the catalogue: the tree of materials, and one material with its rules on a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qipan.catalogue import errors, operations, queries
from qipan.catalogue.forms import DeclarationForm
from qipan.catalogue.operations import ALWAYS
from qipan.kernel import clock
from qipan.kernel.doors import XLSX, PageRefused, actor_of, attachment, key_of, shared_cut_of
from qipan.kernel.errors import NotFound, Refused
from qipan.kernel.exchange import write_workbook
from qipan.kernel.text import Both
from qipan.ui import format, happenings

TEXT_MAX = 60
RED_ZONE = "ICU"


@require_GET
def materials(request: HttpRequest) -> HttpResponse:
    """The tree of materials by category, with what may be used where on the day of the cut."""
    cut = shared_cut_of(request, place="", item="")
    tree = _Tree()
    root, category, text = _filter(request, tree)
    found = queries.materials_like(text)
    wanted = set(tree.below(category or root)) if category or root else None
    rows = _rows([m for m in found if wanted is None or m.category in wanted], cut.as_of)
    tabs = [_tab(request, _("All"), "", root, len(found))]
    tabs += [
        _tab(request, tree.names[code], code, root, sum(m.category in tree.below(code) for m in found))
        for code in tree.roots
    ]
    context = {
        "cut": cut,
        "groups": [
            {"path": tree.path(code), "rows": members}
            for code in tree.names
            if (members := [row for row in rows if row["material"].category == code])
        ],
        "count": len(rows),
        "tabs": tabs,
        "choices": _choices(request, tree, root, category),
        "zones": queries.zones().values(),
        "text": text,
        "kept": _kept(request),
        "file_href": _file_href(request),
    }
    return render(request, "catalogue/materials.html", context)


@require_GET
def workbook(request: HttpRequest) -> HttpResponse:
    """The same list as a workbook: same day, category and text."""
    cut = shared_cut_of(request, place="", item="")
    tree = _Tree()
    root, category, text = _filter(request, tree)
    wanted = tree.below(category or root) if category or root else None
    rows = [
        {
            "code": row["material"].code,
            "name": row["material"].name,
            "category": " / ".join(str(name) for name in tree.path(row["material"].category)),
            "standards": "; ".join(row["standards"]),
            "unit": row["material"].unit,
            "packs": "; ".join(_pack_words(row["material"])),
            "zones": " ".join(row["zones"]),
            "controlled": row["is_controlled"],
            "emergency": row["material"].is_emergency_only,
            "shelf_life": row["material"].shelf_life_days,
        }
        for row in _rows(queries.materials_like(text, categories=wanted), cut.as_of)
    ]
    stamp = [
        (_("Data as of"), format.instant(cut.as_of, get_language() or "zh-hans")),
        (_("Category"), str(tree.names[category or root]) if category or root else _("All")),
        (_("Text"), text or "–"),
        (_("Rows"), str(len(rows))),
    ]
    columns = [
        ("code", _("Code")),
        ("name", _("Material")),
        ("category", _("Category")),
        ("standards", _("Standards in force")),
        ("unit", _("Unit")),
        ("packs", _("Packs")),
        ("zones", _("Use zones allowed")),
        ("controlled", _("Central control")),
        ("emergency", _("Emergency use only")),
        ("shelf_life", _("Shelf life, days")),
    ]
    return attachment(write_workbook(_("Catalogue"), stamp, columns, rows), "catalogue.xlsx", XLSX)


@require_POST
def control(request: HttpRequest, code: str) -> HttpResponse:
    """Put a material under central allocation from now on; a refusal is a page of its own."""
    authority = request.POST.get("authority", "").strip()[:120]
    queries.material(code)
    if authority:
        operations.place_under_control(
            code, by=actor_of(request), at=clock.now(), authority=authority, idem=key_of(request)
        )
    return HttpResponseRedirect(reverse("catalogue:material", args=[code]))


@require_POST
def classify(request: HttpRequest, code: str) -> HttpResponse:
    """Say where a material stands in another scheme."""
    scheme, as_code, zh, en = (
        request.POST.get(key, "").strip()[:size]
        for key, size in (("scheme", 40), ("as_code", 20), ("name_zh", 80), ("name_en", 120))
    )
    if scheme and as_code and zh:
        operations.classify(
            code, scheme=scheme, as_code=as_code, name=Both(zh, en), by=actor_of(request), idem=key_of(request)
        )
    return HttpResponseRedirect(reverse("catalogue:material", args=[code]))


@require_GET
def material(request: HttpRequest, code: str) -> HttpResponse:
    """One material: names, standards, packs, where it may be used and what may stand in for it, on a day."""
    cut = shared_cut_of(request, place="", item="")
    try:
        found = queries.material(code)
    except errors.MaterialUnknown as error:
        raise NotFound(what="material", which=code[:40]) from error
    tree = _Tree()
    zones = queries.zones()
    rules = queries.rules_of(found.id)
    served = {(s.original, s.substitute, s.zone) for s in queries.stands(cut.as_of)}
    permissions = _permissions(list(zones), rules["permissions"], cut.as_of)
    units = _units(found)
    context = {
        "cut": cut,
        "material": found,
        "path": tree.path(found.category),
        "root": tree.root_of(found.category),
        "zones": zones,
        "permissions": permissions,
        "allowed": sum(row["state"] == "ok" for row in permissions),
        "substitutions": _swaps(rules["substitutions"], cut.as_of, served, lambda other: (found.id, other)),
        "stands_for": _swaps(rules["stands_for"], cut.as_of, served, lambda other: (other, found.id)),
        "standards": [_dated(row, cut.as_of) for row in rules["standards"]],
        "may_control": actor_of(request).may("catalogue.control"),
        "classes": queries.classes_of(found.id),
        "trail": happenings.trail(f"material/{found.code}", until=cut.as_of),
        "controls": [_dated(row, cut.as_of) for row in rules["controls"]],
        "units": units,
        "conversions": [
            {"unit": unit, "cells": [exact(Fraction(grains, other)) for _name, other in units]}
            for unit, grains in units
        ],
        "packs": found.packs,
        "kept": _kept(request),
    }
    return render(request, "catalogue/material.html", context)


class _Tree:
    """The category tree: names in order, and who is below whom."""

    def __init__(self) -> None:
        rows = queries.categories()
        self.names: dict[str, Both] = {code: name for code, name, _parent in rows}
        self.parents = {code: parent for code, _name, parent in rows}
        self.roots = [code for code, parent in self.parents.items() if parent is None]

    def below(self, code: str) -> list[str]:
        """The category and its subcategories."""
        return [each for each in self.names if code in (each, self.parents[each])]

    def root_of(self, code: str) -> str:
        return self.parents[code] or code

    def path(self, code: str) -> list[Both]:
        parent = self.parents[code]
        return [*([self.names[parent]] if parent else []), self.names[code]]


def _filter(request: HttpRequest, tree: _Tree) -> tuple[str, str, str]:
    """(root, subcategory, text) of the address; '' where none is asked for."""
    asked = request.GET.get("category", "").strip()
    if asked and asked not in tree.names:
        raise PageRefused(text=asked[:40], name="category")
    root = tree.root_of(asked) if asked else ""
    return root, asked if asked != root else "", request.GET.get("text", "").strip()[:TEXT_MAX]


def _rows(found: list[queries.MaterialRow], as_of: datetime) -> list[dict[str, Any]]:
    """Materials with what holds on that day. Three queries whatever the number of rows."""
    allowed = queries.permissions(as_of)
    controlled = queries.controlled(as_of)
    in_force = queries.standards(as_of)
    return [
        {
            "material": m,
            "packs": _pack_words(m),
            "standards": in_force.get(m.id, []),
            "zones": allowed.get(m.id, {}),
            "is_controlled": m.id in controlled,
        }
        for m in found
    ]


def _pack_words(found: queries.MaterialRow) -> list[str]:
    """“case = 50 piece” for every pack, exactly."""
    return [f"{p.name} = {exact(Fraction(p.grains, found.grains))} {found.unit}" for p in found.packs]


def _units(found: queries.MaterialRow) -> list[tuple[Both, int]]:
    """Everything the material is counted in, the smallest first, with its grains."""
    rows = [(found.unit, found.grains), *((pack.name, pack.grains) for pack in found.packs)]
    return sorted(rows, key=lambda row: row[1])


def exact(number: Fraction) -> str:
    """An exact number as text: 1,230, 0.85 or 3/20,000 when decimals would not end soon."""
    if (number * 1000).denominator == 1:
        return format.figure(number)
    return f"{number.numerator:,}/{number.denominator:,}"


def _permissions(zones: list[str], rows: list[dict[str, Any]], as_of: datetime) -> list[dict[str, Any]]:
    """Every use zone with its rules; a zone without any is not permitted."""
    found: list[dict[str, Any]] = []
    for zone in zones:
        ruled = [_dated(row, as_of) for row in rows if row["zone"] == zone]
        never = {"zone": zone, "state": "held", "word": _("not permitted"), "authority": ""}
        found += ruled or [never]
    return found


def _dated(row: dict[str, Any], as_of: datetime) -> dict[str, Any]:
    """A rule with its state on a day: in force, not yet, or ended."""
    if row["valid_from"] > as_of:
        state, word = "wait", _("not yet in force")
    elif row["valid_to"] is not None and row["valid_to"] <= as_of:
        state, word = "none", _("ended")
    else:
        state, word = "ok", _("in force")
    first = None if row["valid_from"] <= ALWAYS else row["valid_from"] + timedelta(seconds=1)
    return {**row, "state": state, "word": word, "first": first}


def _swaps(rows: list[dict[str, Any]], as_of: datetime, served: set[Any], sides: Any) -> list[dict[str, Any]]:
    """Substitutions by material and rule, with their zones; a zone counts only if it serves that day."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = (row["code"], row["ratio"], row["valid_from"], row["valid_to"], row["authority"])
        swap = found.setdefault(key, {**_dated(row, as_of), "ratio": exact(row["ratio"]), "zones": []})
        is_open = (*sides(row["id"]), row["zone"]) in served
        swap["zones"].append({"code": row["zone"], "is_open": is_open})
    for swap in found.values():
        if swap["state"] == "ok" and not any(zone["is_open"] for zone in swap["zones"]):
            swap["state"], swap["word"] = "held", _("substitute not permitted")
    return list(found.values())


def _tab(request: HttpRequest, label: object, code: str, root: str, count: int) -> dict[str, Any]:
    return {"label": label, "href": _href(request, category=code), "selected": code == root, "count": count}


def _choices(request: HttpRequest, tree: _Tree, root: str, category: str) -> list[dict[str, Any]]:
    """The subcategories of the chosen root; none when it has none."""
    below = [code for code in tree.below(root) if code != root] if root else []
    if not below:
        return []
    whole = {"name": _("All of it"), "href": _href(request, category=root), "selected": not category}
    return [whole] + [
        {"name": tree.names[code], "href": _href(request, category=code), "selected": code == category}
        for code in below
    ]


def _href(request: HttpRequest, **changed: str) -> str:
    """The same address with some parameters changed; '' leaves one out."""
    kept = {name: request.GET[name] for name in ("as_of", "text", "category") if request.GET.get(name)}
    return "?" + urlencode({name: value for name, value in {**kept, **changed}.items() if value})


def _file_href(request: HttpRequest) -> str:
    return reverse("catalogue:workbook") + _href(request)


def _kept(request: HttpRequest) -> str:
    """The cut of the page, to be carried into the links that lead on."""
    return "?" + urlencode({"as_of": request.GET["as_of"]}) if request.GET.get("as_of") else ""


@require_http_methods(["GET", "POST"])
def emergencies(request: HttpRequest) -> HttpResponse:
    """Emergencies declared by the cut and the rules that hang on each; forms to declare and to end one."""
    by, cut = actor_of(request), shared_cut_of(request, place="", item="")
    act = request.POST.get("act", "")
    form = DeclarationForm(request.POST if act == "declare" else None)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            if act == "end":
                asked = request.POST.get("declaration", "")
                number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 12 else 0
                ground = request.POST.get("ground", "")[:200]
                operations.end_declaration(number, by=by, at=clock.now(), ground=ground, idem=key_of(request))
                return HttpResponseRedirect(request.path)
            if form.is_valid():
                typed = form.cleaned_data
                text = operations.DeclarationText(
                    Both(typed["title_zh"], typed["title_en"]), typed["document"], typed["authority"],
                    tuple(typed["controlled"]), tuple(typed["permitted"]),
                )  # fmt: skip
                operations.declare_emergency(text, by=by, at=clock.now(), idem=key_of(request))
                return HttpResponseRedirect(request.path)
        except Refused as error:
            refusal = error
    names = queries.materials()
    context = {
        "cut": cut,
        "rows": [
            {
                "row": row,
                "first": row.valid_from + timedelta(seconds=1),  # midnight is of the day that begins
                "controlled": [names[m] for m in row.controlled],
                "permitted": [names[m] for m in row.permitted],
                "trail": happenings.trail(f"emergency/{row.id}", until=cut.as_of),
            }
            for row in queries.declarations(cut.as_of)
        ],
        "form": form,
        "refusal": refusal,
        "may_declare": by.may(operations.CONTROL_ACTION),
        "kept": _kept(request),
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "catalogue/emergencies.html", context, status=status)
