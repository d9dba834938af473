"""What the catalogue refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qipan.kernel.errors import Refused


class AlreadyClassified(Refused):
    code = "already_classified"
    sentence = _("%(code)s stands in the scheme “%(scheme)s” already.")


class MaterialUnknown(Refused):
    code = "material_unknown"
    status = 422
    sentence = _("“%(word)s” is no material of the catalogue; use a code or name from it.")


class ZoneUnknown(Refused):
    code = "zone_unknown"
    status = 422
    sentence = _("“%(word)s” is no use zone; use one of %(zones)s.")


class UnitUnknown(Refused):
    code = "unit_unknown"
    status = 422
    sentence = _("%(material)s is not counted in “%(unit)s”; use %(units)s.")


class UnlikeUnits(Refused):
    """Quantities of materials with different units were to be added."""

    code = "unlike_units"
    status = 422
    sentence = _("%(units)s cannot be added; show them side by side.")


class DeclarationUnknown(Refused):
    code = "declaration_unknown"
    status = 404
    sentence = _("There is no declaration %(declaration)s.")


class DeclarationEnded(Refused):
    code = "declaration_ended"
    sentence = _("This emergency has ended already.")


class WordsMissing(Refused):
    """An act with legal effect needs its words: title, document, authority, ground."""

    code = "words_missing"
    status = 422
    sentence = _("Name the title, the document and the authority, or the ground; nothing was changed.")
