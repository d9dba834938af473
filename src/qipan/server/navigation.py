"""The frame's own content: where one can go, the cut, the person, language and theme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock
from qipan.kernel.doors import InstantRefused, instant_of
from qipan.kernel.text import pick
from qipan.organisations import offices, queries
from qipan.server.middleware import NOBODY

PLACES = (
    ("room", _("Room"), "room", "grid", ("/",)),
    ("production", _("Makers"), "production:days", "factory", ("/production",)),
    ("resumption", _("Return to work"), "resumption:progress", "resume", ("/resumption",)),
    ("need", _("Need"), "demand:gaps", "need", ("/needs",)),
    ("stock", _("Stock"), "stock:places", "box", ("/stock",)),
    ("batches", _("Batches"), "allocation:batches", "batch", ("/batches",)),
    ("transit", _("Transit"), "transport:shipments", "truck", ("/shipments",)),
    ("figures", _("Figures"), "figures", "chart", ("/figures",)),
    ("catalogue", _("Catalogue"), "catalogue:materials", "book", ("/catalogue",)),
    ("units", _("Units"), "organisations:units", "people", ("/units",)),
    ("log", _("Log"), "log", "shield-check", ("/log",)),
)


@dataclass(frozen=True)
class Stop:
    """One entry of the rail."""

    key: str
    label: str | Promise
    url: str
    icon: str
    active: bool
    badge: int | None = None


@dataclass(frozen=True)
class Who:
    """The signed-in person as the frame shows them."""

    id: int
    name: str
    post: str
    initials: str


@dataclass(frozen=True)
class Chrome:
    """What the frame needs on every page."""

    nav: list[Stop]
    as_of: datetime
    is_past: bool
    completeness: Any
    is_demo: bool
    now: datetime
    person: Who | None
    scope: str
    search_url: str
    language: str
    other_language: str
    theme: str
    as_of_url: str


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``chrome`` for every page."""
    try:
        as_of = instant_of(request, "as_of")
    except InstantRefused:
        as_of = None
    keep = "?" + urlencode({"as_of": request.GET["as_of"]}) if as_of else ""
    language = translation.get_language() or "zh-hans"
    path = request.path
    stops = [
        Stop(
            key,
            label,
            reverse(name) + keep,
            icon,
            any(path == p or (p != "/" and path.startswith(p)) for p in starts),
        )
        for key, label, name, icon, starts in PLACES
    ]
    return {
        "chrome": Chrome(
            nav=stops,
            as_of=as_of or clock.now(),
            is_past=as_of is not None,
            completeness=None,
            is_demo=settings.IS_DEMO,
            now=clock.now(),
            person=_who(request),
            scope=_scope(request),
            search_url=reverse("search"),
            language=language,
            other_language="en" if language.startswith("zh") else "zh-hans",
            theme=request.COOKIES.get("qipan_theme", "system"),
            as_of_url=path,
        )
    }


def _scope(request: HttpRequest) -> str:
    """The division whose part of the books the person sees, when it is not the nation."""
    home = getattr(request, "actor", NOBODY).home
    return str(queries.region(home).name) if home else ""


def _who(request: HttpRequest) -> Who | None:
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return None
    posts = queries.posts_of(person, clock.now())
    title = str(offices.OFFICES[posts[0].office][0]) if posts else ""
    name = pick(person.name_zh, person.name_en)
    return Who(person.id, name, title, name[-2:] if name[-1:].isdigit() else name[:1].upper())
