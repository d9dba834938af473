"""Screens of transport: loads, one load with its steps, loading a batch, the receipt."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from qipan.allocation import queries as allocation
from qipan.allocation.errors import BatchUnknown
from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.kernel import photos as photographs
from qipan.kernel.access import Actor
from qipan.kernel.doors import actor_of, cut_of, key_of, page_number, page_of
from qipan.kernel.errors import Refused
from qipan.kernel.figures import Cut
from qipan.kernel.quantity import QuantityUnreadable, read_quantity
from qipan.organisations import queries as organisations
from qipan.transport import access, errors, operations, queries
from qipan.transport.forms import LoadForm
from qipan.ui.templatetags.ui import figure, instant

PER_PAGE = 50


@require_GET
def shipments(request: HttpRequest) -> HttpResponse:
    """Loads, those still open first."""
    cut = cut_of(request)
    state = request.GET.get("state", "")
    number = page_number(request)
    text = request.GET.get("text", "").strip()[:60]
    batch = request.GET.get("batch", "")
    rows, total = queries.loads(
        cut, state=state, text=text, batch=int(batch) if batch.isdigit() and len(batch) < 9 else None,
        limit=PER_PAGE, offset=(number - 1) * PER_PAGE,
    )  # fmt: skip
    counts = queries.state_counts(cut)
    keep = request.GET.copy()
    tabs = []
    for name, label in (("", _("All")), *((s, queries.state_words()[s][1]) for s in queries.STATES)):
        keep["state"] = name
        keep.pop("page", None)
        tabs.append(
            {
                "label": label,
                "href": "?" + keep.urlencode(),
                "selected": name == state,
                "count": counts.get(name),
            }
        )
    regions = organisations.regions({r.region for r in rows})
    context = {
        "rows": [
            {
                "load": r,
                "status": queries.status_of(r),
                "region": regions[r.region].name,
                "goods": _goods(r),
                "missing": [g for g in _goods(r) if g["short"]],
            }
            for r in rows
        ],
        "page": page_of(rows, total, number=number, per_page=PER_PAGE),
        "tabs": tabs,
        "cut": cut,
        "items": catalogue.materials().values(),
        "text": text,
        "batch": batch,
        "provinces": organisations.regions(levels=("province",)).values(),
        "place": organisations.region(cut.place) if cut.place else None,
    }
    return render(request, "transport/shipments.html", context)


@require_http_methods(["GET", "POST"])
def load_batch(request: HttpRequest, number: int) -> HttpResponse:
    """Issued lines of a batch that are not on a vehicle yet, by store and receiver; one form each."""
    cut = Cut(clock.now())
    if allocation.batch(number, cut) is None:
        raise BatchUnknown(number=number)
    form = LoadForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.load_batch_lines(
                [int(v) for v in request.POST.getlist("line") if v.isdigit()],
                by=actor_of(request),
                idem=key_of(request),
                at=clock.now(),
                vehicle=_vehicle(form),
                planned_arrival=form.cleaned_data["planned_arrival"],
            )
            return HttpResponseRedirect(reverse("transport:shipment", args=[made]))
        except Refused as error:
            form.add_error(None, str(error))
            status = error.status
    groups = _groups(number)
    context = {
        "number": number,
        "form": form,
        "groups": groups,
        "group": _chosen(groups, request.GET.get("group", "")),
        "may_load": actor_of(request).may(access.LOAD),
        "chosen": request.POST.getlist("line"),
    }
    return render(request, "transport/load.html", context, status=status)


def _vehicle(form: LoadForm) -> operations.Vehicle:
    typed = form.cleaned_data
    return operations.Vehicle(
        typed["vehicle"], typed["driver"], typed["escort"], typed["driver_phone"], typed["escort_phone"],
        typed["receiver"], typed["receiver_phone"],
    )  # fmt: skip


def _groups(number: int) -> list[dict[str, Any]]:
    """Lines still to load, by (store, receiver)."""
    loaded = queries.loaded_lines(number)
    lines = [line for line in allocation.lines_to_load(number) if line.id not in loaded]
    materials = catalogue.materials()
    places = organisations.places(ids={i for line in lines for i in (line.source_place, line.consignee_place)})
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for line in lines:
        group = found.setdefault(
            (line.source_place, line.consignee_place),
            {
                "key": f"{line.source_place}-{line.consignee_place}",
                "source": places[line.source_place].name,
                "consignee": places[line.consignee_place].name,
                "lines": [],
            },
        )
        item = materials[line.item]
        group["lines"].append({"id": str(line.id), "item": item, "quantity": item.from_grains(line.qty)})
    return list(found.values())


def _chosen(groups: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    """The group the address names, else the first."""
    return next((group for group in groups if group["key"] == key), groups[0] if groups else None)


def _goods(load: queries.LoadRow) -> list[dict[str, Any]]:
    """What is on a load and what is missing of it, in the items' own units."""
    return [
        {
            "item": line.item,
            "quantity": line.item.from_grains(line.qty),
            "short": line.item.from_grains(line.short),
        }
        for line in load.lines
    ]


@require_GET
def shipment(request: HttpRequest, number: str) -> HttpResponse:
    """One load: its steps, what is on it, what was counted, what is missing."""
    return _page(request, number)


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str) -> HttpResponse:
    """Depart, arrive or receive; a refusal stays on the page. Reading its address leads to the load."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("transport:shipment", args=[number]))
    by, act, note = actor_of(request), request.POST.get("act", ""), request.POST.get("note", "").strip()[:300]
    try:
        if act == "reveal":
            return _revealed(request, number)
        if act == "photograph":
            _photograph(request, number)
        if act == "depart":
            operations.depart(number, by=by, at=clock.now(), idem=key_of(request), note=note)
        elif act == "arrive":
            operations.report_arrival(number, by=by, at=clock.now(), idem=key_of(request), note=note)
        elif act == "receive":
            counted = _counted(request, number)
            operations.confirm_receipt(number, counted=counted, by=by, at=clock.now(), idem=key_of(request), note=note)
    except Refused as error:
        return _page(request, number, refusal=str(error), status=error.status)
    except QuantityUnreadable as error:
        return _page(request, number, refusal=str(error), status=422)
    return HttpResponseRedirect(reverse("transport:shipment", args=[number]))


def _photograph(request: HttpRequest, number: str) -> None:
    """Keep the photograph of the form; without one nothing happens."""
    sent = request.FILES.get("photo")
    if sent is not None:
        content = sent.read(photographs.FILE_BYTES_MAX + 1)
        name = str(sent.name)[:80]
        operations.add_photo(number, name, content, by=actor_of(request), at=clock.now(), idem=key_of(request))


@require_GET
def photo(_request: HttpRequest, number: str, photo_id: int) -> HttpResponse:
    """One photograph, as it is kept."""
    return HttpResponse(queries.photo(number, photo_id), content_type="image/jpeg")


def _revealed(request: HttpRequest, number: str) -> HttpResponse:
    """The page with one name and number in clear, this once."""
    role, reason = request.POST.get("role", "")[:8], request.POST.get("reason", "")[:120]
    found = operations.reveal(number, role, reason=reason, by=actor_of(request), at=clock.now(), idem=key_of(request))
    return _page(request, number, opened={role: found})


def _counted(request: HttpRequest, number: str) -> dict[int, operations.Counted]:
    """The counts of the form, in grains."""
    found = queries.load(number, Cut(clock.now()))
    counted = {}
    for line in found.lines if found else ():
        text = request.POST.get(f"counted-{line.number}", "").strip()
        if text:
            grains = line.item.to_grains(read_quantity(text, zero_allowed=True))
            counted[line.number] = operations.Counted(
                grains, request.POST.get(f"reason-{line.number}", "").strip()[:200]
            )
    return counted


def _page(
    request: HttpRequest, number: str, *, refusal: str = "", status: int = 200,
    opened: dict[str, operations.Opened] | None = None,
) -> HttpResponse:  # fmt: skip
    cut = cut_of(request) if request.method == "GET" else Cut(clock.now())
    load = queries.load(number, cut)
    if load is None:
        raise errors.ShipmentUnknown(number=number)
    by = actor_of(request)
    regions = organisations.regions({load.region, load.source_region})
    is_past = request.method == "GET" and bool(request.GET.get("as_of", "").strip())
    context = {
        "load": load,
        "cut": cut,
        "status": queries.status_of(load),
        "steps": _steps(load),
        "lines": [
            {
                "line": line,
                "quantity": line.item.from_grains(line.qty),
                "counted": None if line.counted is None else line.item.from_grains(line.counted),
                "short": line.item.from_grains(line.short),
                "typed": request.POST.get(f"counted-{line.number}", figure(line.item.from_grains(line.qty))),
                "is_changed": request.method == "POST"
                and request.POST.get(f"counted-{line.number}", "").replace(",", "").strip()
                != figure(line.item.from_grains(line.qty)).replace(",", ""),
                "typed_reason": request.POST.get(f"reason-{line.number}", ""),
            }
            for line in load.lines
        ],
        "due": _due(load, by, is_past=is_past),
        "is_past": is_past,
        "refusal": refusal,
        "note": request.POST.get("note", "") if refusal else "",
        "missing": [g for g in _goods(load) if g["short"]],
        "photos": queries.photos(number, cut),
        "may_photograph": by.may(access.RECEIVE, unit=load.consignee_id) and bool(load.arrived_at) and not is_past,
        "contacts": _contacts(load, opened or {}, may=by.may(access.CONTACT) and not is_past),
        "trail": organisations.trail(f"shipment/{number}", until=cut.as_of),
        "region": regions[load.region].name,
        "source_region": regions[load.source_region].name,
    }
    return render(request, "transport/shipment.html", context, status=status)


def _contacts(load: queries.LoadRow, opened: dict[str, operations.Opened], *, may: bool) -> list[dict[str, Any]]:
    """Who is with the load, masked or just opened, in the order of the roles."""
    by_role = {row.role: row for row in load.contacts}
    return [
        {"role": role, "title": title, "row": by_role[role], "opened": opened.get(role), "may": may}
        for role, title in queries.role_words().items()
        if role in by_role
    ]


def _due(load: queries.LoadRow, by: Actor, *, is_past: bool) -> dict[str, Any]:
    """The next step, and whether this person may do it; if not, why."""
    act, action, word = {
        "loaded": ("depart", access.DEPART, _("Report departure")),
        "on_road": ("arrive", access.ARRIVE, _("Report arrival")),
        "arrived": ("receive", access.RECEIVE, _("Sign the receipt")),
    }.get(load.state, ("", "", ""))
    why = ""
    if is_past:
        why = _("You are looking at the past; go back to now to do this.")
    elif act and not by.may(action):
        why = _("This needs another post than yours.")
    elif act == "receive" and not by.may(access.RECEIVE, unit=load.consignee_id):
        why = _("Only the storekeeper of %(unit)s may sign.") % {"unit": load.consignee}
    return {"act": act, "word": word, "ok": bool(act) and not why, "why": why}


def _steps(load: queries.LoadRow) -> list[dict[str, Any]]:
    rows = (
        (_("Departed"), load.departed_at),
        (_("Arrived"), load.arrived_at),
        (_("Received"), load.received_at),
    )
    steps = [{"name": _("Loaded"), "note": load.vehicle, "state": "done"}]
    is_next = True
    for name, at in rows:
        state = "done" if at else "current" if is_next else "todo"
        note = (
            instant(at)
            if at
            else _("planned %(at)s") % {"at": instant(load.planned_arrival)}
            if name == _("Arrived")
            else ""
        )
        steps.append({"name": name, "note": note, "state": state})
        is_next = bool(at)
    return steps
