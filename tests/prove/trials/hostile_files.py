"""P10: a bad file cannot stop the platform. Seeded hostile files are sent while others work."""

from __future__ import annotations

import io
import random
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from unittest import mock

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from qipan.demand import exchange
from qipan.demand.models import NeedReport
from qipan.kernel import uploads
from tests.prove.people import client_of, provinces
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World

Parts = dict[str, bytes]
Dice = random.Random
ROWS = 6
SHEET = "xl/worksheets/sheet1.xml"
PATIENCE = 20.0
"""Seconds within which whoever works beside it is answered, on a machine that does much else."""
PAGES = ("/stock", "/needs", "/healthz", "/api/v1/needs", "/shipments")
Guard = Callable[[], AbstractContextManager[object]]


def attack(effort: Effort, guard: Guard = nullcontext) -> Outcome:
    """Import hostile files: each is refused whole, no fault, and others are answered all the time."""
    dice, bad = Dice(effort.seed), []
    kinds = list(HOSTILE.items())
    rounds = max(effort.times(400), len(kinds))
    with provinces(effort) as (world, _there), guard(), others_at_work(world) as answers:
        client = client_of(world, "duty")
        for number in range(rounds):
            name, make = kinds[number] if number < len(kinds) else dice.choice(kinds)
            content = make(dice)
            before, began = NeedReport.objects.count(), time.monotonic()
            file = SimpleUploadedFile(dice.choice(("n.xlsx", "n.csv", "n")), content)
            answer = client.post("/needs/import", {"file": file, "act": "book"})
            took, booked = time.monotonic() - began, NeedReport.objects.count() - before
            may_be_read = name in MAYBE
            if answer.status_code != 422 and not (may_be_read and answer.status_code == 200):
                bad.append(f"file {number}, {name}: answered {answer.status_code}")
            if booked and answer.status_code != 200:
                bad.append(f"file {number}, {name}: {booked} rows of a refused file were booked")
            if took > uploads.WALL_SECONDS:
                bad.append(f"file {number}, {name}: held its sender for {took:.0f} s")
    bad += [f"beside it {where} was answered {status} after {took:.1f} s" for where, status, took in answers
            if status != 200 or took > PATIENCE]  # fmt: skip
    if not answers:
        bad.append("nobody worked beside it")
    longest = max((took for _where, _status, took in answers), default=0.0)
    return Outcome(rounds, bad, f"{len(answers)} answers beside it, the longest after {longest:.2f} s")


@contextmanager
def others_at_work(world: World) -> Iterator[list[tuple[str, int, float]]]:
    """Somebody reads pages in a thread of its own; what was asked, the status, and how long it took."""
    answers: list[tuple[str, int, float]] = []
    is_over = threading.Event()

    def work() -> None:
        client = client_of(world, "receiver")
        while not is_over.is_set():
            for where in PAGES:
                began = time.monotonic()
                answers.append((where, client.get(where).status_code, time.monotonic() - began))
            is_over.wait(0.2)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        thread.join()


def good() -> Parts:
    """The parts of a workbook of needs that can be booked."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("Need")
        heads = ("unit", "item", "zone", "quantity", "measure", "at")
        row = ("wuhan_a", "SUIT-GB", "ICU", 5, "件", "2020-02-05T24:00")
        for line, cells in enumerate([heads, *[row] * ROWS]):
            for at, cell in enumerate(cells):
                page.write(line, at, cell)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


GOOD = good()


def packed(parts: Parts, *, level: int = 6) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def having(name: str, content: bytes) -> bytes:
    return packed({**GOOD, name: content})


def in_sheet(found: bytes, put: bytes) -> bytes:
    assert found in GOOD[SHEET]
    return having(SHEET, GOOD[SHEET].replace(found, put, 1))


def torn(dice: Dice) -> bytes:
    whole = packed(GOOD)
    return whole[: dice.randrange(5, len(whole) - 30)]


def flipped(dice: Dice) -> bytes:
    content = bytearray(packed(GOOD))
    for _each in range(dice.randint(1, 20)):
        content[dice.randrange(4, len(content))] = dice.randrange(256)
    return bytes(content)


def bitten(dice: Dice) -> bytes:
    """A part of it with a piece cut out or put in twice."""
    name = dice.choice([part for part in GOOD if part.endswith((".xml", ".rels"))])
    part = GOOD[name]
    start = dice.randrange(len(part))
    end = start + dice.randint(1, 200)
    return having(name, part[:start] + dice.choice((b"", part[start:end] * 3)) + part[end:])


def far(dice: Dice) -> bytes:
    letters = "".join(dice.choices("ABCXYZ", k=dice.randint(3, 7)))
    return in_sheet(b'r="A1"', f'r="{letters}{10 ** dice.randint(6, 11)}"'.encode())


def deep(dice: Dice) -> bytes:
    depth = dice.randint(10_000, 200_000)
    return in_sheet(b"<sheetData>", b"<a>" * depth + b"<sheetData>")


def half_bad(dice: Dice) -> bytes:
    """Good rows, and one that cannot be booked."""
    at, value = dice.randint(2, ROWS + 1), dice.choice((-1, 0, 10**17))
    return in_sheet(f'<c r="D{at}"><v>5</v>'.encode(), f'<c r="D{at}"><v>{value}</v>'.encode())


HOSTILE: dict[str, Callable[[Dice], bytes]] = {
    "a bomb": lambda dice: having("xl/media/a.bin", b"\0" * (dice.randint(40, 210) << 20)),
    "thousands of entries": lambda dice: packed(
        {**GOOD, **{f"xl/e{n}": b"" for n in range(dice.randint(2_000, 4_000))}}
    ),
    "a path upwards": lambda dice: having("../" * dice.randint(1, 9) + "etc/cron.d/x", b"x"),
    "a path from the root": lambda dice: having("/etc/" + "x" * dice.randint(1, 9), b"x"),
    "macros": lambda dice: having(dice.choice(("xl/vbaProject.bin", "xl/macrosheets/x.xml", "xl/activeX/a.bin")), b"x"),
    "an embedded object": lambda dice: having(f"xl/embeddings/ole{dice.randint(1, 9)}.bin", b"x"),
    "a link to another file": lambda dice: having("xl/externalLinks/externalLink1.xml", b"<a/>"),
    "a document type": lambda dice: in_sheet(b"<worksheet", b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet"),
    "a cell far out": far,
    "deep elements": deep,
    "one bad row": half_bad,
    "no sheet": lambda dice: packed({name: part for name, part in GOOD.items() if name != SHEET}),
    "torn off": torn,
    "noise": lambda dice: dice.randbytes(dice.randint(1, 5_000)),
    "noise in an archive": lambda dice: b"PK\x03\x04" + dice.randbytes(dice.randint(1, 5_000)),
    "a text with a zero": lambda dice: b"unit,item\na" + b"\0" * dice.randint(1, 9) + b",b\n",
    "a long line": lambda dice: b"unit,item\n" + b"a" * dice.randint(131_073, 900_000) + b",b\n",
    "bytes changed": flipped,
    "a piece cut out": bitten,
}
MAYBE = ("bytes changed", "a piece cut out", "deep elements")
"""What may leave a file that can still be read: it is booked whole then."""


def without_refusing() -> AbstractContextManager[object]:
    """What could be read of a file is booked, whatever the rest is."""
    read = exchange.read_table

    def easy(name: str, content: bytes, columns: Any) -> Any:
        rows, _problems = read(name, content, columns)
        return [row for row in rows if not row.unreadable], []

    return mock.patch.object(exchange, "read_table", easy)


def without_looking() -> AbstractContextManager[object]:
    """Archives are parsed without being looked at."""
    return mock.patch.object(uploads, "_look_inside", lambda name, content: None)


TRIALS = (
    Trial(
        "P10", "files", "seeded hostile files sent to the import while others read pages", attack,
        {
            "the look inside archives": lambda effort: attack(effort, without_looking),
            "the whole file or nothing": lambda effort: attack(effort, without_refusing),
        },
    ),
)  # fmt: skip
