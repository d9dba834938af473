"""Reads of the situation: everything the operations room shows, from the contexts' own queries."""

from qipan.briefings.queries.room import Room, room
from qipan.briefings.queries.situation import ITEMS

__all__ = ["ITEMS", "Room", "room"]
