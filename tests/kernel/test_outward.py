"""Calls to addresses somebody typed: only public ones, to the very address that was checked, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from qipan.kernel import outward

PUBLIC = "93.184.215.14"


def asks(*found: str) -> outward.Resolve:
    return lambda _host, _port: list(found)


def test_a_public_host_is_called_at_the_address_that_was_checked() -> None:
    found = outward.target_of("https://hooks.example/a?b=c", ask=asks(PUBLIC))
    assert found == outward.Target("https", "hooks.example", 443, "/a?b=c", PUBLIC)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "64:ff9b::7f00:1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::",
        "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b:1::1", "2001:db8::1", "words",
    ],
)  # fmt: skip
def test_what_lies_inside_is_not_called(ip: str) -> None:
    for found in ((ip,), (PUBLIC, ip), (ip, PUBLIC)):
        with pytest.raises(outward.AddressRefused):
            outward.target_of("https://hooks.example/", ask=asks(*found))


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example/", "ftp://hooks.example/", "file:///etc/passwd", "gopher://hooks.example/",
        "//hooks.example",
        "https://", "https:///path", "https://name:word@hooks.example/", "https://name@hooks.example/", "words", "",
        "https://hooks.example/#part", "https://hooks.example:99999/", "https://[::1/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_plain_https_address_is_refused(address: str) -> None:
    with pytest.raises(outward.AddressRefused):
        outward.target_of(address, ask=asks(PUBLIC))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::1]", "0"])
def test_loopback_by_any_name_is_refused(host: str) -> None:
    """With the system's own resolver."""
    with pytest.raises(outward.AddressRefused):
        outward.target_of(f"https://{host}/")


def test_a_host_the_operator_named_may_lie_inside(settings: Any) -> None:
    settings.WEBHOOK_HOSTS = ["his.hospital"]
    assert outward.target_of("http://his.hospital:8080/", ask=asks("10.1.2.3")).ip == "10.1.2.3"
    with pytest.raises(outward.AddressRefused):
        outward.target_of("http://other.hospital/", ask=asks("10.1.2.3"))


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """Worked out once more by hand, and the example of the specification."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    told = outward.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    key = base64.b64decode(secret.removeprefix("whsec_"))
    by_hand = hmac.new(key, b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body, hashlib.sha256).digest()
    assert told == "v1," + base64.b64encode(by_hand).decode()


@pytest.fixture
def listener() -> Iterator[Any]:
    """A receiver on loopback that keeps what came; answers what it is told to."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.came.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
            self.send_response(server.answer)  # type: ignore[attr-defined]
            if server.answer == 302:  # type: ignore[attr-defined]
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.came, server.answer = [], 204  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_arrives_with_its_headers(listener: Any) -> None:
    target = outward.Target("http", "his.hospital", listener.server_port, "/in", "127.0.0.1")
    secret = outward.fresh_secret()
    assert outward.post(target, secret, "msg_1", 1580000000, b"{}") == 204
    ((path, headers, body),) = listener.came
    assert (path, body, headers["webhook-id"], headers["webhook-timestamp"]) == ("/in", b"{}", "msg_1", "1580000000")
    assert headers["webhook-signature"] == outward.signature(secret, "msg_1", 1580000000, b"{}")
    assert headers["Host"] == f"his.hospital:{listener.server_port}"


def test_a_redirection_is_not_followed(listener: Any) -> None:
    listener.answer = 302
    target = outward.Target("http", "h", listener.server_port, "/in", "127.0.0.1")
    assert outward.post(target, outward.fresh_secret(), "m", 1, b"{}") == 302
    assert [path for path, _headers, _body in listener.came] == ["/in"]


def test_nobody_there_is_no_fault() -> None:
    assert outward.post(outward.Target("http", "h", 9, "/", "127.0.0.1"), outward.fresh_secret(), "m", 1, b"{}") == 0
