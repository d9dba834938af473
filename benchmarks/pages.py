"""Server time of pages over the loaded case, beside a page that does nothing but ``SELECT 1``."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.race import Ratio, race
from qipan.server import urls

PAGES = (
    ("operations room", "/"),
    ("batch page", "/batches/1"),
    ("needs and gaps", "/needs"),
    ("stock by place", "/stock"),
)
ROUNDS = 30


def bare(request: HttpRequest) -> HttpResponse:
    """Through the same middleware and session as every page, then one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return HttpResponse(f"<p>{request.user}{cursor.fetchone()[0]}")


urlpatterns = [*urls.urlpatterns, path("bare", bare)]


def measure() -> Iterator[Ratio]:
    """Each page and the bare one in turn; nothing is kept between requests but what the product keeps."""
    from django.test import Client, override_settings

    from qipan.kernel import clock
    from qipan.organisations.models import Person
    from qipan.server import demo

    with override_settings(ROOT_URLCONF="benchmarks.pages"), clock.held_at(clock.read_instant(demo.DEFAULT_UNTIL)):
        client = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "zh-hans"})
        client.force_login(Person.objects.get(username="duty"))

        def get(address: str) -> int:
            answer = client.get(address)
            assert answer.status_code == 200, address
            return len(answer.content)

        for name, address in PAGES:
            size = f"{get(address) / 1024:.0f} KiB of HTML, case hubei-2020"
            yield race(
                name, lambda address=address: get(address), "a page with SELECT 1", lambda: get("/bare"),
                size=size, rounds=ROUNDS,
            )  # fmt: skip
