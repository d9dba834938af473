"""A figure as a table for people: which columns, side by side with what was known, and its movements."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from qipan.kernel.figures import Column, Cut, Figure, Reading
from qipan.stock import queries as stock

NUMERIC = ("number", "percent", "hours")
IDENTITY = ("number", "title", "place", "item", "zone", "voice", "unit")
"""Columns that say which row a row is; the others are what it says."""


def kind_words() -> dict[str, tuple[str, str]]:
    """A figure's kind in words, and what it may not be added to."""
    return {
        "stock": (_("stock"), _("How much there is at the cut; never added to what came or went.")),
        "cumulative": (
            _("cumulative"),
            _("How much there has been from the start to the cut; never added to daily figures."),
        ),
        "rate": (_("rate"), _("How much per day; never added to stocks or running totals.")),
    }


def shown(found: Figure, reading: Reading) -> list[Column]:
    """Columns to show: not those empty in every row; codes stand under their names, flags beside them."""
    keys = {c.key for c in found.columns}
    found_columns = []
    for c in found.columns:
        values = [row.get(c.key) for row in reading.rows]
        is_code = c.key.endswith("_code") and c.key.removesuffix("_code") in keys
        is_flag = c.key == "simulated" and all(isinstance(v, bool) for v in values)
        is_empty = bool(values) and all(v is None or str(v) == "" for v in values)
        if not (is_code or is_flag or is_empty):
            found_columns.append(c)
    return found_columns


def _identity(row: dict[str, Any]) -> tuple[str, ...]:
    """What makes two rows of two readings the same row."""
    codes = [str(row.get(f"{key}_code", row.get(key, ""))) for key in IDENTITY if key not in ("title", "unit")]
    return tuple(codes)


def compared(columns: list[Column], reading: Reading, then: Reading) -> list[Column]:
    """Columns set side by side with what was known: up to three, else those that differ anywhere."""
    open_ones = [
        c for c in columns if c.key not in (*IDENTITY, "simulated", "difference") and not c.key.startswith("published")
    ]
    before = {_identity(row): row for row in then.rows}
    pairs = [(row, before[_identity(row)]) for row in reading.rows if _identity(row) in before]
    differing = [c for c in open_ones if any(now.get(c.key) != was.get(c.key) for now, was in pairs)]
    counted = [c for c in open_ones if c.value in NUMERIC]
    return counted if len(counted) <= 3 and set(differing) <= set(counted) else (differing or counted[:3])


def table(
    columns: list[Column], reading: Reading, then: Reading | None = None, sides: Sequence[Column] = ()
) -> list[dict[str, Any]]:
    """Rows as cells in column order, each with its kind; beside them what was known and where the two differ."""
    name = next((c.key for c in columns if c.value == "text"), "")
    before = {_identity(row): row for row in then.rows} if then else {}
    words = _value_words()
    present = {_identity(row) for row in reading.rows}
    gone = [row for key, row in before.items() if key not in present]
    return [
        {
            "item_code": row.get("item_code", ""),
            "simulated": bool(row.get("simulated")),
            "cells": [
                {
                    "key": c.key,
                    "kind": c.value,
                    "value": _said(c, row, words),
                    "code": row.get(f"{c.key}_code", ""),
                    "is_name": c.key == name,
                    "is_long": c.value == "text" and len(str(row.get(c.key))) > 48,
                }
                for c in columns
                if not then or c.key in IDENTITY
            ],
            "now": [{"kind": c.value, "value": row.get(c.key) if _identity(row) in present else None} for c in sides],
            "before": [{"kind": c.value, "value": before.get(_identity(row), {}).get(c.key)} for c in sides],
            "differences": [{"title": _("taken back since"), "by": None}]
            if _identity(row) not in present
            else _differences(row, before.get(_identity(row)), sides),
        }
        for row in (*reading.rows, *gone)
    ]


def _said(column: Column, row: dict[str, Any], words: dict[tuple[str, Any], str]) -> Any:
    """A cell's value for people; empty texts are None."""
    value = row.get(column.key)
    if column.value != "text":
        return value
    return words.get((column.key, value), value if str(value) else None)


def _value_words() -> dict[tuple[str, Any], str]:
    """Words for values that stand in a reading as keys."""
    return {
        ("voice", "official"): _("published"),
        ("voice", "approved"): _("approved"),
        ("voice", "burn_rate"): _("burn rate"),
        ("state", "planned"): _("planned"),
        ("state", "approved"): _("approved"),
        ("state", "issued"): _("issued"),
        ("state", "voided"): _("voided"),
    }


def _differences(row: dict[str, Any], before: dict[str, Any] | None, sides: Sequence[Column]) -> list[dict[str, Any]]:
    """Columns in which today's knowledge of a row differs from what was known then."""
    if before is None:
        return [{"title": _("not known then"), "by": None}]
    found = []
    for c in sides:
        now, then = row.get(c.key), before.get(c.key)
        if now != then:
            by = None
            if c.value in NUMERIC and now is not None and then is not None:
                by = Fraction(now) - Fraction(then)
            found.append({"title": c.title, "by": by})
    return found


def trail(found: Figure, cut: Cut) -> list[dict[str, Any]]:
    """The movements a figure sums, those not yet sealed at ``known_at`` marked."""
    if found.movements is None:
        return []
    words = {
        "depart": _("departure"),
        "receive": _("receipt"),
        "return": _("return"),
        "loss": _("loss"),
        "reversal": _("reversal"),
    }
    rows = found.movements(Cut(cut.as_of, None, cut.place, cut.item))
    known = {row["id"] for row in found.movements(cut)} if cut.known_at else None
    labels = stock.code_labels(str(row.get(side, "")) for row in rows for side in ("from", "to"))
    return [
        {
            **row,
            "source": labels.get(str(row.get("from", ""))),
            "target": labels.get(str(row.get("to", ""))),
            "word": words.get(str(row.get("kind")), row.get("kind")),
            "shipment": str(row.get("document", "")).removeprefix("shipment/")
            if str(row.get("document", "")).startswith("shipment/")
            else "",
            "is_late": known is not None and row["id"] not in known,
        }
        for row in rows
    ]
