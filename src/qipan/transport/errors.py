"""What transport refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class ShipmentUnknown(Refused):
    code = "shipment_unknown"
    status = 404
    sentence = _("There is no shipment %(number)s.")


class LineUnknown(Refused):
    code = "line_unknown"
    status = 422
    sentence = _("Shipment %(number)s has no line %(line)s.")


class NothingToLoad(Refused):
    code = "nothing_to_load"
    status = 422
    sentence = _("No line to load: choose issued lines of one store and one receiver.")


class LineNotIssued(Refused):
    code = "line_not_issued"
    sentence = _("Line %(line)s is not issued, or is loaded already.")


class LinesDiffer(Refused):
    code = "lines_differ"
    status = 422
    sentence = _("These lines go from different stores or to different receivers; load them separately.")


class AlreadyDeparted(Refused):
    code = "already_departed"
    sentence = _("Shipment %(number)s has left already.")


class NotDeparted(Refused):
    code = "not_departed"
    sentence = _("Shipment %(number)s has not left yet.")


class ShipmentNotArrived(Refused):
    code = "shipment_not_arrived"
    sentence = _("Shipment %(number)s has not arrived yet; report its arrival first.")


class AlreadyReceived(Refused):
    code = "already_received"
    sentence = _("Shipment %(number)s was received already.")


class MoreThanShipped(Refused):
    """More was counted than was loaded."""

    code = "more_than_shipped"
    status = 422
    sentence = _("Line %(line)s: %(counted)s counted, but only %(shipped)s were loaded.")


class CountMissing(Refused):
    code = "count_missing"
    status = 422
    sentence = _("Line %(line)s has no count; write 0 if nothing came.")


class ReasonMissing(Refused):
    code = "reason_missing"
    status = 422
    sentence = _("Line %(line)s is %(short)s short; say why.")


class NotTheConsignee(Refused):
    code = "not_the_consignee"
    status = 403
    sentence = _("%(name)s may not sign for %(unit)s.")


class OrderOfInstants(Refused):
    code = "order_of_instants"
    status = 422
    sentence = _("%(later)s cannot be before %(earlier)s.")


class NotOnABatch(Refused):
    """Goods under central allocation were to leave without a batch; nobody intercepts or requisitions them."""

    code = "not_on_a_batch"
    status = 403
    sentence = _("Goods under central allocation leave on a batch of the command; %(name)s cannot send them elsewhere.")


class PhoneUnreadable(Refused):
    """A telephone number that is none."""

    code = "phone_unreadable"
    status = 422
    sentence = _("%(text)s is no telephone number: digits, spaces, brackets and hyphens, perhaps a plus before.")


class ContactUnknown(Refused):
    """Nobody was named in this role."""

    code = "contact_unknown"
    status = 404
    sentence = _("Load %(number)s names nobody as %(role)s.")


class ContactErased(Refused):
    """The time for keeping it is over."""

    code = "contact_erased"
    status = 410
    sentence = _("Name and number were erased at %(at)s, as they must be.")


class LookReasonMissing(Refused):
    """A number is opened for a reason only."""

    code = "look_reason_missing"
    status = 422
    sentence = _("Say why you need the number; it is written down.")


class TooManyPhotos(Refused):
    """A load has as many photographs as are kept."""

    code = "too_many_photos"
    sentence = _("A load keeps at most %(most)s photographs.")
