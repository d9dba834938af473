"""Writes of transport: load, depart, arrive, receive; who is with a load."""

from qipan.transport.operations.contacts import Opened, erase, reveal
from qipan.transport.operations.loading import Load, Route, Vehicle, load_batch_lines, load_shipment
from qipan.transport.operations.photographing import add_photo
from qipan.transport.operations.steps import Counted, confirm_receipt, depart, lines_of, report_arrival

__all__ = [
    "Counted",
    "Load",
    "Opened",
    "Route",
    "Vehicle",
    "add_photo",
    "confirm_receipt",
    "depart",
    "erase",
    "lines_of",
    "load_batch_lines",
    "load_shipment",
    "report_arrival",
    "reveal",
]
