"""The sheets of the input book, their columns, and how a cell of each is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock
from qipan.kernel.exchange import CellUnreadable, InColumn, InSheet, read_text
from qipan.kernel.quantity import QuantityUnreadable, read_quantity

ANY = ("*", "全部", "all", "any")
"""How a lane or a floor says "every source" or "every unit"."""

RATIO_PARTS_MAX = 10_000
LEAD_DAYS_MAX = 366
TIER_MAX = 99
_DAY = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?$")


@dataclass(frozen=True)
class Column(InColumn):
    """A column of the input book, and what it means."""

    meaning: str | Promise = ""


def read_day(cell: Any) -> date:
    """A day: a date cell, 2020-01-30, 2020/1/30 or 2020年1月30日."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if not isinstance(cell, date):
        found = _DAY.match(str(cell).strip())
        try:
            cell = date(*(int(part) for part in found.groups())) if found else None
        except ValueError:
            cell = None
    if cell is None or cell.year not in clock.YEARS:
        raise CellUnreadable("not_a_day", _("This is no day; write 2020-01-30 or give the cell the format of a date."))
    return cell


def read_count(least: int, most: int) -> Callable[[Any], int]:
    """A reader of whole numbers within bounds."""

    def read(cell: Any) -> int:
        number = read_number(Fraction(least), Fraction(most))(cell)
        if number.denominator != 1:
            raise CellUnreadable("not_whole", _("“%(text)s” is no whole number."), text=str(cell)[:40])
        return number.numerator

    return read


def read_number(least: Fraction, most: Fraction) -> Callable[[Any], Fraction]:
    """A reader of numbers within bounds, exact."""

    def read(cell: Any) -> Fraction:
        text = str(cell).strip()
        is_below = text[:1] in ("-", "−")
        number = read_quantity(text[1:] if is_below else cell, zero_allowed=True) * (-1 if is_below else 1)
        if not least <= number <= most:
            raise CellUnreadable(
                "out_of_bounds", _("“%(text)s” is out of bounds; it must be from %(least)s to %(most)s."),
                text=text[:40], least=f"{float(least):,g}", most=f"{float(most):,g}",
            )  # fmt: skip
        return number

    return read


def read_units(cell: Any) -> int:
    """A whole quantity above 0."""
    return _whole(cell, read_quantity(cell))


def read_units_or_none(cell: Any) -> int:
    """A whole quantity; 0 is one."""
    return _whole(cell, read_quantity(cell, zero_allowed=True))


def _whole(cell: Any, number: Fraction) -> int:
    if number.denominator != 1:
        raise QuantityUnreadable(
            str(cell)[:40], "not_whole", _("“%(text)s” is not whole; count in a smaller unit, such as pieces or kg.")
        )
    return number.numerator


def read_zones(cell: Any) -> frozenset[str]:
    """Zones, separated by ；;、, or ,."""
    return frozenset(filter(None, (part.strip() for part in re.split("[;；、,，]", read_text(400)(cell)))))


name = read_text(120)
coordinate = {"lon": read_number(Fraction(-180), Fraction(180)), "lat": read_number(Fraction(-90), Fraction(90))}
SPOT = (
    Column("lon", ("经度", "Longitude"), coordinate["lon"], False, "",
           _("Degrees east. Where both ends have coordinates the distance counts as cost.")),
    Column("lat", ("纬度", "Latitude"), coordinate["lat"], False, "", _("Degrees north.")),
)  # fmt: skip
MEASURE = ("计量单位", "Measure")

SUPPLY = InSheet("supply", ("供应", "Supply", "供给"), (
    Column("source", ("来源", "Source", "供应方"), name, True, "", _("The plant, reserve or lot the goods are at.")),
    Column("item", ("物资", "Item"), name, True, "", _("What it is; needs ask for it by the same word.")),
    Column("standard", ("标准", "Standard"), name, False, "",
           _("Its product standard. A standard that the sheet Substitution names serves only what that permits.")),
    Column("lot", ("批号", "Lot"), name, False, "", _("Its lot number.")),
    Column("quantity", ("数量", "Quantity"), read_units_or_none, True, "", _("Whole units.")),
    Column("measure", (*MEASURE, "单位", "Unit"), name, False, "", _("What it is counted in: suits, masks, kg.")),
    Column("ready", ("可发日", "Ready day", "Ready"), read_day, False, "",
           _("The day it is released and can leave; empty: at once.")),
    Column("expiry", ("有效期至", "Expiry"), read_day, False, "", _("The last day on which it may be used.")),
    Column("load", ("单位占用", "Load of a unit", "Load"), read_number(Fraction(0), Fraction(10**6)), False, "",
           _("How much of a lane's capacity one unit takes; empty: 1.")),
    *SPOT,
))  # fmt: skip

NEED = InSheet("need", ("需求", "Need", "Needs"), (
    Column("unit", ("使用单位", "Unit", "单位"), name, True, "", _("The hospital or unit that needs it.")),
    Column("place", ("地区", "Place"), name, False, "", _("Where the unit is.")),
    Column("zone", ("使用区域", "Zone", "分区"), name, False, "", _("Where it is used: isolation ICU, fever clinic.")),
    Column("item", ("物资", "Item"), name, True, "", _("What is needed.")),
    Column("quantity", ("数量", "Quantity"), read_units, True, "", _("Whole units.")),
    Column("measure", MEASURE, name, False, "", _("The same as in the sheet Supply.")),
    Column("day", ("需用日", "Day"), read_day, False, "",
           _("The day it is used; goods must be there by then. Empty: the last day.")),
    Column("tier", ("档次", "Tier", "层级"), read_count(1, TIER_MAX), False, "",
           _("1 comes first; a later tier gets nothing an earlier one could use. Empty: 1.")),
    Column("weight", ("权重", "Weight"), read_number(Fraction(1, 1000), Fraction(1000)), False, "",
           _("Below 1 it is content with less, above 1 it is owed more. Empty: 1.")),
    Column("minimum", ("最低保障", "Minimum"), read_units_or_none, False, "",
           _("Delivered before any tier is levelled.")),
    Column("cap", ("上限", "Cap"), read_units_or_none, False, "", _("Most that may be delivered.")),
    Column("covered", ("已有与在途", "Covered"), read_units_or_none, False, "",
           _("On hand or on the way already; counts for the level.")),
    *SPOT,
))  # fmt: skip

LANES = InSheet("lanes", ("运输", "Lanes", "Lane"), (
    Column("start", ("从", "From", "起点"), name, True, "", _("A source, or * for every source.")),
    Column("end", ("到", "To", "终点"), name, True, "", _("A unit, a place, or * for every unit.")),
    Column("days", ("天数", "Days"), read_count(0, LEAD_DAYS_MAX), False, "", _("Days on the road; empty: 0.")),
    Column("capacity", ("日运力", "Capacity", "运力"), read_units_or_none, False, "",
           _("Most that leaves on one day from one source to one unit, all goods together; empty: no limit.")),
    Column("cost", ("单位成本", "Cost", "成本"), read_number(Fraction(0), Fraction(10**6)), False, "",
           _("Cost of a unit; empty: the distance where coordinates are given.")),
    Column("lot", ("最小批量", "Minimum lot"), read_units_or_none, False, "",
           _("A day's load is nothing or at least this; empty: any.")),
), False)  # fmt: skip

SWAP = InSheet("swap", ("替代", "Substitution", "Substitutions"), (
    Column("start", ("用", "From", "替代品"), name, True, "", _("An item or a standard of the sheet Supply.")),
    Column("end", ("代", "To", "原需"), name, True, "", _("The item needed.")),
    Column("zones", ("区域", "Zones", "使用区域"), read_zones, False, "",
           _("Where that is permitted, separated by ; — empty: everywhere.")),
    Column("ratio", ("比例", "Ratio"), read_number(Fraction(1, 1000), Fraction(1000)), False, "",
           _("How many units of the substitute serve for one of the item needed; empty: 1.")),
    Column("valid_from", ("生效日", "Valid from"), read_day, False, "", _("The first day of the permission.")),
    Column("valid_to", ("失效日", "Valid to"), read_day, False, "", _("The last day of the permission.")),
), False)  # fmt: skip

POLICY = InSheet("policy", ("政策", "Policy"), (
    Column("setting", ("项目", "Setting"), name, True, "", _("Which rule.")),
    Column("value", ("值", "Value"), lambda cell: cell, True, "", _("What holds.")),
    Column("whom", ("适用", "For"), name, False, "", _("For a floor: which source; empty: every source.")),
), False)  # fmt: skip

SHEETS = (SUPPLY, NEED, LANES, SWAP, POLICY)


def read_percent(cell: Any) -> Fraction:
    """0 to 100; a value between nothing and one is a cell in per cent (10% is stored as 0.1), or a slip: ask."""
    found = read_number(Fraction(0), Fraction(100))(cell)
    if 0 < found < 1:
        raise CellUnreadable("not_percent", _("Write 10 for ten per cent; less than 1 is not taken."))
    return found


COST = read_number(Fraction(0), Fraction(10**6))
LEVELS = {"累计": "cumulative", "cumulative": "cumulative", "每日": "day", "per day": "day", "day": "day"}


def read_level(cell: Any) -> str:
    """How the level is counted: ``cumulative`` or ``day``."""
    found = LEVELS.get(str(cell).strip().lower())
    if found is None:
        raise CellUnreadable("not_a_level", _("The level is counted cumulative or per day."))
    return found


@dataclass(frozen=True)
class Setting:
    """One rule of the sheet 政策."""

    key: str
    titles: tuple[str, ...]
    read: Callable[[Any], Any]
    meaning: str | Promise


SETTINGS = (
    Setting("first", ("起始日", "First day"), read_day, _("The first day of the plan; empty: the first day named.")),
    Setting("last", ("截止日", "Last day"), read_day, _("What needs without a day are due by; empty: no limit.")),
    Setting("level", ("满足率口径", "Level"), read_level,
            _("cumulative: all days together, so that yesterday's winner does not win again; "
              "per day: each day for itself.")),
    Setting("floor", ("自留比例", "Floor"), read_percent, _("Per cent of its stock that a source keeps for itself.")),
    Setting("shelf_days", ("最短剩余效期", "Remaining shelf life"), read_count(0, 3660),
            _("Days that goods must still be valid when they arrive.")),
    Setting("swap_cost", ("替代成本", "Cost of a substitute"), COST,
            _("Cost of sending a unit of a substitute; empty: 5,000.")),
    Setting("late_cost", ("迟到成本", "Cost of a late day"), COST,
            _("Cost of a unit for each day after the first need; empty: 1,000.")),
)  # fmt: skip
