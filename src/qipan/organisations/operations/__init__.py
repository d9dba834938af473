"""Writes of regions, organisations, places, people and posts."""

from qipan.organisations.operations.posts import Appointment, appoint, disable, end_post, give_post, let_stand_in
from qipan.organisations.operations.registering import (
    RECEIVING_KINDS,
    Registration,
    list_key_units,
    load_regions,
    open_place,
    register,
    register_unit,
)

__all__ = [
    "RECEIVING_KINDS",
    "Appointment",
    "Registration",
    "appoint",
    "disable",
    "end_post",
    "give_post",
    "let_stand_in",
    "list_key_units",
    "load_regions",
    "open_place",
    "register",
    "register_unit",
]
