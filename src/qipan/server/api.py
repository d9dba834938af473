"""The HTTP API: version 1, mounted at /api/v1. Contexts bring their routers; this adds figures and sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import DocsBase
from ninja.security import SessionAuth

from qipan.allocation.api import router as allocation_router
from qipan.catalogue.api import router as catalogue_router
from qipan.demand.api import router as demand_router
from qipan.kernel import figures
from qipan.kernel.doors import cut_of, shared_cut_of
from qipan.kernel.errors import NotFound, Refused
from qipan.kernel.quantity import QuantityUnreadable
from qipan.organisations.api import router as organisations_router
from qipan.production.api import router as production_router
from qipan.resumption.api import router as resumption_router
from qipan.server import tokens
from qipan.server.log_api import router as log_router
from qipan.server.middleware import problem
from qipan.stock.api import router as stock_router
from qipan.transport.api import router as transport_router


class QuantityRefused(Refused):
    """A quantity in a body cannot be read."""

    code = "quantity_unreadable"
    status = 422
    sentence = "%(detail)s"


class SignInNeeded(Refused):
    """Neither a session nor a valid token."""

    code = "sign_in_needed"
    status = 401
    sentence = _("Sign in, or send a valid token.")


class FormStale(Refused):
    """The session's cookie came without its CSRF token."""

    code = "csrf_failed"
    status = 403
    sentence = _("The CSRF token is missing or stale; nothing was booked.")


class BodyUnreadable(Refused):
    """The body is no JSON."""

    code = "body_unreadable"
    status = 400
    sentence = _("The body cannot be read; send JSON.")


class PlainDocs(DocsBase):
    """The reference page of the API without outside assets."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **_more: Any) -> HttpResponse:
        from django.shortcuts import render

        schema = api.get_openapi_schema()
        paths = [
            {
                "path": path,
                "method": method.upper(),
                "summary": entry.get("summary", ""),
                "description": entry.get("description", ""),
            }
            for path, methods in schema["paths"].items()
            for method, entry in methods.items()
        ]
        return render(request, "server/api_docs.html", {"paths": paths})


api = NinjaAPI(
    title="Qipan",
    version="1",
    urls_namespace="api-1",
    auth=[tokens.Bearer(), SessionAuth(csrf=True)],
    docs=PlainDocs(),
    docs_url="/docs",
    openapi_url="/openapi.json",
)
api.add_router("", catalogue_router)
api.add_router("", organisations_router)
api.add_router("", production_router)
api.add_router("", resumption_router)
api.add_router("", demand_router)
api.add_router("", stock_router)
api.add_router("", allocation_router)
api.add_router("", transport_router)
api.add_router("", log_router)


@api.get("/figures", url_name="figure_list", summary="Every figure: key, title, kind, columns")
def list_figures(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "key": f.key,
            "title": figures.both(f.title).as_json(),
            "kind": f.kind,
            "definition": figures.both(f.definition).as_json(),
            "columns": [{"key": c.key, "title": figures.both(c.title).as_json()} for c in f.columns],
        }
        for f in figures.all_figures()
    ]


@api.get("/figures/{key}", url_name="figure", summary="One figure: ?as_of=&known_at=&place=&item=")
def read_figure(
    request: HttpRequest, key: str, as_of: str = "", known_at: str = "", place: str = "", item: str = ""
) -> dict[str, Any]:
    found = figures.find(key)
    cut = cut_of(request)
    return figures.as_json(found, cut, found.read(cut))


@api.get("/figures/{key}/movements", url_name="figure_movements", summary="The movements a figure sums")
def read_movements(
    request: HttpRequest, key: str, as_of: str = "", known_at: str = "", place: str = "", item: str = ""
) -> list[dict[str, Any]]:
    found = figures.find(key)
    if found.movements is None:
        raise NotFound(what=_("movements behind the figure"), which=key)
    return [{k: figures.json_value(v) for k, v in row.items()} for row in found.movements(cut_of(request))]


@api.get("/published", summary="What others published, as it was said: ?as_of=&place=")
def list_published(request: HttpRequest, as_of: str = "", place: str = "") -> list[dict[str, Any]]:
    return [
        {
            "period": p.period,
            "place": p.place,
            "subject": p.subject or None,
            "subject_as_published": p.subject_as_published,
            "metric": p.metric,
            "value": figures.json_value(p.value),
            "unit": p.unit,
            "qualifier": p.qualifier or None,
            "publisher": p.publisher,
            "outlet": p.outlet,
            "published_on": p.published_on.isoformat(),
            "note": p.note or None,
        }
        for p in figures.publications(shared_cut_of(request))
    ]


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """An anticipated failure in the language asked for."""
    with override(get_language_from_request(request)):
        return problem(request, error)


@api.exception_handler(QuantityUnreadable)
def unreadable(request: HttpRequest, error: QuantityUnreadable) -> HttpResponse:
    """A quantity that cannot be booked."""
    with override(get_language_from_request(request)):
        return problem(request, QuantityRefused(detail=str(error)))


@api.exception_handler(HttpError)
def turned_away(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Not signed in, a stale form or an unreadable body."""
    facts: dict[int, type[Refused]] = {401: SignInNeeded, 403: FormStale}
    with override(get_language_from_request(request)):
        return problem(request, facts.get(error.status_code, BodyUnreadable)())


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A body or parameter of the wrong form, with pointers."""
    import json

    body = {
        "type": "urn:qipan:problem:invalid",
        "title": "invalid",
        "status": 422,
        "code": "invalid",
        "detail": "; ".join(str(e.get("msg", "")) for e in error.errors)[:500],
        "instance": request.path,
        "errors": [{"pointer": _pointer(e.get("loc", ())), "detail": str(e.get("msg", ""))} for e in error.errors],
    }
    return HttpResponse(json.dumps(body), status=422, content_type="application/problem+json")


def _pointer(place: Sequence[str | int]) -> str:
    """Where in what was sent: ``/lines/0/counted`` of a body, ``/query/limit`` or ``/header/…`` otherwise."""
    steps = [str(step) for step in place]
    if steps[:1] == ["body"]:  # ninja names the body, then its parameter
        steps = steps[2:]
    return "/" + "/".join(steps)


@api.exception_handler(Http404)
@api.exception_handler(ObjectDoesNotExist)
def missing(request: HttpRequest, error: Exception) -> HttpResponse:
    """No such object."""
    with override(get_language_from_request(request)):
        return problem(request, NotFound(what=_("address"), which=request.path))
