"""Pages of no context: sign-in and out, language, search, figures, health."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_POST

from qipan.allocation import queries as allocation
from qipan.catalogue import queries as catalogue
from qipan.kernel import clock, exchange, figures, sealing
from qipan.kernel.doors import XLSX, attachment, cut_of, page_number, page_of, shared_cut_of
from qipan.kernel.errors import NotFound
from qipan.kernel.figures import Cut, Figure, Reading
from qipan.organisations import queries as organisations
from qipan.server import figure_table
from qipan.server.middleware import problem
from qipan.server.published_words import METRICS, QUALIFIERS, SUBJECTS, UNITS, words_of
from qipan.transport import queries as transport
from qipan.ui.templatetags.ui import instant

YEAR = 365 * 24 * 3600
PER_PAGE = 100
SEAL_WITHIN = timedelta(minutes=1)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language and go back to where the reader was."""
    language = request.POST.get("language", "")
    following = request.POST.get("next") or request.META.get("HTTP_REFERER", "/")
    if not url_has_allowed_host_and_scheme(following, allowed_hosts={request.get_host()}):
        following = "/"
    answer = HttpResponseRedirect(following)
    if language in ("zh-hans", "en"):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", httponly=True,
            secure=settings.IS_HTTPS,
        )  # fmt: skip
    return answer


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Units, materials, batches and shipments by name, number, plate or pinyin initials."""
    text = request.GET.get("q", "").strip()[:60]
    cut = cut_of(request, place="", item="")
    word = text.lower()
    materials = [
        m for m in catalogue.materials().values()
        if word and (word in m.search or word in m.name.zh or word == m.code.lower())
    ][:12]  # fmt: skip
    batch = allocation.batch(int(text), cut) if text.isascii() and text.isdigit() and len(text) < 9 else None
    loads, _total = transport.loads(cut, text=text, limit=12) if text else ([], 0)
    context = {
        "text": text,
        "units": organisations.search(text),
        "materials": materials,
        "batch": batch,
        "loads": loads,
    }
    return render(request, "server/search.html", context)


@require_GET
def all_figures(request: HttpRequest) -> HttpResponse:
    """Every registered figure with its definition and kind."""
    rows = [{"figure": f, "kind": figure_table.kind_words()[f.kind]} for f in figures.all_figures()]
    kept = _with_query("", request.GET)
    return render(request, "server/figures.html", {"figures": rows, "kept": kept})


@require_GET
def published(request: HttpRequest) -> HttpResponse:
    """What others published by the cut, as it was said."""
    cut = shared_cut_of(request)
    rows = figures.publications(cut)
    names = organisations.regions({row.place for row in rows})
    materials = {m.code: m for m in catalogue.materials().values()}
    shown = [
        {
            "said": row,
            "place": names[row.place].name if row.place in names else row.place,
            "item": materials.get(row.subject),
            "subject": words_of(SUBJECTS, row.subject_as_published),
            "metric": words_of(METRICS, row.metric),
            "qualifier": words_of(QUALIFIERS, row.qualifier),
            "unit": words_of(UNITS, row.unit),
        }
        for row in rows
    ]
    return render(request, "server/published.html", {"rows": shown, "cut": cut})


@require_GET
def figure(request: HttpRequest, key: str) -> HttpResponse:
    """One figure at a cut, beside what was known at another instant when asked, with its movements."""
    found = figures.find(key)
    cut = cut_of(request)
    now = Cut(cut.as_of, None, cut.place, cut.item)
    reading = found.read(now)
    then = found.read(cut) if cut.known_at else None
    columns = figure_table.shown(found, reading)
    sides = figure_table.compared(columns, reading, then) if then else []
    rows = figure_table.table(columns, reading, then, sides)
    number = page_number(request)
    page = rows[(number - 1) * PER_PAGE : number * PER_PAGE]
    trail = figure_table.trail(found, cut) if found.movements and cut.item else None
    keep = request.GET.copy()
    keep.pop("page", None)
    context = {
        "figure": found,
        "kind_word": figure_table.kind_words()[found.kind],
        "cut": cut,
        "columns": [c for c in columns if not then or c.key in figure_table.IDENTITY],
        "sides": sides,
        "is_wide": not then and len(columns) > 9,
        "rows": page,
        "page": page_of(page, len(rows), number=number, per_page=PER_PAGE),
        "reading": reading,
        "then": then,
        "trail": trail,
        "next_meeting": cut.known_at or cut.as_of + timedelta(hours=12),
        "place": organisations.region(cut.place) if cut.place else None,
        "provinces": organisations.regions(levels=("province",)).values(),
        "items": catalogue.materials().values(),
        "item": next((m for m in catalogue.materials().values() if m.code == cut.item), None),
        "query": keep.urlencode(),
        "json_href": _with_query(reverse("api-1:figure", args=[key]), keep),
        "movements_href": _with_query(reverse("api-1:figure_movements", args=[key]), keep),
        "has_movements": found.movements is not None,
        "item_column": any(c.key == "item_code" for c in found.columns),
        "simulated": any(row["simulated"] for row in rows),
    }
    return render(request, "server/figure.html", context)


@require_GET
def figure_file(request: HttpRequest, key: str) -> HttpResponse:
    """The figure as a workbook: same cut, same filter, same rows."""
    found = figures.find(key)
    cut = cut_of(request)
    content = figure_workbook(found, cut, found.read(cut))
    return attachment(content, f"{key}.xlsx", XLSX)


def figure_workbook(found: Figure, cut: Cut, reading: Reading) -> bytes:
    """The workbook of a figure with its stamp: as-of, known-at, completeness, kind, definition, simulated."""
    simulated = any(row.get("simulated") for row in reading.rows)
    stamp = [
        (_("Data as of"), instant(cut.as_of)),
        (_("Known at"), instant(cut.known_at) if cut.known_at else _("now")),
        (_("Reports"), f"{reading.reported}/{reading.expected}"),
        (_("Place"), cut.place or "100000"),
        (_("Kind"), figure_table.kind_words()[found.kind][0]),
        (_("Definition"), str(found.definition)),
        (_("Key"), found.key),
        (_("Rows"), str(len(reading.rows))),
    ]
    if simulated:
        stamp.append((_("Simulated"), _("Contains simulated rows: what the sources do not say is simulated.")))
    columns = [(c.key, str(c.title)) for c in found.columns]
    return exchange.write_workbook(str(found.title), stamp, columns, reading.rows)


def _with_query(href: str, query: QueryDict) -> str:
    return f"{href}?{query.urlencode()}" if query else href


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers, no migration is missing, and nothing booked waits for its seal longer than a minute."""
    checks: dict[str, bool] = {"database": figures.is_database_awake(), "migrations": False, "sealer": False}
    if checks["database"]:
        try:
            executor = MigrationExecutor(connection)
            checks["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
            checks["sealer"] = sealing.waiting_since(clock.now() - SEAL_WITHIN) == 0
        except Exception:
            checks["migrations"] = False
    is_ready = all(checks.values())
    return JsonResponse({"status": "ok" if is_ready else "not ready", **checks}, status=200 if is_ready else 503)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is stale or came from elsewhere."""
    return render(request, "server/stale_form.html", {"reason": reason}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address."""
    if request.path.startswith("/api/"):
        return problem(request, NotFound(what=_("address"), which=request.path))
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Something of ours failed; the page needs no context."""
    with override(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "zh-hans")):
        return render(request, "500.html", status=500)
