"""The operations room, at the desk and on the wall."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from qipan.briefings import queries
from qipan.kernel.doors import actor_of, cut_of, require_reading, whole_number


@require_GET
def room(request: HttpRequest) -> HttpResponse:
    """The situation at the cut; ``?wall=1`` is the wall. Who does not read the province of the case is shown the need
    of the own division instead."""
    if not actor_of(request).reads(queries.PROVINCE):
        return HttpResponseRedirect(reverse("demand:gaps"))
    if request.GET.get("wall") == "1":
        return wall(request)
    return render(request, "briefings/room.html", {"room": _room(request)})


@require_GET
def wall(request: HttpRequest) -> HttpResponse:
    """The wall: 1920 × 1080, no scrolling, refreshes itself."""
    require_reading(request, queries.PROVINCE)
    return render(request, "briefings/room_wall.html", {"room": _room(request)})


def _room(request: HttpRequest) -> queries.Room:
    item = request.GET.get("item", "") or queries.ITEMS[0]
    seconds = whole_number(request, "refresh", default=30, most=3600)
    return queries.room(cut_of(request, place="", item=""), item=item, refresh_seconds=max(5, seconds))
