"""Daily reports are added, never changed; the firm's voice is booked by what a revision adds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut
from qipan.kernel.quantity import plain
from qipan.production import access, errors, queries
from qipan.production.models import FIRM, VOICES, DailyReport
from qipan.production.queries import LineRow, ReportRow
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads

ABOVE_CAPACITY = Decimal("1.2")
PRICE_JUMP = Decimal("0.3")
DAYS_BACK_MOST = 60


@dataclass(frozen=True)
class Daily:
    """What one voice says of a line and a day, in grains; ``opening`` None takes yesterday's closing."""

    line: int
    day: date
    voice: str
    output: int
    shipped: int
    closing: int
    opening: int | None = None
    released: int = 0
    flows: tuple[tuple[str, int], ...] = ()
    price_yuan: Decimal | None = None
    people: int | None = None
    raw_days: Decimal | None = None
    reason: str = ""
    note: str = ""
    source: str = ""
    is_simulated: bool = False


def submit_daily_reports(said: Sequence[Daily], *, by: Actor, idem: UUID) -> list[int]:
    """Add daily reports, all or none; what was said before stays, as an earlier revision.

    1. Refuse unless ``by`` may speak in each voice for each firm; days that cannot be; two reports of one line and day.
    2. Refuse numbers that do not add up and are not explained. What is unlikely is kept and marked.
    3. Insert the next revision of each.
    4. Book what the firm's revision adds: output to the store, or to what awaits release; releases to the store. What
       it takes away is proposed as a write-off.

    Args:
        said: 1 or more; at most one for a line, day and voice.

    Returns:
        The revision of each, in order.

    Raises:
        LineUnknown, VoiceUnknown, DayRefused, ReportTwice, ArithmeticWrong, NotYetReleasable, ReportedMeanwhile,
        NotAllowed, SameKeyOtherBody.

    Posts: outside/output → store or awaiting; awaiting → store. Firm's voice only.
    Event: production.reported, one for each division.
    """
    lines = _lines(said, by)
    body = {"reports": [repr(each) for each in said]}

    def work() -> dict[str, Any]:
        checked = _checked(said, lines)
        rows = [_row(each, checked, by) for each in said]
        try:
            with transaction.atomic():
                DailyReport.objects.bulk_create(rows)
        except IntegrityError as error:
            raise errors.ReportedMeanwhile(count=len(rows)) from error
        _book(rows, checked, by=by, idem=idem)
        for region, group in _by_region(rows).items():
            subject = f"line/{group[0].line_id}" if len(group) == 1 else f"production/{region}"
            events.record(
                "production.reported", by=by, subject=subject, at=max(row.at for row in group), region=region,
                count=len(group), voice=group[0].voice, day=group[0].day.isoformat(), revision=group[0].revision,
            )  # fmt: skip
        return {"revisions": [row.revision for row in rows]}

    return list(events.once("production.report", by=by, idem=idem, body=body, work=work)["revisions"])


@dataclass(frozen=True)
class _Checked:
    """What reports are compared with: lines by id; newest reports by line, day and voice."""

    lines: Mapping[int, LineRow]
    known: Mapping[tuple[int, date, str], ReportRow]
    now: datetime

    def before(self, said: Daily) -> ReportRow | None:
        """What this voice said of the day before."""
        return self.known.get((said.line, said.day - timedelta(days=1), said.voice))

    def replaced(self, said: Daily) -> ReportRow | None:
        """What this voice said of the day until now."""
        return self.known.get((said.line, said.day, said.voice))

    def opening(self, said: Daily) -> int:
        if said.opening is not None:
            return said.opening
        before = self.before(said)
        return before.closing if before else 0


def _lines(said: Sequence[Daily], by: Actor) -> dict[int, LineRow]:
    """The lines by id, where ``by`` may speak of each in that voice."""
    found = {row.id: row for row in queries.lines(Cut(clock.now()), ids=[each.line for each in said])}
    for each in said:
        if each.line not in found:
            raise errors.LineUnknown(line=each.line)
        if each.voice not in VOICES:
            raise errors.VoiceUnknown(word=each.voice, voices=", ".join(VOICES))
    access.require_report(by, ((found[each.line], each.voice) for each in said))
    return found


def _checked(said: Sequence[Daily], found: Mapping[int, LineRow]) -> _Checked:
    """What the reports are compared with, where days, sums and releases can be; asked once a key is known to be new."""
    now = clock.now()
    today, seen = clock.day_of(now), set()
    for each in said:
        line = found[each.line]
        first = max(clock.day_of(line.since), today - timedelta(days=DAYS_BACK_MOST))
        if not first <= each.day <= today:
            raise errors.DayRefused(day=each.day.isoformat(), first=first.isoformat(), last=today.isoformat())
        if (each.line, each.day, each.voice) in seen:
            raise errors.ReportTwice(line=line.title, day=each.day.isoformat())
        seen.add((each.line, each.day, each.voice))
    days = [each.day for each in said]
    known = queries.reports(
        Cut(now), first=min(days, default=today) - timedelta(days=1), last=max(days, default=today), line_ids=found
    )
    checked = _Checked(found, {(row.line_id, row.day, row.voice): row for row in known}, now)
    for each in said:
        _require_sums(each, checked)
        _require_release(each, found[each.line])
    return checked


def is_reportable(day: date, today: date) -> bool:
    """Whether a day is neither to come nor more than sixty days ago."""
    return today - timedelta(days=DAYS_BACK_MOST) <= day <= today


def sums_refused(said: Daily, line: LineRow, *, opening: int) -> errors.ArithmeticWrong:
    """The refusal that shows the sum, in the item's unit."""
    due = opening + said.output - said.shipped
    sums = {"opening": opening, "output": said.output, "shipped": said.shipped, "due": due, "closing": said.closing}
    in_units = {name: plain(line.item.from_grains(grains)) for name, grains in sums.items()}
    return errors.ArithmeticWrong(line=line.title, **in_units)


def _require_sums(said: Daily, checked: _Checked) -> None:
    line, opening = checked.lines[said.line], checked.opening(said)
    if opening + said.output - said.shipped != said.closing and not said.note:
        raise sums_refused(said, line, opening=opening)


def _require_release(said: Daily, line: LineRow) -> None:
    if not said.released or said.voice != FIRM:
        return
    ready = queries.releasable(line, day=said.day) if line.release_days else 0
    if said.released > ready:
        raise errors.NotYetReleasable(
            line=line.title, released=plain(line.item.from_grains(said.released)),
            ready=plain(line.item.from_grains(max(ready, 0))), days=line.release_days,
        )  # fmt: skip


def _row(said: Daily, checked: _Checked, by: Actor) -> DailyReport:
    line, replaced = checked.lines[said.line], checked.replaced(said)
    return DailyReport(
        line_id=said.line, day=said.day, voice=said.voice, revision=replaced.revision + 1 if replaced else 1,
        region_code=line.region, output=said.output, released=said.released, opening=checked.opening(said),
        shipped=said.shipped, closing=said.closing,
        flows=[{"region": region, "quantity": quantity} for region, quantity in said.flows],
        price_yuan=said.price_yuan, people=said.people, raw_days=said.raw_days, reason=said.reason, note=said.note,
        flags=flags_of(said, line, before=checked.before(said), replaced=replaced, now=checked.now),
        at=min(checked.now, clock.end_of(said.day)), known_at=checked.now, actor_id=by.id, actor_name=by.name,
        source=said.source[:120], is_simulated=said.is_simulated or by.simulated,
    )  # fmt: skip


def flags_of(
    said: Daily, line: LineRow, *, before: ReportRow | None, replaced: ReportRow | None, now: datetime
) -> list[str]:
    """What is unlikely or must be looked at, in codes: ``words.FLAG_WORDS`` has the words."""
    opening = said.opening if said.opening is not None else before.closing if before else 0
    found = {
        "above_capacity": line.capacity > 0 and said.output > line.capacity * ABOVE_CAPACITY,
        "idle_makes": line.state == "idle" and said.output > 0,
        "opening_differs": before is not None and opening != before.closing,
        "does_not_add_up": opening + said.output - said.shipped != said.closing,
        "fell": before is not None and said.output < before.output,
        "price_jump": _has_jumped(said.price_yuan, before.price if before else None),
        "erratum": replaced is not None and now > clock.end_of(said.day),
    }
    return [code for code, is_so in found.items() if is_so]


def _has_jumped(price: Decimal | None, before: Decimal | None) -> bool:
    return price is not None and before is not None and before > 0 and abs(price - before) > PRICE_JUMP * before


def _book(rows: Sequence[DailyReport], checked: _Checked, *, by: Actor, idem: UUID) -> None:
    """Post what the firms' revisions add, in one posting for each instant; propose what they take away."""
    wanted: dict[datetime, list[stock.Transfer]] = defaultdict(list)
    outside = stock.open_accounts([stock.Opening("source", "outside/output")], by=by)["outside/output"]
    stores = stock_reads.stores_of_places({line.place_id for line in checked.lines.values()})
    for row in rows:
        if row.voice != FIRM:
            continue
        line = checked.lines[row.line_id]
        store, awaits = stores[line.place_id]
        assert store is not None, "a line is registered with the store of its plant"
        awaiting = awaits if line.release_days else None
        made_in = awaiting or store
        last = checked.known.get((row.line_id, row.day, FIRM))
        more, let_go = row.output - (last.output if last else 0), row.released - (last.released if last else 0)
        document, basis = f"report/{row.line_id}/{row.day}", "simulated" if row.is_simulated else "recorded"
        if more > 0:
            line_of = stock.Transfer("output", line.item.id, outside, made_in, more, document, basis=basis)
            wanted[row.at].append(line_of)
        elif more < 0:
            reason = f"{document}: {row.reason or row.note}"[:300]
            stock.propose_write_off(made_in, item=line.item.id, qty=-more, reason=reason, by=by, at=row.at)
        if let_go and awaiting:
            ends = (awaiting, store) if let_go > 0 else (store, awaiting)
            wanted[row.at].append(stock.Transfer("release", line.item.id, *ends, abs(let_go), document, basis=basis))
    for number, (at, transfers) in enumerate(sorted(wanted.items())):
        stock.post_batch(transfers, by=by, idem=uuid5(idem, f"post/{number}"), at=at)


def _by_region(rows: Sequence[DailyReport]) -> dict[str, list[DailyReport]]:
    found: dict[str, list[DailyReport]] = defaultdict(list)
    for row in rows:
        found[row.region_code].append(row)
    return found
