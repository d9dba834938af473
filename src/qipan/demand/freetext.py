"""Reading need lists typed as free text, such as those of Hubei on 25-26 January 2020.

One cell mixes needs (防护服1万), stock on hand (防护服剩8, 护目无), status (仍未联系上), time
(最后更新：25日19:19) and transport (货车可以). ``read_cell`` tells them apart and says, for every
statement, which slice of the cell it was read from. What is not read is listed as ``Unread``;
besides those, only punctuation and the fillers of ``filler_spans`` are passed over.

Rules
- Section words (需要, 缺, 库存, 现有, 已配送 ...) govern until the next one. 剩 governs to the end of its
  clause when another section word came before it. With no section word a number is a need.
- After 已配送 (sent) goods are statements of kind "status": they add to no need and no stock.
- 急需 and 已配送 open a section only when goods follow outside their bracket.
- A number belongs to the item before it, else to the item after it. One that stands with a space
  after an item and touches the next item could belong to either, so it is left to a person.
- Ranges, 几百, 约, 多, 以上 and parts of a piece are unclear; 至少 is kept in the slice, the number stands.
- An item word that touches unknown letters is another word (N95口罩机 is no mask).
- N96 to N199 (a cell dragged down) and a cut-off n9 are read as N95 and listed for confirmation.
- 不要, 不需要 govern to the end of their clause; what stands there is never a need.

Pure: no Django, no database, no clock. The words for items are rows of ``item_words.csv``;
``freetext_tokens`` cuts a cell into words, numbers and phrases, this module says what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qipan.demand.freetext_tokens import DECLINED, NEED, REMAINING, SENT, STOCK, Token, cut

FIELDS = ("status_and_quantities", "items", "remark")
"""The free-text columns of both files, in the order of reading."""

REASONS = (
    "ambiguous_item",  # the word names several materials (口罩)
    "not_in_catalogue",  # the word is known, the catalogue has no such material (床罩)
    "unknown_item",  # it stands where an item stands, but the word is not known
    "misread_item",  # text recognition spoilt the word
    "drag_error",  # N96 ... N199: N95 dragged down a spreadsheet column
    "cut_off",  # n9
    "number_without_item",
    "quantity_unclear",  # a range, an approximation, a stock without a number
    "zero_need",
    "not_wanted",  # 不要, 不需要 and what follows them
    "sent_goods_unclear",  # 已配送, 已收到 without what: the needs beside it may be met
    "goods_on_the_way",
    "repeated",  # an earlier column of the row says the same; counting it again would double it
    "contact_detail",  # looks like a telephone number
    "leftover",
)


_SENTENCE_END = re.compile(r"[。；;！!\n]")
_CLAUSE_END = re.compile(r"[，,。；;！!\n]")
_TO_NUMBER = re.compile(r" *[:=(*×]? *")


@dataclass(frozen=True)
class Statement:
    """One thing read out of a cell.

    Invariants: ``text`` is the cell's slice ``start:end``; a need has 0 < quantity <=
    10**9; ``quantity`` counts ``unit`` as typed ('' when none was typed).
    A stock whose number is not said, and goods sent without a number, have None.
    """

    kind: str  # need | stock | asked (named, no number) | status | time | transport
    item_word: str
    item_code: str | None  # None: unknown, ambiguous or outside the catalogue
    quantity: int | None
    unit: str
    text: str
    start: int
    end: int
    field: str


@dataclass(frozen=True)
class Unread:
    """What a person must look at; ``reason`` is one of REASONS, ``text`` the slice ``start:end``."""

    field: str
    start: int
    end: int
    text: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """All statements of a cell or a row and all that a person must look at, in order of place."""

    statements: tuple[Statement, ...]
    unread: tuple[Unread, ...]


def _sections(folded: str, tokens: Sequence[Token]) -> list[str]:
    """The section that governs at every token: need, stock, status (sent) or '' when none was named."""
    section, outer = "", None  # outer: the section to return to at the end of the clause
    governs: list[str] = []
    end = 0
    for place, token in enumerate(tokens):
        if outer is not None and _CLAUSE_END.search(folded[end : token.start]):
            section, outer = outer, None
        if token.kind == "section" and token.opens in (REMAINING, DECLINED):
            if outer is None and (section or token.opens == DECLINED):
                outer = section
            section = STOCK if token.opens == REMAINING else DECLINED
        elif token.kind == "section":
            section, outer = token.opens.replace("transport", ""), None
        elif token.opens and _goods_follow(folded, tokens, place):
            section, outer = token.opens, None
        governs.append(section)
        end = token.end
    return governs


def _goods_follow(folded: str, tokens: Sequence[Token], place: int) -> bool:
    if place + 1 == len(tokens) or tokens[place + 1].kind not in ("item", "number"):
        return False
    return ")" not in folded[tokens[place].end : tokens[place + 1].start]


def _pairs(folded: str, tokens: Sequence[Token]) -> tuple[dict[int, int], set[int]]:
    """Which item has which number (by place), and the numbers that could belong to two items."""
    pairs: dict[int, int] = {}
    torn: set[int] = set()
    for place, token in enumerate(tokens):
        if token.kind == "none_left":
            pairs |= {item: place for item in _items_listed_before(folded, tokens, place) if item not in pairs}
        if token.kind not in ("number", "none"):
            continue
        before = _goods_before(folded, tokens, place)
        before = None if before in pairs else before
        after = _goods_after(folded, tokens, place) if token.kind == "number" else None
        if _touches_a_strange_unit(tokens, place):
            torn.add(place)
            continue
        if before is not None and after is not None and tokens[after].start == token.end:
            if tokens[before].kind == "unknown":
                before = None
            elif not _has_own_number(folded, tokens, after):
                if tokens[place - 1].kind == "section":  # 口罩只剩下45个N95
                    before = None
                elif folded[token.start - 1] == " ":
                    torn.add(place)
                    continue
        goods = after if before is None else before
        if goods is not None:
            pairs[goods] = place
    return pairs, torn


def _touches_a_strange_unit(tokens: Sequence[Token], place: int) -> bool:
    """Whether one unknown letter follows a bare number: a unit that we do not know (100筐)."""
    number, after = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else None
    return (
        after is not None
        and (number.kind, number.unit, after.kind) == ("number", "", "unknown")
        and (after.start, after.end) == (number.end, number.end + 1)
    )


def _has_own_number(folded: str, tokens: Sequence[Token], place: int) -> bool:
    """Whether the item at ``place`` is followed by a number of its own."""
    follows = tokens[place + 1 : place + 3]
    gaps = [folded[a.end : b.start] for a, b in zip([tokens[place], *follows], follows, strict=False)]
    if [t.kind for t in follows[:1]] == ["section"]:
        return not gaps[0] and len(follows) == 2 and follows[1].kind in ("number", "none")
    if not follows or follows[0].kind not in ("number", "none"):
        return False
    goes_on = _goods_after(folded, tokens, place + 1) is not None
    return not gaps[0] or (_TO_NUMBER.fullmatch(gaps[0]) is not None and not goes_on)


def _may_be_goods(folded: str, token: Token, number: Token) -> bool:
    if token.kind == "unknown":  # a bare number beside unknown words proves nothing
        counted = number.unit or not folded[number.start : number.end].isdigit()
        return number.kind == "number" and (bool(counted) or bool(token.reason)) and token.end - token.start <= 15
    return token.kind == "item"


def _goods_before(folded: str, tokens: Sequence[Token], place: int) -> int | None:
    """The item before a number, past a touching section word (护目镜库存8) or a bracket (护目镜（急需）8)."""
    for at in range(place - 1, -1, -1):
        token = tokens[at]
        gap = folded[token.end : tokens[at + 1].start]
        if token.kind == "status":
            if not re.fullmatch(r"[!！]*\) *:? *", gap):
                return None
        elif not _TO_NUMBER.fullmatch(gap):
            return None
        elif token.kind != "section":
            return at if _may_be_goods(folded, token, tokens[place]) else None
    return None


def _goods_after(folded: str, tokens: Sequence[Token], place: int) -> int | None:
    if place + 1 == len(tokens) or folded[tokens[place].end : tokens[place + 1].start].strip(" "):
        return None
    return place + 1 if _may_be_goods(folded, tokens[place + 1], tokens[place]) else None


def _items_listed_before(folded: str, tokens: Sequence[Token], place: int) -> Iterator[int]:
    """The items of the list that ends in 零库存, 均无 and the like."""
    for at in range(place - 1, -1, -1):
        gap = folded[tokens[at].end : tokens[at + 1].start]
        if _SENTENCE_END.search(gap) or tokens[at].kind not in ("item", "filler"):
            return
        if tokens[at].kind == "item":
            yield at


class _Cell:
    """One cell while it is being read."""

    def __init__(self, text: str, field: str) -> None:
        self.text, self.field = text, field
        self.folded, self.tokens = cut(text)
        self.sections = _sections(self.folded, self.tokens)
        self.pairs, self.torn = _pairs(self.folded, self.tokens)
        self.statements: list[Statement] = []
        self.unread: list[Unread] = []
        for place, token in enumerate(self.tokens):
            self._read(place, token)

    def _read(self, place: int, token: Token) -> None:
        if token.kind in ("status", "time", "transport"):
            self._state(token.kind, token)
            sent = token.opens == SENT and not _goods_follow(self.folded, self.tokens, place)
            self._leave(token, "sent_goods_unclear" if sent else token.reason)
        elif token.kind == "item" or place in self.pairs:
            self._read_goods(place, token)
        elif token.kind == "unknown" and (token.reason or self._fills_its_slot(place)):
            self._read_goods(place, replace(token, reason="unknown_item"))
        elif token.opens == DECLINED:
            self._leave(token, "not_wanted")
        elif token.kind in ("filler", "section") or place in self.pairs.values():
            return
        elif token.kind == "number":
            self._leave(token, "quantity_unclear" if place in self.torn else "number_without_item")
        else:
            self._leave(token, token.reason or "leftover")

    def _read_goods(self, place: int, token: Token) -> None:
        token = replace(token, word=token.word or self.text[token.start : token.end])
        if token.kind == "unknown":
            token = replace(token, reason="unknown_item")
        number = self.tokens[self.pairs[place]] if place in self.pairs else token
        start, end = min(token.start, number.start), max(token.end, number.end)
        if "(" in self.folded[token.end : number.start] and self.folded[end : end + 1] == ")":
            end += 1
        whole = replace(token, start=start, end=end, quantity=number.quantity, unit=number.unit)
        section = self.sections[max(place, self.pairs.get(place, place))]
        if section == DECLINED:
            self._leave(whole, "not_wanted")
            return
        self._leave(token, token.reason)
        if number.kind in ("none", "none_left"):
            self._state(STOCK, replace(whole, quantity=0))
        elif number.kind != "number":
            self._state("asked" if section in ("", NEED) else section, whole)
            self._leave(token, "quantity_unclear" if section == STOCK else "")
        elif number.quantity == 0 and section != STOCK:
            self._leave(whole, "zero_need")
        else:
            self._state(section or NEED, whole)

    def _fills_its_slot(self, place: int) -> bool:
        """Whether a run of unknown letters stands alone between separators of an item list."""
        token, last = self.tokens[place], place + 1 == len(self.tokens)
        if self.field != "items" or token.end - token.start > 15:
            return False
        after = "" if last else self.folded[token.end : self.tokens[place + 1].start].strip(" ")
        before = self.folded[self.tokens[place - 1].end if place else 0 : token.start].strip(" ")
        return (place == 0 or bool(before)) and (last or bool(after))

    def _state(self, kind: str, t: Token) -> None:
        unit, text = t.unit.replace(" ", ""), self.text[t.start : t.end]
        self.statements.append(Statement(kind, t.word, t.code, t.quantity, unit, text, t.start, t.end, self.field))

    def _leave(self, token: Token, reason: str) -> None:
        if reason:
            text = self.text[token.start : token.end]
            self.unread.append(Unread(self.field, token.start, token.end, text, reason))


def read_cell(text: str, *, field: str) -> Reading:
    """Read one cell of free text; never raises.

    Args:
        text: the cell as typed.
        field: the column's name, carried by every statement; in "items" an unknown word that
            stands alone between separators is taken for an item with an unknown name.

    Invariants: ``text[s.start:s.end] == s.text`` for statements and unread; every letter or digit
    of the cell lies in a statement, in an unread slice or in one of ``filler_spans(text)``.
    """
    cell = _Cell(text, field)
    statements = sorted(cell.statements, key=lambda s: (s.start, s.end))
    return Reading(tuple(statements), tuple(sorted(cell.unread, key=lambda u: (u.start, u.end))))


def read_row(row: Mapping[str, str], *, fields: Sequence[str] = FIELDS) -> Reading:
    """Read the free-text columns of one row; columns that the row lacks are passed over.

    A need or stock whose item and quantity an earlier column has already given becomes Unread
    "repeated", so that a row that says the same thing twice is not counted twice.
    """
    statements: list[Statement] = []
    unread: list[Unread] = []
    for name in fields:
        reading = read_cell(row.get(name) or "", field=name)
        said = {(s.kind, s.item_code or s.item_word, s.quantity) for s in statements}
        for s in reading.statements:
            key = (s.kind, s.item_code or s.item_word, s.quantity)
            if s.kind in (NEED, STOCK) and s.quantity is not None and key in said:
                unread.append(Unread(s.field, s.start, s.end, s.text, "repeated"))
            else:
                statements.append(s)
        unread += reading.unread
    return Reading(tuple(statements), tuple(unread))


def filler_spans(text: str) -> tuple[tuple[int, int], ...]:
    """What ``read_cell`` passes over: section words, list numbers, standards, titles, 和, 等 ..."""
    _, tokens = cut(text)
    return tuple((t.start, t.end) for t in tokens if t.kind in ("filler", "section") and t.opens != DECLINED)
