"""Writes of production: lines, daily reports, commissioners, tickets. Facts are added, never changed."""

from qipan.production.operations.commissioning import (
    CommissionText,
    end_commission,
    send_commissioners,
    write_commission_log,
)
from qipan.production.operations.making import LineRegistration, register_line, state_line
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
    "open_ticket",
    "register_line",
    "send_commissioners",
    "state_line",
    "step_ticket",
    "submit_daily_reports",
    "sums_refused",
    "write_commission_log",
]
