"""Addresses. Every context brings its own; the root of the site is the operations room."""

from __future__ import annotations

from django.urls import include, path

from qipan.briefings import web as briefings
from qipan.server import log_pages, pages
from qipan.server.api import api

urlpatterns = [
    path("", briefings.room, name="room"),
    path("wall", briefings.wall, name="wall"),
    path("language", pages.set_language, name="set_language"),
    path("search", pages.search, name="search"),
    path("figures", pages.all_figures, name="figures"),
    path("figures/published", pages.published, name="published"),
    path("figures/<str:key>.xlsx", pages.figure_file, name="figure_file"),
    path("figures/<str:key>", pages.figure, name="figure"),
    path("log", log_pages.log, name="log"),
    path("log/checkpoint.json", log_pages.checkpoint_file, name="log_checkpoint"),
    path("log/kept/<str:origin>.json", log_pages.kept_file, name="log_kept"),
    path("log/proofs/<str:kind>/<int:ref>.json", log_pages.proof_file, name="log_proof"),
    path("healthz", pages.health, name="health"),
    path("readyz", pages.ready, name="ready"),
    path("", include("qipan.server.entrance.urls")),
    path("", include("qipan.production.urls")),
    path("", include("qipan.resumption.urls")),
    path("", include("qipan.demand.urls")),
    path("", include("qipan.stock.urls")),
    path("", include("qipan.allocation.urls")),
    path("", include("qipan.transport.urls")),
    path("", include("qipan.catalogue.urls")),
    path("", include("qipan.organisations.urls")),
    path("api/v1/", api.urls),
]
handler404 = "qipan.server.pages.not_found"
handler500 = "qipan.server.pages.broken"
