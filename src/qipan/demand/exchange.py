"""Files of need: the declared table people upload, and the free-text lists of January 2020."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from qipan.catalogue import errors as catalogue_errors
from qipan.catalogue import queries as catalogue
from qipan.demand import operations
from qipan.demand.freetext import Reading, read_row
from qipan.demand.freetext_tokens import cut
from qipan.kernel import clock
from qipan.kernel.errors import FileRefused, RowProblem
from qipan.kernel.exchange import InColumn, InRow, read_at, read_table, read_text
from qipan.kernel.quantity import QuantityUnreadable, read_quantity
from qipan.kernel.text import Both
from qipan.organisations import errors as organisation_errors
from qipan.organisations import queries as organisations

HUBEI = "420000"

NEED_COLUMNS = (
    InColumn("unit", ("单位", "Unit", "医院", "Hospital"), read_text(120), example="武汉市金银潭医院"),
    InColumn("item", ("物资", "Item", "物资编码", "Item code"), read_text(80), example="SUIT-GB"),
    InColumn("zone", ("使用区域", "Zone"), read_text(8), required=False, example="ISO"),
    InColumn("quantity", ("数量", "Quantity"), read_quantity, example="1000"),
    InColumn("measure", ("计量单位", "Measure"), read_text(20), required=False, example="件"),
    InColumn("at", ("时间", "At", "日期", "Day"), read_at, required=False, example="2020-02-12T19:00"),
)


def read_needs(name: str, content: bytes) -> list[operations.NeedStatement]:
    """Read an uploaded table of needs; every problem of every row at once.

    Returns:
        Statements with quantities in the item's own unit.

    Raises:
        FileRefused: one or more problems; names file, sheet, row, column and reason.
    """
    rows, problems = read_table(name, content, NEED_COLUMNS)
    statements = []
    zones = catalogue.zones()
    for row in rows:
        found, wrong = _statement(row, zones)
        problems += wrong
        if found is not None:
            statements.append(found)
    if problems:
        raise FileRefused(name, sorted(problems, key=lambda p: (p.row, p.column)))
    if not statements:
        raise FileRefused(name, [RowProblem(name, "", 2, "", "empty", _("The file has no rows."))])
    return statements


def _statement(
    row: InRow, zones: Mapping[str, catalogue.ZoneRow]
) -> tuple[operations.NeedStatement | None, list[RowProblem]]:
    wrong: list[RowProblem] = []
    unit = item = None
    try:
        unit = organisations.organisation(row.values["unit"]) if row.is_read("unit") else None
    except organisation_errors.OrganisationUnknown as error:
        wrong.append(row.problem("unit", error.code, error.sentence, **error.values))
    try:
        word = row.values["item"]
        item = catalogue.material(item_code(word) or word) if row.is_read("item") else None
    except catalogue_errors.MaterialUnknown as error:
        wrong.append(row.problem("item", error.code, error.sentence, **error.values))
    zone = (row.values["zone"] or "").upper()
    if zone and zone not in zones:
        words = {"word": zone, "zones": ", ".join(zones)}
        wrong.append(row.problem("zone", "zone_unknown", catalogue_errors.ZoneUnknown.sentence, **words))
    at = row.values["at"] or clock.now()
    if at > clock.now():
        wrong.append(row.problem("at", "in_the_future", _("This instant has not come yet.")))
    quantity = 0
    if item is not None:
        try:
            measure = row.values["measure"] or ""
            item.grains_per(measure)
            if row.is_read("quantity"):
                quantity = item.to_units(row.values["quantity"], measure)
        except catalogue_errors.UnitUnknown as error:
            wrong.append(row.problem("measure", error.code, error.sentence, **error.values))
        except QuantityUnreadable as error:
            wrong.append(row.problem("quantity", error.code, error.sentence, text=error.text))
    if wrong or row.unreadable or unit is None or item is None:
        return None, wrong
    return (
        operations.NeedStatement(
            organisation=unit.id,
            item_text=item.name.zh,
            change="added",
            at=at,
            source=f"{row.file}, row {row.row}"[:120],
            material=item.id,
            zone=zone,
            quantity=quantity,
            unit_text=item.unit.zh,
        ),
        [],
    )


@dataclass(frozen=True)
class ListRow:
    """One row of a free-text list: whose it is, and what was read in it."""

    file: str
    number: int
    code: str
    name: Both
    region: str
    reading: Reading
    cells: Mapping[str, str]
    at: datetime
    materials: Mapping[str, int]

    def statements(self, organisation: int) -> list[operations.NeedStatement]:
        """Needs with a number, and items asked for without one; the last word about an item counts."""
        found: dict[str, operations.NeedStatement] = {}
        for s in self.reading.statements:
            if s.kind not in ("need", "asked") or (s.kind == "asked" and s.item_word in found):
                continue
            found[s.item_word] = operations.NeedStatement(
                organisation=organisation,
                item_text=s.item_word[:80],
                change="added",
                at=self.at,
                source=f"{self.file}, row {self.number}",
                material=self.materials.get(s.item_code or ""),
                quantity=s.quantity if s.kind == "need" else None,
                unit_text=s.unit[:20],
                specification=self.cells.get("specification", "")[:500],
            )
        return list(found.values())

    def remarks(self, organisation: int) -> list[dict[str, Any]]:
        """Stock, status, time and transport, as they were said."""
        return [
            {
                "organisation_id": organisation,
                "kind": s.kind,
                "material_id": self.materials.get(s.item_code or ""),
                "quantity": s.quantity,
                "unit_text": s.unit[:20],
                "text": s.text[:300],
                "at": self.at,
                "source": f"{self.file}, row {self.number}, {s.field}",
            }
            for s in self.reading.statements
            if s.kind not in ("need", "asked")
        ]

    def unread(self, organisation: int) -> list[dict[str, Any]]:
        """What a person must look at, with the cell it stands in."""
        return [
            {
                "organisation_id": organisation,
                "file": self.file,
                "row": self.number,
                "column": u.field,
                "cell": self.cells.get(u.field, ""),
                "start": u.start,
                "end": u.end,
                "reason": u.reason,
                "at": self.at,
            }
            for u in self.reading.unread
        ]


def freetext_rows(rows: Sequence[Mapping[str, str]], *, file: str, at: datetime) -> list[ListRow]:
    """Read the rows of a free-text list (1 = header), each with its hospital and region."""
    shorts = [(t.short_zh, t.code) for t in organisations.tiles() if t.board == "hubei"]
    materials = {m.code: m.id for m in catalogue.materials().values()}
    found = []
    for number, row in enumerate(rows, start=2):
        name = re.sub(r"（急需）|\s+", "", row["hospital"])
        region = _region_of(row.get("city", "武汉"), name, shorts)
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        found.append(
            ListRow(
                file=file,
                number=number,
                code=f"h-{organisations.city_of(region)}-{digest}",
                name=Both(name, ""),
                region=region,
                reading=read_row(row),
                cells=row,
                at=at,
                materials=materials,
            )
        )
    return found


def _region_of(city: str, name: str, shorts: Sequence[tuple[str, str]]) -> str:
    """The city or county a list row speaks of; the province when the row does not say."""
    for words in (city, name):
        for short, code in shorts:
            if words and short in words:
                return code
    found = organisations.region_by_name(city, inside=HUBEI) if city else None
    return found.code if found else HUBEI


def item_code(word: str) -> str | None:
    """The catalogue code of one item word; None when the word is unknown, ambiguous or outside the catalogue."""
    items = [token for token in cut(word)[1] if token.kind == "item"]
    return items[0].code if len(items) == 1 and not items[0].reason else None
