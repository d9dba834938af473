"""Who asks in a trial: signed-in clients that talk to the platform in this process, and books with two provinces."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.test import Client

from qipan.kernel import clock
from tests.prove.trial import Effort
from tests.prove.world import World, books

if TYPE_CHECKING:
    from tests.provinces import Province

NOW = "2020-02-06T19:00"
LOCAL = "localhost"


@contextmanager
def provinces(effort: Effort) -> Iterator[tuple[World, Province]]:
    """Fresh books with the cast in Hubei and everything that can be booked in Shanxi; the clock stands still."""
    from tests.provinces import build

    with quiet(), clock.held_at(clock.read_instant(NOW)), books(effort.ground) as world:
        yield world, build(world.cast)


@contextmanager
def quiet() -> Iterator[None]:
    """Refusals by the thousand are what is wanted; they are not to be logged."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def client_of(world: World, person: str, language: str = "en") -> Client:
    """A browser of somebody; "" has not signed in. A fault is a 500, as it is on the wire."""
    client = Client(SERVER_NAME=LOCAL, headers={"accept-language": language})
    client.cookies["qipan_language"] = language
    if person:
        client.force_login(world.cast.person(person))
    client.raise_request_exception = False
    return client
