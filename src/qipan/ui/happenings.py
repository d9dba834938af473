"""The trail of an object in words: what was done to it, by whom, why, and what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from qipan.kernel import events

WORDS = {
    "allocation.policy_stated": _("policy written down"),
    "allocation.batch_planned": _("batch planned"),
    "allocation.batch_approved": _("batch approved"),
    "allocation.batch_issued": _("batch issued"),
    "allocation.batch_voided": _("batch voided"),
    "transport.loaded": _("loaded"),
    "transport.depart": _("departed"),
    "transport.arrive": _("arrived"),
    "transport.receive": _("received"),
    "transport.photographed": _("photographed"),
    "transport.contact_revealed": _("name and number opened"),
    "transport.contacts_erased": _("names and numbers erased"),
    "catalogue.controlled": _("placed under central allocation"),
    "catalogue.classified": _("classified"),
    "catalogue.emergency_declared": _("emergency declared"),
    "catalogue.emergency_ended": _("emergency rules ended"),
    "organisations.registered": _("registered"),
    "organisations.key_list_changed": _("key list changed"),
    "organisations.post_given": _("post given"),
    "organisations.stand_in_given": _("stand-in named"),
    "organisations.post_ended": _("post ended"),
    "organisations.token_made": _("token made"),
    "organisations.token_revoked": _("token taken back"),
    "organisations.webhook_made": _("address for messages added"),
    "organisations.webhook_ended": _("address for messages ended"),
    "organisations.step_added": _("second step set up"),
    "organisations.step_removed": _("second step removed"),
    "organisations.step_renewed": _("recovery codes made anew"),
    "organisations.password_renewed": _("another password given by an administrator"),
    "organisations.step_reset": _("second steps taken away by an administrator"),
    "organisations.password_changed": _("password changed"),
    "organisations.account_linked": _("account of a provider linked"),
    "organisations.account_unlinked": _("account of a provider unlinked"),
    "resumption.rule_set": _("start of work ruled"),
    "resumption.exemption_asked": _("earlier return asked for"),
    "resumption.exemption_decided": _("earlier return decided"),
    "resumption.checklist_written": _("checklist written down"),
    "resumption.assessed": _("checked against the measures"),
    "resumption.committed": _("commitment signed"),
    "resumption.phase_planned": _("phase planned"),
    "resumption.phase_started": _("phase started"),
    "resumption.people_counted": _("people counted"),
    "resumption.returned": _("works again"),
    "resumption.stopped": _("stopped"),
    "resumption.counted": _("firms counted"),
    "resumption.permit_applied": _("permit applied for"),
    "resumption.permit_stepped": _("permit case goes on"),
    "production.line_registered": _("line registered"),
    "production.line_stated": _("line stated"),
    "organisations.listed": _("put on a list, or taken off"),
    "production.reported": _("daily report"),
    "production.commissioners_sent": _("commissioners sent"),
    "production.commission_ended": _("commission ended"),
    "production.log_written": _("commissioner's log written"),
    "production.ticket_opened": _("ticket opened"),
    "production.ticket_stepped": _("ticket goes on"),
    "demand.reported": _("need reported"),
    "demand.unread_settled": _("unread text settled"),
    "demand.approved": _("need approved"),
    "demand.place_stated": _("need of a place stated"),
    "stock.holds_expired": _("holds expired"),
    "stock.store_opened": _("store opened"),
    "stock.counted": _("counted"),
    "stock.reversed": _("booked back"),
    "stock.written_off": _("written off"),
    "stock.correction_proposed": _("correction proposed"),
    "stock.correction_rejected": _("correction rejected"),
}
DETAILS = {
    "lines": _("lines"),
    "count": _("rows"),
    "difference": _("difference, grains"),
    "version": _("version"),
    "role": _("role"),
    "host": _("host"),
    "office": _("office"),
    "until": _("until"),
    "stand_in": _("stand-in"),
    "scheme": _("scheme"),
    "code": _("code"),
    "kind": _("kind"),
    "rows": _("rows"),
    "added": _("added"),
    "proposed_by": _("proposed by"),
}
REASONS = ("note", "reason", "ground", "decision", "authority")


def word(key: str) -> str:
    """The words of an event's key; the key itself when it has none."""
    return str(WORDS.get(key, key))


def why(detail: Mapping[str, Any]) -> str:
    """The reason somebody gave, if there is one."""
    return next((str(detail[name]) for name in REASONS if detail.get(name)), "")


def changes(detail: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What changed, in words: ``before`` is None where only the new value is known."""
    before: Mapping[str, Any] = detail.get("before") or {}
    after: Mapping[str, Any] = detail.get("after") or {name: detail[name] for name in DETAILS if name in detail}
    return [
        {"name": str(DETAILS.get(name, name)), "before": before.get(name), "after": value}
        for name, value in after.items()
        if before.get(name) != value and not isinstance(value, dict)
    ]


def trail(
    subject: str, *, until: datetime | None = None, names_of: Callable[[set[int]], Mapping[int, Any]] | None = None
) -> list[dict[str, Any]]:
    """What was done to an object by an instant, as far as one may see it; for ``ui/parts/trail.html``.

    Args:
        names_of: gives the persons' names in the reader's language; else the name they had then.
    """
    found = [event for event in events.trail(subject) if until is None or event.at <= until]
    names = names_of({event.actor_id for event in found}) if names_of else {}
    return [
        {
            "id": e.id,
            "key": e.key,
            "what": word(e.key),
            "who": names.get(e.actor_id, e.actor_name),
            "why": why(e.detail),
            "changes": changes(e.detail),
            "at": e.at,
            "detail": e.detail,
        }
        for e in found
    ]
