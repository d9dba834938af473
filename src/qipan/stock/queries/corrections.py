"""Reads of corrections: what waits for a second person, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qipan.catalogue import queries as catalogue
from qipan.catalogue.queries import MaterialRow
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.stock.models import Correction
from qipan.stock.queries.accounts import AccountLabel, account_labels

STATES = ("waiting", "confirmed", "rejected", "replaced")


@dataclass(frozen=True)
class CorrectionRow:
    """A write-off or booking back: what of which account, why, who proposed it, and how it ended."""

    id: int
    kind: str
    account: AccountLabel
    item: MaterialRow
    lot: int
    qty: int
    movement: int | None
    region: str
    is_controlled: bool
    reason: str
    proposed_by: int
    proposer: Both | str
    at: datetime
    state: str
    decider: Both | str
    decided_at: datetime | None
    note: str


def corrections(
    *, state: str = "waiting", account: int | None = None, limit: int = 50, offset: int = 0
) -> tuple[list[CorrectionRow], int]:
    """Corrections in a state of ``STATES``, the newest first, and how many there are. Five queries at most."""
    rows = Correction.objects.select_related("end").order_by("-id")
    rows = rows.filter(end=None) if state == "waiting" else rows.filter(end__how=state)
    if account is not None:
        rows = rows.filter(account_id=account)
    page = list(rows[offset : offset + limit])
    labels = account_labels({row.account_id for row in page})
    ends = {row.id: row.end for row in page if hasattr(row, "end")}
    names = organisations.names_of_people({row.actor_id for row in page} | {end.actor_id for end in ends.values()})
    items = catalogue.materials()
    found = []
    for row in page:
        end = ends.get(row.id)
        found.append(
            CorrectionRow(
                id=row.id,
                kind=row.kind,
                account=labels[row.account_id],
                item=items[row.material_id],
                lot=row.lot,
                qty=row.qty,
                movement=row.movement_id,
                region=row.region_code,
                is_controlled=row.is_controlled,
                reason=row.reason,
                proposed_by=row.actor_id,
                proposer=names.get(row.actor_id, row.actor_name),
                at=row.at,
                state=end.how if end else "waiting",
                decider=names.get(end.actor_id, end.actor_name) if end else "",
                decided_at=end.at if end else None,
                note=end.note if end else "",
            )
        )
    return found, rows.count()
