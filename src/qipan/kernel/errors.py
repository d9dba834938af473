"""How a refusal is told: a stable code, the values, a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """An anticipated failure, named as a fact; subclasses set ``code`` and ``sentence``.

    ``sentence`` is a translatable template; ``values`` fill it. ``status`` is the
    HTTP status a door answers with.
    """

    code = "refused"
    status = 409
    sentence: str | Promise = _("This is refused.")

    def __init__(self, **values: Any) -> None:
        super().__init__(self.code, values)
        self.values = values

    def __str__(self) -> str:
        return str(self.sentence) % self.values


class NotAllowed(Refused):
    """The person's posts do not include the action."""

    code = "not_allowed"
    status = 403
    sentence = _("%(name)s may not do this (%(action)s): it needs another post.")


class SecondStepNeeded(Refused):
    """The posts include it, but it cannot be undone, and the person signs in with a password alone."""

    code = "second_step_needed"
    status = 403
    sentence = _("What cannot be undone needs a second step of signing in: %(name)s sets one up on the page Sign-in.")


class NotFound(Refused):
    """The object does not exist, or is not the reader's to see."""

    code = "not_found"
    status = 404
    sentence = _("There is no %(what)s %(which)s.")


class NotYourDivision(Refused):
    """Figures of a division that the person's posts do not read: a part of them would be taken for the whole."""

    code = "not_your_division"
    status = 403
    sentence = _("The posts of %(name)s do not read %(place)s; ask for a division inside %(own)s.")


class NoPost(Refused):
    """Signed in, and no post is valid now."""

    code = "no_post"
    status = 403
    sentence = _("%(name)s holds no post now, so there is nothing to be read or done. Ask whoever appoints.")


class SameKeyOtherBody(Refused):
    """An idempotency key was used before for something else."""

    code = "same_key_other_body"
    sentence = _("This key was used before for something else; nothing was booked. Open the form again.")


class NotBooked(Refused):
    """Nothing stands under this key."""

    code = "not_booked"
    status = 404
    sentence = _("Nothing was booked by you under this key. Send it again with the same key; it is booked once.")


@dataclass(frozen=True)
class RowProblem:
    """One problem of one cell: where it is and what is wrong, for a person to mend."""

    file: str
    sheet: str
    row: int
    column: str
    code: str
    sentence: str | Promise
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return str(self.sentence) % self.values

    def __str__(self) -> str:
        place = self.file + (f" · {self.sheet}" if self.sheet else "")
        if not self.column:
            return str(_("%(place)s: %(reason)s")) % {"place": place, "reason": self.reason}
        return str(_("%(place)s, row %(row)s, column %(column)s: %(reason)s")) % {
            "place": place,
            "row": self.row,
            "column": self.column,
            "reason": self.reason,
        }


class FileRefused(Refused):
    """A file has problems; all are listed and nothing of it was booked."""

    code = "file_refused"
    status = 422
    sentence = _("Problems in %(file)s: %(count)s. Nothing was booked.")

    def __init__(self, file: str, problems: Sequence[RowProblem]) -> None:
        super().__init__(file=file, count=len(problems))
        self.problems = list(problems)
