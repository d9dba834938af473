"""Listens to a browser: which hosts it asked, and what it complained about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

INSIDE = ("data", "blob", "about", "chrome")
REFUSED_PAGE = re.compile(r"^Failed to load resource: the server responded with a status of [45]\d\d\b")


@dataclass
class Watch:
    """Requests to another host than ``host``, and errors of script, policy or network.

    A page that is itself a refusal (403, 404, 422, 500, 503) is reported by the browser like a missing resource:
    that one sentence about the page's own address is no complaint.
    """

    host: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("request", self._on_request)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in INSIDE and parts.netloc != self.host:
            self.outside.append(request.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        where = message.location.get("url", "")
        is_own_refusal = message.page is not None and where == message.page.url and REFUSED_PAGE.match(message.text)
        if not is_own_refusal:
            self.complaints.append(f"{where}: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.complaints.append(f"{error.page.url if error.page else ''}: {error.error}")
