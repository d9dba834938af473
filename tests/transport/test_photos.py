"""Photographs of a load: by who signs for it, re-drawn, with their digest in the sealed trail."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from qipan.kernel import clock
from qipan.kernel.errors import FileRefused
from qipan.kernel.models import Event
from qipan.transport import errors, operations
from qipan.transport.models import Photo
from tests.cast import Cast
from tests.kernel.test_photos import SECRET, picture, with_exif

ClientOf = Callable[..., Client]


@pytest.fixture
def number(cast: Cast) -> str:
    """A load that has left."""
    cast.put("reserve", "SUIT-GB", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    batch = cast.plan("SUIT-GB")
    cast.issue(batch)
    return cast.send(batch)


@pytest.fixture
def arrived(cast: Cast, number: str) -> str:
    operations.report_arrival(number, by=cast.driver,
                              at=clock.now(), idem=uuid4())  # fmt: skip
    return number


def add(number: str, by: Any, content: bytes = b"") -> int:
    return operations.add_photo(number, "a.jpg", content or picture(), by=by, at=clock.now(), idem=uuid4())


def test_it_is_kept_with_its_digest_and_without_what_the_camera_wrote(cast: Cast, arrived: str) -> None:
    add(arrived, cast.receiver, with_exif())
    row = Photo.objects.get()
    assert SECRET.encode() not in bytes(row.jpeg)
    digest = hashlib.sha256(bytes(row.jpeg)).hexdigest()
    assert row.sha256 == digest
    assert Event.objects.get(key="transport.photographed").detail == {"sha256": digest}


def test_the_page_takes_one_and_shows_it(client_of: ClientOf, arrived: str) -> None:
    client = client_of("receiver")
    sent = SimpleUploadedFile("a.jpg", picture(), "image/jpeg")
    asked = {"act": "photograph", "photo": sent, "idem": str(uuid4())}
    assert client.post(f"/shipments/{arrived}/step", asked).status_code == 302
    where = f"/shipments/{arrived}/photos/{Photo.objects.get().id}.jpg"
    assert where in client.get(f"/shipments/{arrived}").text
    answer = client_of("audit").get(where)
    assert (answer["Content-Type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")


def test_the_api_takes_one_once(client_of: ClientOf, arrived: str) -> None:
    key, client, answers = str(uuid4()), client_of("receiver"), []
    for _time in range(2):
        sent = io.BytesIO(picture())
        sent.name = "a.jpg"
        where = f"/api/v1/shipments/{arrived}/photos"
        answers.append(client.post(where, {"photo": sent}, headers={"idempotency-key": key}).json())
    assert answers[0] == answers[1]
    assert len(client.get(f"/api/v1/shipments/{arrived}/photos").json()["rows"]) == Photo.objects.count() == 1


def test_nobody_else_adds_one(cast: Cast, arrived: str) -> None:
    with pytest.raises(Exception, match="duty"):
        add(arrived, cast.duty)


def test_there_is_none_before_the_load_is_there(cast: Cast, number: str) -> None:
    with pytest.raises(errors.ShipmentNotArrived):
        add(number, cast.receiver)


def test_there_are_at_most_six(cast: Cast, arrived: str) -> None:
    for _time in range(6):
        add(arrived, cast.receiver)
    with pytest.raises(errors.TooManyPhotos):
        add(arrived, cast.receiver)


def test_what_is_no_photograph_is_refused_on_the_page(client_of: ClientOf, cast: Cast, arrived: str) -> None:
    with pytest.raises(FileRefused):
        add(arrived, cast.receiver, b"words")
    sent = SimpleUploadedFile("a.jpg", b"words", "image/jpeg")
    answer = client_of("receiver").post(
        f"/shipments/{arrived}/step", {"act": "photograph", "photo": sent, "idem": str(uuid4())}
    )
    assert answer.status_code == 422
    assert not Photo.objects.exists()
