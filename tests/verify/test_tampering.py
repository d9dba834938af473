"""History cannot be rewritten unnoticed: every way to bend the books as superuser, and what the reader says of it.

The last tests are the honest ones: who holds the key and has no witness can rewrite everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings as django_settings

from qipan import verify as reader
from qipan.kernel import sealing, witness
from qipan.kernel.models import Checkpoint, Sealed
from qipan.kernel.notes import Note, SigningKey
from qipan.verify.words import CAVEATS, PROBLEMS, sentence
from tests.stock.books import Books
from tests.verify.sealed_books import DATABASE, Check, Superuser, rewrite


def codes(report: reader.Report) -> set[str]:
    return {code for code, _values in report.problems}


def test_books_in_order_are_clean(books: Books, check: Check) -> None:
    report = check()
    assert (report.is_clean, report.problems) == (True, [])
    assert (report.leaves, report.checkpoints, report.waiting) == (Sealed.objects.count(), 2, 0)
    assert [code for code, _values in report.caveats] == ["no_witness"]


def test_the_reader_needs_no_more_than_the_web_role(
    books: Books, url_of: Callable[[str, str], str], key: SigningKey
) -> None:
    with psycopg.connect(url_of("web", DATABASE)) as connection:
        assert reader.verify(connection, key=reader.Key.read(str(key.public))).is_clean


COPY = """
    INSERT INTO stock_movement (tenant, kind, material_id, lot, src_id, dst_id, qty, reverses_id, basis, document,
                                actor, idem, line, occurred_at, recorded_at)
    SELECT tenant, kind, material_id, lot, src_id, dst_id, qty, reverses_id, basis, document, actor, gen_random_uuid(),
           line, occurred_at, recorded_at FROM stock_movement WHERE kind = """
LEAVES_ANEW = """;
    UPDATE kernel_sealed z SET leaf = sha256('\\x00'::bytea || b.body) FROM stock_movement_body b
     WHERE z.kind = 'stock_movement' AND z.ref = b.ref"""
TAMPERINGS = {
    "a quantity": ("UPDATE stock_movement SET qty = 99 WHERE kind = 'opening' AND qty = 100", "leaf_differs"),
    "an instant": ("UPDATE stock_movement SET occurred_at = occurred_at - interval '1 us'", "leaf_differs"),
    "who booked": ("UPDATE stock_movement SET actor = 99 WHERE kind = 'depart'", "leaf_differs"),
    "what is simulated": ("UPDATE stock_movement SET basis = 'published' WHERE kind = 'opening'", "leaf_differs"),
    "where it went": (
        "UPDATE stock_movement SET dst_id = (SELECT id FROM stock_account WHERE code = 'road_2') WHERE kind = 'depart'",
        "leaf_differs",
    ),
    "a lot that nobody knows": ("UPDATE stock_movement SET lot = 257 WHERE kind = 'depart'", "row_gone"),
    "what an account is called": ("UPDATE stock_account SET code = 'elsewhere' WHERE code = 'road_1'", "leaf_differs"),
    "where an account is": ("UPDATE stock_account SET region_code = '440000' WHERE code = 'plant'", "leaf_differs"),
    "what an item is called": ("UPDATE catalogue_material SET code = 'SUIT' WHERE code = 'SUIT-GB'", "leaf_differs"),
    "a promise": ("UPDATE stock_hold SET qty = 4 WHERE qty = 5", "leaf_differs"),
    "how a promise ended": ("UPDATE stock_holdend SET how = 'expired'", "leaf_differs"),
    "a word of the trail": (
        "UPDATE kernel_event SET detail = jsonb_set(detail, '{reason}', '\"x\"') WHERE key = 'tests.told'",
        "leaf_differs",
    ),
    "a name in the trail": ("UPDATE kernel_event SET actor_name = 'somebody else'", "leaf_differs"),
    "an event deleted": ("DELETE FROM kernel_event WHERE key = 'tests.told'", "row_gone"),
    "a promise's end deleted": ("DELETE FROM stock_holdend", "row_gone"),
    "a movement slipped in": (f"SET session_replication_role = replica; {COPY} 'depart'", "not_in_log"),
    "a leaf taken out": ("DELETE FROM kernel_sealed WHERE n = 2", "number_missing"),
    "the end cut off": ("DELETE FROM kernel_sealed WHERE n > 6", "root_differs"),
    "two leaves swapped": (
        "UPDATE kernel_sealed SET n = -n WHERE n IN (1, 2); UPDATE kernel_sealed SET n = 3 + n WHERE n < 0",
        "root_differs",
    ),
    "row and leaf together": (
        f"UPDATE stock_movement SET qty = 99 WHERE kind = 'opening' AND qty = 100 {LEAVES_ANEW}",
        "root_differs",
    ),
    "a root": ("UPDATE kernel_checkpoint SET root = sha256('x')", "root_differs"),
    "a checkpoint's words": (
        "UPDATE kernel_checkpoint SET note = replace(note, E'\\n\\n', E'\\nmore\\n\\n')",
        "signature_wrong",
    ),
    "a checkpoint unreadable": ("UPDATE kernel_checkpoint SET note = 'x'", "note_unreadable"),
    "a balance": ("UPDATE stock_balance SET onhand = onhand + 1", "balance_differs"),
    "less than nothing, on both sides": (
        "ALTER TABLE stock_balance DROP CONSTRAINT balance_not_oversold;"
        " UPDATE stock_movement SET qty = 500 WHERE kind = 'depart';"
        " UPDATE stock_balance b SET onhand = CASE x.code WHEN 'plant' THEN onhand - 470 ELSE onhand + 470 END"
        " FROM stock_account x WHERE x.id = b.account_id AND x.code IN ('plant', 'road_1')",
        "balance_negative",
    ),
    "a snapshot": ("UPDATE stock_snapshotrow SET onhand = onhand + 1", "snapshot_differs"),
    "a row of a snapshot deleted": (
        "DELETE FROM stock_snapshotrow WHERE account_id = (SELECT id FROM stock_account WHERE code = 'road_1')",
        "snapshot_differs",
    ),
    "a second reversal": (
        "DO $$ DECLARE c text; BEGIN FOR c IN SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid ="
        " 'stock_movement'::regclass AND conname LIKE '%reverses%' LOOP EXECUTE"
        f" 'ALTER TABLE stock_movement DROP CONSTRAINT ' || c; END LOOP; END $$; {COPY} 'reversal'",
        "reversed_twice",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_what_the_superuser_changes_is_found(books: Books, check: Check, superuser: Superuser, what: str) -> None:
    statement, code = TAMPERINGS[what]
    superuser(statement)
    report = check()
    assert not report.is_clean
    assert code in codes(report), report.problems
    for found, values in report.problems:
        for is_chinese in (True, False):
            assert "{" not in sentence(found, values, is_chinese=is_chinese)


def test_every_problem_has_a_tampering_or_a_witness_that_shows_it() -> None:
    shown = {code for _statement, code in TAMPERINGS.values()}
    assert PROBLEMS.keys() - shown == {"log_shorter", "fork", "witness_file_wrong"}


def test_another_key_signed_nothing(books: Books, check: Check) -> None:
    other = SigningKey("hubei.test", uuid4().bytes * 2)
    assert codes(check(key=reader.Key.read(str(other.public)))) == {"signature_wrong"}


def test_without_a_key_it_says_that_no_signature_was_checked(books: Books, check: Check) -> None:
    report = check(key=None)
    assert report.is_clean
    assert {code for code, _values in report.caveats} == {"no_key", "no_witness"}


def test_rows_that_wait_are_said_not_to_be_covered(books: Books, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "SEALS_AT_ONCE", False)
    books.put("plant", 1)
    report = check()
    assert (report.is_clean, report.waiting) == (True, 1)
    assert "waiting" in {code for code, _values in report.caveats}


class TestWitness:
    """What somebody else keeps."""

    @pytest.fixture
    def centre(self, tmp_path: Path) -> SigningKey:
        return SigningKey("centre.test", uuid4().bytes * 2)

    def _seen(self, centre: SigningKey, tmp_path: Path) -> list[reader.Witnessed]:
        """The file of a witness that cosigned the newest checkpoint."""
        text = Checkpoint.objects.order_by("-size").values_list("note", flat=True)[0]
        line = centre.cosign(Note.read(text), seconds=1_580_313_600)
        file = tmp_path / "kept.json"
        file.write_text(json.dumps({
            "format": witness.KEPT, "witness": "centre.test", "key": str(centre.public.as_witness()),
            "checkpoints": [text + line + "\n"],
        }))  # fmt: skip
        return [reader.read_witness_file(file)]

    def test_agrees_with_books_in_order(self, books: Books, check: Check, centre: SigningKey, tmp_path: Path) -> None:
        report = check(witnesses=self._seen(centre, tmp_path))
        assert (report.is_clean, report.witnessed, report.caveats) == (True, 1, [])

    def test_leaves_after_the_last_sight_are_said_to_rest_on_the_key_alone(
        self, books: Books, check: Check, centre: SigningKey, tmp_path: Path
    ) -> None:
        seen = self._seen(centre, tmp_path)
        books.put("plant", 1)
        sealing.seal()
        assert check(witnesses=seen).caveats == [("after_witness", {"leaves": 1})]

    def test_finds_a_rewrite_by_whoever_holds_the_key(
        self, books: Books, check: Check, superuser: Superuser, key: SigningKey, centre: SigningKey,
        tmp_path: Path, owner_url: Callable[[str], str],
    ) -> None:  # fmt: skip
        seen = self._seen(centre, tmp_path)
        rewrite(superuser, key, owner_url(DATABASE))
        assert codes(check(witnesses=seen)) == {"fork"}

    def test_without_it_that_rewrite_is_not_found_and_the_report_says_so(
        self, books: Books, check: Check, superuser: Superuser, key: SigningKey,
        owner_url: Callable[[str], str],
    ) -> None:  # fmt: skip
        """The honest negative control: nothing inside the books can show it."""
        rewrite(superuser, key, owner_url(DATABASE))
        report = check()
        assert report.is_clean
        assert ("no_witness", {}) in report.caveats
        assert "without a trace" in CAVEATS["no_witness"][1]

    def test_finds_that_the_end_is_missing(
        self, books: Books, check: Check, superuser: Superuser, centre: SigningKey, tmp_path: Path
    ) -> None:
        seen = self._seen(centre, tmp_path)
        superuser(
            "DELETE FROM kernel_event WHERE key = 'tests.told'",
            "DELETE FROM kernel_sealed WHERE kind = 'kernel_event' AND n = (SELECT max(n) FROM kernel_sealed)",
            "DELETE FROM kernel_checkpoint WHERE size = (SELECT max(size) FROM kernel_checkpoint)",
        )
        assert check().is_clean
        assert codes(check(witnesses=seen)) == {"log_shorter"}

    def test_a_file_that_nobody_signed_is_refused(
        self, books: Books, check: Check, centre: SigningKey, tmp_path: Path
    ) -> None:
        seen = self._seen(SigningKey("centre.test", uuid4().bytes * 2), tmp_path)
        forged = [reader.Witnessed(seen[0].name, reader.Key.read(str(centre.public.as_witness())), seen[0].notes)]
        assert codes(check(witnesses=forged)) == {"witness_file_wrong"}

    @pytest.mark.parametrize(
        "text", ["", "{}", '{"format": "x"}', "[]", '{"format": "qipan-witness/1", "witness": "a"}']
    )
    def test_a_file_of_another_form_is_refused(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(ValueError):
            reader.read_witness_file(tmp_path / "x.json")


class TestProof:
    def test_holds_without_the_books(self, books: Books, key: SigningKey) -> None:
        row = Sealed.objects.get(n=3)
        proof = sealing.proof_of(row.kind, row.ref)
        assert proof is not None
        text = json.dumps(proof.as_json())
        assert reader.check_proof(text, reader.Key.read(str(key.public))) == ""

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"index": 1}, "does not lead"),
            ({"index": 99}, "does not lead"),
            ({"leaf": "A" * 43 + "="}, "does not lead"),
            ({"path": []}, "does not lead"),
            ({"checkpoint": None}, "unreadable"),
            ({"path": 5}, "unreadable"),
        ],
    )
    def test_does_not_hold_with_one_word_changed(
        self, books: Books, key: SigningKey, change: dict[str, Any], said: str
    ) -> None:
        row = Sealed.objects.get(n=3)
        proof = sealing.proof_of(row.kind, row.ref)
        assert proof is not None
        wrong = reader.check_proof(json.dumps({**proof.as_json(), **change}), reader.Key.read(str(key.public)))
        assert said in wrong

    def test_does_not_hold_under_another_key(self, books: Books) -> None:
        row = Sealed.objects.get(n=3)
        proof = sealing.proof_of(row.kind, row.ref)
        assert proof is not None
        other = SigningKey("hubei.test", uuid4().bytes * 2)
        assert "not signed" in reader.check_proof(json.dumps(proof.as_json()), reader.Key.read(str(other.public)))
