"""The log: every booked row is a leaf, checkpoints sign it, a proof leads from one row to one of them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connections

from qipan.kernel import clock, events, merkle, sealing
from qipan.kernel.access import Actor
from qipan.kernel.models import Block, Checkpoint, Sealed, Waiting
from qipan.kernel.notes import Note, NoteUnreadable, PublicKey, SigningKey
from tests.stock.books import Books, open_test_books

DUTY = Actor(7, "duty")
COULD_BE_A_ROOT = "A" * 43 + "="


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SigningKey]:
    monkeypatch.setattr(django_settings, "SEAL_KEY_FILE", str(tmp_path / "seal_key"))
    monkeypatch.setattr(django_settings, "LOG_NAME", "test.log")
    found = sealing.signing_key()
    assert found is not None
    yield found


@pytest.fixture
def books(committed: None) -> Books:
    return open_test_books()


def record(count: int) -> None:
    for number in range(count):
        events.record(
            "tests.done", by=DUTY, subject=f"test/{number}", at=clock.now(), words="物资 'x' \" \\ 中", number=number
        )


def test_every_kind_of_row_becomes_a_leaf(books: Books) -> None:
    books.put("plant", 10)
    (hold,) = books.hold(books.held("plant", 4))
    books.void(hold)
    record(1)
    sealing.seal()
    kinds = Sealed.objects.order_by("n").values_list("kind", flat=True)
    assert sorted(kinds) == ["kernel_event", "stock_hold", "stock_holdend", "stock_movement"]
    assert Waiting.objects.count() == 0


def test_what_is_rolled_back_is_no_leaf(db: None) -> None:
    from django.db import transaction

    with transaction.atomic():
        record(3)
        transaction.set_rollback(True)
    assert (sealing.seal(), Sealed.objects.count()) == (0, 0)


def test_more_than_one_batch_is_sealed_in_one_call(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "AT_A_TIME", 4)
    record(11)
    assert sealing.seal() == 11
    assert list(Sealed.objects.order_by("n").values_list("n", flat=True)) == list(range(1, 12))


def test_a_row_that_vanished_before_its_seal_stops_the_sealer(
    books: Books, owner_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(django_settings, "SEALS_AT_ONCE", False)
    record(2)
    with psycopg.connect(owner_url("qipan_committed")) as owner:
        owner.execute("DELETE FROM kernel_event WHERE subject = 'test/1'")
    with pytest.raises(Exception, match="leaf"):
        sealing.seal()
    assert Sealed.objects.count() == 0


class TestCheckpoints:
    def test_sign_the_root_over_everything_sealed(self, books: Books, key: SigningKey) -> None:
        record(600)
        sealing.seal()
        assert sealing.make_checkpoint() == 600
        row = Checkpoint.objects.get()
        leaves = [bytes(leaf) for leaf in Sealed.objects.order_by("n").values_list("leaf", flat=True)]
        assert bytes(row.root) == merkle.root_of(leaves)
        assert key.public.has_signed(Note.read(row.note))
        assert (Note.read(row.note).origin, Note.read(row.note).size, Block.objects.count()) == ("test.log", 600, 2)

    def test_nothing_new_is_not_signed_again(self, books: Books, key: SigningKey) -> None:
        assert sealing.make_checkpoint() is None
        record(1)
        sealing.seal()
        assert (sealing.make_checkpoint(), sealing.make_checkpoint()) == (1, None)

    def test_without_a_key_there_are_none(self, books: Books) -> None:
        record(1)
        sealing.seal()
        assert sealing.make_checkpoint() is None

    def test_the_web_role_cannot_keep_one(self, books: Books) -> None:
        with pytest.raises(Exception, match="permission denied"), connections["default"].cursor() as cursor:
            cursor.execute("SELECT kernel_put_checkpoint(1, 'x', now(), 'x')")

    def test_the_state_says_how_far_the_log_is(self, books: Books, key: SigningKey) -> None:
        record(3)
        sealing.seal()
        sealing.make_checkpoint()
        found = sealing.state()
        assert (found.size, found.waiting, found.key) == (3, 0, key.public)
        assert found.checkpoint is not None and found.checkpoint.size == 3


class TestProofs:
    def test_lead_from_every_row_to_the_newest_checkpoint(self, books: Books, key: SigningKey) -> None:
        record(300)
        sealing.seal()
        sealing.make_checkpoint()
        for row in Sealed.objects.filter(n__in=[1, 2, 256, 257, 300]):
            proof = sealing.proof_of(row.kind, row.ref)
            assert proof is not None and proof.checkpoint is not None
            assert merkle.is_included(
                proof.leaf, index=proof.n - 1, size=300, path=proof.path, root=bytes(proof.checkpoint.root)
            )

    def test_wait_for_the_next_checkpoint(self, books: Books, key: SigningKey) -> None:
        record(1)
        sealing.seal()
        row = Sealed.objects.get()
        waiting = sealing.proof_of(row.kind, row.ref)
        assert waiting is not None and waiting.checkpoint is None and waiting.as_json()["checkpoint"] is None
        assert sealing.proof_of("kernel_event", 999) is None


@pytest.mark.usefixtures("db")
class TestKeys:
    def test_the_file_is_made_once_and_for_its_owner(self, key: SigningKey, tmp_path: Path) -> None:
        file = tmp_path / "seal_key"
        assert file.stat().st_mode & 0o777 == 0o600
        again = sealing.signing_key()
        assert again is not None and again.public == key.public

    def test_a_line_of_text_is_the_key(self, key: SigningKey) -> None:
        assert PublicKey.read(str(key.public)) == key.public

    @pytest.mark.parametrize("text", ["", "x", "a+b+c", "test.log+00000000+AQ==", "test.log+zz+" + "A" * 44])
    def test_other_text_is_none(self, text: str) -> None:
        with pytest.raises(NoteUnreadable):
            PublicKey.read(text)

    def test_another_id_is_another_key(self, key: SigningKey) -> None:
        name, _id, packed = str(key.public).split("+", 2)
        with pytest.raises(NoteUnreadable):
            PublicKey.read(f"{name}+00000000+{packed}")

    @pytest.mark.parametrize("name", ["", "two words", "a+b", "x" * 81])
    def test_a_name_has_no_spaces(self, name: str) -> None:
        with pytest.raises(NoteUnreadable):
            SigningKey(name, bytes(32))


@pytest.mark.usefixtures("db")
class TestNotes:
    ROOT = bytes(range(32))

    def test_are_read_as_they_were_written(self, key: SigningKey) -> None:
        note = Note.read(key.checkpoint(5, self.ROOT))
        assert (note.origin, note.size, note.root) == ("test.log", 5, self.ROOT)
        assert key.public.has_signed(note)

    def test_another_key_did_not_sign(self, key: SigningKey) -> None:
        other = SigningKey("test.log", uuid4().bytes * 2)
        assert not other.public.has_signed(Note.read(key.checkpoint(5, self.ROOT)))

    @pytest.mark.parametrize("change", [("\n5\n", "\n6\n"), ("test.log\n5", "other.log\n5")])
    def test_a_changed_word_breaks_the_signature(self, key: SigningKey, change: tuple[str, str]) -> None:
        text = key.checkpoint(5, self.ROOT).replace(*change)
        assert not key.public.has_signed(Note.read(text))

    def test_a_witness_signs_with_the_time(self, key: SigningKey) -> None:
        witness = SigningKey("witness.a", uuid4().bytes * 2)
        text = key.checkpoint(5, self.ROOT)
        signed = Note.read(text + witness.cosign(Note.read(text), seconds=1_580_313_600) + "\n")
        assert key.public.has_signed(signed)
        assert witness.public.as_witness().has_signed(signed)
        assert not witness.public.has_signed(signed)
        assert not key.public.as_witness().has_signed(signed)

    def test_the_time_is_under_the_witness_signature(self, key: SigningKey) -> None:
        witness = SigningKey("witness.a", uuid4().bytes * 2)
        text = key.checkpoint(5, self.ROOT)
        dash, name, packed = witness.cosign(Note.read(text), seconds=1_580_313_600).split(" ")
        raw = bytearray(base64.b64decode(packed))
        raw[11] ^= 1
        moved = Note.read(text + f"{dash} {name} {base64.b64encode(raw).decode()}\n")
        assert not witness.public.as_witness().has_signed(moved)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "x\n5\n",
            "a\n-1\nAAAA\n\n",
            "a\n5\nAAAA\n\n",
            f"two words\n5\n{COULD_BE_A_ROOT}\n\n",
            f"a\n05\n{COULD_BE_A_ROOT}\n\n",
            f"a\n5\n{COULD_BE_A_ROOT}\n\nnonsense\n",
            f"a\n5\n{COULD_BE_A_ROOT}\n\n— a !!\n",
        ],
    )
    def test_other_text_is_none(self, text: str) -> None:
        with pytest.raises(NoteUnreadable):
            Note.read(text)


def test_the_rows_of_the_log_are_read_only(db: None) -> None:
    for table in ("kernel_sealed", "kernel_checkpoint", "kernel_block", "kernel_waiting"):
        for sql in (f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM {table}"):
            _refused(sql)


def _refused(sql: str) -> Any:
    from django.db import transaction

    with (
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute(sql)
