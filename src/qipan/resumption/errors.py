"""What the return to work refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class ClassUnknown(Refused):
    """A class of enterprises that is no list."""

    code = "firm_class_unknown"
    status = 422
    sentence = _("“%(word)s” is no class of enterprises; use one of %(classes)s, or none for every enterprise.")


class GroundUnknown(Refused):
    code = "ground_unknown"
    status = 422
    sentence = _("“%(word)s” is no ground for an earlier return; use one of %(grounds)s.")


class ExemptionUnknown(Refused):
    code = "exemption_unknown"
    status = 404
    sentence = _("There is no request %(exemption)s that you see.")


class ExemptionDecided(Refused):
    code = "exemption_decided"
    sentence = _("This request was decided already. If things have changed, ask again.")


class OwnRequest(Refused):
    """Nobody approves what he asked for."""

    code = "own_request"
    status = 403
    sentence = _("%(name)s asked for this; somebody else must decide it.")


class ChecklistUnknown(Refused):
    code = "checklist_unknown"
    status = 422
    sentence = _("“%(word)s” is no checklist; there are: %(codes)s.")


class ChecklistKnown(Refused):
    """A version is written once."""

    code = "checklist_known"
    sentence = _("Checklist “%(word)s” is there already; a new version needs another code.")


class MeasuresWrong(Refused):
    """Measures are numbered from 1 without a gap."""

    code = "measures_wrong"
    status = 422
    sentence = _("Measures are numbered from 1 to their count, each once; %(number)s breaks that.")


class AnswersWrong(Refused):
    """An answer to a measure that is not there, or that is none of the four."""

    code = "answers_wrong"
    status = 422
    sentence = _("Measure %(number)s: “%(answer)s” is no answer; use one of %(answers)s, for measures 1 to %(last)s.")


class PhaseUnknown(Refused):
    code = "phase_unknown"
    status = 404
    sentence = _("There is no phase %(phase)s that you see.")


class PhaseKnown(Refused):
    code = "phase_known"
    sentence = _("%(unit)s has a phase %(number)s already.")


class PhaseStarted(Refused):
    code = "phase_started"
    sentence = _("Phase %(number)s has started already.")


class CoreFirst(Refused):
    """Core production systems start first; others follow."""

    code = "core_first"
    sentence = _("Core systems first: start phase %(core)s (%(title)s) before phase %(number)s.")


class TallyDayRefused(Refused):
    code = "tally_day_refused"
    status = 422
    sentence = _("%(day)s cannot be counted: days from %(first)s to %(last)s can.")


class TallyAboveAll(Refused):
    """More firms have resumed than there are."""

    code = "tally_above_all"
    status = 422
    sentence = _("%(resumed)s of %(enterprises)s enterprises cannot have resumed; correct one of the numbers.")


class PermitKindUnknown(Refused):
    code = "permit_kind_unknown"
    status = 422
    sentence = _("“%(word)s” is no kind of permit; use one of %(kinds)s.")


class PermitUnknown(Refused):
    code = "permit_unknown"
    status = 404
    sentence = _("There is no permit case %(permit)s that you see.")


class PermitEnded(Refused):
    code = "permit_ended"
    sentence = _("Permit case %(permit)s has ended. A renewal is a case of its own.")


class PermitStepUnknown(Refused):
    code = "permit_step_unknown"
    status = 422
    sentence = _("“%(word)s” is no step of a permit case; use one of %(kinds)s.")


class PermitNumberMissing(Refused):
    """A permit that is granted has a number."""

    code = "permit_number_missing"
    status = 422
    sentence = _("A granted permit has a number; write the number on it.")


class PermitBackwards(Refused):
    """A clock that has run out before it starts, or a permit that ends before it begins."""

    code = "permit_backwards"
    status = 422
    sentence = _("%(day)s lies before what it follows; write a later day.")


class DepartmentOfPermitUnknown(Refused):
    code = "permit_department_unknown"
    status = 422
    sentence = _("“%(word)s” is no department; use one of %(departments)s.")
