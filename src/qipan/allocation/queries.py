"""Reads of batches: lists, one batch, the lines that may be loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from qipan.allocation.models import Batch, BatchInputs, BatchLine, BatchNeed, BatchStep, LineHold, Policy, PolicyTier
from qipan.catalogue import queries as catalogue
from qipan.demand.queries import NeedKey
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock import queries as stock

STEPS = ("planned", "approved", "issued")


@dataclass(frozen=True)
class StepRow:
    """A step that was done: by whom, when."""

    step: str
    actor: Both
    actor_id: int
    at: datetime
    note: str


@dataclass(frozen=True)
class BatchRow:
    """A batch at a cut: its state is its last step by then."""

    id: int
    number: int
    title: Both
    policy: Both
    as_of: datetime
    deadline: datetime
    state: str
    steps: tuple[StepRow, ...]
    lines: int
    needs: int
    qty: int
    items: tuple[int, ...]
    planned_by: int
    is_proven: bool
    inputs_sha256: str
    certificate: dict[str, Any]
    is_simulated: bool

    def step(self, name: str) -> StepRow | None:
        return next((s for s in self.steps if s.step == name), None)


@dataclass(frozen=True)
class FromWhere:
    """One batch line: so much of an item and lot out of a store; grains."""

    id: int
    number: int
    place: Both
    region: str
    item: catalogue.MaterialRow
    lot: int
    qty: int


@dataclass(frozen=True)
class NeedRow:
    """One need of a batch: what was asked, what covers it, what it got; grains."""

    id: int
    position: int
    unit: Both
    organisation: int
    region: str
    item: catalogue.MaterialRow
    zone: str
    tier: int
    need: int
    covered: int
    given: int
    level: float
    part: int
    cause: str
    reason: dict[str, Any]
    lines: tuple[FromWhere, ...]

    @property
    def level_now(self) -> float:
        """Covered and given over need, in whole units."""
        return (self.covered + self.given) / self.need


@dataclass(frozen=True)
class IssuedLine:
    """A line of an issued batch that may be loaded; grains."""

    id: int
    batch_number: int
    item: int
    lot: int
    qty: int
    hold: int
    source_account: int
    source_place: int
    consignee_place: int


@dataclass(frozen=True)
class LevelCell:
    """Fill of one tier and item in a batch: the lowest level, and the sums; grains."""

    tier: int
    item: int
    needs: int
    need: int
    covered: int
    given: int
    lowest: float

    @property
    def level(self) -> float:
        return (min(self.covered, self.need) + self.given) / self.need


def batches(cut: Cut, *, state: str = "", limit: int = 50, offset: int = 0) -> tuple[list[BatchRow], int]:
    """Batches known at the cut, the newest first; with their count."""
    rows = _known(cut).annotate(last_step=_last_step(cut)).filter(last_step__isnull=False)
    if state:
        rows = rows.filter(steps__step=state, steps__id=_last_id(cut))
    total = rows.count()
    return _rows(list(rows.order_by("-number")[offset : offset + limit]), cut), total


def batch(number: int, cut: Cut) -> BatchRow | None:
    """One batch at the cut; None when there is none by then."""
    rows = _rows(list(_known(cut).filter(number=number)), cut)
    return rows[0] if rows and rows[0].steps else None


def needs(
    batch_id: int, *, tier: int | None = None, item: str = "", text: str = "", cause: str = "",
    limit: int = 50, offset: int = 0,
) -> tuple[list[NeedRow], int]:  # fmt: skip
    """Needs of a batch by tier, with their lines; and their count."""
    rows = BatchNeed.objects.filter(batch_id=batch_id)
    if tier is not None:
        rows = rows.filter(tier=tier)
    if item:
        rows = rows.filter(material__code=item)
    if cause:
        rows = rows.filter(cause=cause)
    if text:
        rows = rows.filter(Q(organisation__name_zh__icontains=text) | Q(organisation__initials__contains=text.lower()))
    total = rows.count()
    page = list(rows.select_related("organisation").order_by("position")[offset : offset + limit])
    return _need_rows(page), total


def need_by_position(batch_id: int, position: int) -> NeedRow | None:
    """One need of a batch."""
    rows = list(BatchNeed.objects.filter(batch_id=batch_id, position=position).select_related("organisation"))
    return _need_rows(rows)[0] if rows else None


def levels(batch_id: int) -> list[LevelCell]:
    """Fill by tier and item."""
    sums: dict[tuple[int, int], list[float]] = {}
    for row in BatchNeed.objects.filter(batch_id=batch_id).values_list(
        "tier", "material_id", "need", "covered", "given"
    ):
        tier, item, need, covered, given = row
        cell = sums.setdefault((tier, item), [0, 0, 0, 0, 9e9])
        level = (covered + given) / need
        sums[(tier, item)] = [
            cell[0] + 1, cell[1] + need, cell[2] + min(covered, need), cell[3] + given, min(cell[4], level)
        ]  # fmt: skip
    return [
        LevelCell(tier, item, int(n), int(need), int(covered), int(given), lowest)
        for (tier, item), (n, need, covered, given, lowest) in sorted(sums.items())
    ]


APART = ("supplies", "wants", "edges", "usual")
"""The parts of a batch's inputs that only the readers of the place it was planned for may read."""


def inputs(batch_id: int) -> dict[str, Any]:
    """The frozen inputs of a batch: ``frame``, and with it ``APART`` where one may read them. Two queries."""
    frame: dict[str, Any] = Batch.objects.values_list("frame", flat=True).get(id=batch_id)
    rows: dict[str, Any] = BatchInputs.objects.filter(batch_id=batch_id).values_list("rows", flat=True).first() or {}
    return frame | rows


def issued_lines(line_ids: Sequence[int]) -> list[IssuedLine]:
    """Those of the lines that are issued (held) and not voided."""
    return _issued_of(Q(id__in=list(line_ids)))


def holds_of(number: int) -> stock.HoldState:
    """Until when an issued batch's goods are held, how many lines still wait, and how many were not loaded in time."""
    return stock.hold_state(f"batch/{number}")


def lines_to_load(number: int) -> list[IssuedLine]:
    """Every issued line of a batch that was not voided; transport knows which are loaded."""
    return _issued_of(Q(batch__number=number))


def promised() -> dict[NeedKey, int]:
    """What issued batches hold for each need and has not departed yet, in grains. Two queries."""
    held = stock.open_holds("batch/")
    rows = LineHold.objects.filter(hold__in=held).values_list(
        "hold", "line__batch_need__organisation", "line__batch_need__material", "line__batch_need__zone_code"
    )
    found: dict[NeedKey, int] = defaultdict(int)
    for hold, unit, item, zone in rows:
        found[NeedKey(unit, item, zone)] += held[hold]
    return found


def usual_ways() -> dict[NeedKey, dict[tuple[int, int], int]]:
    """What the last issued batch that served a need sent it: grains by (store's place, item). One query."""
    voided = BatchStep.objects.filter(batch=OuterRef("batch"), step="voided")
    rows = BatchLine.objects.filter(~Exists(voided), hold__isnull=False).order_by("batch__number")
    values = rows.values_list(
        "batch__number", "batch_need__organisation", "batch_need__material", "batch_need__zone_code",
        "source_place_id", "material_id", "qty",
    )  # fmt: skip
    last: dict[NeedKey, int] = {}
    found: dict[NeedKey, dict[tuple[int, int], int]] = {}
    for number, unit, item, zone, place, sent, grains in values:
        key = NeedKey(unit, item, zone)
        if last.get(key) != number:
            last[key], found[key] = number, {}
        found[key][place, sent] = found[key].get((place, sent), 0) + grains
    return found


def policies(at: datetime) -> list[Policy]:
    """The version in force of every policy, with its tiers by rank."""
    rows = Policy.objects.filter(valid_from__lte=at).exclude(valid_to__lte=at)
    latest = rows.order_by("code", "-version").distinct("code")
    return list(latest.prefetch_related(Prefetch("tiers", PolicyTier.objects.order_by("rank"))))


def state_counts(cut: Cut) -> dict[str, int]:
    """How many batches are in which state at the cut."""
    states = _steps(cut).filter(batch__in=_known(cut)).order_by("batch_id", "-id")
    found: dict[str, int] = {}
    for step in states.distinct("batch_id"):
        found[step.step] = found.get(step.step, 0) + 1
    return found


def _known(cut: Cut) -> Any:
    return Batch.objects.filter(known_at__lte=cut.known_at or cut.as_of).select_related("policy").defer("frame")


def _steps(cut: Cut) -> QuerySet[BatchStep]:
    """Steps taken by the cut, as far as they were known."""
    rows = BatchStep.objects.filter(at__lte=cut.as_of)
    return rows if cut.known_at is None else rows.filter(known_at__lte=cut.known_at)


def _last_step(cut: Cut) -> Max:
    known = Q() if cut.known_at is None else Q(steps__known_at__lte=cut.known_at)
    return Max("steps__id", filter=Q(steps__at__lte=cut.as_of) & known)


def _last_id(cut: Cut) -> Any:
    last = _steps(cut).filter(batch=OuterRef("pk")).order_by("-id").values("id")[:1]
    return Subquery(last)


def _rows(page: list[Batch], cut: Cut) -> list[BatchRow]:
    ids = [row.id for row in page]
    steps: dict[int, list[StepRow]] = {}
    done = list(_steps(cut).filter(batch__in=ids).order_by("id"))
    names = organisations.names_of_people(s.actor_id for s in done)
    for s in done:
        actor = names.get(s.actor_id, Both(s.actor_name, s.actor_name))
        steps.setdefault(s.batch_id, []).append(StepRow(s.step, actor, s.actor_id, s.at, s.note))
    lines: dict[int, dict[str, Any]] = {
        row["batch"]: dict(row)
        for row in BatchLine.objects.filter(batch__in=ids)
        .values("batch")
        .annotate(n=Count("id"), qty=Coalesce(Sum("qty"), 0))
    }
    needs_of = dict(BatchNeed.objects.filter(batch__in=ids).values_list("batch").annotate(n=Count("id")))
    items: dict[int, list[int]] = {}
    for batch_id, item in (
        BatchNeed.objects.filter(batch__in=ids).values_list("batch", "material").distinct().order_by("material__rank")
    ):
        items.setdefault(batch_id, []).append(item)
    return [
        BatchRow(
            id=row.id,
            number=row.number,
            title=Both(row.title_zh, row.title_en),
            policy=Both(f"{row.policy.name_zh} v{row.policy.version}", f"{row.policy.name_en} v{row.policy.version}"),
            as_of=row.as_of,
            deadline=row.deadline,
            state=steps[row.id][-1].step if steps.get(row.id) else "",
            steps=tuple(steps.get(row.id, ())),
            lines=int(lines.get(row.id, {}).get("n", 0)),
            needs=int(needs_of.get(row.id, 0)),
            qty=int(lines.get(row.id, {}).get("qty", 0)),
            items=tuple(items.get(row.id, ())),
            planned_by=row.actor_id,
            is_proven=bool(row.certificate.get("proven")),
            inputs_sha256=row.inputs_sha256,
            certificate=row.certificate,
            is_simulated=row.is_simulated,
        )
        for row in page
    ]


def _need_rows(page: list[BatchNeed]) -> list[NeedRow]:
    materials = catalogue.materials()
    lines: dict[int, list[FromWhere]] = {}
    for line in BatchLine.objects.filter(batch_need__in=[n.id for n in page]).select_related("source_place"):
        lines.setdefault(line.batch_need_id, []).append(
            FromWhere(
                line.id,
                line.number,
                Both(line.source_place.name_zh, line.source_place.name_en),
                line.source_place.region_id,
                materials[line.material_id],
                line.lot,
                line.qty,
            )
        )
    return [
        NeedRow(
            id=n.id,
            position=n.position,
            unit=Both(n.organisation.name_zh, n.organisation.name_en),
            organisation=n.organisation_id,
            region=n.region_code,
            item=materials[n.material_id],
            zone=n.zone_code,
            tier=n.tier,
            need=n.need,
            covered=n.covered,
            given=n.given,
            level=n.level,
            part=n.part,
            cause=n.cause,
            reason=n.reason,
            lines=tuple(sorted(lines.get(n.id, ()), key=lambda row: row.number)),
        )
        for n in page
    ]


def _issued_of(condition: Q) -> list[IssuedLine]:
    """Held lines of batches that were not voided, but those whose time was over; frozen inputs are not read."""
    voided = BatchStep.objects.filter(batch=OuterRef("batch"), step="voided")
    rows = BatchLine.objects.filter(condition, ~Exists(voided), hold__isnull=False).order_by("batch__number", "number")
    values = rows.values_list(
        "id", "batch__number", "material_id", "lot", "qty", "hold__hold", "source_account", "source_place_id",
        "batch_need__place_id",
    )  # fmt: skip
    lines = [IssuedLine(*row) for row in values]
    over = stock.expired_holds(line.hold for line in lines)
    return [line for line in lines if line.hold not in over]
