"""Figures of batches."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.allocation import queries
from qipan.catalogue import queries as catalogue
from qipan.kernel.figures import Column, Cut, Reading, figure
from qipan.kernel.text import Both


@figure(
    "allocation.batches",
    title=_("Allocation batches"),
    kind="cumulative",
    definition=_("Every numbered batch by the cut with its state; numbers are never reused."),
    columns=(
        Column("number", _("Batch"), value="number"),
        Column("title", _("Title")),
        Column("state", _("State")),
        Column("policy", _("Policy")),
        Column("items", _("Items")),
        Column("needs", _("Needs"), unit="line", value="number"),
        Column("lines", _("Lines"), unit="line", value="number"),
        Column("planned_at", _("Planned"), value="instant"),
        Column("approved_at", _("Approved"), value="instant"),
        Column("issued_at", _("Issued"), value="instant"),
        Column("deadline", _("Deadline"), value="instant"),
        Column("proven", _("Proved fair")),
        Column("inputs_sha256", _("Inputs, SHA-256")),
        Column("simulated", _("Simulated")),
    ),
)
def batches(cut: Cut) -> Reading:
    """All batches at the cut, the newest first."""
    found, total = queries.batches(cut, limit=10_000)
    materials = catalogue.materials()
    rows = []
    for b in found:
        names = [materials[i].short for i in b.items]
        rows.append(
            {
                "number": b.number,
                "title": b.title,
                "state": b.state,
                "policy": b.policy,
                "items": Both("、".join(n.zh for n in names), ", ".join(n.en for n in names)),
                "needs": b.needs,
                "lines": b.lines,
                "planned_at": step.at if (step := b.step("planned")) else None,
                "approved_at": step.at if (step := b.step("approved")) else None,
                "issued_at": step.at if (step := b.step("issued")) else None,
                "deadline": b.deadline,
                "proven": b.is_proven,
                "inputs_sha256": b.inputs_sha256,
                "simulated": b.is_simulated,
            }
        )
    return Reading(rows, total, total)
