"""Who asks, which headers answers carry, and how refusals are shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from qipan.catalogue import queries as catalogue
from qipan.catalogue.errors import MaterialUnknown
from qipan.kernel import clock, scope
from qipan.kernel.access import Actor
from qipan.kernel.errors import FileRefused, NoPost, NotAllowed, NotYourDivision, Refused, SecondStepNeeded
from qipan.organisations import queries as organisations
from qipan.server.entrance import second_step
from qipan.stock.errors import OutcomeUnknown

LOG = logging.getLogger(__name__)
SECURITY = logging.getLogger("qipan.security")
Next = Callable[[HttpRequest], HttpResponse]
OPEN_PATHS = ("/sign-in", "/language", "/static/", "/healthz", "/readyz", "/api/")
WITHOUT_POST = ("/sign-out", "/account")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
ASLEEP_PATHS = ("/static/", "/healthz", "/readyz")
NOBODY = Actor(id=0, name="")


class DatabaseAsleep(Refused):
    """The database does not answer; nothing can be read or booked."""

    code = "database_asleep"
    status = 503
    sentence = _("The database does not answer. Nothing was booked; no figures are shown until it does.")


class Actors:
    """Puts the actor on the request and has the database show that person's part of the books, for this request.

    Who is not signed in is sent to the sign-in page.
    """

    def __init__(self, following: Next) -> None:
        self.following = following

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with scope.entered(scope.NOTHING):
            return self._answered(request)

    def _answered(self, request: HttpRequest) -> HttpResponse:
        try:
            request.actor = self._actor_of(request)  # type: ignore[attr-defined]
        except OperationalError:
            if not request.path.startswith(ASLEEP_PATHS):
                return asleep(request)
            request.actor = NOBODY  # type: ignore[attr-defined]
            return self.following(request)
        if not request.user.is_authenticated and not request.path.startswith(OPEN_PATHS):
            where = reverse("sign_in") + "?" + urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(where)
        scope.use(scope.of(request.actor))  # type: ignore[attr-defined]
        return self.following(request)

    @staticmethod
    def _actor_of(request: HttpRequest) -> Actor:
        """Reads session, person and posts; the first touch of ``request.user`` asks the database."""
        person = request.user
        if not person.is_authenticated:
            return NOBODY
        organisations.fetch_posts(person)
        return second_step.guarded(organisations.actor_of(person, clock.now()), request.session)


class Headers:
    """The content policy: nothing from outside, no inline script."""

    POLICY = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )

    def __init__(self, following: Next) -> None:
        self.following = following

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.following(request)
        answer.headers.setdefault("Content-Security-Policy", self.POLICY)
        answer.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        if request.path.startswith("/static/"):
            return answer
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


class MethodRefused(Refused):
    """The address is known, but not for this method."""

    code = "method_not_allowed"
    status = 405
    sentence = _("This address does not take %(method)s; it takes %(allowed)s.")


class ValueRefused(Refused):
    """A value that no column can hold: a zero byte, a number beyond 63 bits. The database is the last to see it."""

    code = "value_refused"
    status = 422
    sentence = _(
        "A value in this request cannot be held: a zero byte, or a number that is too large. Nothing was booked."
    )


class Refusals:
    """Shows an anticipated refusal as a page (or problem JSON under /api/) with its own status.

    A place or item in the address that does not exist is refused before anything is read: an empty page would
    say that there is nothing there.
    """

    def __init__(self, following: Next) -> None:
        self.following = following

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            self._check_cut(request)
        except Refused as error:
            return self._shown(request, error)
        except DataError:
            return self._shown(request, ValueRefused())
        except OperationalError:
            return asleep(request)
        answer = self.following(request)
        if answer.status_code == 405 and request.path.startswith("/api/"):
            allowed = answer.headers.get("Allow", "")
            answer = problem(request, MethodRefused(method=request.method, allowed=allowed))
            answer.headers["Allow"] = allowed
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError):
            return asleep(request, is_open=request.method not in SAFE_METHODS)
        if isinstance(error, DataError):
            LOG.warning("value refused by the database at %s", request.path, exc_info=error)
            error = ValueRefused()
        return self._shown(request, error) if isinstance(error, Refused) else None

    @staticmethod
    def _check_cut(request: HttpRequest) -> None:
        by = request.actor  # type: ignore[attr-defined]
        if by.id and not by.grants and not request.path.startswith(OPEN_PATHS + WITHOUT_POST):
            raise NoPost(name=by.name)
        place, item = (request.GET.get(name, "").strip() for name in ("place", "item"))
        if place:
            organisations.region(place[:12])
        if item and item not in {row.code for row in catalogue.materials().values()}:
            raise MaterialUnknown(word=item[:40])

    @staticmethod
    def _shown(request: HttpRequest, error: Refused) -> HttpResponse:
        if request.path.startswith("/api/"):
            return problem(request, error)
        _note(request, error)
        template = "403.html" if isinstance(error, NotAllowed) else "server/refused.html"
        problems = error.problems if isinstance(error, FileRefused) else []
        return render(request, template, {"refusal": error, "problems": problems}, status=error.status)


def _note(request: HttpRequest, error: Refused) -> None:
    """Write into the server's log who tried what they may not."""
    if isinstance(error, NotAllowed | NotYourDivision | SecondStepNeeded):
        who = getattr(request, "actor", NOBODY).id
        SECURITY.warning("person %s refused %s at %s %s", who, error.code, request.method, request.path)


def asleep(request: HttpRequest, *, is_open: bool = False) -> HttpResponse:
    """The database does not answer: say so, and show no figure. Asks nothing of the database itself.

    Args:
        is_open: it fell asleep in the middle of an act, so that nobody knows whether that was booked.
    """
    key = request.headers.get("Idempotency-Key", "") or (
        "" if request.path.startswith("/api/") else _typed_key(request)
    )
    if request.path.startswith("/api/"):
        return problem(request, OutcomeUnknown(idem=key or "–") if is_open else DatabaseAsleep())
    words = loader.render_to_string(
        "server/asleep.html",
        {"language": translation.get_language(), "path": request.path, "is_open": is_open, "key": key},
    )
    return HttpResponse(words, status=503, headers={"Retry-After": "10"})


def _typed_key(request: HttpRequest) -> str:
    """The key of a form, if it can still be read."""
    try:
        return request.POST.get("idem", "")[:36]
    except (UnreadablePostError, BadRequest):
        return ""


def problem(request: HttpRequest, error: Refused) -> HttpResponse:
    """RFC 9457 ``application/problem+json``."""
    _note(request, error)
    body: dict[str, object] = {
        "type": f"urn:qipan:problem:{error.code}",
        "title": error.code.replace("_", " "),
        "status": error.status,
        "code": error.code,
        "detail": str(error),
        "instance": request.path,
    }
    if isinstance(error, FileRefused):
        body["errors"] = [
            {
                "file": p.file, "sheet": p.sheet, "row": p.row, "column": p.column, "code": p.code,
                "detail": p.reason, "pointer": f"/{p.row}/{p.column}",
            }
            for p in error.problems
        ]  # fmt: skip
    return HttpResponse(
        json.dumps(body, ensure_ascii=False), status=error.status, content_type="application/problem+json"
    )
