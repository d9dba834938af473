"""What the ledger refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class StockInsufficient(Refused):
    """A store would give out more than it has free; nothing of the call was booked."""

    code = "stock_insufficient"
    sentence = _("%(account)s has only %(free)s %(unit)s of %(material)s free, %(asked)s were asked.")


class HoldNotOpen(Refused):
    code = "hold_not_open"
    sentence = _("What was held for this is no longer held: it left, was voided or expired.")


class NotReversible(Refused):
    code = "not_reversible"
    sentence = _("This movement cannot be reversed: it was reversed before, or is a reversal itself.")


class StoreKindUnknown(Refused):
    code = "store_kind_unknown"
    status = 422
    sentence = _("“%(word)s” is no kind of store goods are shared out from; use one of %(kinds)s.")


class AccountUnknown(Refused):
    code = "account_unknown"
    status = 404
    sentence = _("There is no such account in these books.")


class LotDiffers(Refused):
    code = "lot_differs"
    sentence = _("Lot %(number)s is known with another expiry date.")


class LedgerRefused(Refused):
    """The ledger function refused the session: tenant or person differ from the signed-in one."""

    code = "ledger_refused"
    status = 403
    sentence = _("The ledger refused this session.")


class OutcomeUnknown(Refused):
    """The connection broke while booking; the same key tells later whether it was booked."""

    code = "outcome_unknown"
    status = 503
    sentence = _("It is not known whether this was booked. Ask again with the key %(idem)s; do not enter it anew.")


class CountBelowZero(Refused):
    code = "count_below_zero"
    status = 422
    sentence = _("A count is nothing or more.")


class CorrectionUnknown(Refused):
    code = "correction_unknown"
    status = 404
    sentence = _("There is no correction %(correction)s.")


class CorrectionEnded(Refused):
    """It was confirmed, rejected or replaced before."""

    code = "correction_ended"
    sentence = _("This correction was decided already.")


class SameHand(Refused):
    """Who proposed a write-off or a booking back does not confirm it, nor who stands in for that person."""

    code = "same_hand"
    status = 403
    sentence = _("%(name)s proposed this, or stands in for who did; somebody else must confirm it.")


class ControlledGoods(Refused):
    """No local authority takes goods under central allocation out of the books."""

    code = "controlled_goods"
    status = 403
    sentence = _("These goods are under central allocation: only the command may confirm it, not %(name)s.")
