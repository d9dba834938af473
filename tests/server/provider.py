"""A tiny OpenID Connect provider on loopback: discovery, token, userinfo. It says whatever claims it is given."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt

KEY = "k" * 32


@dataclass
class Provider:
    """Where it is, whom it tells about next, and what the client sent for the token."""

    address: str
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/jwks",
        }

    def token(self) -> dict[str, Any]:
        now = int(time.time())
        told = {"iss": self.address, "aud": "qipan", "iat": now, "exp": now + 60, **self.claims}
        return {"access_token": "a", "token_type": "Bearer", "id_token": jwt.encode(told, KEY, "HS256")}


@contextmanager
def standing() -> Iterator[Provider]:
    """The provider answers until the end."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(provider.claims if self.path == "/userinfo" else provider.configuration())

        def do_POST(self) -> None:
            provider.asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._send(provider.token())

        def _send(self, body: dict[str, Any]) -> None:
            written = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_words: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
