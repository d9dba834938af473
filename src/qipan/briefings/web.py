"""The operations room, at the desk and on the wall."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from qipan.briefings import queries
from qipan.kernel.doors import cut_of, whole_number


@require_GET
def room(request: HttpRequest) -> HttpResponse:
    """The situation at the cut; ``?wall=1`` is the wall."""
    if request.GET.get("wall") == "1":
        return wall(request)
    return render(request, "briefings/room.html", {"room": _room(request)})


@require_GET
def wall(request: HttpRequest) -> HttpResponse:
    """The wall: 1920 × 1080, no scrolling, refreshes itself."""
    return render(request, "briefings/room_wall.html", {"room": _room(request)})


def _room(request: HttpRequest) -> queries.Room:
    item = request.GET.get("item", "") or queries.ITEMS[0]
    seconds = whole_number(request, "refresh", default=30, most=3600)
    return queries.room(cut_of(request, place="", item=""), item=item, refresh_seconds=max(5, seconds))
