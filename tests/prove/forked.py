"""The platform over HTTP from copies of this process: they answer at once; granian's workers take seconds to begin.

For the short size of a trial. What answers is the same application; the server around it is the standard library's.
"""

from __future__ import annotations

import logging
import os
import signal
import socketserver
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from threading import BoundedSemaphore
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

COPIES, AT_ONCE = 2, 8
"""Copies, and requests that each works on at the same time; a request has a thread and a database connection."""


@contextmanager
def forked(*, patch: str = "") -> Iterator[tuple[str, list[int]]]:
    """The platform on the books that this process works in; its address and processes. Ended by force.

    Args:
        patch: as of ``world.served``.
    """
    from django.core.wsgi import get_wsgi_application
    from django.db import connections
    from django.urls import get_resolver

    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=_Server, handler_class=_Quiet)
    _ = get_resolver().url_patterns  # read here, once, and not in every copy
    connections.close_all()
    processes = []
    for _copy in range(COPIES):
        processes.append(os.fork())
        if processes[-1] == 0:
            _serve(server, patch)
    address = f"http://127.0.0.1:{server.server_port}"
    server.server_close()
    try:
        yield address, processes
    finally:
        for process in processes:
            kill(process)


def kill(process: int) -> None:
    """End a copy as a power cut would, and wait until it is gone; one that is gone already is fine."""
    try:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    except (ProcessLookupError, ChildProcessError):
        return


def _serve(server: WSGIServer, patch: str) -> None:
    """What the copy does until it is killed; it never comes back."""
    try:
        logging.disable(logging.WARNING)
        from importlib import import_module

        from qipan.kernel import scope

        scope.begin(scope.NOTHING)
        module, _colon, name = patch.partition(":")
        if name:
            getattr(import_module(module), name)()
        server.serve_forever()
    finally:
        sys.stderr.flush()
        os._exit(1)


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    """A thread and a database connection for each request, ``AT_ONCE`` at most."""

    daemon_threads = True
    request_queue_size = 256
    _places = BoundedSemaphore(AT_ONCE)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        from django.db import connections

        with self._places:
            try:
                super().process_request_thread(request, client_address)
            finally:
                connections.close_all()


class _Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, format: str, *args: Any) -> None:
        return
