"""What people send: the one way into every import. A bad file is refused; it never stops the platform.

1. Size, and what it is by its first bytes.
2. An archive is looked at before anything is unpacked: entries, sizes, paths, macros, document types.
3. Workbooks are parsed in a process of their own with limits on memory, processor time and time; if it dies, only
   the file is refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import FileRefused, RowProblem

FILE_BYTES_MAX = 20 * 2**20
UNPACKED_BYTES_MAX, ENTRIES_MAX, RATIO_MAX = 200 * 2**20, 2_000, 200
ROWS_MAX, COLUMNS_MAX = 100_000, 1_000
MEMORY_BYTES, PROCESSOR_SECONDS, WALL_SECONDS = 2 * 2**30, 30, 60
ZIP = b"PK\x03\x04"
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
"""What reading an archive ends with that is torn, bent or encrypted."""
_UNWANTED = re.compile(r"vbaproject|macrosheets|activex|embeddings/|externallinks/", re.IGNORECASE)
_DOCUMENT_TYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_CELL = re.compile(rb'\br="([A-Z]{1,7})([0-9]{1,12})"')
Table = list[list[Any]]

UNREADABLE = _("This is not a readable Excel workbook.")


def refused(name: str, sheet: str, code: str, sentence: str | Promise) -> FileRefused:
    """The refusal of a whole file."""
    return FileRefused(name, [RowProblem(name, sheet, 1, "", code, sentence)])


def first_table(name: str, content: bytes) -> tuple[str, Table]:
    """Title and cells of the first sheet of a workbook; "" and the cells of a CSV.

    Raises:
        FileRefused: too large, unreadable, or not what it should be.
    """
    _refuse_large(name, content)
    if content[:4] != ZIP:
        return "", _rows_within(name, "", _csv_cells(name, content))
    found = _parsed(name, content, None)
    if not found:
        raise refused(name, "", "unreadable", UNREADABLE)
    return found[0]


def named_tables(name: str, content: bytes, wanted: Mapping[str, str]) -> dict[str, tuple[str, Table]]:
    """Title and cells of the sheets whose plain name is in ``wanted``, by what stands there; of two the first.

    Raises:
        FileRefused: as above; a CSV is no workbook.
    """
    _refuse_large(name, content)
    if content[:4] != ZIP:
        raise refused(name, "", "unreadable", UNREADABLE)
    found: dict[str, tuple[str, Table]] = {}
    for title, table in _parsed(name, content, sorted(wanted)):
        found.setdefault(wanted[plain_word(title)], (title, table))
    return found


def plain_word(text: str) -> str:
    """A header or title without what people vary: spaces, marks of need, underscores, case."""
    return text.strip(" \t\r\n　*").replace("_", " ").lower()


def _refuse_large(name: str, content: bytes) -> None:
    if len(content) > FILE_BYTES_MAX:
        raise refused(name, "", "too_large", _("The file is larger than 20 MB; split it."))


def _rows_within(name: str, title: str, table: Table) -> Table:
    if len(table) > ROWS_MAX + 1:
        raise refused(name, title, "too_many_rows", _("More than 100,000 rows; split the file."))
    return table


def _parsed(name: str, content: bytes, wanted: list[str] | None) -> list[tuple[str, Table]]:
    """The sheets that are wanted (the first when None), parsed in a process of its own."""
    _look_inside(name, content)
    command = [sys.executable, "-I", "-c", PARSER, str(MEMORY_BYTES), str(PROCESSOR_SECONDS), str(ROWS_MAX + 2)]
    try:
        done = subprocess.run(
            [*command, json.dumps(wanted)], input=content, capture_output=True, timeout=WALL_SECONDS, check=False,
            env={"LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        sheets = json.loads(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired:
        sheets = None
    except ValueError:
        sheets = None
    if sheets is None:
        raise refused(name, "", "unreadable", UNREADABLE)
    return [
        (title, _rows_within(name, title, [[_value(cell) for cell in row] for row in table])) for title, table in sheets
    ]


def _look_inside(name: str, content: bytes) -> None:
    """Refuse an archive that would grow, reaches elsewhere, carries programs, or names cells beyond any sheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if (
                len(entries) > ENTRIES_MAX
                or unpacked > UNPACKED_BYTES_MAX
                or unpacked > RATIO_MAX * len(content) + 2**20
            ):
                raise refused(name, "", "too_large", _("Unpacked, the file is too large; split it."))
            for entry in entries:
                is_elsewhere = entry.filename.startswith(("/", "\\")) or ".." in entry.filename
                if is_elsewhere or entry.flag_bits & 1 or entry.compress_type not in PACKED:
                    raise refused(name, "", "unreadable", UNREADABLE)
                if _UNWANTED.search(entry.filename):
                    words = _("The file carries macros or other files; save it as a plain workbook (.xlsx).")
                    raise refused(name, "", "not_plain", words)
                if entry.filename.endswith((".xml", ".rels")):
                    _scan(name, archive, entry)
    except DAMAGED as error:
        raise refused(name, "", "unreadable", UNREADABLE) from error


def _scan(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """No document type, no cell beyond the columns and rows that are read, no more bytes than were declared."""
    seen, tail = 0, b""
    with archive.open(entry) as part:
        while block := part.read(1 << 20):
            seen += len(block)
            window = tail + block
            if seen > entry.file_size or _DOCUMENT_TYPE.search(window):
                raise refused(name, "", "unreadable", UNREADABLE)
            if entry.filename.startswith("xl/worksheets/"):
                for letters, row in _CELL.findall(window):
                    if _column(letters) > COLUMNS_MAX or int(row) > ROWS_MAX * 2:
                        words = _("A cell stands beyond column ALL or row 200,000; delete what is out there.")
                        raise refused(name, "", "too_many_rows", words)
            tail = window[-40:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _csv_cells(name: str, content: bytes) -> Table:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            if "\x00" in text:
                break
            return [list(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
        except UnicodeDecodeError:
            continue
        except csv.Error as error:
            words = _("This CSV cannot be read; a quote is open.")
            raise refused(name, "", "unreadable", words) from error
    raise refused(name, "", "unreadable", _("This is neither an Excel workbook nor a text file."))


def _value(cell: Any) -> Any:
    """A cell as it was before it came through the pipe; whole numbers as such (Excel stores 5 as 5.0)."""
    if isinstance(cell, dict):
        kind, text = next(iter(cell.items()))
        readers = {"datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat}
        return timedelta(seconds=text) if kind == "timedelta" else readers[kind](text)
    if type(cell) is float and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return cell


PARSER = """
import io, json, resource, sys
memory, seconds, rows = map(int, sys.argv[1:4])
wanted = json.loads(sys.argv[4])
for limit, most in (("AS", memory), ("CPU", seconds), ("CORE", 0), ("FSIZE", 0)):
    try: resource.setrlimit(getattr(resource, "RLIMIT_" + limit), (most, most))
    except ValueError: pass  # a system without this limit
from python_calamine import CalamineWorkbook
def plain(cell):
    kind = type(cell).__name__
    if kind in ("datetime", "date", "time"): return {kind: cell.isoformat()}
    return {kind: cell.total_seconds()} if kind == "timedelta" else cell
book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
found = []
for title in book.sheet_names if wanted is not None else book.sheet_names[:1]:
    word = title.strip(" \\t\\r\\n\\u3000*").replace("_", " ").lower()
    if wanted is None or word in wanted:
        table = book.get_sheet_by_name(title).to_python(skip_empty_area=False, nrows=rows)
        found.append((title, [[plain(cell) for cell in row] for row in table]))
json.dump(found, sys.stdout)
"""
"""The program of the parsing process: nothing of ours is loaded into it."""
