"""Webhooks: told in the order of the log, within what the person reads, again until taken, and ended at last."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from qipan.kernel import clock, events, outward, sealing
from qipan.organisations import errors, operations
from qipan.organisations.models import Person, Webhook
from tests.cast import Cast

ADDRESS = "https://hooks.example/in"
ClientOf = Callable[..., Client]


@pytest.fixture(autouse=True)
def _public(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's name stands for a public address."""
    target = outward.Target("https", "hooks.example", 443, "/in", "93.184.215.14")
    monkeypatch.setattr(outward, "target_of", lambda _address: target)


class Receiver:
    """Takes messages, or answers with ``status``."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.came: list[dict[str, Any]] = []

    def __call__(self, _target: outward.Target, _secret: str, message: str, _at: int, body: bytes) -> int:
        status = self.statuses.pop(0) if self.statuses else 200
        if 200 <= status < 300:
            self.came.append({"message": message, **json.loads(body)})
        return status


def happen(cast: Cast, *words: str, region: str = "420000") -> None:
    for word in words:
        events.record(word, by=cast.duty, subject="batch/1", at=clock.now(), region=region, secret="quantity 7654321")
    sealing.seal()


def tell(receiver: Receiver, later: timedelta = timedelta()) -> int:
    return operations.tell(clock.real_now() + later, send=receiver)


def make(by: Any, *kinds: str) -> operations.MadeWebhook:
    return operations.make_webhook(ADDRESS, by=by, idem=uuid4(), kinds=kinds)


def test_what_happens_is_told_once_in_order_and_without_its_details(cast: Cast) -> None:
    happen(cast, "stock.counted")
    make(cast.duty)
    happen(cast, "transport.arrive", "transport.receive")
    receiver = Receiver()
    tell(receiver)
    assert tell(receiver) == 0
    assert [m["type"] for m in receiver.came][-2:] == ["transport.arrive", "transport.receive"]
    assert "stock.counted" not in {m["type"] for m in receiver.came}
    assert "7654321" not in json.dumps(receiver.came)
    assert len({m["message"] for m in receiver.came}) == len(receiver.came)


def test_only_the_kinds_that_are_wanted_are_told(cast: Cast) -> None:
    make(cast.duty, "transport.")
    happen(cast, "transport.arrive", "stock.counted")
    receiver = Receiver()
    tell(receiver)
    assert [m["type"] for m in receiver.came] == ["transport.arrive"]


def test_only_what_the_person_reads_is_told(cast: Cast) -> None:
    make(cast.receiver, "transport.")
    happen(cast, "transport.arrive", region="140000")
    happen(cast, "transport.receive", region="420100")
    receiver = Receiver()
    tell(receiver)
    assert [m["type"] for m in receiver.came] == ["transport.receive"]


def test_what_is_not_taken_is_told_again_later_and_nothing_is_left_out(cast: Cast) -> None:
    make(cast.duty, "transport.")
    happen(cast, "transport.arrive", "transport.receive")
    receiver = Receiver(200, 500)
    assert tell(receiver) == 1
    assert tell(receiver) == 0
    assert tell(receiver, timedelta(seconds=6)) == 1
    assert [m["type"] for m in receiver.came] == ["transport.arrive", "transport.receive"]


def test_after_the_last_rest_it_is_ended(cast: Cast) -> None:
    make(cast.duty, "transport.")
    happen(cast, "transport.arrive")
    receiver, later = Receiver(*[0] * 99), timedelta()
    for _time in range(8):
        tell(receiver, later)
        later += timedelta(hours=11)
    assert Webhook.objects.get().ended_at is not None


def test_a_receiver_that_is_gone_ends_it_at_once(cast: Cast) -> None:
    make(cast.duty, "transport.")
    happen(cast, "transport.arrive")
    tell(Receiver(410))
    assert Webhook.objects.get().ended_at is not None


def test_who_may_no_longer_sign_in_is_told_nothing(cast: Cast) -> None:
    make(cast.duty, "transport.")
    happen(cast, "transport.arrive")
    Person.objects.filter(id=cast.duty.id).update(is_active=False)
    receiver = Receiver()
    assert tell(receiver) == 0
    assert Webhook.objects.get().ended_at is not None


def test_an_address_that_moves_inside_is_not_called(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    make(cast.duty, "transport.")
    happen(cast, "transport.arrive")

    def refuse(address: str) -> outward.Target:
        raise outward.AddressRefused(address=address, why="not public")

    monkeypatch.setattr(outward, "target_of", refuse)
    receiver = Receiver()
    assert (tell(receiver), receiver.came, Webhook.objects.get().failures) == (0, [], 1)


def test_the_secret_is_told_once_and_kept_closed(cast: Cast) -> None:
    idem = uuid4()
    made = operations.make_webhook(ADDRESS, by=cast.duty, idem=idem)
    again = operations.make_webhook(ADDRESS, by=cast.duty, idem=idem)
    assert made.secret.startswith("whsec_")
    assert (again.id, again.secret) == (made.id, "")
    assert made.secret not in Webhook.objects.get().closed_secret


def test_one_has_at_most_five(cast: Cast) -> None:
    for _time in range(5):
        make(cast.duty)
    with pytest.raises(errors.TooManyWebhooks):
        make(cast.duty)


def test_page_and_api_add_show_and_end(client_of: ClientOf, cast: Cast) -> None:
    client = client_of("duty")
    page = client.post(
        f"/people/{cast.duty.id}", {"act": "webhook", "address": ADDRESS, "kinds": "transport.", "idem": str(uuid4())}
    )
    assert "whsec_" in page.text
    assert ADDRESS in client.get(f"/people/{cast.duty.id}").text
    assert ADDRESS not in client_of("audit").get(f"/people/{cast.duty.id}").text
    (row,) = client.get("/api/v1/webhooks").json()
    assert (row["address"], row["kinds"], row["ended"]) == (ADDRESS, ["transport."], False)
    ended = client.post(f"/api/v1/webhooks/{row['id']}/end", headers={"idempotency-key": str(uuid4())})
    assert ended.status_code == 200
    assert client.get("/api/v1/webhooks").json()[0]["ended"]
    other = client_of("audit").post(f"/api/v1/webhooks/{row['id']}/end", headers={"idempotency-key": str(uuid4())})
    assert other.json()["code"] == "webhook_unknown"
