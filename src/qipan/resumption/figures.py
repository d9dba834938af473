"""Figures of the return to work."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from statistics import median

from django.utils.translation import gettext_lazy as _

from qipan.kernel.figures import Column, Cut, Reading, figure
from qipan.organisations import queries as organisations
from qipan.resumption import forecasting, queries
from qipan.resumption.words import CLASS_WORDS, PERMIT_WORDS


@figure(
    "resumption.firms_resumed",
    title=_("Firms that have resumed"),
    kind="stock",
    definition=_(
        "How many enterprises of a class work again at the end of the last day counted by the cut, by province: the sum"
        " of the divisions that count for themselves, of each its last word. Beside it the firms followed one by one in"
        " these books; what is expected three days later, from what was known at the cut alone (growth model, interval"
        " that should hold four times in five); and what was expected of this day three days before."
    ),
    columns=(
        Column("place_code", _("Code")),
        Column("place", _("Place")),
        Column("class_code", _("Class code")),
        Column("class", _("Class")),
        Column("day", _("Day")),
        Column("resumed", _("Resumed"), unit="firm", value="number"),
        Column("enterprises", _("Enterprises in all"), unit="firm", value="number"),
        Column("share", _("Share"), value="percent"),
        Column("followed", _("Followed one by one, working"), unit="firm", value="number"),
        Column("expected_day", _("Day to come")),
        Column("expected", _("Expected then"), unit="firm", value="number"),
        Column("expected_low", _("At least"), unit="firm", value="number"),
        Column("expected_high", _("At most"), unit="firm", value="number"),
        Column("was_expected", _("Was expected of this day"), unit="firm", value="number"),
        Column("simulated", _("Simulated")),
    ),
)
def firms_resumed(cut: Cut) -> Reading:
    """Counts by province and class with their prospects."""
    working = [row for row in queries.firms(cut) if row.is_working]
    rows, told, tellers = [], 0, 0
    for list_name, word in CLASS_WORDS.items():
        groups: dict[str, list[queries.TallyRow]] = defaultdict(list)
        for row in queries.tallies(cut, list_name=list_name):
            groups[organisations.province_of(row.region)].append(row)
        names = organisations.regions(groups)
        for province, members in sorted(groups.items()):
            counts = queries.day_counts(members)
            if not counts:
                continue
            last, coming = counts[-1], forecasting.prospects(counts)
            before = {each.day: each.prospect for each in forecasting.scored(counts)}
            told, tellers = told + last.told, tellers + last.tellers
            rows.append(
                {
                    "place_code": province,
                    "place": names[province].name,
                    "class_code": list_name,
                    "class": str(word),
                    "day": last.day.isoformat(),
                    "resumed": Decimal(last.resumed),
                    "enterprises": None if last.enterprises is None else Decimal(last.enterprises),
                    "share": round(Decimal(last.resumed) / last.enterprises, 4) if last.enterprises else None,
                    "followed": Decimal(
                        sum(
                            row.unit.province == province and (not list_name or list_name in row.classes)
                            for row in working
                        )
                    ),
                    "expected_day": coming[-1].day.isoformat() if coming else None,
                    "expected": Decimal(coming[-1].middle) if coming else None,
                    "expected_low": Decimal(coming[-1].low) if coming else None,
                    "expected_high": Decimal(coming[-1].high) if coming else None,
                    "was_expected": Decimal(before[last.day].middle) if last.day in before else None,
                    "simulated": any(row.is_simulated for row in members),
                }
            )
    return Reading(rows, told, tellers)


@figure(
    "resumption.permits",
    title=_("Permits"),
    kind="stock",
    definition=_(
        "Permit cases known by the cut, by province and kind: those under way and overdue, those granted, valid at the"
        " cut, of enterprises in the dispatch scope, and ending within 30 days; the median of days from application to"
        " grant."
    ),
    columns=(
        Column("place_code", _("Code")),
        Column("place", _("Place")),
        Column("kind_code", _("Kind code")),
        Column("kind", _("Kind")),
        Column("open", _("Under way"), unit="permit", value="number"),
        Column("overdue", _("Overdue"), unit="permit", value="number"),
        Column("granted", _("Granted"), unit="permit", value="number"),
        Column("valid", _("Valid at the cut"), unit="permit", value="number"),
        Column("in_dispatch", _("Of these in dispatch scope"), unit="permit", value="number"),
        Column("ending", _("Ending within 30 days"), unit="permit", value="number"),
        Column("days", _("Median days to grant"), unit="day", value="number"),
        Column("simulated", _("Of these simulated"), unit="permit", value="number"),
    ),
)
def permits(cut: Cut) -> Reading:
    """Permit cases by province and kind."""
    groups: dict[tuple[str, str], list[queries.PermitRow]] = defaultdict(list)
    found = queries.permits(cut)
    for row in found:
        groups[row.province, row.kind].append(row)
    names = organisations.regions({province for province, _kind in groups})
    rows = []
    for (province, kind), members in sorted(groups.items()):
        valid = [row for row in members if row.is_valid]
        took = [row.took.total_seconds() / 86_400 for row in members if row.is_granted]
        rows.append(
            {
                "place_code": province,
                "place": names[province].name,
                "kind_code": kind,
                "kind": str(PERMIT_WORDS[kind]),
                "open": Decimal(sum(row.end is None for row in members)),
                "overdue": Decimal(sum(row.is_overdue for row in members)),
                "granted": Decimal(sum(row.is_granted for row in members)),
                "valid": Decimal(len(valid)),
                "in_dispatch": Decimal(sum(row.in_dispatch for row in valid)),
                "ending": Decimal(sum(row.ends_soon for row in valid)),
                "days": Decimal(str(round(median(took), 1))) if took else None,
                "simulated": Decimal(sum(row.is_simulated for row in valid)),
            }
        )
    return Reading(rows, len(found), len(found))
