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
    sentence = _("“%(word)s” is no kind of unit that is registered here; use one of %(kinds)s.")


class CreditCodeWrong(Refused):
    """A code that GB 32100 does not allow; it may be left out."""

    code = "credit_code_wrong"
    status = 422
    sentence = _("“%(code)s” is no credit code of GB 32100: 18 characters, the last one checks the others.")


class CreditCodeKnown(Refused):
    """Two units cannot have one credit code."""

    code = "credit_code_known"
    sentence = _("The credit code %(code)s is that of %(unit)s already.")


class NoEnterprise(Refused):
    """A unit that makes nothing, where an enterprise is asked for."""

    code = "no_enterprise"
    status = 422
    sentence = _("%(unit)s is no enterprise.")


class ListUnknown(Refused):
    code = "list_unknown"
    status = 422
    sentence = _("“%(word)s” is no list of enterprises; use one of %(lists)s.")


class PersonUnknown(Refused):
    """Nobody of this name can sign in."""

    code = "person_unknown"
    status = 422
    sentence = _("Nobody called “%(word)s” can sign in; add the person first (qipan user add).")


class OfficeUnknown(Refused):
    code = "office_unknown"
    status = 422
    sentence = _("“%(word)s” is no office; use one of %(offices)s.")


class ClassUnknown(Refused):
    """An item class that is no category of the catalogue."""

    code = "class_unknown"
    status = 422
    sentence = _("“%(word)s” is no category of the catalogue; leave it out for every item.")


class PeriodBackwards(Refused):
    code = "period_backwards"
    status = 422
    sentence = _("The period ends before it begins.")


class OwnPost(Refused):
    """Nobody gives himself a post, or stands in for himself."""

    code = "own_post"
    status = 403
    sentence = _("%(name)s cannot be given this by the same person; somebody else must do it.")


class PostUnknown(Refused):
    code = "post_unknown"
    status = 404
    sentence = _("There is no post %(post)s.")


class PostEnded(Refused):
    code = "post_ended"
    sentence = _("This post has ended already.")


class StandInOfStandIn(Refused):
    """Who stands in does not pass it on."""

    code = "stand_in_of_stand_in"
    status = 403
    sentence = _("Who stands in for somebody cannot pass the post on; its holder can.")


class StandInTooLong(Refused):
    code = "stand_in_too_long"
    status = 422
    sentence = _("Somebody stands in for at most %(days)s days; give the person a post of its own.")


class SignInRefused(Refused):
    code = "sign_in_refused"
    status = 403
    sentence = _("Name or password is not right.")


class DaysOutOfBounds(Refused):
    code = "days_out_of_bounds"
    status = 422
    sentence = _("A token lasts 1 to %(most)s days.")


class ActionUnknown(Refused):
    code = "action_unknown"
    status = 422
    sentence = _("“%(word)s” is no action; use some of %(actions)s.")


class TokenUnknown(Refused):
    code = "token_unknown"
    status = 404
    sentence = _("You have no token %(token)s.")


class TooManyWebhooks(Refused):
    """A person has as many addresses as are told."""

    code = "too_many_webhooks"
    sentence = _("You have %(most)s addresses already; end one first.")


class WebhookUnknown(Refused):
    """No such address of one's own."""

    code = "webhook_unknown"
    status = 404
    sentence = _("You have no address %(webhook)s.")
