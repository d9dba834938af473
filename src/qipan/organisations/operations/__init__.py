"""Writes of regions, organisations, places, people and posts."""

from qipan.organisations.operations.listing import list_enterprises
from qipan.organisations.operations.posts import (
    Appointment,
    appoint,
    disable,
    end_post,
    give_post,
    let_stand_in,
    renew_password,
)
from qipan.organisations.operations.registering import (
    RECEIVING_KINDS,
    REGISTERED_KINDS,
    Registration,
    list_key_units,
    load_regions,
    open_place,
    register,
    register_unit,
)
from qipan.organisations.operations.tokens import DAYS_MOST, Made, make_token, revoke_token, use_token
from qipan.organisations.operations.webhooks import MadeWebhook, end_webhook, make_webhook, tell

__all__ = [
    "DAYS_MOST",
    "RECEIVING_KINDS",
    "REGISTERED_KINDS",
    "Appointment",
    "Made",
    "MadeWebhook",
    "Registration",
    "appoint",
    "disable",
    "end_post",
    "end_webhook",
    "give_post",
    "let_stand_in",
    "list_enterprises",
    "list_key_units",
    "load_regions",
    "make_token",
    "make_webhook",
    "open_place",
    "register",
    "register_unit",
    "renew_password",
    "revoke_token",
    "tell",
    "use_token",
]
