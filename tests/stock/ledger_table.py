"""Plays a day of the ledger that is written as a text table, and asks what the books say.

The first line names the columns; a line of the table is one booking of 29 January 2020::

    at     move  what     from     to        pieces  booked    because
    09:00  h1    SUIT-GB  plant    hospital    8100  hold      batch 28, line 3
    14:20  t1    SUIT-GB  plant    road_1      8100  depart    h1
    14:30  t2    SUIT-GB  plant    road_1         1  depart    refused: StockInsufficient

``booked`` is a kind of movement, or ``hold``, ``void``, ``expired``, ``reversal``, ``counted``.
``because`` begins with the move it rests on (a departure on its hold, a reversal on what it takes back), or says
which refusal is expected; anything else is for the reader. ``-`` is "nothing here". A line that asks names an
instant, an item and an account (or ``roads``, for the sums of everything that is driven)::

    ask    14:20  SUIT-GB  plant    onhand 0     held 0
    ask    24:00  SUIT-GB  roads    shipped 8100  arrived 6840  in_transit 1260
"""

from __future__ import annotations

from datetime import datetime

import pytest

from qipan.kernel import clock
from qipan.stock import errors, queries
from tests.cast import key
from tests.stock.books import Books

COLUMNS = ["at", "move", "what", "from", "to", "pieces", "booked", "because"]
DAY = "2020-01-29"


def play(books: Books, table: str) -> None:
    """Book every line at its instant and check every answer."""
    header, *lines = [line.split() for line in table.strip().splitlines() if line.strip()]
    assert header == COLUMNS, "the first line names the columns"
    booked: dict[str, int] = {}
    for words in lines:
        if words[0] == "ask":
            _ask(books, words)
        else:
            _book(books, dict(zip(COLUMNS, [*words[:7], " ".join(words[7:])], strict=True)), booked)


def _instant(text: str) -> datetime:
    return clock.read_instant(f"{DAY}T{text}")


def _book(books: Books, line: dict[str, str], booked: dict[str, int]) -> None:
    at = _instant(line["at"])
    with clock.held_at(at):
        if line["because"].startswith("refused: "):
            with pytest.raises(getattr(errors, line["because"].split()[1])):
                _move(books, line, booked, at)
        else:
            booked[line["move"]] = _move(books, line, booked, at)


def _move(books: Books, line: dict[str, str], booked: dict[str, int], at: datetime) -> int:
    rests_on = booked.get(line["because"].replace(",", " ").split()[-1 if "refused" in line["because"] else 0], 0)
    qty = 0 if line["pieces"] == "-" else int(line["pieces"])
    match line["booked"]:
        case "hold":
            return books.hold(books.held(line["from"], qty, item=line["what"]), at=at, expires_at=_instant("20:00"))[0]
        case "void" | "expired" as how:
            books.void(rests_on, at=at, how="voided" if how == "void" else how)
            return rests_on
        case "reversal":
            return books.reverse(rests_on, at=at)
        case "counted":
            return books.count(
                books.accounts[line["from"]], item=books.items[line["what"]], counted=qty, reason=line["because"],
                idem=key(line["move"]), at=at,
            )  # fmt: skip
        case kind:
            transfer = books.line(kind, line["from"], line["to"], qty, item=line["what"], hold=rests_on or None)
            return books.post(transfer, at=at)[0]


def _ask(books: Books, words: list[str]) -> None:
    _ask_word, at, what, where, *expected = words
    found = _flow(books, at, what) if where == "roads" else _holding(books, at, what, where)
    wanted = dict(zip(expected[::2], map(int, expected[1::2]), strict=True))
    assert {name: found[name] for name in wanted} == wanted, " ".join(words)


def _holding(books: Books, at: str, what: str, where: str) -> dict[str, int]:
    rows = queries.balances(as_of=_instant(at), kinds=("store", "road", "seized"))
    wanted = (books.accounts[where], books.items[what])
    (row,) = [row for row in rows if (row.account, row.item) == wanted] or [queries.Holding(*wanted, 0, 0, 0)]
    return {"onhand": row.onhand, "held": row.held, "free": row.free}


def _flow(books: Books, at: str, what: str) -> dict[str, int]:
    rows = [row for row in queries.flows(as_of=_instant(at)) if row.item == books.items[what]]
    row = rows[0] if rows else queries.Flow(0, "", 0, 0, 0, 0)
    return {name: getattr(row, name) for name in ("shipped", "arrived", "lost", "in_transit")}
