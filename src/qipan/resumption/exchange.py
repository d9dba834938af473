"""Files of the return to work: the measures of a checklist in a table."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import FileRefused, RowProblem
from qipan.kernel.exchange import InColumn, read_table, read_text
from qipan.kernel.text import Both

MEASURE_COLUMNS = (
    InColumn("chapter_zh", ("章", "章节", "Chapter", "chapter_zh"), read_text(40), example="组织机制"),
    InColumn("text_zh", ("措施", "内容", "Measure", "text_zh"), read_text(300), example="成立疫情防控工作组"),
    InColumn("chapter_en", ("章（英文）", "Chapter (English)", "chapter_en"), read_text(60), required=False),
    InColumn("text_en", ("措施（英文）", "Measure (English)", "text_en"), read_text(400), required=False),
)


def read_measures(name: str, content: bytes) -> tuple[tuple[Both, Both], ...]:
    """(chapter, text) of each measure, in the order of the rows; that is how they are numbered.

    Raises:
        FileRefused: names file, sheet, row, column and reason.
    """
    rows, problems = read_table(name, content, MEASURE_COLUMNS)
    if not rows and not problems:
        problems = [RowProblem(name, "", 2, "", "empty", _("The file has no rows."))]
    if problems:
        raise FileRefused(name, problems)
    return tuple(
        (
            Both(row.values["chapter_zh"], row.values["chapter_en"] or ""),
            Both(row.values["text_zh"], row.values["text_en"] or ""),
        )
        for row in rows
    )
