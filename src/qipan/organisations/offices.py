"""Offices and what each may do: a table, read by everybody; an office is held by a post with a validity period."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

OFFICES = {
    "duty_officer": (
        _("Duty officer"),
        {
            "read", "demand.report", "demand.approve", "demand.review", "allocation.plan", "allocation.command",
            "allocation.void", "transport.load", "catalogue.control", "organisations.register", "log.witness",
            "stock.confirm", "transport.contact", "production.register", "production.report", "production.ticket",
            "resumption.order", "resumption.report",
        },
    ),
    "approver": (_("Approver"), {"read", "allocation.approve", "allocation.issue", "allocation.void", "stock.confirm"}),
    "provincial_officer": (
        _("Provincial officer"),
        {
            "read", "demand.report", "demand.approve", "allocation.plan", "stock.confirm", "organisations.register",
            "production.register", "production.report", "production.ticket", "resumption.order", "resumption.report",
        },
    ),
    "store_keeper": (
        _("Reserve keeper"),
        {
            "read", "stock.count", "stock.open", "stock.reverse", "transport.load", "transport.depart",
            "transport.contact",
        },
    ),
    "driver": (_("Driver"), {"read", "transport.arrive"}),
    "receiver": (
        _("Hospital storekeeper"),
        {"read", "demand.report", "transport.receive", "stock.count", "transport.contact"},
    ),
    "maker": (_("Firm's reporter"), {"read", "production.report", "production.ticket", "resumption.report"}),
    "commissioner": (
        _("Resident commissioner"), {"read", "production.verify", "production.ticket", "resumption.report"},
    ),
    "spokesperson": (_("Spokesperson"), {"read"}),
    "auditor": (_("Auditor"), {"read", "log.witness"}),
    "administrator": (_("Administrator"), {"read", "organisations.appoint"}),
    "provincial_administrator": (_("Provincial administrator"), {"read", "organisations.appoint"}),
}  # fmt: skip
CENTRAL = frozenset({"duty_officer", "approver", "store_keeper", "driver", "spokesperson", "auditor", "administrator"})
"""Offices of the centre: they answer for the whole nation."""
EVERYTHING = frozenset(action for _title, actions in OFFICES.values() for action in actions)

GUARDED = frozenset(
    {
        "allocation.approve", "allocation.issue", "allocation.void", "stock.confirm", "catalogue.control",
        "organisations.appoint",
    }
)  # fmt: skip
"""What cannot be undone, or gives others their rights: it needs a second step of signing in."""


def actions_of(office: str) -> frozenset[str]:
    """The actions an office includes; an unknown office includes none."""
    return frozenset(OFFICES[office][1]) if office in OFFICES else frozenset()
