"""What production refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class LineUnknown(Refused):
    code = "line_unknown"
    status = 404
    sentence = _("There is no line %(line)s that you see.")


class LineKnown(Refused):
    """The maker has a line of that name and item."""

    code = "line_known"
    sentence = _("%(unit)s has a line “%(name)s” of %(material)s already.")


class StateUnknown(Refused):
    code = "state_unknown"
    status = 422
    sentence = _("“%(word)s” is no state of a line; use one of %(states)s.")


class VoiceUnknown(Refused):
    code = "report_voice_unknown"
    status = 422
    sentence = _("“%(word)s” is no voice of a daily report; use one of %(voices)s.")


class DayRefused(Refused):
    """A day that has not come, or before the line was registered."""

    code = "day_refused"
    status = 422
    sentence = _("%(day)s cannot be reported: reports are of days from %(first)s to %(last)s.")


class ReportTwice(Refused):
    """Two reports for one line and day in one sending."""

    code = "report_twice"
    status = 422
    sentence = _("%(line)s has two reports for %(day)s here; leave one.")


class ReportedMeanwhile(Refused):
    """Somebody else reported the same line and day at the same moment."""

    code = "reported_meanwhile"
    sentence = _("Somebody has just reported %(count)s of these lines. Look at what they wrote, and send again.")


class ArithmeticWrong(Refused):
    """Opening + output − shipped is not the closing stock, and nothing says why."""

    code = "arithmetic_wrong"
    status = 422
    sentence = _(
        "%(line)s: opening %(opening)s + output %(output)s − shipped %(shipped)s = %(due)s, but the closing stock says"
        " %(closing)s. Correct a number, or say in the note why they differ."
    )


class NotYetReleasable(Refused):
    """More is released than has awaited its release long enough."""

    code = "not_yet_releasable"
    sentence = _(
        "%(line)s: %(released)s are to be released, but only %(ready)s were made %(days)s days ago or earlier and still"
        " await release."
    )


class CommissionUnknown(Refused):
    code = "commission_unknown"
    status = 404
    sentence = _("There is no commissioner %(commission)s that you see.")


class CommissionEnded(Refused):
    code = "commission_ended"
    sentence = _("%(who)s is at the maker no longer.")


class DutyUnknown(Refused):
    code = "duty_unknown"
    status = 422
    sentence = _("“%(word)s” is none of the five duties; use: %(duties)s.")


class LogEmpty(Refused):
    """A log without a word under any of the five duties."""

    code = "log_empty"
    status = 422
    sentence = _("The log is empty: write what was done under one of the five duties at the least.")


class TicketUnknown(Refused):
    code = "ticket_unknown"
    status = 404
    sentence = _("There is no ticket %(ticket)s that you see.")


class TicketResolved(Refused):
    code = "ticket_resolved"
    sentence = _("Ticket %(ticket)s is resolved already. If it holds the line back again, open another.")


class HindranceUnknown(Refused):
    code = "hindrance_unknown"
    status = 422
    sentence = _("“%(word)s” is no kind of hindrance; use one of %(kinds)s.")


class DepartmentUnknown(Refused):
    code = "department_unknown"
    status = 422
    sentence = _("“%(word)s” is no department; use one of %(departments)s.")


class StepUnknown(Refused):
    code = "step_unknown"
    status = 422
    sentence = _("“%(word)s” is no step of a ticket; use one of %(kinds)s.")


class DueBackwards(Refused):
    """A date that is over before it begins."""

    code = "due_backwards"
    status = 422
    sentence = _("It cannot be due at %(due)s: that is over.")
