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


class NoMaker(Refused):
    """A line of a unit that is no enterprise."""

    code = "no_maker"
    status = 422
    sentence = _("%(unit)s is no enterprise; lines are of enterprises.")


class StateUnknown(Refused):
    code = "state_unknown"
    status = 422
    sentence = _("“%(word)s” is no state of a line; use one of %(states)s.")


class ListUnknown(Refused):
    code = "list_unknown"
    status = 422
    sentence = _("“%(word)s” is no list of makers; use one of %(lists)s.")


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
