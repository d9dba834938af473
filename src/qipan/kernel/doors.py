"""What every screen reads from its request: who asks, and the cut the page is read at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock
from qipan.kernel.access import NATION, Actor
from qipan.kernel.errors import NoPost, NotYourDivision, Refused
from qipan.kernel.figures import Cut


class InstantRefused(Refused):
    """An instant in an address or form cannot be read."""

    code = "instant_unreadable"
    status = 422
    sentence = _("“%(text)s” is no instant; write 2020-01-29T24:00.")


class PageRefused(Refused):
    """A number in an address is not one."""

    code = "parameter_unreadable"
    status = 422
    sentence = _("“%(text)s” is not valid for “%(name)s”.")


def actor_of(request: HttpRequest) -> Actor:
    """The person behind the request; the middleware put it there."""
    return request.actor  # type: ignore[attr-defined]


def instant_of(request: HttpRequest, name: str) -> datetime | None:
    """The instant in a query parameter; None when it is absent.

    Raises:
        InstantRefused: it is there and cannot be read.
    """
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    try:
        return clock.read_instant(text)
    except clock.InstantUnreadable as error:
        raise InstantRefused(text=text[:40]) from error


def sent_instant(request: HttpRequest, name: str) -> datetime | None:
    """The instant in a field of a form; None when it is empty.

    Raises:
        InstantRefused: it is there and cannot be read.
    """
    text = request.POST.get(name, "").strip()
    try:
        return clock.read_instant(text) if text else None
    except clock.InstantUnreadable as error:
        raise InstantRefused(text=text[:40]) from error


def instant_in(text: str) -> datetime | None:
    """The instant a body names; None when it names none.

    Raises:
        InstantRefused: it cannot be read.
    """
    try:
        return clock.read_instant(text) if text else None
    except clock.InstantUnreadable as error:
        raise InstantRefused(text=text[:40]) from error


def cut_of(request: HttpRequest, **more: Any) -> Cut:
    """The cut of the page: ``as_of`` (now when absent), ``known_at``, ``place``, ``item`` from the address.

    Without a place it is the division the person reads.

    Raises:
        NotYourDivision: the person does not read all of the place, and a part would be taken for the whole.
    """
    cut = shared_cut_of(request, **more)
    if "place" in more:
        return cut
    place = cut.place or actor_of(request).home
    require_reading(request, place)
    return replace(cut, place=place)


def shared_cut_of(request: HttpRequest, **more: Any) -> Cut:
    """The cut of a page of what all share: publications, units, the catalogue."""
    return Cut(
        as_of=instant_of(request, "as_of") or clock.now(),
        known_at=instant_of(request, "known_at"),
        place=more.get("place", request.GET.get("place", "").strip()[:12]),
        item=more.get("item", request.GET.get("item", "").strip()[:40]),
    )


def require_reading(request: HttpRequest, place: str) -> None:
    """Raises NotYourDivision or NoPost unless the person reads the whole of a division; "" is the nation."""
    by = actor_of(request)
    if not by.grants:
        raise NoPost(name=by.name)
    if not by.reads(place):
        raise NotYourDivision(name=by.name, place=place or NATION, own=by.home)


def key_of(request: HttpRequest) -> UUID:
    """The idempotency key the form carries; a form without one gets a fresh key.

    Raises:
        PageRefused: it is there and is no uuid.
    """
    text = request.POST.get("idem", "").strip()
    try:
        return UUID(text) if text else uuid4()
    except ValueError as error:
        raise PageRefused(text=text[:40], name="idem") from error


def whole_number(request: HttpRequest, name: str, *, default: int, most: int) -> int:
    """A number ≥ 0 in the address, at most ``most``.

    Raises:
        PageRefused: it is no such number.
    """
    text = request.GET.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text[:12]) > most:
        raise PageRefused(text=text[:40], name=name)
    return int(text)


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """A file to keep."""
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Counted(Paginator):  # type: ignore[type-arg]
    """A paginator over rows that the database has already cut: it knows the page's rows and the whole count."""

    def __init__(self, rows: Sequence[Any], total: int, *, per_page: int) -> None:
        super().__init__(list(rows), per_page)
        self._total = total

    @property
    def count(self) -> int:
        return self._total

    def validate_number(self, number: int | float | str) -> int:
        """A page after the last is an empty page with a way back, not a fault."""
        return int(number)

    def page(self, number: int | str) -> Page[Any]:
        return Page(self.object_list, int(number), self)


def page_number(request: HttpRequest) -> int:
    """The page asked for, from 1."""
    return max(1, whole_number(request, "page", default=1, most=100_000))


def page_of(rows: Sequence[Any], total: int, *, number: int, per_page: int = 50) -> Page[Any]:
    """One page of rows cut by the database, for ``ui/parts/pager.html``."""
    return Counted(rows, total, per_page=per_page).page(number)
