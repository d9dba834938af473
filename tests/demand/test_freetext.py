"""Free-text need lists of 25-26 January 2020: what is read, what is left to a person, what is never lost."""

from __future__ import annotations

import csv
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.demand import freetext
from qipan.demand.freetext import FIELDS, REASONS, Reading, read_cell, read_row
from tests.demand.freetext_lists import HUBEI, ROOT, check_invariants, left, rows_of, told

WORDS = ROOT / "src" / "qipan" / "demand" / "item_words.csv"
MATERIALS = ROOT / "src" / "qipan" / "catalogue" / "materials.csv"

# The 23 item names of the February form (hospital_requests.csv).
FORM_NAMES = """医用防护口罩 | N95口罩, 防冲击眼罩/护目镜/防护眼镜, 防护帽/医用帽/圆帽, 防护服, 防护面罩
医用外科口罩, 手术衣, 普通医用口罩, 乳胶手套, 84消毒液, 防污染鞋套, 75%酒精, 手部皮肤消毒液, 隔离衣
长筒胶鞋/防污染靴, 测体温设备, 防污染靴套, 空气消毒设备, 过氧乙酸, 活力碘, 床罩
医用紫外线消毒车, 医用面罩式雾化器"""


QUANTITIES = """
1万 = 10000 | 2千 = 2000 | 五千 = 5000 | 1.5万 = 15000 | １．５万 = 15000 | １２ = 12 | 5,000 = 5000
5,000件 = 5000 件 | 400瓶 = 400 瓶 | 1千瓶*500ml = 1000 瓶*500ml | 2万5千 = 25000
1000 个 = 1000 个 | （1000） = 1000 | ：1000 = 1000 | 一百二十件 = 120 件 | 一万五千 = 15000
十副 = 10 副 | 两千套 = 2000 套 | 3w = 30000 | 1k = 1000 | 至少300个 = 300 个
1000000000 = 1000000000 | 10亿 = 1000000000
"""


@pytest.mark.parametrize("line", [part.strip() for part in QUANTITIES.replace("\n", "|").split("|") if part.strip()])
def test_reads_a_quantity(line: str) -> None:
    typed, meant = line.split(" = ")
    quantity, _, unit = meant.partition(" ")
    reading = read_cell("防护服" + typed, field="items")

    assert [(s.kind, s.quantity, s.unit) for s in reading.statements] == [("need", int(quantity), unit)]
    assert reading.unread == ()


@pytest.mark.parametrize(
    "typed",
    [
        "几百", "几百件", "数千套", "上万", "约100", "大约100个", "100多件", "100左右", "100件以上",
        "100-200个", "100~200", "100至200", "1-2万", "1万5", "一万五", "1.5件", "1.000", "100，200",
        "1000000001", "999999999999", "十二五件", "100筐", "五千克",
    ],
)  # fmt: skip
def test_leaves_an_unclear_quantity_to_a_person(typed: str) -> None:
    reading = read_cell("防护服" + typed, field="items")

    assert told(reading) == ["asked 防护服=SUIT-GB"]
    assert "quantity_unclear" in {u.reason for u in reading.unread}


@pytest.mark.parametrize("typed", ["防护服0", "需要防护服0件", "缺少：防护服 0"])
def test_leaves_a_need_of_zero_to_a_person(typed: str) -> None:
    reading = read_cell(typed, field="items")

    assert reading.statements == ()
    assert [u.reason for u in reading.unread] == ["zero_need"]


@pytest.mark.parametrize(
    ("typed", "statements"),
    [
        ("库存：防护服0", ["stock 防护服=SUIT-GB 0"]),
        ("护目镜无", ["stock 护目镜=GOG 0"]),
        ("护目镜：没有", ["stock 护目镜=GOG 0"]),
        ("防护服、护目镜均无", ["stock 防护服=SUIT-GB 0", "stock 护目镜=GOG 0"]),
        ("护目镜剩8防护服剩5", ["stock 护目镜=GOG 8", "stock 防护服=SUIT-GB 5"]),
        ("现有防护服8件，护目镜3副", ["stock 防护服=SUIT-GB 8件", "stock 护目镜=GOG 3副"]),
        (
            "需要护目镜5 剩防护服8，手术衣9",
            ["need 护目镜=GOG 5", "stock 防护服=SUIT-GB 8", "need 手术衣=GOWN-SURG 9"],
        ),
        ("护目镜库存50，缺少防护服20", ["stock 护目镜=GOG 50", "need 防护服=SUIT-GB 20"]),
        ("库存防护服5（急需） 护目镜6", ["stock 防护服=SUIT-GB 5", "stock 护目镜=GOG 6"]),
        ("库存防护服5。急需护目镜6", ["stock 防护服=SUIT-GB 5", "need 护目镜=GOG 6"]),
        ("N95口罩（急需）500个", ["need N95口罩=MASK-MED-N95 500个"]),
        ("500个N95口罩 100护目镜", ["need N95口罩=MASK-MED-N95 500个", "need 护目镜=GOG 100"]),
        ("1、防护服100\n2、护目镜200", ["need 防护服=SUIT-GB 100", "need 护目镜=GOG 200"]),
        ("防护服5、护目镜10", ["need 防护服=SUIT-GB 5", "need 护目镜=GOG 10"]),
        ("84消毒液10瓶，75%酒精20桶", ["need 84消毒液=DIS-84 10瓶", "need 75%酒精=DIS-ETOH75 20桶"]),
        ("Ｎ９５口罩５００个", ["need N95口罩=MASK-MED-N95 500个"]),
        ("KN95口罩100", ["need KN95口罩=MASK-KN95 100"]),
        ("已收到防护服500，仍需要护目镜5", ["status 防护服=SUIT-GB 500", "need 护目镜=GOG 5"]),
    ],
)
def test_a_section_word_governs_until_the_next(typed: str, statements: list[str]) -> None:
    reading = read_cell(typed, field="status_and_quantities")

    assert [line for line in told(reading) if "=" in line] == statements
    assert reading.unread == () or {u.reason for u in reading.unread} == {"sent_goods_unclear"}


# The cell => what is read => what is left to a person.
NOT_GUESSED = """
N95口罩机5台 => need N95口罩机=? 5台 => unknown_item N95口罩机
医用外科口罩面料100卷 => need 医用外科口罩面料=? 100卷 => unknown_item 医用外科口罩面料
血透机3台 => need 血透机=? 3台 => unknown_item 血透机
不要防护服 =>  => not_wanted 不要 ; not_wanted 防护服
不需要防护服100，护目镜200 => need 护目镜=GOG 200 => not_wanted 不需要 ; not_wanted 防护服100
N94口罩 => asked N94口罩=? => unknown_item N94口罩
N951000个 =>  => quantity_unclear N951000个
N95口罩 100护目镜 => asked N95口罩=MASK-MED-N95 ; asked 护目镜=GOG => quantity_unclear 100
护目镜库存50，需要5000 => stock 护目镜=GOG 50 => number_without_item 5000
防护服3天用完 => asked 防护服=SUIT-GB => number_without_item 3天 ; leftover 用完
84消毒液1:500 => asked 84消毒液=DIS-84 => number_without_item 1:500
电话13800138000 =>  => leftover 电话 ; contact_detail 13800138000
后续 =>  => leftover 后续
零库存 =>  => leftover 零库存
库存：N95 => stock N95=MASK-MED-N95 => quantity_unclear N95
口罩500个（已收到） => need 口罩=? 500个 ; status 已收到 => ambiguous_item 口罩 ; sent_goods_unclear 已收到
《防护服1000件》 => need 防护服=SUIT-GB 1000件 =>
"""


@pytest.mark.parametrize("line", NOT_GUESSED.strip().split("\n"))
def test_does_not_guess(line: str) -> None:
    typed, statements, unread = (part.strip() for part in line.split("=>"))
    reading = read_cell(typed, field="remark")

    assert " ; ".join(told(reading)) == statements
    assert " ; ".join(left(reading)) == unread


@pytest.mark.parametrize("word", ["N96", "N97", "N100", "N109", "N121", "n99口罩"])
def test_reads_a_dragged_n95_and_asks_for_confirmation(word: str) -> None:
    reading = read_cell(word, field="items")

    assert [(s.kind, s.item_code, s.text) for s in reading.statements] == [("asked", "MASK-MED-N95", word)]
    assert [(u.reason, u.text) for u in reading.unread] == [("drag_error", word)]


@pytest.mark.parametrize("word", ["N95", "n95", "N95口罩", "N95.", "N200", "N90"])
def test_sees_no_drag_error_elsewhere(word: str) -> None:
    assert "drag_error" not in {u.reason for u in read_cell(word, field="items").unread}


@pytest.mark.parametrize("word", ["口罩", "面罩", "手套", "酒精", "头套", "防护口罩", "一次性口罩", "检查手套"])
def test_leaves_an_ambiguous_word_to_a_person(word: str) -> None:
    reading = read_cell(word + "100", field="items")

    assert told(reading) == [f"need {word}=? 100"]
    assert left(reading) == [f"ambiguous_item {word}"]


def test_an_unknown_word_alone_in_its_slot_is_an_item_only_in_the_item_list() -> None:
    assert left(read_cell("防护服、一次性医用乳服", field="items")) == ["unknown_item 一次性医用乳服"]
    assert left(read_cell("防护服、一次性医用乳服", field="remark")) == ["leftover 一次性医用乳服"]


def test_a_row_that_says_it_twice_counts_once() -> None:
    row = next(r for r in rows_of(HUBEI) if r["hospital"] == "黄石市中心医院")
    reading = read_row(row)

    assert told(reading, "need") == [
        "need 防护服=SUIT-GB 50000",
        "need 护目镜=GOG 50000",
        "need N95口罩=MASK-MED-N95 50000",
        "need 外科口罩=MASK-SURG 50000",
    ]
    assert [u.text for u in reading.unread if u.reason == "repeated"] == [
        "防护服5万",
        "护目镜5万",
        "N95口罩5万",
        "外科口罩5万",
    ]


def test_a_row_may_lack_columns() -> None:
    assert read_row({"items": "防护服1万"}).statements == read_cell("防护服1万", field="items").statements
    assert read_row({}) == Reading((), ())


PIECES = re.split(
    "[ \n]",
    """防护服 N95 N96 n9 口罩 护目镜 84消毒液 75酒精 手套 1 0 100 5,000 1万 2千 五千 １２ 1.5万 几百 个 瓶
*500ml 千克 需要 库存 剩 现有 缺 急需 已配送 不要 无 零库存 、 ， 。 ： （ ） / - 顺丰可以 货车 最后更新：
25日19:19 已核实 XL 大号 3M9132 GB19083-2010 1. 2. 血透机 和 的 约 至 多 《 》 ロ ﬁ ٣ e\u0301 \U0001f600""",
)


@settings(max_examples=400)
@given(
    st.lists(st.sampled_from([*PIECES, " ", "\u3000", "\n"]), max_size=25).map("".join),
    st.sampled_from(FIELDS),
)
def test_never_raises_on_anything_like_a_list(text: str, field: str) -> None:
    check_invariants(text, read_cell(text, field=field))


@given(st.text(max_size=200), st.sampled_from(FIELDS))
def test_never_raises_on_any_text(text: str, field: str) -> None:
    check_invariants(text, read_cell(text, field=field))


def test_reads_a_very_long_cell() -> None:
    for piece in ("9", "N96", "防护服1万 ", "一", "1万", "（", "千", "货车可以"):
        text = piece * 5_000
        check_invariants(text, read_cell(text, field="items"))


def words() -> list[dict[str, str]]:
    with WORDS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_words_lead_to_codes_of_the_catalogue() -> None:
    with MATERIALS.open(encoding="utf-8", newline="") as lines:
        codes = {row["code"] for row in csv.DictReader(lines)}

    assert {w["code"] for w in words()} - {""} <= codes
    assert len({w["word"].lower() for w in words()}) == len(words())


def test_a_word_without_a_code_says_why() -> None:
    for w in words():
        assert (w["code"] != "") == (w["reading"] in {"known", "misread"}), w
        assert w["code"] or w["note"], w
        assert w["reading"] in {"known", "ambiguous", "not_in_catalogue", "misread"}


def test_every_word_is_read_as_itself() -> None:
    for w in words():
        reading = read_cell(w["word"], field="items")
        assert [(s.kind, s.item_word, s.item_code) for s in reading.statements] == [
            ("asked", w["word"], w["code"] or None)
        ]


def test_knows_every_item_name_of_the_form() -> None:
    names = [name.strip() for name in FORM_NAMES.replace("\n", ",").split(",")]

    assert len(names) == 23
    assert set(names) <= {w["word"] for w in words()}


def test_every_reason_is_reached() -> None:
    typed = (
        "口罩 床罩 N96 n9 防冲击眼置 血透机2台 几百 500，需要防护服0，不要酒精，已收到。目前只有三瓶在路上 13800138000"
    )
    reached = {u.reason for u in read_cell(typed, field="items").unread}
    reached |= {u.reason for u in read_row({"items": "防护服5", "remark": "防护服5 后续"}).unread}

    assert reached == set(REASONS)
    assert len(set(freetext.REASONS)) == len(freetext.REASONS)
