"""Real cells of the lists of 25-26 January 2020, read as they were read by eye; nothing in them is passed over."""

from __future__ import annotations

from collections import Counter

import pytest

from qipan.demand.freetext import Reading, filler_spans, read_cell, read_row
from tests.demand.freetext_lists import HUBEI, WUHAN, cells, check_invariants, left, rows_of, told, uncovered

# Real cells as a table: # whose cell; the cell (⏎ is a line break, long cells run over lines);
# = what is read; ? what is left to a person.
REAL_CELLS = """
# 咸宁市中医医院: stock, need, transport and time in one cell
库存（只能坚持几天）：防护服剩8 护目无 N95口罩135个  需要：大号防护服1万、N95口罩4千、中号面罩5千、
护目镜300个 交通：货车可以送到最近处对接警车（最后更新：25日19:19
= status 只能坚持几天 ; stock 防护服=SUIT-GB 8 ; stock 护目=GOG 0 ; stock N95口罩=MASK-MED-N95 135个
= need 防护服=SUIT-GB 10000 ; need N95口罩=MASK-MED-N95 4000 ; need 面罩=? 5000 ; need 护目镜=GOG 300个
= transport 货车可以送到最近处对接警车 ; time 最后更新：25日19:19
? ambiguous_item 中号面罩

# 咸宁市结核病防治院: Chinese numerals
库存：最多支撑一周。需要：防护服1000 护目镜1000 N95口罩五千。
= status 最多支撑一周 ; need 防护服=SUIT-GB 1000 ; need 护目镜=GOG 1000 ; need N95口罩=MASK-MED-N95 5000

# 咸宁市第一人民医院: zero stock, packs, a section across sentences
急需，最多支撑两天！库存：护目镜8个、防护服370、头套0、隔离衣0、酒精400瓶。N95口罩1400个。需要：75酒
精1千瓶*500ml、护目镜3千，N95口罩1万、防护衣1千
= status 急需 ; status 最多支撑两天 ; stock 护目镜=GOG 8个 ; stock 防护服=SUIT-GB 370 ; stock 头套=? 0
= stock 隔离衣=GOWN-ISO 0 ; stock 酒精=? 400瓶 ; stock N95口罩=MASK-MED-N95 1400个
= need 75酒精=DIS-ETOH75 1000瓶*500ml ; need 护目镜=GOG 3000 ; need N95口罩=MASK-MED-N95 10000
= need 防护衣=SUIT-GB 1000
? ambiguous_item 头套 ; ambiguous_item 酒精

# 咸宁市中心医院: a need word without a colon ends the stock
（确认）库存：防护口罩500、外科口罩7千 护目镜无、防护面罩60 需要护目镜500、防护面罩1千、外科口罩2万
，防护口罩2千（最后更新：25日19:46）
= status 确认 ; stock 防护口罩=? 500 ; stock 外科口罩=MASK-SURG 7000 ; stock 护目镜=GOG 0
= stock 防护面罩=SHIELD 60 ; need 护目镜=GOG 500 ; need 防护面罩=SHIELD 1000
= need 外科口罩=MASK-SURG 20000 ; need 防护口罩=? 2000 ; time 最后更新：25日19:46
? ambiguous_item 防护口罩 ; ambiguous_item 防护口罩

# 荆门市中医医院: a list that ends in zero stock
尚未接到物资援助，目前只有一单网友淘宝购买的十瓶消毒液在路上。一次性防护服、隔离衣、外科口罩、过氧乙
酸库房零库存。（最后更新25日18：50
= status 尚未接到物资援助 ; status 目前只有一单网友淘宝购买的十瓶消毒液在路上
= stock 一次性防护服=SUIT-GB 0 ; stock 隔离衣=GOWN-ISO 0 ; stock 外科口罩=MASK-SURG 0
= stock 过氧乙酸=DIS-PAA 0 ; time 最后更新25日18：50
? goods_on_the_way 目前只有一单网友淘宝购买的十瓶消毒液在路上

# 襄阳市中医医院: what is left belongs to the item after it; a range is unclear
（电话确认，急需！）1.最缺N95和一次性防护服（急需!!） 口罩只剩下45个N95 （需要500-1000），防护服(300
)外科口罩尽可能的多 ⏎2.顺丰绿色通道 ，货车进不来可以自己开车接。（最后更新：25日14:56）
= status 电话确认 ; status 急需 ; asked N95=MASK-MED-N95 ; asked 一次性防护服=SUIT-GB ; status 急需
= asked 口罩=? ; stock N95=MASK-MED-N95 45个 ; need 防护服=SUIT-GB 300 ; asked 外科口罩=MASK-SURG
= status 尽可能的多 ; transport 顺丰绿色通道 ; transport 货车进不来可以自己开车接
= time 最后更新：25日14:56
? ambiguous_item 口罩 ; quantity_unclear 500-1000

# 黄梅县人民医院: a list number is no quantity
1.最缺医用防护服（1000）N95（能给多少给多少) 消毒产品（能给多少给多少） 2.顺丰和京东都可以通
= need 医用防护服=SUIT-GB 1000 ; asked N95=MASK-MED-N95 ; status 能给多少给多少 ; asked 消毒产品=?
= status 能给多少给多少 ; transport 顺丰和京东都可以通
? ambiguous_item 消毒产品

# 钟祥市人民医院: transport, and a cell cut off
今晚8点荆门可能封城，货车可能送不到，但是可以用救护车去和货车对接。顺丰速运可能可以送到  500个n9
= time 今晚8点 ; transport 可能封城 ; transport 货车可能送不到 ; transport 但是可以用救护车去和货车对接
= transport 顺丰速运可能可以送到 ; need N95=MASK-MED-N95 500个
? leftover 荆门 ; cut_off n9

# 荆门市第二人民医院
仍需要-1月25日下午5点
= status 仍需要 ; time 1月25日下午5点

# 嘉鱼县人民医院
仍未联系上
= status 仍未联系上

# 团风县人民医院: no section word, items that touch
防护服5千N95口罩5千  面罩1千  通道畅通 顺丰绿色通道可以送进
= need 防护服=SUIT-GB 5000 ; need N95口罩=MASK-MED-N95 5000 ; need 面罩=? 1000 ; transport 通道畅通
= transport 顺丰绿色通道可以送进
? ambiguous_item 面罩

# 罗田县人民医院: the number before the item
1000个N95口罩，100护目镜，防护服（主要）
= need N95口罩=MASK-MED-N95 1000个 ; need 护目镜=GOG 100 ; asked 防护服=SUIT-GB

# 枣阳市第一人民医院: goods sent are no need
已配送n95 1000    300个护目镜 10套防护服
= status 已配送 ; status N95=MASK-MED-N95 1000 ; status 护目镜=GOG 300个 ; status 防护服=SUIT-GB 10套

# 江汉区中西医结合医院
急缺防护服，至少需要1000防护服；7000隔离衣；7000口罩；1000护目镜；大量鞋套、一次性床套。
= status 急缺 ; asked 防护服=SUIT-GB ; need 防护服=SUIT-GB 1000 ; need 隔离衣=GOWN-ISO 7000
= need 口罩=? 7000 ; need 护目镜=GOG 1000 ; status 大量 ; asked 鞋套=SHOE ; asked 一次性床套=?
? ambiguous_item 口罩 ; not_in_catalogue 一次性床套

# 武汉长航总医院: model numbers are no quantities
急需⏎3M1860或3M9132口罩 5万只⏎3M4565防护服 2万件⏎一次性医用外科口罩 20万只⏎一次性手术衣 5万件
= status 急需 ; need 3M1860或3M9132口罩=MASK-MED-N95 50000只 ; need 3M4565防护服=? 20000件
= need 一次性医用外科口罩=MASK-SURG 200000只 ; need 一次性手术衣=GOWN-SURG 50000件
? ambiguous_item 3M4565防护服

# 广水市第一人民医院: spoilt by text recognition
N95口罩，护目镜，防护服⏎规格：不带气阀型套、一次性医用帽、防冲击眼置、防护面罩、防污染鞋棄
= asked N95口罩=MASK-MED-N95 ; asked 护目镜=GOG ; asked 防护服=SUIT-GB ; asked 一次性医用帽=CAP
= asked 防冲击眼置=GOG ; asked 防护面罩=SHIELD ; asked 防污染鞋棄=SHOE
? leftover 不带气阀 ; leftover 型套 ; misread_item 防冲击眼置 ; misread_item 防污染鞋棄

# 松滋市人民医院 (its beginning): qualifiers go with their item, 无阀门 is no zero stock
N95口罩(有注册证，无阀门)、医用外科口罩、医用防护服（连体带鞋套)、防护面罩
= asked N95口罩=MASK-MED-N95 ; asked 医用外科口罩=MASK-SURG ; asked 医用防护服=SUIT-GB
= asked 防护面罩=SHIELD

# 梨园医院 (its beginning): 不要 ends with its sentence
特别说明：境外捐款，捐物不要！防护口罩 3M9132 3万
= need 防护口罩 3M9132=MASK-MED-N95 30000
? leftover 特别说明 ; leftover 境外捐款 ; leftover 捐物 ; not_wanted 不要

# 梨园医院 (two lines)
检查手套  20万双⏎一次性鞋套  10万双⏎无创呼吸机 瑞思迈或者菲利普 5台
= need 检查手套=? 200000双 ; need 一次性鞋套=SHOE 100000双 ; need 无创呼吸机=VENT-NIV 5台
? ambiguous_item 检查手套

# 黄冈市总医院
医院口罩，防护衣，面罩，隔离衣，体温枪⏎规格：一般医用口罩也可以，如果有标号高的更好
= asked 医院口罩=? ; asked 防护衣=SUIT-GB ; asked 面罩=? ; asked 隔离衣=GOWN-ISO
= asked 体温枪=THERM-HAND ; asked 一般医用口罩也可以=?
? ambiguous_item 医院口罩 ; ambiguous_item 面罩 ; unknown_item 一般医用口罩也可以
? leftover 如果有标号高的更好
"""


def table(text: str) -> list[tuple[str, list[str], list[str]]]:
    """The cases of a table: the cell, what is read, what is left."""
    cases: list[tuple[str, list[str], list[str]]] = []
    typed, ended = "", True
    for line in [*text.strip("\n").split("\n"), ""]:
        if line[:2] in ("= ", "? "):
            cases[-1][1 if line[0] == "=" else 2].extend(line[2:].split(" ; "))
            ended = True
        elif line and not line.startswith("# "):
            typed = line if ended else typed + line
            if not ended:
                cases.pop()
            cases.append((typed.replace("⏎", "\n"), [], []))
            ended = False
        else:
            ended = True
    return cases


@pytest.mark.parametrize(("text", "statements", "unread"), table(REAL_CELLS))
def test_reads_a_real_cell(text: str, statements: list[str], unread: list[str]) -> None:
    reading = read_cell(text, field="status_and_quantities")

    assert told(reading) == statements
    assert sorted(left(reading)) == sorted(unread)


def test_the_quoted_cells_are_real() -> None:
    typed = {text for _, text in cells()}
    quoted = [text for text, _, _ in table(REAL_CELLS)]

    assert [text for text in quoted if not any(text in cell for cell in typed)] == []
    assert len(quoted) == 20


# Golden: pinned after every cell of both files was read by eye.
GOLDEN = {
    HUBEI: (
        {"asked": 535, "need": 52, "stock": 18, "status": 72, "time": 18, "transport": 50},
        {
            "ambiguous_item": 32, "not_in_catalogue": 13, "unknown_item": 3, "misread_item": 4,
            "drag_error": 1, "cut_off": 3, "quantity_unclear": 4, "goods_on_the_way": 1,
            "sent_goods_unclear": 5, "repeated": 28, "leftover": 12,
        },
    ),
    WUHAN: (
        {"asked": 226, "need": 40, "status": 8, "time": 1},
        {
            "ambiguous_item": 10, "not_in_catalogue": 11, "drag_error": 21, "not_wanted": 1,
            "sent_goods_unclear": 1, "leftover": 4,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [HUBEI, WUHAN])
def test_reads_the_whole_file_as_it_was_read_by_eye(name: str) -> None:
    readings = [read_row(row) for row in rows_of(name)]
    kinds, reasons = GOLDEN[name]

    assert Counter(s.kind for r in readings for s in r.statements) == kinds
    assert Counter(u.reason for r in readings for u in r.unread) == reasons


def test_adds_up_to_the_needs_with_a_number() -> None:
    needs: Counter[str] = Counter()
    for row in rows_of(HUBEI) + rows_of(WUHAN):
        for s in read_row(row).statements:
            if s.kind == "need":
                needs[s.item_code or "?"] += s.quantity or 0

    assert needs["SUIT-GB"] == 84_310 + 41_000
    assert needs["MASK-MED-N95"] == 86_000 + 80_000
    assert needs["GOG"] == 57_200 + 1_405


def test_nothing_in_the_real_cells_is_passed_over() -> None:
    lost = {text: uncovered(text, read_cell(text, field=field)) for field, text in cells()}

    assert len(lost) > 100
    assert {text: letters for text, letters in lost.items() if letters} == {}


def test_what_is_passed_over_would_be_seen() -> None:
    assert uncovered("需要防护服1万，Ａb", Reading((), ())) == list("防护服1万Ａb")


def test_fillers_in_the_real_cells_are_these_and_no_more() -> None:
    fillers = {text[a:b] for _, text in cells() for a, b in filler_spans(text)}
    standards = {f for f in fillers if f.startswith(("GB", "YY"))}

    assert fillers - standards == {
        "1", "2", "3", "4", "[联系方式略]", "《医用防护口罩技术要求》", "《医用一次性防护服技术要求》",
        "标准", "规格", "符合", "应符合", "等", "和", "及", "需要", "至少需要", "需求", "缺少", "最缺",
        "库存", "剩", "只剩下", "交通",
    }  # fmt: skip
    assert len(standards) == 8


def test_offsets_in_the_real_cells_are_right() -> None:
    for field, text in cells():
        check_invariants(text, read_cell(text, field=field))
