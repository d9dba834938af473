"""The operations room as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qipan.allocation import queries as allocation
from qipan.briefings.queries.drawings import boards_of, timeline_of
from qipan.briefings.queries.panels import (
    batches_of,
    choices_of,
    flows_of,
    hours_of,
    key_figures_of,
    loads_of,
    shipped_of,
    summary_of,
)
from qipan.briefings.queries.situation import situation_of
from qipan.kernel import clock
from qipan.kernel.figures import Cut
from qipan.transport import queries as transport


@dataclass(frozen=True)
class Room:
    """What the operations room shows at a cut; the template's names."""

    key_figures: list[dict[str, Any]]
    shipped: list[dict[str, Any]]
    boards_svg: SafeString | str
    board_summary: dict[str, Any] | None
    board_note: str
    item_choices: list[dict[str, Any]]
    timeline_svg: SafeString | str
    timeline_note: str
    flows: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    loads: list[dict[str, Any]]
    next_meeting: datetime
    simulated_note: str
    refresh_seconds: int = 30


def room(cut: Cut, *, item: str, refresh_seconds: int = 30) -> Room:
    """The whole operations room at a cut, for one item on the boards."""
    found = situation_of(cut, item)
    batches, _total = allocation.batches(cut, limit=6)
    progress = transport.batch_progress([b.number for b in batches], cut)
    rows = transport.loads(cut, limit=12)[0][:12]
    open_rows = [r for r in rows if r.state in ("on_road", "arrived", "short")]
    return Room(
        key_figures=key_figures_of(found),
        shipped=shipped_of(found),
        boards_svg=boards_of(found),
        board_summary=summary_of(found),
        board_note=f"{found.item.short} · {found.item.unit}",
        item_choices=choices_of(found),
        timeline_svg=timeline_of(found),
        timeline_note=f"{found.item.short} · {found.item.unit} · " + _("cumulative at 24:00 of each day"),
        flows=flows_of(found),
        hours=hours_of(found)[:10],
        batches=batches_of(batches, progress, found.keep),
        loads=loads_of(open_rows[:8], found),
        next_meeting=next_meeting(clock.now()),
        simulated_note=_(
            "Vehicles, drivers, receipts per hospital and stocks by day are simulated with a fixed seed;"
            " published totals are met to the piece."
        ),
        refresh_seconds=refresh_seconds,
    )


def next_meeting(now: datetime) -> datetime:
    day = clock.start_of(now.astimezone(clock.CST).date())
    return min(m for m in (day + timedelta(hours=h) for h in (8, 19, 32)) if m > now)
