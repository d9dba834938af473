"""Screens of organisations: units by kind and region, one unit, the key list, the regions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qipan.kernel import clock
from qipan.kernel.doors import PageRefused, actor_of, key_of, page_number, page_of, shared_cut_of
from qipan.kernel.errors import NotFound, Refused
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import errors, offices, operations, queries
from qipan.organisations.words import LIST_WORDS

PER_PAGE = 50
TEXT_MAX = 60
OTHER = ("transport", "justice", "school", "airline", "railway", "community", "mobile_team")
NEEDY = ("hospital", *OTHER)
"""Kinds of organisation that state needs."""
KIND_WORDS: dict[str, str | Promise] = {
    "hospital": gettext_lazy("Hospital"),
    "transport": gettext_lazy("Transport unit"),
    "justice": gettext_lazy("Prison or court"),
    "school": gettext_lazy("School"),
    "airline": gettext_lazy("Airline"),
    "railway": gettext_lazy("Railway unit"),
    "community": gettext_lazy("Community unit"),
    "mobile_team": gettext_lazy("Mobile medical team"),
    "enterprise": gettext_lazy("Enterprise"),
    "custodian": gettext_lazy("Custodian"),
    "carrier": gettext_lazy("Carrier"),
    "authority": gettext_lazy("Public authority"),
}
TABS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "": (gettext_lazy("All"), tuple(KIND_WORDS)),
    "hospital": (gettext_lazy("Hospitals"), ("hospital",)),
    "other": (gettext_lazy("Other units"), OTHER),
    "enterprise": (gettext_lazy("Enterprises"), ("enterprise",)),
    "custodian": (gettext_lazy("Custodians"), ("custodian",)),
    "carrier": (gettext_lazy("Carriers"), ("carrier",)),
    "authority": (gettext_lazy("Authorities"), ("authority",)),
}
PLACE_WORDS = {
    "reserve": gettext_lazy("reserve store"),
    "plant": gettext_lazy("plant store"),
    "import": gettext_lazy("port of entry"),
    "donation": gettext_lazy("donations' store"),
    "ministry": gettext_lazy("ministries' store"),
    "unit": gettext_lazy("delivery point"),
}
LEVEL_WORDS = {
    "nation": gettext_lazy("nation"),
    "province": gettext_lazy("province"),
    "prefecture": gettext_lazy("prefecture"),
    "county_direct": gettext_lazy("county under the province"),
    "county": gettext_lazy("county"),
}


@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """Units by kind, region and name, in pinyin order; key units on the day of the cut are marked."""
    cut = shared_cut_of(request, item="")
    kind = request.GET.get("kind", "").strip()
    if kind not in TABS:
        raise PageRefused(text=kind[:40], name="kind")
    text = request.GET.get("text", "").strip()[:TEXT_MAX]
    if cut.place:
        queries.region(cut.place)
    counts = queries.unit_counts(place=cut.place, text=text)
    number = page_number(request)
    found = queries.units(
        kinds=TABS[kind][1], place=cut.place, text=text, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
    )
    key = queries.key_units(cut.as_of)
    regions = queries.region_choices(cut.place, also={code for unit in found for code in queries.way_down(unit.region)})
    tabs = [
        {
            "label": label,
            "href": _href(request, kind=name),
            "selected": name == kind,
            "count": sum(counts.get(each, 0) for each in kinds),
        }
        for name, (label, kinds) in TABS.items()
    ]
    context = {
        "cut": cut,
        "rows": [
            {
                "unit": unit,
                "kind": KIND_WORDS[unit.kind],
                "region": _way(unit.region, regions),
                "is_key": unit.id in key,
            }
            for unit in found
        ],
        "page": page_of(found, sum(counts.get(each, 0) for each in TABS[kind][1]), number=number, per_page=PER_PAGE),
        "tabs": tabs,
        "kind": kind,
        "text": text,
        "place": regions.get(cut.place),
        "provinces": [r for r in regions.values() if r.level == "province"],
        "near": queries.near(cut.place, regions),
        "is_simulated": any(unit.is_simulated for unit in found),
        "kept": _kept(request),
    }
    return render(request, "organisations/units.html", context)


@require_GET
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit: where it is, what it holds for whom, who holds a post there, key lists."""
    cut = shared_cut_of(request, place="", item="")
    found = queries.organisations(ids={pk}).get(pk)
    if found is None:
        raise NotFound(what="unit", which=pk)
    places = list(queries.places(unit=pk).values())
    regions = queries.regions(
        {*queries.way_down(found.region), *(code for p in places for code in queries.way_down(p.region))}
    )
    key_rows = [{"row": row, **_period(row.valid_from, row.valid_to, cut.as_of)} for row in queries.key_list(unit=pk)]
    reads = actor_of(request).reads(found.region)
    context = {
        "pk": pk,
        "reads": reads,
        "may_register": actor_of(request).may("organisations.register"),
        "cut": cut,
        "unit": found,
        "kind": KIND_WORDS[found.kind],
        "states_needs": found.kind in NEEDY,
        "way": [regions[code] for code in queries.way_down(found.region) if code in regions],
        "places": [
            {
                "row": place,
                "kind": PLACE_WORDS[place.kind],
                "region": _way(place.region, regions),
                "is_kept_for_another": place.holder_id != place.owner_id,
            }
            for place in places
        ],
        "posts": [
            {
                "row": post,
                "office": offices.OFFICES[post.office][0],
                **_period(post.valid_from, post.valid_to, cut.as_of),
            }
            for post in (queries.posts_at(pk) if reads else ())
        ],
        "key_rows": key_rows,
        "lists": _lists(found, cut),
        "trail": queries.trail(f"unit/{pk}", until=cut.as_of),
        "is_key": any(row["state"] == "ok" for row in key_rows),
        "kept": _kept(request),
    }
    return render(request, "organisations/unit.html", context)


@require_GET
def key_list(request: HttpRequest) -> HttpResponse:
    """The key units on the day of the cut, by list and region."""
    cut = shared_cut_of(request, item="")
    found = [row for row in queries.key_list(cut.as_of) if queries.is_within(row.unit.region, cut.place)]
    number = page_number(request)
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    regions = queries.region_choices(
        cut.place, also={code for row in shown for code in queries.way_down(row.unit.region)}
    )
    if cut.place and cut.place not in regions:
        queries.region(cut.place)
    context = {
        "cut": cut,
        "rows": [
            {
                "row": row,
                "kind": KIND_WORDS[row.unit.kind],
                "region": _way(row.unit.region, regions),
                **_period(row.valid_from, row.valid_to, cut.as_of),
            }
            for row in shown
        ],
        "page": page_of(shown, len(found), number=number, per_page=PER_PAGE),
        "place": regions.get(cut.place),
        "lists": len({row.list_name for row in found}),
        "is_simulated": any(row.is_simulated for row in shown),
        "kept": _kept(request),
    }
    return render(request, "organisations/key_list.html", context)


@require_GET
def regions(request: HttpRequest) -> HttpResponse:
    """The regions directly under one, or every region that a text finds."""
    parent_code = request.GET.get("parent", "").strip()[:12] or queries.NATION
    text = request.GET.get("text", "").strip()[:TEXT_MAX]
    parent = queries.region(parent_code)
    number = page_number(request)
    found, total = queries.subregions(parent.code, text=text, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    above = {code for row in found for code in queries.way_down(row.region.code)} if text else set()
    names = queries.regions({*queries.way_down(parent.code), *above})
    here = queries.units_by_region()
    context = {
        "parent": parent,
        "parent_level": LEVEL_WORDS[parent.level],
        "way": [names[code] for code in queries.way_down(parent.code) if code in names],
        "rows": [
            {
                "row": row,
                "level": LEVEL_WORDS[row.region.level],
                "way": _way(row.region.code, names) if text else "",
                "units": sum(n for code, n in here.items() if queries.is_within(code, row.region.code)),
            }
            for row in found
        ],
        "page": page_of(found, total, number=number, per_page=PER_PAGE),
        "text": text,
        "kept": _kept(request),
    }
    return render(request, "organisations/regions.html", context)


def _lists(found: queries.OrganisationRow, cut: Cut) -> list[dict[str, Any]]:
    """Every list an enterprise can be on, with what was said last of it; other units are on none."""
    if found.kind != "enterprise":
        return []
    said = {row.list_name: row for row in queries.listings(found.id, cut)}
    return [{"name": name, "word": word, "row": said.get(name)} for name, word in LIST_WORDS.items()]


def _way(code: str, names: dict[str, queries.RegionRow]) -> str:
    """The way down in names; a region that the table does not know is left out."""
    return " · ".join(str(names[each].name) for each in queries.way_down(code) if each in names)


def _period(valid_from: datetime, valid_to: datetime | None, at: datetime) -> dict[str, Any]:
    """A period as the tables show it: its first day, and whether it holds on the day of the cut."""
    if valid_from > at:
        state, word = "wait", _("not yet")
    elif valid_to is not None and valid_to <= at:
        state, word = "none", _("ended")
    else:
        state, word = "ok", _("valid")
    return {"first": valid_from + timedelta(seconds=1), "until": valid_to, "state": state, "word": word}


def _href(request: HttpRequest, **changed: str) -> str:
    """The same address with some parameters changed; '' leaves one out, and the page starts anew."""
    kept = {name: request.GET[name] for name in ("as_of", "place", "text", "kind") if request.GET.get(name)}
    return "?" + urlencode({name: value for name, value in {**kept, **changed}.items() if value})


def _kept(request: HttpRequest) -> str:
    """The cut of the page, to be carried into the links that lead on."""
    return "?" + urlencode({"as_of": request.GET["as_of"]}) if request.GET.get("as_of") else ""


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register an enterprise, or a unit that can be in need: hospital, railway, school, mobile team and others."""
    by, refusal = actor_of(request), None
    typed = {
        key: request.POST.get(key, "").strip()[:120]
        for key in ("name_zh", "name_en", "region", "kind", "address", "credit_code")
    }
    if request.method == "POST":
        try:
            name = Both(typed["name_zh"], typed["name_en"])
            if not name.zh:
                raise errors.OrganisationUnknown(word="")
            made = operations.register_unit(
                typed["kind"], by=by, at=clock.now(), idem=key_of(request), name=name, region=typed["region"],
                address=typed["address"], credit_code=typed["credit_code"],
            )  # fmt: skip
            return HttpResponseRedirect(reverse("organisations:unit", args=[made]))
        except Refused as error:
            refusal = error
    context = {
        "refusal": refusal,
        "typed": typed,
        "kinds": [(kind, KIND_WORDS[kind]) for kind in operations.REGISTERED_KINDS],
        "may_register": by.may("organisations.register"),
    }
    return render(request, "organisations/register.html", context, status=refusal.status if refusal else 200)


@require_POST
def put_on_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an enterprise on a list from now on, or take it off."""
    name, authority, member = (request.POST.get(key, "").strip()[:120] for key in ("list_name", "authority", "member"))
    if authority:
        operations.list_enterprises(
            [pk], list_name=name[:10], is_member=member == "1", authority=authority, by=actor_of(request),
            at=clock.now(), idem=key_of(request),
        )  # fmt: skip
    return HttpResponseRedirect(reverse("organisations:unit", args=[pk]))


@require_POST
def put_on_key_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a unit on a key list from now on."""
    name, authority = (request.POST.get(key, "").strip()[:80] for key in ("list_name", "authority"))
    if name and authority:
        operations.list_key_units(
            [pk], list_name=name, by=actor_of(request), at=clock.now(), authority=authority, idem=key_of(request)
        )
    return HttpResponseRedirect(reverse("organisations:unit", args=[pk]))
