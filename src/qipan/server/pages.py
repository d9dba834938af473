"""Pages of no context: sign-in and out, language, search, figures, health."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is stale or came from elsewhere."""
    return render(request, "server/stale_form.html", {"reason": reason}, status=403)
