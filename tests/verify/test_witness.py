"""Witnesses: the offer, the cosignature, and what a witness does not sign."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from qipan import verify as reader
from qipan.kernel import sealing, witness
from qipan.kernel.models import Sighting
from qipan.kernel.notes import Note, SigningKey
from tests.stock.books import Books
from tests.verify.sealed_books import DATABASE, Check, Superuser, rewrite


class TestWitnessing:
    """The offer, the cosignature, and what a witness does not sign."""

    @pytest.fixture
    def as_centre(self, key: SigningKey) -> Iterator[Callable[[], None]]:
        """Become the centre: another key in the same test books, whose sightings are of hubei.test."""
        centre = SigningKey("centre.test", uuid4().bytes * 2)
        patch = pytest.MonkeyPatch()
        yield lambda: patch.setattr(sealing, "signing_key", lambda: centre)
        patch.undo()

    def test_an_offer_is_checked_kept_and_signed_once(
        self, books: Books, key: SigningKey, as_centre: Callable[[], None]
    ) -> None:
        offer = witness.offer()
        as_centre()
        reply = witness.cosign(offer, log_key=str(key.public))
        assert (reply["witness"], reply["origin"], reply["size"]) == ("centre.test", "hubei.test", offer_size(offer))
        assert witness.cosign(offer) == reply
        assert Sighting.objects.count() == 1
        assert witness.sightings() == [("hubei.test", reply["size"], Sighting.objects.get().known_at)]

    def test_a_cosignature_comes_home(self, books: Books, key: SigningKey, as_centre: Callable[[], None]) -> None:
        offer = witness.offer()
        as_centre()
        reply = witness.cosign(offer, log_key=str(key.public))
        assert witness.accept(reply) == offer_size(offer)
        assert witness.last_cosigned("centre.test") == offer_size(offer)
        with pytest.raises(witness.SignatureWrong):
            witness.accept({**reply, "cosignature": reply["cosignature"][:-8] + "AAAAAAA="})
        with pytest.raises(witness.WitnessFileUnreadable):
            witness.accept({**reply, "size": 99})

    def test_the_next_offer_must_continue_what_was_seen(
        self, books: Books, key: SigningKey, as_centre: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = witness.offer()
        books.put("plant", 1)
        sealing.seal()
        sealing.make_checkpoint()
        anew, further = witness.offer(), witness.offer(since=offer_size(first))
        as_centre()
        witness.cosign(first, log_key=str(key.public))
        with pytest.raises(witness.StartsElsewhere) as refusal:
            witness.cosign(anew)
        assert refusal.value.values == {"seen": offer_size(first)}
        assert witness.cosign(further)["size"] == offer_size(first) + 1
        with pytest.raises(witness.StartsElsewhere):
            witness.cosign(first)

    def test_a_rewritten_log_is_not_signed(
        self, books: Books, key: SigningKey, as_centre: Callable[[], None], superuser: Superuser,
        owner_url: Callable[[str], str],
    ) -> None:  # fmt: skip
        first = witness.offer()
        rewrite(superuser, key, owner_url(DATABASE))
        again = witness.offer()
        books.put("plant", 1)
        sealing.seal()
        sealing.make_checkpoint()
        further = witness.offer(since=offer_size(first))
        as_centre()
        witness.cosign(first, log_key=str(key.public))
        for forged in (again, further):
            with pytest.raises(witness.HistoryRewritten):
                witness.cosign(forged)

    def test_the_first_time_the_key_comes_another_way(
        self, books: Books, key: SigningKey, as_centre: Callable[[], None]
    ) -> None:
        offer = witness.offer()
        as_centre()
        with pytest.raises(witness.KeyNotKnown):
            witness.cosign(offer)
        other = SigningKey("hubei.test", uuid4().bytes * 2)
        with pytest.raises(witness.SignatureWrong):
            witness.cosign(offer, log_key=str(other.public))
        witness.cosign(offer, log_key=str(key.public))
        with pytest.raises(witness.KeyChanged):
            witness.cosign(offer, log_key=str(other.public))

    @pytest.mark.parametrize(
        "found",
        [
            {},
            [],
            {"format": "x"},
            {"format": "qipan-checkpoint/1"},
            {"format": "qipan-checkpoint/1", "checkpoint": "x", "since": 0, "consistency": []},
        ],
    )
    def test_other_files_are_refused(self, books: Books, found: Any) -> None:
        with pytest.raises(witness.WitnessFileUnreadable):
            witness.cosign(found)
        with pytest.raises(witness.WitnessFileUnreadable):
            witness.accept(found)

    def test_what_was_kept_is_what_the_reader_reads(
        self, books: Books, key: SigningKey, as_centre: Callable[[], None], check: Check, tmp_path: Path
    ) -> None:
        offer = witness.offer()
        as_centre()
        witness.cosign(offer, log_key=str(key.public))
        (tmp_path / "kept.json").write_text(json.dumps(witness.kept("hubei.test")))
        report = check(witnesses=[reader.read_witness_file(tmp_path / "kept.json")])
        assert (report.is_clean, report.witnessed) == (True, 1)


def offer_size(offer: dict[str, Any]) -> int:
    return Note.read(offer["checkpoint"]).size
