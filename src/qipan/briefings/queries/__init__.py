"""Reads of the situation: everything the operations room shows, from the contexts' own queries."""

from qipan.briefings.queries.room import Room, room
from qipan.briefings.queries.situation import ITEMS, PROVINCE

__all__ = ["ITEMS", "PROVINCE", "Room", "room"]
