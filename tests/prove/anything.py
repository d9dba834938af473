"""Anything a machine or a person may send: values from the schema of an operation, near to it, and far from it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Schema = dict[str, Any]
Words = Mapping[str, list[Any]]

ODD_TEXTS = (
    "", " ", "\x00", "a\x00b", "\r\n", "%", "_", "'; DROP TABLE stock_movement; --", "<script>", "９９", "-1", "0",
    "1e999", "NaN", "1" * 400, "9" * 25, "2020-13-40", "9999-12-31T24:00", "0001-01-01T00:00Z",
    "2020-02-06T19:00+99:99", "\ud800", "％％", "{0}", "%(name)s", "🧪" * 50, "../../etc/passwd", "1.5万",
    "١٢", "²", "true", "null",
)  # fmt: skip
ODD_NUMBERS = (0, -1, 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 0.5, -0.0, 1e308)
ODD_BODIES = (
    b"", b"null", b"[]", b"{}", b"{", b"[" * 5_000, b'{"a":' * 3_000, b"\xff\xfe", b"[NaN]", b"Infinity", b"9" * 6_000,
    b'"\\ud800"', b"\xef\xbb\xbf{}", b'{"a":1,"a":2}',
)  # fmt: skip
ODD_KEYS = ("", "x", "0" * 32, "not-a-uuid", "\x7f", "{" + "0" * 36 + "}")


@dataclass(frozen=True)
class Asked:
    """One request: what is written into the address, the headers and the body."""

    method: str
    where: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.where[:200]} {self.headers} {self.body[:300]!r}"


def odd() -> SearchStrategy[Any]:
    """A value of no schema."""
    texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=12)
    flat = st.none() | st.booleans() | st.sampled_from(ODD_NUMBERS) | texts | st.floats(allow_nan=False)
    return (
        flat | st.lists(flat, max_size=3) | st.dictionaries(st.sampled_from(("", "a", "__class__")), flat, max_size=2)
    )


def value(schema: Schema, words: Words, parts: Schema, name: str = "") -> SearchStrategy[Any]:
    """A value as the schema says, made of the world's own words, and now and then an odd one in its place.

    Args:
        words: what the world calls its things, by the name of the field.
        parts: the schemas that ``$ref`` names.
    """
    return (
        _kept(schema, words, parts, name)
        if name == ""
        else st.integers(0, 7).flatmap(lambda dice: odd() if dice == 0 else _kept(schema, words, parts, name))
    )


def _kept(schema: Schema, words: Words, parts: Schema, name: str) -> SearchStrategy[Any]:
    if "$ref" in schema:
        return _kept(parts[schema["$ref"].rsplit("/", 1)[-1]], words, parts, name)
    if "anyOf" in schema:
        return st.one_of([_kept(each, words, parts, name) for each in schema["anyOf"]])
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        needed = schema.get("required", ())
        fields = {key: value(part, words, parts, key) for key, part in schema["properties"].items()}
        must = {key: strategy for key, strategy in fields.items() if key in needed}
        may = {key: strategy for key, strategy in fields.items() if key not in needed}
        return st.fixed_dictionaries(must, optional=may)
    if kind == "object":
        return st.dictionaries(st.sampled_from(("a", "")), odd(), max_size=2)
    if kind == "array":
        return st.lists(value(schema.get("items", {}), words, parts, name or "item"), min_size=1, max_size=3)
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    if kind in ("integer", "number"):
        known = [word for word in words.get(name, ()) if isinstance(word, int)]
        return st.sampled_from([*known * 3, *range(6)]) if known else st.integers(0, 200)
    return _text(words.get(name, ()))


def _text(known: Any) -> SearchStrategy[str]:
    return st.sampled_from([str(word) for word in known]) if known else st.text(min_size=1, max_size=10)


def request(method: str, path: str, operation: Schema, words: Words, parts: Schema) -> SearchStrategy[Asked]:
    """A request of an operation of the API: parameters, key and body."""
    named = {p["name"]: p for p in operation.get("parameters", ())}
    inside = re.findall(r"\{(\w+)\}", path)
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")

    @st.composite
    def build(draw: st.DrawFn) -> Asked:
        where = path
        for name in inside:
            found = draw(value(named[name]["schema"], words, parts, name))
            where = where.replace("{" + name + "}", quote(_plain(found), safe="", errors="surrogatepass") or "%20")
        asked = {
            name: draw(value(p["schema"], words, parts, name))
            for name, p in named.items() if p["in"] == "query" and draw(st.booleans())
        }  # fmt: skip
        if asked:
            said = (f"{name}={quote(_plain(found), safe='', errors='surrogatepass')}" for name, found in asked.items())
            where += "?" + "&".join(said)
        if method == "get":
            return Asked("GET", where)
        key = draw(st.sampled_from(ODD_KEYS)) if draw(st.integers(0, 15)) == 0 else str(UUID(int=draw(_KEYS)))
        wild = schema is None or draw(st.integers(0, 11)) == 0
        body = draw(st.sampled_from(ODD_BODIES)) if wild else as_json(draw(value(schema, words, parts)))
        return Asked(method.upper(), where, body, {"idempotency-key": key})

    return build()


_KEYS = st.integers(1, 40) | st.integers(2**64, 2**127)
"""Keys that were used before, and keys that were not."""


def as_json(found: Any) -> bytes:
    """JSON as a machine sends it: half a surrogate pair travels as its escape."""
    return json.dumps(found).encode()


def _plain(found: Any) -> str:
    return found if isinstance(found, str) else json.dumps(found)
