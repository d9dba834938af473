"""No address answers with a fault of the server, whatever is written into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

VALUES = ("\x00", "9999999999999999999999", "'\"<b>%", "９", "-1", "2020-13-40", "0001-01-01T00:00", "420000")
WORDS = ("text", "q", "state", "level", "kind", "category", "zone", "voice", "tier", "family", "parent", "batch", "of")
NUMBERS = ("page", "limit", "cursor", "offset", "history", "refresh")
CUTS = ("as_of", "known_at", "place", "item")
IDS = ("1", "0", "99999999999999999999", "x", "SUIT-GB", "demand.gap")


def addresses(word: str) -> list[str]:
    """Every address of the router, each of its parameters filled with ``word``."""
    found = sorted({route for route in _routes(get_resolver(), "") if "sign-out" not in route})
    return ["/" + re.sub(r"<[^>]+>", word, route) for route in found]


def _routes(resolver: URLResolver, before: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path
        else:
            yield from _routes(entry, path)


def _answered(client: Client, where: str, asked: dict[str, str]) -> int:
    """The status; what the database refused is rolled back, as at the end of a request."""
    mark = transaction.savepoint()
    try:
        return client.get(where, asked).status_code
    finally:
        transaction.savepoint_rollback(mark)


@pytest.mark.parametrize("word", IDS)
def test_no_odd_name_in_any_address_is_a_fault(client_of: Callable[..., Client], word: str) -> None:
    client = client_of("duty")
    client.raise_request_exception = False
    assert [where for where in addresses(word) if _answered(client, where, {}) >= 500] == []


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("names", [WORDS, NUMBERS, *[(name,) for name in CUTS]], ids=lambda names: names[0])
def test_no_odd_value_in_any_address_is_a_fault(
    client_of: Callable[..., Client], names: tuple[str, ...], value: str
) -> None:
    client = client_of("duty")
    client.raise_request_exception = False
    asked = dict.fromkeys(names, value)
    assert [where for where in addresses("1") if _answered(client, where, asked) >= 500] == []


def test_a_zero_byte_in_a_body_is_refused_by_name(client_of: Callable[..., Client]) -> None:
    body = [{"unit": "wuhan\x00", "item": "SUIT-GB", "zone": "ICU", "quantity": "1", "measure": "件"}]
    answer = client_of("duty").post(
        "/api/v1/needs", body, content_type="application/json", headers={"idempotency-key": str(uuid4())}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "value_refused")
