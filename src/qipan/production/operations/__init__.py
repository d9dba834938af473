"""Writes of production: lines and lists, daily reports, commissioners, tickets. Facts are added, never changed."""

from qipan.production.operations.commissioning import (
    CommissionText,
    end_commission,
    send_commissioners,
    write_commission_log,
)
from qipan.production.operations.making import LineRegistration, list_makers, register_line, state_line
from qipan.production.operations.reporting import Daily, flags_of, is_reportable, submit_daily_reports, sums_refused
from qipan.production.operations.ticketing import TicketText, open_ticket, step_ticket

__all__ = [
    "CommissionText",
    "Daily",
    "LineRegistration",
    "TicketText",
    "end_commission",
    "flags_of",
    "is_reportable",
    "list_makers",
    "open_ticket",
    "register_line",
    "send_commissioners",
    "state_line",
    "step_ticket",
    "submit_daily_reports",
    "sums_refused",
    "write_commission_log",
]
