"""The log's page and API: the chain, what is not proven, acknowledgements, a witness's file sent and answered."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client

from qipan import verify as reader
from qipan.kernel import sealing, witness
from qipan.kernel.merkle import leaf_hash
from qipan.kernel.models import Checkpoint, Cosignature
from qipan.kernel.notes import Note, SigningKey
from tests.cast import Cast

ClientOf = Callable[..., Client]
SUITS = [leaf_hash(bytes([n])) for n in range(3)]


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SigningKey]:
    monkeypatch.setattr(django_settings, "SEAL_KEY_FILE", str(tmp_path / "seal_key"))
    monkeypatch.setattr(django_settings, "LOG_NAME", "hubei.test")
    found = sealing.signing_key()
    assert found is not None
    yield found


@pytest.fixture
def signed(committed: None, key: SigningKey) -> Cast:
    """A world whose log is sealed and signed, in a database in which transactions commit."""
    from tests.cast import gather

    cast = gather()
    sealing.seal()
    sealing.make_checkpoint()
    return cast


@pytest.fixture
def of(signed: Cast) -> ClientOf:
    def make(person: str, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.cookies["qipan_language"] = language
        client.force_login(signed.person(person))
        return client

    return make


def elsewhere() -> tuple[SigningKey, dict[str, Any]]:
    """Another log's key and its offer of three entries."""
    theirs = SigningKey("centre.test", uuid4().bytes * 2)
    from qipan.kernel.merkle import root_of

    offer = {"format": witness.OFFER, "key": str(theirs.public), "checkpoint": theirs.checkpoint(3, root_of(SUITS)),
             "since": 0, "consistency": []}  # fmt: skip
    return theirs, offer


def send(client: Client, found: Any, **more: str) -> Any:
    content = found if isinstance(found, bytes) else json.dumps(found).encode()
    file = io.BytesIO(content)
    file.name = "offer.json"
    return client.post("/log", {"file": file, **more})


def test_the_page_says_what_is_signed_and_what_is_not_proven(of: ClientOf, key: SigningKey) -> None:
    page = of("audit").get("/log").content.decode()
    assert str(key.public) in page
    assert "whoever holds the key could rewrite everything without a trace" in page
    assert bytes(Checkpoint.objects.get().root).hex()[:16] in page
    assert "公钥" in of("audit", "zh-hans").get("/log").content.decode()


def test_without_a_key_the_page_says_so(client_of: ClientOf) -> None:
    page = client_of("duty").get("/log").content.decode()
    assert "no key: nothing is signed" in page
    assert "Nothing was signed yet" in page


def test_a_checkpoint_goes_out_and_a_cosignature_comes_home(of: ClientOf, key: SigningKey) -> None:
    client = of("duty")
    offer = json.loads(client.get("/log/checkpoint.json").content)
    note = Note.read(offer["checkpoint"])
    theirs = SigningKey("centre.test", uuid4().bytes * 2)
    reply = {"format": witness.REPLY, "witness": "centre.test", "key": str(theirs.public.as_witness()),
             "origin": note.origin, "size": note.size, "cosignature": theirs.cosign(note, seconds=1)}  # fmt: skip
    answer = send(client, reply)
    assert (answer.status_code, answer["Location"]) == (302, f"/log?accepted={note.size}")
    page = client.get(answer["Location"]).content.decode()
    assert "centre.test" in page
    assert "whoever holds the key could rewrite everything" not in page
    assert Cosignature.objects.count() == 1
    assert client.get("/api/v1/log").json()["witnessed"] == note.size


def test_another_log_is_witnessed(of: ClientOf, key: SigningKey) -> None:
    theirs, offer = elsewhere()
    client = of("audit")
    refused = send(client, offer)
    assert (refused.status_code, "give its public key" in refused.content.decode()) == (409, True)
    signed = send(client, offer, key=str(theirs.public))
    reply = json.loads(signed.content)
    assert (reply["format"], reply["origin"], reply["size"]) == (witness.REPLY, "centre.test", 3)
    assert "centre.test" in client.get("/log").content.decode()
    kept = json.loads(client.get("/log/kept/centre.test.json").content)
    assert len(kept["checkpoints"]) == 1
    assert client.get("/log/kept/nobody.json").status_code == 404


@pytest.mark.parametrize("found", [b"", b"\xff", b"[]", b'"x"', {"format": "x"}, b"x" * ((1 << 20) + 1), b"[" * 9_999])
def test_other_files_are_refused(of: ClientOf, found: Any) -> None:
    answer = send(of("duty"), found)
    assert (answer.status_code, "This is no file of a witness" in answer.content.decode()) == (422, True)


def test_who_may_not_witness_is_refused(of: ClientOf) -> None:
    theirs, offer = elsewhere()
    assert send(of("keeper"), offer, key=str(theirs.public)).status_code == 403
    assert "Witnessing needs the post" in of("keeper").get("/log").content.decode()


def test_a_form_from_elsewhere_is_refused(signed: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(signed.person("duty"))
    assert send(client, elsewhere()[1]).status_code == 403


def test_an_acknowledgement_holds_without_the_books(of: ClientOf, key: SigningKey) -> None:
    client = of("receiver")
    proof = client.get("/log/proofs/kernel_event/1.json")
    assert reader.check_proof(proof.content.decode(), reader.Key.read(str(key.public))) == ""
    assert client.get("/api/v1/log/proofs/kernel_event/1").json() == json.loads(proof.content)
    for address in ("/log/proofs/kernel_event/999999.json", "/log/proofs/nothing/1.json"):
        assert client.get(address).status_code == 404


def test_a_batch_leads_to_its_acknowledgements(signed: Cast, of: ClientOf) -> None:
    signed.put("plant_a", "SUIT-GB", 10)
    signed.approve("wuhan_a", "SUIT-GB", "ICU", 5)
    number = signed.plan("SUIT-GB")
    assert "/log/proofs/kernel_event/" in of("duty").get(f"/batches/{number}").content.decode()


class TestApi:
    def _post(self, client: Client, body: Any, idem: str) -> Any:
        return client.post("/api/v1/log/files", json.dumps(body), content_type="application/json",
                           headers={"idempotency-key": idem})  # fmt: skip

    def test_a_file_sent_twice_is_answered_once(self, of: ClientOf, key: SigningKey) -> None:
        theirs, offer = elsewhere()
        body, idem, client = {"file": offer, "key": str(theirs.public)}, str(uuid4()), of("duty")
        first, again = self._post(client, body, idem), self._post(client, body, idem)
        assert (first.status_code, first.json()) == (200, again.json())
        assert self._post(client, {"file": offer}, idem).json()["code"] == "same_key_other_body"

    def test_the_newest_checkpoint_is_a_beginning_for_who_saw_less(self, of: ClientOf) -> None:
        client = of("duty")
        size = client.get("/api/v1/log").json()["signed"]
        assert size > 1
        assert client.get("/api/v1/log/checkpoint?since=1").json()["since"] == 1
        assert client.get(f"/api/v1/log/checkpoint?since={size + 1}").status_code == 422

    def test_the_state_is_told(self, of: ClientOf, key: SigningKey) -> None:
        found = of("audit").get("/api/v1/log").json()
        assert (found["key"], found["waiting"], found["entries"]) == (str(key.public), 0, found["signed"])


def test_the_sealer_alone_keeps_checkpoints(signed: Cast) -> None:
    with connections["sealer"].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("qipan_sealer",)
