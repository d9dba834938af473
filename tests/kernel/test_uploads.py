"""Hostile files: each is refused with a reason, and neither the process nor those who work beside it are hurt."""

from __future__ import annotations

import io
import os
import subprocess
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest
import xlsxwriter

from qipan.kernel import uploads
from qipan.kernel.errors import FileRefused

Parts = dict[str, bytes]


def workbook(rows: list[list[object]], sheet: str = "Need") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for line, cells in enumerate(rows):
            for at, cell in enumerate(cells):
                if isinstance(cell, date):
                    page.write_datetime(line, at, cell, day)
                else:
                    page.write(line, at, cell)
    return out.getvalue()


GOOD = workbook([["unit", "quantity"], ["医院", 5], ["b", 1.5]])


def parts_of(content: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Parts) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def changed(change: Callable[[Parts], object]) -> bytes:
    parts = parts_of(GOOD)
    change(parts)
    return packed(parts)


def sheet_with(found: bytes, put: bytes) -> bytes:
    def work(parts: Parts) -> None:
        name = "xl/worksheets/sheet1.xml"
        assert found in parts[name]
        parts[name] = parts[name].replace(found, put, 1)

    return changed(work)


def test_a_good_workbook_is_read() -> None:
    title, table = uploads.first_table("n.xlsx", GOOD)
    assert (title, table) == ("Need", [["unit", "quantity"], ["医院", 5], ["b", 1.5]])
    assert [type(row[1]) for row in table[1:]] == [int, float]


def test_dates_and_instants_come_through() -> None:
    content = workbook([["at"], [date(2020, 1, 29)], [datetime(2020, 1, 29, 19, 30)]])
    _title, table = uploads.first_table("n.xlsx", content)
    found = [row[0] for row in table[1:]]
    assert [str(cell)[:16] for cell in found] == ["2020-01-29", "2020-01-29 19:30"]
    assert all(isinstance(cell, date) for cell in found)


def test_only_the_wanted_sheets_are_read_by_their_plain_names() -> None:
    found = uploads.named_tables("n.xlsx", workbook([["a"], [1]], sheet=" NEED "), {"need": "n"})
    assert found == {"n": (" NEED ", [["a"], [1]])}


def with_bent_stream() -> bytes:
    """The directory is whole; what it leads to cannot be unpacked."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    content = bytearray(GOOD)
    at = entry.header_offset + 30 + len(entry.filename)
    content[at : at + 8] = b"\xff" * 8
    return bytes(content)


HOSTILE = {
    "a bomb that unpacks to gigabytes": changed(lambda p: p.update({"xl/media/a.bin": b"\0" * (220 * 2**20)})),
    "a ratio beyond reason": packed({**parts_of(GOOD), "xl/x.bin": b"\0" * (40 * 2**20)}),
    "thousands of entries": changed(lambda p: p.update({f"xl/e{n}.bin": b"" for n in range(2_100)})),
    "a path upwards": changed(lambda p: p.update({"../../etc/cron.d/x": b"x"})),
    "a path from the root": changed(lambda p: p.update({"/etc/x": b"x"})),
    "macros": changed(lambda p: p.update({"xl/vbaProject.bin": b"x"})),
    "an embedded object": changed(lambda p: p.update({"xl/embeddings/oleObject1.bin": b"x"})),
    "a link to another file": changed(lambda p: p.update({"xl/externalLinks/externalLink1.xml": b"<a/>"})),
    "a document type": sheet_with(b"<worksheet", b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet"),
    "entities that grow": changed(
        lambda p: p.update({"xl/sharedStrings.xml": b'<!DOCTYPE l [<!ENTITY l "lol">]><sst><si><t>&l;</t></si></sst>'})
    ),
    "a cell far out": sheet_with(b'r="A1"', b'r="XFD1048576"'),
    "a cell beyond every sheet": sheet_with(b'r="A1"', b'r="ZZZZZZZ999999999999"'),
    "no sheet": changed(lambda p: p.pop("xl/worksheets/sheet1.xml")),
    "no book": changed(lambda p: p.pop("xl/workbook.xml")),
    "a broken sheet": sheet_with(b"<sheetData>", b"<sheetData><row><c><v>"),
    "a stream that cannot be unpacked": with_bent_stream(),
    "half a file": GOOD[: len(GOOD) // 2],
    "an archive of nothing": packed({}),
    "a document of another program": packed({"mimetype": b"application/vnd.oasis.opendocument.text"}),
    "the first bytes alone": b"PK\x03\x04",
    "a zero byte in a text": b"unit,item\na\0,b\n",
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "an open quote": b'unit,item\n"a,b\n',
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_a_moment(what: str) -> None:
    begun = time.monotonic()
    with pytest.raises(FileRefused) as refusal:
        uploads.first_table("x.xlsx", HOSTILE[what])
    assert len(refusal.value.problems) == 1
    assert time.monotonic() - begun < uploads.WALL_SECONDS


def test_an_encrypted_archive_is_refused() -> None:
    content = bytearray(GOOD)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        content[place + flags] |= 1
    with pytest.raises(FileRefused):
        uploads.first_table("x.xlsx", bytes(content))


def test_a_parser_that_dies_takes_only_the_file_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PARSER", "import os; os.abort()")
    with pytest.raises(FileRefused):
        uploads.first_table("x.xlsx", GOOD)
    assert os.getpid() > 0


def test_a_parser_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PARSER", "import time; time.sleep(60)")
    monkeypatch.setattr(uploads, "WALL_SECONDS", 0.3)
    with pytest.raises(FileRefused):
        uploads.first_table("x.xlsx", GOOD)


@pytest.mark.parametrize(
    "greed", ["x = bytearray(3 * 2**30)", "while True: pass", "open('/tmp/qipan-greed', 'w').write('x')"]
)
def test_memory_processor_time_and_files_are_limited(monkeypatch: pytest.MonkeyPatch, greed: str) -> None:
    """What a parser that was taken over could use up."""
    monkeypatch.setattr(uploads, "PROCESSOR_SECONDS", 1)
    limits = uploads.PARSER.split("from python_calamine")[0]
    monkeypatch.setattr(uploads, "PARSER", limits + greed + "\nprint('[]')")
    with pytest.raises(FileRefused):
        uploads.first_table("x.xlsx", GOOD)


def test_without_the_limits_it_could_be_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same greed in a process without limits succeeds."""
    done = subprocess.run(
        ["/usr/bin/env", "python3", "-c", "x = bytearray(3 * 2**30); print('had it')"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "had it\n"


def test_the_parsing_process_has_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIPAN_SECRET_KEY", "secret")
    monkeypatch.setattr(
        uploads,
        "PARSER",
        "import json, os; print(json.dumps([['s', [[len(os.environ), 'QIPAN_SECRET_KEY' in os.environ]]]]))",
    )
    _title, table = uploads.first_table("x.xlsx", GOOD)
    assert table[0][1] is False
