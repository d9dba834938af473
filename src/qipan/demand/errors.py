"""What demand refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class NeedUnknown(Refused):
    """A change or removal of a statement that was never made."""

    code = "need_unknown"
    sentence = _("%(unit)s has no statement about “%(item)s” that could be changed.")


class ZoneNotPermitted(Refused):
    code = "zone_not_permitted"
    status = 422
    sentence = _("%(material)s may not be used in zone %(zone)s on that day.")


class VoiceUnknown(Refused):
    code = "voice_unknown"
    status = 422
    sentence = _("“%(word)s” is no voice of a place's need; use one of %(voices)s.")


class NotUsedUp(Refused):
    code = "not_used_up"
    status = 422
    sentence = _("%(material)s is a durable good: it is not used up, so there is no burn rate of it.")


class AlreadySettled(Refused):
    code = "already_settled"
    sentence = _("Somebody has decided this already.")
