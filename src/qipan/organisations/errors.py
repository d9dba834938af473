"""What organisations refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class RegionUnknown(Refused):
    code = "region_unknown"
    status = 422
    sentence = _("“%(word)s” is no region; use a GB/T 2260 code such as 420100.")


class OrganisationUnknown(Refused):
    code = "organisation_unknown"
    status = 422
    sentence = _("“%(word)s” is no unit known here; register it first.")


class KindUnknown(Refused):
    code = "kind_unknown"
    status = 422
    sentence = _("“%(word)s” is no kind of unit that receives goods; use one of %(kinds)s.")


class SignInRefused(Refused):
    code = "sign_in_refused"
    status = 403
    sentence = _("Name or password is not right.")
