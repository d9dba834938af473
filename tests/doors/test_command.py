"""The command a stranger types: golden figures of the past, languages, wrong words, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from qipan.kernel import clock
from tests.conftest import HUBEI

GOLDEN = {
    "SUIT-GB": (81_000, 68_400), "GOG": (102_000, 78_300), "THERM-AUTO": (30, 10), "MASK-MED-N95": (128_100, 128_100),
    "DIS-HAND": (5, 5), "DIS-84": (32_000, 32_000),
}  # fmt: skip
SHIPPED = ("figures", "transport.shipped_and_arrived", "--as-of", "2020-01-29T24:00", "--place", "420000")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def qipan(hubei_database: str, url_of: Callable[[str, str], str], tmp_path: Path) -> Run:
    """Runs ``qipan`` as a process of its own over the case, replayed to 19 February."""
    known = {key: value for key, value in os.environ.items() if not key.startswith(("QIPAN_", "DJANGO_"))}
    books = {
        "QIPAN_DATABASE_URL": url_of("web", HUBEI), "QIPAN_OWNER_DATABASE_URL": url_of("owner", HUBEI),
        "QIPAN_SEALER_DATABASE_URL": url_of("sealer", HUBEI), "QIPAN_DATA": str(tmp_path / "books"),
    }  # fmt: skip

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from qipan.server.cli import main; main()", *words]
        return subprocess.run(
            command,
            check=False,
            env={**known, **books, **more},
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
        )

    return run


def test_golden_figures_of_29_january_after_the_case_has_gone_on(qipan: Run) -> None:
    done = qipan(*SHIPPED, "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["item_code"]: (row["shipped"], row["arrived"]) for row in json.loads(done.stdout)["rows"]}
    assert {item: rows[item] for item in GOLDEN} == GOLDEN


def test_a_workbook_has_the_same_rows(qipan: Run, tmp_path: Path) -> None:
    done = qipan(*SHIPPED, "--xlsx", "figures.xlsx", "--lang", "en")
    assert done.returncode == 0, done.stderr
    (sheet,) = load_workbook(io.BytesIO((tmp_path / "figures.xlsx").read_bytes())).worksheets
    cells = {cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, int | float)}
    assert {number for pair in GOLDEN.values() for number in pair} <= cells


def test_the_table_speaks_the_language_asked_for(qipan: Run) -> None:
    head = qipan(*SHIPPED, "--item", "GOG", "--lang", "en").stdout.splitlines()[0]
    assert head.startswith("Shipped and arrived") and "29 Jan 2020 24:00" in head
    assert "1月29日 24:00" in qipan(*SHIPPED, "--item", "GOG").stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("figures", "no.such", "--lang", "en"), 3, "no figure no.such"),
        (("figures", "demand.gap", "--place", "999999", "--lang", "en"), 3, "is no region"),
        (("figures", "demand.gap", "--as-of", "yesterday"), 2, "not an instant"),
        (("figures", "demand.gap", "--lang", "fr"), 2, "--lang"),
        (("import", "wishes", "/dev/null"), 2, ""),
    ],
    ids=lambda value: "",
)
def test_wrong_words_are_told_and_end_with_their_code(qipan: Run, words: tuple[str, ...], code: int, said: str) -> None:
    done = qipan(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_import_that_cannot_be_booked_names_every_problem(qipan: Run, tmp_path: Path) -> None:
    (tmp_path / "needs.csv").write_text("单位,物资,使用区域,数量\n无此医院,SUIT-GB,ICU,0\n", encoding="utf-8")
    done = qipan("import", "needs", "needs.csv", "--lang", "en", "--json")
    assert done.returncode == 3
    problems = json.loads(done.stdout)["problems"]
    assert {problem["row"] for problem in problems} == {2}
    assert len(problems) >= 2


def test_does_not_serve_a_server_of_ones_own_without_a_secret(qipan: Run) -> None:
    done = qipan("serve", "--port", "1")
    assert done.returncode == 2
    assert "QIPAN_SECRET_KEY" in done.stderr


def test_verify_finds_the_replayed_books_in_order(qipan: Run) -> None:
    done = qipan("verify", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["clean"], found["problems"]) == (0, True, [])
    assert found["leaves"] > 3_000
    assert {"no_key", "no_witness"} <= {caveat["code"] for caveat in found["not_proven"]}


def test_verify_speaks_the_language_asked_for(qipan: Run) -> None:
    assert "账目相符" in qipan("verify").stdout
    assert "The books are in order" in qipan("verify", "--lang", "en").stdout


def test_checkpoints_travel_to_a_witness_and_back(qipan: Run, tmp_path: Path) -> None:
    """Both sides in one database: a log may witness itself, which proves nothing but the way."""
    key = {"QIPAN_SEAL_KEY": str(tmp_path / "seal_key"), "QIPAN_LOG_NAME": "hubei.test"}
    assert qipan("witness", "key", **key).stdout.startswith("hubei.test+")
    (tmp_path / "key.txt").write_text(qipan("witness", "key", **key).stdout)
    assert qipan("witness", "export", "offer.json", **key).returncode == 0
    refused = qipan("witness", "sign", "offer.json", "--out", "reply.json", "--lang", "en", **key)
    assert (refused.returncode, "give its public key" in refused.stderr) == (3, True)
    signed = qipan("witness", "sign", "offer.json", "--out", "reply.json", "--key", "key.txt", **key)
    assert signed.returncode == 0, signed.stderr
    assert qipan("witness", "import", "reply.json", **key).returncode == 0
    assert qipan("witness", "kept", "hubei.test", "kept.json", **key).returncode == 0
    done = qipan("verify", "--public-key", "key.txt", "--witness", "kept.json", "--json", **key)
    found = json.loads(done.stdout)
    assert (done.returncode, found["witnessed"], found["not_proven"]) == (0, 1, [])
    assert qipan("witness", "kept", "nobody", "x.json", **key).returncode == 1
    assert qipan("verify", "--witness", "reply.json", **key).returncode == 2


def test_does_not_serve_on_a_database_that_may_lose_what_it_acknowledged(qipan: Run) -> None:
    """The tests' own server does not write through, so it is refused, with the way out."""
    done = qipan("serve", QIPAN_SECRET_KEY="x" * 40)
    assert (done.returncode, "fsync" in done.stderr, "qipan doctor" in done.stderr) == (3, True, True)
    assert qipan("key", "vault.txt").returncode == 0
    told = qipan("doctor", "--json", "--lang", "en", QIPAN_SECRET_KEY="x" * 40, QIPAN_VAULT_KEY="vault.txt")
    assert told.returncode == 1
    assert {each["code"] for each in json.loads(told.stdout) if each["state"] == "bad"} == {"durability"}


def test_daily_reports_come_from_a_file_or_every_problem_is_named(qipan: Run, tmp_path: Path) -> None:
    """The template holds an example of a firm nobody knows; a dry run of a good row books nothing."""
    assert qipan("template", "reports", "reports.xlsx").returncode == 0
    refused = qipan("import", "reports", "reports.xlsx", "--json")
    assert refused.returncode == 3
    assert {each["code"] for each in json.loads(refused.stdout)["problems"]} == {"maker_unknown"}
    rows = "企业,产线,日期,产量,期初库存,发货,期末库存\n苏州市演示工厂,SUIT-GB,2020-02-13,100,0,0,100\n"
    (tmp_path / "good.csv").write_text(rows, "utf-8")
    shift = {"QIPAN_CLOCK_SHIFT": str((datetime(2020, 2, 13, 12, tzinfo=UTC) - clock.real_now()).total_seconds())}
    done = qipan("import", "reports", "good.csv", "--dry-run", "--json", **shift)
    assert json.loads(done.stdout) == {"read": 1, "booked": 0, "problems": []}, done.stderr
