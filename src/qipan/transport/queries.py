"""Reads of loads: states, progress, what is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from qipan.catalogue import queries as catalogue
from qipan.kernel.errors import NotFound
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock import queries as stock
from qipan.transport.models import Contact, Photo, ReceiptLine, Shipment, ShipmentLine, ShipmentStep

STATES = ("loaded", "on_road", "arrived", "received", "short")


@dataclass(frozen=True)
class LoadLine:
    """One line of a load; grains. ``counted`` is None until the receiver has counted."""

    number: int
    item: catalogue.MaterialRow
    lot: str
    qty: int
    counted: int | None
    reason: str
    batch_line: int | None

    @property
    def short(self) -> int:
        return 0 if self.counted is None else self.qty - self.counted


@dataclass(frozen=True)
class ContactRow:
    """Who is with a load or waits for it, masked; both empty once erased."""

    role: str
    name: str
    phone: str
    erased_at: datetime | None


@dataclass(frozen=True)
class LoadRow:
    """A shipment at a cut, with its steps by then."""

    number: str
    batch_number: int | None
    source: Both
    source_region: str
    consignee: Both
    consignee_id: int
    region: str
    vehicle: str
    contacts: tuple[ContactRow, ...]
    planned_arrival: datetime
    departed_at: datetime | None
    arrived_at: datetime | None
    received_at: datetime | None
    receiver: str
    state: str
    is_late: bool
    is_simulated: bool
    lines: tuple[LoadLine, ...] = field(default=())

    @property
    def driver(self) -> str:
        """The driver's name, masked; "" where none is known."""
        return next((contact.name for contact in self.contacts if contact.role == "driver"), "")


@dataclass(frozen=True)
class PhotoRow:
    """A photograph of a load, without its pixels."""

    id: int
    sha256: str
    at: datetime
    by: str


def photos(number: str, cut: Cut) -> list[PhotoRow]:
    """The photographs of a load by the cut, oldest first."""
    rows = Photo.objects.filter(shipment__number=number, at__lte=cut.as_of).order_by("id")
    return [PhotoRow(*row) for row in rows.values_list("id", "sha256", "at", "actor_name")]


def photo(number: str, photo_id: int) -> bytes:
    """The JPEG of one photograph.

    Raises:
        NotFound.
    """
    row = Photo.objects.filter(shipment__number=number, id=photo_id).first()
    if row is None:
        raise NotFound(what="photograph", which=photo_id)
    return bytes(row.jpeg)


ENDS = ("source_place", "consignee_place")
CONTACTS = Prefetch("contacts", Contact.objects.order_by("role"))


def role_words() -> dict[str, str]:
    """What the roles of people with a load are called."""
    return {"driver": _("Driver"), "escort": _("Escort"), "receiver": _("Who waits for it")}


def state_words() -> dict[str, tuple[str, str]]:
    """(shape, word) by state of a load."""
    return {
        "loaded": ("wait", _("loaded")),
        "on_road": ("wait", _("on the road")),
        "arrived": ("warn", _("arrived, not counted")),
        "received": ("ok", _("received")),
        "short": ("bad", _("received short")),
        "late": ("warn", _("late")),
    }


def status_of(load: LoadRow) -> tuple[str, str]:
    """(shape, word) of one load: lateness shows while it is on the road."""
    words = state_words()
    return words["late"] if load.state == "on_road" and load.is_late else words[load.state]


def loads(
    cut: Cut, *, state: str = "", batch: int | None = None, text: str = "", limit: int = 50, offset: int = 0,
    is_open_first: bool = True,
) -> tuple[list[LoadRow], int]:  # fmt: skip
    """Shipments known at the cut, those still open first, then the newest; with their count.

    Args:
        state: one of STATES, or empty.
        batch: only loads of this batch.
        text: part of a number, plate or receiver's name.
    """
    rows = _known(cut)
    if batch is not None:
        rows = rows.filter(batch_number=batch)
    if text:
        rows = rows.filter(
            Q(number__icontains=text) | Q(vehicle__icontains=text) | Q(consignee_place__name_zh__icontains=text)
        )
    rows = _with_state(rows, state, cut)
    total = rows.count()
    order = ("is_done", "-id") if is_open_first else ("-id",)
    page = list(rows.order_by(*order).select_related(*ENDS).prefetch_related(CONTACTS)[offset : offset + limit])
    return _rows(page, cut), total


def load(number: str, cut: Cut) -> LoadRow | None:
    """One shipment at the cut; None when it does not exist."""
    found = Shipment.objects.filter(number=number).select_related(*ENDS).prefetch_related(CONTACTS)
    rows = _rows(list(found), cut)
    return rows[0] if rows else None


def state_counts(cut: Cut) -> dict[str, int]:
    """How many loads are in which state at the cut, and how many of those on the road are late. One query."""
    conditions = {**CONDITIONS, "late": CONDITIONS["on_road"] & Q(planned_arrival__lt=cut.as_of)}
    return _with_steps(_known(cut), cut).aggregate(
        **{state: Count("pk", filter=condition) for state, condition in conditions.items()}
    )


def receipts_due(cut: Cut) -> tuple[int, int]:
    """(loads received, loads that had left and were due) by the cut: the completeness of arrivals."""
    steps = _steps(cut).filter(
        organisations.within("shipment__region_code", cut.place), shipment__planned_arrival__lte=cut.as_of
    )
    found = steps.aggregate(done=Count("pk", filter=Q(step="received")), due=Count("pk", filter=Q(step="departed")))
    return found["done"], found["due"]


def batch_progress(numbers: Iterable[int], cut: Cut) -> dict[int, dict[str, int]]:
    """Loaded, departed and received grains by batch number, summed from movements."""
    documents: dict[str, int] = {}
    for number, batch in Shipment.objects.filter(batch_number__in=list(numbers)).values_list("number", "batch_number"):
        documents[f"shipment/{number}"] = batch or 0
    found: dict[int, dict[str, int]] = {}
    for (document, kind, _item), grains in stock.document_sums(documents, as_of=cut.as_of).items():
        row = found.setdefault(documents[document], {"depart": 0, "receive": 0})
        row[kind] = row.get(kind, 0) + grains
    return found


def consignee_of(number: str) -> int:
    """The organisation that a load is for."""
    shipment = Shipment.objects.select_related("consignee_place").get(number=number)
    return shipment.consignee_place.holder_id


def loaded_holds(holds: Iterable[int]) -> set[int]:
    """Which of these holds have their goods on a load already. One query."""
    return set(ShipmentLine.objects.filter(hold__in=list(holds)).values_list("hold", flat=True)) - {None}  # type: ignore[return-value]


def loaded_lines(batch: int) -> set[int]:
    """Ids of a batch's lines that are on a load."""
    lines = ShipmentLine.objects.filter(shipment__batch_number=batch, batch_line__isnull=False)
    return {line for line in lines.values_list("batch_line", flat=True) if line is not None}


CONDITIONS = {
    "loaded": Q(has_left=False),
    "on_road": Q(has_left=True, has_come=False, is_done=False),
    "arrived": Q(has_come=True, is_done=False),
    "received": Q(is_done=True),
    "short": Q(is_done=True, is_short=True),
}


def _with_state(rows: QuerySet[Shipment], state: str, cut: Cut) -> QuerySet[Shipment, Any]:
    """Annotate steps done by the cut and keep one state; every state when it is none of STATES."""
    return _with_steps(rows, cut).filter(CONDITIONS.get(state, Q()))


def _steps(cut: Cut) -> QuerySet[ShipmentStep]:
    """Steps that had happened by the cut, as far as they were known."""
    rows = ShipmentStep.objects.filter(at__lte=cut.as_of)
    return rows if cut.known_at is None else rows.filter(known_at__lte=cut.known_at)


def _known(cut: Cut) -> QuerySet[Shipment]:
    """Loads of the cut's place and item that were written down by then, or that had taken a step by then."""
    rows = Shipment.objects.filter(organisations.within("region_code", cut.place))
    rows = rows.filter(Q(known_at__lte=cut.as_of) | Exists(_steps(cut).filter(shipment=OuterRef("pk"))))
    if cut.known_at is not None:
        rows = rows.filter(known_at__lte=cut.known_at)
    if cut.item:
        rows = rows.filter(Exists(ShipmentLine.objects.filter(shipment=OuterRef("pk"), material__code=cut.item)))
    return rows


def _with_steps(rows: QuerySet[Shipment], cut: Cut) -> QuerySet[Shipment, Any]:
    def has(step: str) -> Exists:
        return Exists(_steps(cut).filter(shipment=OuterRef("pk"), step=step))

    short = Exists(ReceiptLine.objects.filter(line__shipment=OuterRef("pk")).exclude(counted=F("line__qty")))
    return rows.annotate(has_left=has("departed"), has_come=has("arrived"), is_done=has("received"), is_short=short)


def _rows(page: list[Shipment], cut: Cut) -> list[LoadRow]:
    ids = [row.id for row in page]
    materials = catalogue.materials()
    steps: dict[tuple[int, str], ShipmentStep] = {
        (s.shipment_id, s.step): s for s in _steps(cut).filter(shipment__in=ids)
    }
    counted = {r.line_id: r for r in ReceiptLine.objects.filter(line__shipment__in=ids)}
    lines: dict[int, list[LoadLine]] = {}
    found = list(ShipmentLine.objects.filter(shipment__in=ids).order_by("shipment", "number"))
    lots = stock.lots(line.lot for line in found)
    for line in found:
        receipt = counted.get(line.id) if (line.shipment_id, "received") in steps else None
        lines.setdefault(line.shipment_id, []).append(
            LoadLine(
                line.number,
                materials[line.material_id],
                lots.get(line.lot, ("", None))[0],
                line.qty,
                receipt.counted if receipt else None,
                receipt.reason if receipt else "",
                line.batch_line,
            )
        )
    return [_row(row, steps, tuple(lines.get(row.id, ())), cut) for row in page]


def _row(row: Shipment, steps: dict[tuple[int, str], ShipmentStep], lines: tuple[LoadLine, ...], cut: Cut) -> LoadRow:
    left, came, done = (steps.get((row.id, step)) for step in ("departed", "arrived", "received"))
    short = any(line.short for line in lines)
    state = (
        "short" if done and short else "received" if done else "arrived" if came else "on_road" if left else "loaded"
    )
    return LoadRow(
        number=row.number,
        batch_number=row.batch_number,
        source=Both(row.source_place.name_zh, row.source_place.name_en),
        source_region=row.source_place.region_id,
        consignee=Both(row.consignee_place.name_zh, row.consignee_place.name_en),
        consignee_id=row.consignee_place.holder_id,
        region=row.region_code,
        vehicle=row.vehicle,
        contacts=tuple(ContactRow(c.role, c.name_shown, c.phone_shown, c.erased_at) for c in row.contacts.all()),
        planned_arrival=row.planned_arrival,
        departed_at=left.at if left else None,
        arrived_at=came.at if came else None,
        received_at=done.at if done else None,
        receiver=done.receiver if done else "",
        state=state,
        is_late=(came.at if came else cut.as_of) > row.planned_arrival and bool(left),
        is_simulated=row.is_simulated,
        lines=lines,
    )
