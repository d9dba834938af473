"""Cutting a cell of free text into tokens: item words, numbers, section words, phrases.

Places in the folded text are places in the cell: folding changes no length. The words for items
are rows of ``item_words.csv``; the phrases are the patterns below, written for the lists of
25-26 January 2020. What no pattern knows becomes a token of kind "unknown", never nothing.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

QUANTITY_LIMIT = 10**9
"""Largest quantity read from free text; beyond it a person looks (it may be a telephone number)."""

NEED, STOCK, SENT, DECLINED, REMAINING = "need", "stock", "status", "declined", "remaining"
"""The sections that words open; goods sent are stated as status. Remaining is stock for a clause."""


@dataclass(frozen=True)
class Token:
    """A slice of the folded text; its fields besides the place are filled as its kind needs."""

    kind: str  # item number none none_left section status time transport qualifier filler unread unknown
    start: int
    end: int
    word: str = ""
    code: str | None = None
    reason: str = ""
    quantity: int | None = None
    unit: str = ""
    opens: str = ""  # the section that it may open


_AMOUNT = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+(?:\.[0-9]+)?)"
    r"(?: ?(?:十万|百万|千万|亿|万|千(?!克)|百|w(?![a-z])|k(?![a-z])))?"
)
_HAN = r"(?:[一二两三四五六七八九十][一二两三四五六七八九十百千万亿零〇]+)"
_UNIT = (
    r"(?:人份|公斤|千克|毫升|个(?!月|小时|星期|工作日|人)|[只支双副付套件台部瓶箱盒包桶床辆张把顶条袋吨升斤片卷"
    r"米幅枚具罐打份壶]|(?:kg|ml|l|g)(?![a-z0-9]))"
)
_ONE = rf"(?:(?:{_AMOUNT})+|{_HAN}|[一二两三四五六七八九十](?={_UNIT}))"
_NUMBER = re.compile(
    rf"(?:(?P<about>大约|大概|接近|约|近|上|好几|几|数) *)?(?:(?:至少|最少) *)?(?P<amount>{_ONE})"
    rf"(?P<range> *[-~—–至到或]+ *{_ONE})?(?P<more>多(?!功能)|余|来|几|\+)?"
    rf" *(?P<unit>{_UNIT}(?:[*×x/] ?[0-9]+(?:\.[0-9]+)? ?{_UNIT})?)?"
    r"(?P<above>左右|上下|以上|以内|以下|多(?!功能))?"
)
_VAGUE = re.compile(
    rf"(?:好几|几|数|上|近|成)(?:[十百千万亿]+)(?:余|多)? ?{_UNIT}?|几{_UNIT}"
    rf"|[0-9]+(?:，[0-9]{{3}})+(?![0-9]){_UNIT}?"
)
_NO_QUANTITY = re.compile(
    r"[0-9]+:[0-9]+|(?:[0-9]+(?:[.:/][0-9]+)*|[一二两三四五六七八九十百]+)(?:%|小时|星期|个(?:月|小时|星期|工作日|人)"
    r"|[天日月年周点时号楼度岁期级层秒分人名位元]|次(?!性))"
)
_HOUR = (
    r"(?:凌晨|早上|早|上午|中午|下午|晚上|今晚|晚)? ?"
    r"[0-9]{1,2}(?::[0-9]{2}(?![0-9])|[点时](?:[0-9]{1,2}分?|半)?)"
)
_DAY = r"(?:[0-9]{4}年)?(?:[0-9]{1,2}月)?[0-9]{1,2}[日号]"
_SPAN = r"[几一二两三四五六七八九十0-9]+(?:天|周|日|个?月|小时)"
_WAY = r"货车|顺丰(?:速运|快递)?|京东|邮政|物流|快递|绿色通道|通道|警车|救护车|自己开车|开车|封城|封路|对接"
_ON_WAY = (
    r"但是|可以|可能|可|应该|不确定|不清楚|不能|不|最近处|畅通|顺畅|通畅|通"
    r"|送|到|进|来|去|接|用|和|都|也|能|走"
)
_TRANSPORT = re.compile(rf"(?:{_WAY}|{_ON_WAY})++|寄送时需要(?:用)?纸条标注寄送人?")
_HAS_WAY = re.compile(rf"{_WAY}|寄送时")
_CHECKED = r"(?:核实|确认)(?:信息)?(?:[:-] ?(?:来源)?[一-鿿]{0,6}?(?:丁香园|日报|晚报|发布|信源|新闻网))?"
_RUN_ON = re.compile(rf"n95[0-9]+{_UNIT}?|n[0-9]{{4,}}")
_CODE = re.compile(r"[a-z]+[0-9][0-9a-z]*")
_DRAGGED = re.compile(r"n(?:9[6-9]|1[0-9]{2})(?![0-9])")
_CUT = re.compile(r"n9(?![0-9])")

# In order: the first pattern that matches at a place wins; item words, numbers, transport follow.
_PATTERNS: tuple[tuple[str, str, str], ...] = (
    # kind, section that it opens or reason, pattern on the folded text
    ("unread", "contact_detail", r"(?<![0-9])(?:1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8})(?![0-9])"),
    ("filler", "", r"\[联系方式略\]|《[^》\n]{1,40}(?:要求|标准|规范)》"),
    ("filler", "", r"(?:gb|yy)(?:/t)? ?[0-9]{4,5}(?:\.[0-9]+)?(?:-[0-9]{4})?"),
    ("time", "", rf"最后更新:? ?(?:(?:{_DAY})? ?{_HOUR})?|{_DAY} ?{_HOUR}|{_HOUR}"),
    ("time", "", r"[0-9]{1,2}月[0-9]{1,2}[日号]|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|24小时"),
    ("status", "goods_on_the_way", r"目前只?有[^，,。；;\n]{1,30}在路上"),
    ("status", "", r"确认可以签收|官网[“\"][^”\"\n]{1,10}[”\"]核实|丁香园核实(?:信息)?|确认(?!书)"),
    ("status", "", rf"(?:(?:已|未|尚未)(?:电话|短信|通过官方渠道)?|电话|短信){_CHECKED}"),
    ("status", "", r"仍?未联系上|(?:稍后|需要后续|待)(?:短信|电话)?联系"),
    ("status", "", rf"(?:最多|仅能|只能|只够|还能)(?:支撑|坚持|维持)(?:最多|不到|约)?{_SPAN}"),
    ("status", "", r"(?:尚未|仍未|未)(?:收到|接到)(?:物资)?(?:援助)?"),
    ("status", "", r"(?:防护|医疗|医用)?物资(?:匮乏|紧缺|紧张|短缺|告急|不足)"),
    ("status", "", r"库存(?:紧张|不足|告急|有限)"),
    ("status", "", r"尽可能的?多的?|越多越好|能给多少给多少|多多益善|大量"),
    ("status", "", r"数量暂?(?:不确定|未定|不限)"),
    ("status", NEED, r"仍然?需要?(?:大量物资)?|还需要?|急需|急缺|紧缺|急求|告急"),
    ("status", SENT, r"已(?:配送|发货|发出|寄出|送达|捐赠|安排)"),
    ("status", SENT, r"已经?(?:收到|接到)(?:部分)?(?:物资)?(?:援助)?"),
    ("section", DECLINED, r"(?:暂时?)?不需要?|无需|不缺|不要|请?勿"),
    ("none_left", "", r"(?:库房)?(?:零库存|无库存|没有库存|没库存|均无|都没有|全无|已用完|断货)"),
    ("none", "", r"无(?![一-鿿a-z])|没有(?![一-鿿a-z])|没了"),
    ("section", REMAINING, r"(?:只|仅|还)?剩(?:余|下)?"),
    ("section", STOCK, r"现有库存|库存|现有|尚有|目前只?有"),
    ("section", NEED, r"(?:至少|最少)?(?:需要|需求|缺少|最缺|尚缺|缺|需)"),
    ("section", "transport", r"交通(?=[:])"),
    ("qualifier", "", r"(?<![a-z0-9])(?:x{0,3}l|m|s)码?(?![a-z0-9])|[大中小][号码]"),
    ("qualifier", "", r"3m ?[0-9]{4}[a-z+]*|瑞思迈(?:或者?菲利普)?"),
    ("qualifier", "", r"有注册证|无阀门?|不带气阀|连体带鞋套|[含带]鞋套|主要"),
    ("qualifier", "", r"视野[宽开]阔|透亮度好|有[^，。、\n]{0,4}防溅(?:性能|功能)|有?弹力带?佩戴"),
    ("filler", "", r"规格|标准|应?符合|以及|及|和|与|等|各|医院(?=[:])"),
)  # fmt: skip
_COMPILED = tuple((kind, opens, re.compile(pattern)) for kind, opens, pattern in _PATTERNS)
_ENUMERATOR = re.compile(r"([0-9]{1,2})[.、](?![0-9])")
_UNITS_OF = {"亿": 10**8, "千万": 10**7, "百万": 10**6, "十万": 10**5, "万": 10**4, "w": 10**4}
_UNITS_OF |= {"千": 1000, "k": 1000, "百": 100, "十": 10}


def fold(text: str) -> str:
    """The text in half width and lower case, character by character, so that places stay the same."""
    return "".join(c if c in "，\n" else _fold_character(c) for c in text)


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    if character in "\t\r":
        return " "
    return folded if len(folded) == 1 else character


def _is_mute(character: str) -> bool:
    """Spaces, punctuation, symbols and control characters carry nothing to read."""
    return unicodedata.category(character)[0] in "PSZC"


@lru_cache(maxsize=1)
def _words() -> dict[str, tuple[tuple[str, Token], ...]]:
    """The words of item_words.csv by first character, the longest first."""
    reasons = {"known": "", "ambiguous": "ambiguous_item", "misread": "misread_item"}
    by_first: dict[str, list[tuple[str, Token]]] = {}
    lines = (files("qipan.demand") / "item_words.csv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(lines):
        folded = fold(row["word"])
        reason = reasons.get(row["reading"], "not_in_catalogue")
        item = Token("item", 0, len(folded), word=row["word"], code=row["code"] or None, reason=reason)
        by_first.setdefault(folded[0], []).append((folded, item))
    return {first: tuple(sorted(words, key=lambda w: -len(w[0]))) for first, words in by_first.items()}


def _item_at(folded: str, at: int) -> Token | None:
    if unread := _RUN_ON.match(folded, at):
        return Token("unread", at, unread.end(), reason="quantity_unclear")
    begin, reason, shift, source = at, "", 0, folded
    if sign := _DRAGGED.match(folded, at) or _CUT.match(folded, at):  # read on as if it were n95
        reason = "cut_off" if sign[0] == "n9" else "drag_error"
        shift = len(sign[0]) - len("n95")
        source, at = "n95" + folded[sign.end() :], 0
    for word, item in _words().get(source[at : at + 1], ()):
        after = source[at + len(word) : at + len(word) + 1]
        if source.startswith(word, at) and not (word[-1].isdigit() and after.isdigit()):
            return replace(item, start=begin, end=begin + len(word) + shift, reason=reason or item.reason)
    return None


def _value(amount: str) -> Fraction | None:
    """The number meant, or None when it can be read in two ways (1万5, 1.000)."""
    compact = amount.replace(",", "").replace(" ", "")
    if len(compact) > 20 or re.fullmatch(r"[0-9]+\.[0-9]+", compact):
        return None
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)([^0-9.]*)", compact)
    if not parts:
        return _value_of_han(compact)
    if len(parts) == 1:
        return Fraction(parts[0][0]) * _UNITS_OF.get(parts[0][1], 1)
    factors = [_UNITS_OF.get(factor, 1) for _, factor in parts]
    if factors[-1] == 1 or any(a <= b for a, b in pairwise(factors)):
        return None
    return sum((Fraction(n) * factor for (n, _), factor in zip(parts, factors, strict=True)), Fraction(0))


def _value_of_han(amount: str) -> Fraction | None:
    digits = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
    total, below, digit, previous = 0, 0, None, 0
    for c in amount:
        if c in digits:
            if digit not in (None, 0):
                return None
            digit = digits[c]
        elif c in "万亿":
            total = (total + below + (digit or 0)) * _UNITS_OF[c]
            below, digit, previous = 0, None, 0
        else:
            if previous and _UNITS_OF[c] >= previous:
                return None
            below += (1 if digit is None else digit) * _UNITS_OF[c]
            digit, previous = None, _UNITS_OF[c]
    if digit and previous != 10 and len(amount) > 1 and "零" not in amount:
        return None  # 一万五
    return Fraction(total + below + (digit or 0))


def _number_at(folded: str, at: int) -> Token | None:
    if plain := _NO_QUANTITY.match(folded, at):
        return Token("unread", at, plain.end(), reason="number_without_item")
    if vague := _VAGUE.match(folded, at):
        return Token("unread", at, vague.end(), reason="quantity_unclear")
    found = _NUMBER.match(folded, at)
    if not found:
        return None
    value = _value(found["amount"])
    unclear = found["about"] or found["range"] or found["more"] or found["above"]
    if unclear or value is None or value.denominator != 1 or value > QUANTITY_LIMIT:
        return Token("unread", at, found.end(), reason="quantity_unclear")
    end = found.end() if found["unit"] else found.end("amount")
    return Token("number", at, end, quantity=value.numerator, unit=found["unit"] or "")


def _token_at(folded: str, at: int) -> Token | None:
    best = _item_at(folded, at)
    for kind, opens, pattern in _COMPILED:
        found = pattern.match(folded, at)
        if found and found.end() > (best.end if best else at):
            is_section = opens in (NEED, STOCK, SENT, DECLINED, REMAINING, "transport")
            return Token(kind, at, found.end(), opens=opens if is_section else "", reason="" if is_section else opens)
    if best:
        return best
    way = _TRANSPORT.match(folded, at)
    if way and _HAS_WAY.search(way[0]):
        return Token("transport", at, way.end())
    if code := _CODE.match(folded, at):
        return Token("unknown", at, code.end())
    return _number_at(folded, at)


def _may_count(folded: str, at: int, sign: str, enumerator: int) -> bool:
    """Whether ``1.`` or ``1、`` numbers a list here rather than the goods before it."""
    before = folded[:at].rpartition("\n")[2].rstrip()
    return not before or (sign.endswith(".") and (enumerator > 1 or before[-1] in ")。；;！!"))


def _scan(folded: str) -> list[Token]:
    """Cut the text into tokens; runs of unknown letters become tokens of kind "unknown"."""
    tokens: list[Token] = []
    at, enumerator = 0, 1
    while at < len(folded):
        numbered = _ENUMERATOR.match(folded, at)
        if numbered and int(numbered[1]) == enumerator and _may_count(folded, at, numbered[0], enumerator):
            tokens.append(Token("filler", at, numbered.end(1)))
            at, enumerator = numbered.end(), enumerator + 1
            continue
        token = _token_at(folded, at)
        if token:
            tokens.append(token)
        elif not _is_mute(folded[at]):
            token = Token("unknown", at, at + 1)
            if tokens and tokens[-1].kind == "unknown" and tokens[-1].end == at:
                tokens[-1] = replace(tokens[-1], end=at + 1)
            else:
                tokens.append(token)
        at = token.end if token else at + 1
    return tokens


def cut(text: str) -> tuple[str, list[Token]]:
    """The folded text and its tokens in order of place, without overlap."""
    folded = fold(text)
    return folded, _join(folded, _scan(folded))


def _join(folded: str, tokens: Sequence[Token]) -> list[Token]:
    """Item words that touch unknown letters become unknown; qualifiers go to their item."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        kinds = (before.kind, token.kind) if before and before.end == token.start else ()
        if before and kinds in (("unknown", "item"), ("item", "unknown"), ("unknown", "unknown")):
            joined[-1] = Token("unknown", before.start, token.end, reason="unknown_item")
            continue
        gap = folded[before.end : token.start] if before else ""
        if before and before.kind == "item" and token.kind == "qualifier":
            bracketed = "(" in folded[before.start : before.end] and ")" not in gap
            if re.fullmatch(r" *\(? *", gap) or (bracketed and re.fullmatch(r" *[，,、] *", gap)):
                joined[-1] = replace(before, end=token.end)
                continue
        if before and before.kind == "qualifier" and token.kind == "item" and not gap.strip(" "):
            joined[-1] = replace(token, start=before.start)
            continue
        joined.append(token)
    return joined
