"""Programs of other people: clients of the API over HTTP, each with its own connection and token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Barrier
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

SECONDS = 120
T = TypeVar("T")


class Lost(Exception):
    """No answer came: the connection was refused or broke; whether it was booked is not known."""


@dataclass(frozen=True)
class Answer:
    """What the server said; ``body`` is JSON, or the text where it is none."""

    status: int
    body: Any

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Why it was refused; "" when it was done."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) and not self.is_done else ""

    def __str__(self) -> str:
        return f"{self.status} {self.code or str(self.body)[:160]}"


class Phone:
    """A client with a bearer token; one connection, opened again when it broke. For one thread at a time."""

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        self._connection = HTTPConnection(str(parts.hostname), parts.port, timeout=SECONDS)
        self._token = token

    def post(self, path: str, body: Any, *, key: UUID, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a report under its key.

        Raises:
            Lost.
        """
        more = {"Content-Type": "application/json", "Idempotency-Key": str(key), **(headers or {})}
        return self._ask("POST", path, json.dumps(body), more)

    def get(self, path: str) -> Answer:
        """Raises Lost."""
        return self._ask("GET", path, None, {})

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        try:
            self._connection.request(
                method, f"/api/v1{path}", body, {"Authorization": f"Bearer {self._token}", **headers}
            )
            found = self._connection.getresponse()
            text = found.read().decode()
            if found.getheader("Content-Length") is None and not found.chunked:
                raise HTTPException("cut off in the middle of its headers")
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise Lost(str(error)) from error
        try:
            return Answer(found.status, json.loads(text))
        except ValueError:
            return Answer(found.status, text)


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Run the calls at once, each in a thread; their answers in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait(SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def close_all(phones: Iterable[Phone]) -> None:
    for phone in phones:
        phone.close()
