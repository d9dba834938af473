"""P11: exports never execute. Hostile texts in every field that is exported, and every workbook read again."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any
from unittest import mock
from uuid import uuid4

import openpyxl
import xlsxwriter

from qipan.allocation import operations as allocation
from qipan.allocation.operations import PolicyText
from qipan.demand import operations as demand
from qipan.kernel import clock, exchange
from qipan.kernel.figures import all_figures
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations.operations import Registration
from qipan.stock import operations as stock
from qipan.workbook.writing import write_answer
from tests.prove.people import client_of, provinces
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World
from tests.workbook.books import answer_of, need, supply

STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    "＝",
    "＋",
    "－",
    "＠",
    "{=",
    " =",
    "'=",
    "%",
    "|",
    "；=",
    "=-",
    "@@",
)
ENDS = (
    "1+{t}", "cmd|'/C calc {t}'!A0", 'HYPERLINK("http://x/{t}","y")', "WEBSERVICE(\"http://x/{t}\")", "SUM(A1:{t})",
    "{t}}}", "http://x/{t}", "IMPORTXML(\"{t}\")", "{t}<script>", "{t}_x000D_", "mailto:{t}", "internal:{t}",
)  # fmt: skip
Guard = Callable[[], AbstractContextManager[object]]


def attack(effort: Effort, guard: Guard = nullcontext) -> Outcome:
    """Export everything through every door in both languages: no formula, no link, every text as it was typed."""
    bad: list[str] = []
    cells, whole, books = 0, set(), 0
    with provinces(effort) as (world, _there), guard():
        texts, batch = typed(world, effort)
        marks = {mark_of(text): as_read(text) for text in texts.values()}
        for name, content in exported(world, batch, texts):
            books += 1
            bad += [f"{name}: {what}" for what in running(content)]
            for cell in cells_of(content):
                cells += 1
                if cell.data_type == "f" or cell.hyperlink is not None:
                    bad.append(f"{name} {cell.coordinate}: {cell.value!r} would run")
                for mark in MARK.findall(str(cell.value)):
                    text = marks.get(mark, mark)
                    whole |= {text} & {cell.value}
                    if text not in str(cell.value):
                        bad.append(f"{name} {cell.coordinate}: {text!r} became {cell.value!r}")
        whole |= {
            as_read(text) for field, text in texts.items() if field.startswith("policy")
        }  # stands with its version
        bad += [f"{field}: {text!r} is in no export" for field, text in texts.items() if as_read(text) not in whole]
    return Outcome(cells, bad, f"{len(texts)} texts in {books} workbooks")


MARK = re.compile(r"t\d{5}t")


def mark_of(text: str) -> str:
    return MARK.findall(text)[0]


def as_read(text: str) -> str:
    """A text as openpyxl gives it back: a carriage return is left as the format writes it."""
    return text.replace("\r", "_x000D_")


class Typist:
    """Seeded hostile texts, each with a mark of its own."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.typed: dict[str, str] = {}

    def text(self, field: str) -> str:
        found = self.dice.choice(STARTS) + self.dice.choice(ENDS).format(t=f"t{10_000 + len(self.typed)}t")
        self.typed[field] = found
        return found

    def both(self, field: str) -> Both:
        return Both(self.text(f"{field}, Chinese"), self.text(f"{field}, English"))


def typed(world: World, effort: Effort) -> tuple[dict[str, str], int]:
    """Put a text into every field that some export shows; the texts by field, and the batch they come together in."""
    typist, cast, now = Typist(effort.seed), world.cast, clock.now()
    count = effort.times(150, 8)
    rows = [Registration(f"h{n}", "hospital", typist.both(f"unit {n}"), "420100", "test") for n in range(count)]
    holders = [Registration(f"f{n}", "enterprise", typist.both(f"holder {n}"), "420100", "test") for n in range(count)]
    ids = organisations.register([*rows, *holders], by=cast.duty, at=now)
    item = cast.items["SUIT-GB"]
    for row in rows:
        place = organisations.open_place(
            row.code, by=cast.duty, kind="unit", holder=ids[row.code], name=row.name, region="420100"
        )
        stock.open_accounts([stock.Opening("store", f"unit/{row.code}", place, "420100")], by=cast.keeper)
    demand.approve_needs(
        [demand.Approval(ids[row.code], item.id, "ICU", 5, "test") for row in rows], by=cast.duty, at=now, idem=uuid4()
    )
    for number in range(count):
        account = stock.open_store(
            "plant", by=cast.duty, at=now, idem=uuid4(), name=typist.both(f"store {number}"), holder=ids[f"f{number}"],
            region="420100",
        )  # fmt: skip
        lot = stock.open_lot(item.id, by=cast.keeper, number=typist.text(f"lot {number}"), expires_on=None)
        line = stock.Transfer("opening", item.id, cast.accounts["outside"], account, 7, "test", lot=lot)
        stock.post_batch([line], by=cast.keeper, idem=uuid4(), at=now)
    name = typist.both("policy")
    tiers = [{"name_zh": "重症", "name_en": "ICU", "zones": ["ICU"]}, {"name_zh": "其他", "name_en": "Others"}]
    allocation.state_policy("odd", PolicyText(name, "test", tiers), by=cast.duty, at=now, idem=uuid4())
    number = allocation.plan_batch(
        by=cast.duty, idem=uuid4(), at=now, policy="odd", deadline=clock.read_instant("2020-02-07T19:00"),
        title=typist.both("batch"), items=["SUIT-GB"], place="420000",
    )  # fmt: skip
    return typist.typed, number


def exported(world: World, batch: int, texts: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Every export door in both languages, and the answer to somebody's own workbook."""
    doors = ["/stock.xlsx", "/needs.xlsx", "/catalogue.xlsx", "/needs/template.xlsx", f"/batches/{batch}.xlsx"]
    doors += [f"/figures/{figure.key}.xlsx" for figure in all_figures()]
    for language in ("zh-hans", "en"):
        client = client_of(world, "duty", language)
        for door in doors:
            answer = client.get(door, follow=True)
            assert answer.status_code == 200, (door, answer.status_code)
            yield f"{door} in {language}", answer.content

    bare = {field: text for field, text in texts.items() if text == text.strip()}  # what is read loses its blanks
    units = [text for field, text in bare.items() if field.startswith("unit")]
    stores = [text for field, text in bare.items() if field.startswith("store")]
    yield (
        "the answer to a workbook",
        write_answer(answer_of(Supply=[supply(text) for text in stores], Need=[need(text) for text in units])),
    )


def cells_of(content: bytes) -> Iterator[Any]:
    """Every cell that holds something, as another program reads it."""
    for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def running(content: bytes) -> list[str]:
    """What is in the file that a spreadsheet would run or fetch, past its cells."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        named = [
            name for name in book.namelist() if re.search("external|vba|macro|embed|connections", name, re.IGNORECASE)
        ]
        sheets = b"".join(book.read(name) for name in book.namelist() if name.startswith("xl/worksheets"))
    return [f"has {name}" for name in named] + [
        f"has {tag.decode()}" for tag in (b"<f>", b"<hyperlink") if tag in sheets
    ]


def without_text() -> AbstractContextManager[object]:
    """Cells are written as the library likes: a text that begins like a formula is one."""

    def liked(sheet: Any, line: int, at: int, value: Any, number: Any) -> None:
        sheet.write(line, at, str(value))

    return _patched(liked)


def with_apostrophe() -> AbstractContextManager[object]:
    """Cells are made harmless by changing them."""
    write = exchange.write_cell

    def changed(sheet: Any, line: int, at: int, value: Any, number: Any) -> None:
        text = str(value)
        write(sheet, line, at, "'" + text if text[:1] in "=+-@" else value, number)

    return _patched(changed)


def _patched(cell: Callable[..., None]) -> AbstractContextManager[object]:
    """Another way to write a cell, into a book without our settings."""
    stack = ExitStack()
    book = xlsxwriter.Workbook
    stack.enter_context(mock.patch.object(exchange, "write_cell", cell))
    stack.enter_context(mock.patch.object(exchange.xlsxwriter, "Workbook", lambda out, _options: book(out)))
    return stack


TRIALS = (
    Trial(
        "P11", "texts", "hostile texts in every exported field, every workbook read again in both languages", attack,
        {
            "the text kept text": lambda effort: attack(effort, without_text),
            "the text kept as it was typed": lambda effort: attack(effort, with_apostrophe),
        },
    ),
)  # fmt: skip
