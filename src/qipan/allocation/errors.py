"""What allocation refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class BatchUnknown(Refused):
    code = "batch_unknown"
    status = 404
    sentence = _("There is no batch %(number)s.")


class NothingToShare(Refused):
    """A plan with no approved need or no free stock."""

    code = "nothing_to_share"
    status = 422
    sentence = _("There is no approved need of these items at %(place)s; approve needs first.")


class PolicyUnknown(Refused):
    code = "policy_unknown"
    status = 422
    sentence = _("There is no policy “%(code)s” in force on that day.")


class PolicyVersionTaken(Refused):
    code = "policy_version_taken"
    sentence = _("Version %(version)s of policy “%(code)s” was written down already and is never edited.")


class TierMissing(Refused):
    code = "tier_missing"
    status = 422
    sentence = _("A policy needs at least one tier with a name.")


class PoolUnknown(Refused):
    code = "pool_unknown"
    status = 422
    sentence = _("“%(word)s” is no pool a batch draws on; use one of %(pools)s.")


class DeadlinePassed(Refused):
    code = "deadline_passed"
    status = 422
    sentence = _("The deadline must be after the cut, at most 31 days.")


class ControlledItem(Refused):
    """An item under unified central allocation was to be planned by somebody else than the command."""

    code = "controlled_item"
    status = 403
    sentence = _("An item is under central allocation; only the command may plan it, not %(name)s.")


class NotCertified(Refused):
    code = "not_certified"
    sentence = _("The independent check did not prove batch %(number)s fair; it cannot be approved.")


class InputsNotYours(Refused):
    """What a batch was planned from is read by those who answer for the place it was planned for."""

    code = "inputs_not_yours"
    status = 403
    sentence = _("Only who answers for the place batch %(number)s was planned for may read what it was planned from.")


class SamePerson(Refused):
    """Who planned a batch may not approve it."""

    code = "same_person"
    status = 403
    sentence = _("%(name)s planned batch %(number)s; somebody else must approve it.")


class HoldsEndBefore(Refused):
    """The goods would be free again before they are held."""

    code = "holds_end_before"
    status = 422
    sentence = _("The time until which goods are held has passed; give a later one, or none.")


class StepOutOfOrder(Refused):
    code = "step_out_of_order"
    sentence = _("Batch %(number)s is %(state)s; it cannot become %(step)s now.")


class AlreadyOnTheRoad(Refused):
    code = "already_on_the_road"
    sentence = _("Goods of batch %(number)s have left; it can no longer be voided.")


class SupposalUnreadable(Refused):
    """A what-if names a source, need, rule or quantity that the batch does not have."""

    code = "supposal_unreadable"
    status = 422
    sentence = _("“%(text)s” is not valid for “%(name)s” of this batch.")


class SumsTooLarge(Refused):
    """A need or a stock out of all proportion: its sums cannot be held exactly, so nothing is planned."""

    code = "sums_too_large"
    status = 422
    sentence = _("A need or a stock is out of all proportion; nothing was planned. Correct it first (%(detail)s).")
