"""Forms of the return to work."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.organisations import queries as organisations
from qipan.resumption.words import ANSWER_WORDS, CLASS_WORDS, DEPARTMENT_WORDS, GROUND_WORDS, PERMIT_WORDS, STEP_WORDS
from qipan.ui.fields import InstantField

WHOLE = {"inputmode": "numeric"}


def _day_field(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def class_choices() -> list[tuple[str, str]]:
    """Classes of enterprises."""
    return [(code, str(word)) for code, word in CLASS_WORDS.items()]


def item_choices() -> list[tuple[str, str]]:
    """No item, or one of the catalogue."""
    return [("", "–"), *((m.code, f"{m.short} · {m.code}") for m in catalogue.materials().values())]


class RuleForm(forms.Form):
    """From when the firms of a class may resume."""

    region = forms.CharField(label=_("Region code"), max_length=12, help_text=_("GB/T 2260, such as 140000."))
    list_name = forms.ChoiceField(label=_("Class"), choices=class_choices, required=False)
    not_before = InstantField(label=_("Not before"), help_text=_("Such as 2020-02-09T24:00."))
    document = forms.CharField(label=_("Document"), max_length=120)


class TallyForm(forms.Form):
    """How many firms of a class had resumed at the end of a day."""

    region = forms.CharField(label=_("Region code"), max_length=12, help_text=_("GB/T 2260, such as 140100."))
    list_name = forms.ChoiceField(label=_("Class"), choices=class_choices, required=False, initial="above_size")
    day = _day_field(_("Day"))
    resumed = forms.IntegerField(label=_("Resumed"), min_value=0, max_value=10_000_000, widget=forms.TextInput(WHOLE))
    enterprises = forms.IntegerField(
        label=_("Enterprises in all"), min_value=0, max_value=10_000_000, required=False, widget=forms.TextInput(WHOLE)
    )
    people = forms.IntegerField(
        label=_("People back at work"), min_value=0, max_value=100_000_000, required=False,
        widget=forms.TextInput(WHOLE),
    )  # fmt: skip
    source = forms.CharField(label=_("Source"), max_length=200)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial.setdefault("day", clock.today())


class CommitForm(forms.Form):
    """A firm signs for its duty."""

    signer = forms.CharField(label=_("Who signs, as what"), max_length=60)
    document = forms.CharField(label=_("Text that is signed"), max_length=200)


class AttendanceForm(forms.Form):
    """People on site against normal."""

    day = _day_field(_("Day"))
    on_site = forms.IntegerField(
        label=_("People on site"), min_value=0, max_value=1_000_000, widget=forms.TextInput(WHOLE)
    )
    normal = forms.IntegerField(label=_("Normally"), min_value=1, max_value=1_000_000, widget=forms.TextInput(WHOLE))


class PhaseForm(forms.Form):
    """Systems that start together."""

    number = forms.IntegerField(label=_("Number"), min_value=1, max_value=99, widget=forms.TextInput(WHOLE))
    title = forms.CharField(label=_("Systems that start"), max_length=120)
    is_core = forms.BooleanField(label=_("core production"), required=False)
    people = forms.IntegerField(label=_("People"), min_value=0, max_value=1_000_000, widget=forms.TextInput(WHOLE))
    planned_on = _day_field(_("Planned for"))


class StartForm(forms.Form):
    """A phase starts."""

    phase = forms.IntegerField(widget=forms.HiddenInput)


class ReturnForm(forms.Form):
    """A firm works again, or has stopped."""

    state = forms.ChoiceField(
        label=_("The firm"), choices=[("works", _("works again from now on")), ("stopped", _("has stopped"))]
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)


class ExemptionForm(forms.Form):
    """A firm asks to resume earlier."""

    ground = forms.ChoiceField(label=_("Ground"), choices=lambda: [(c, str(w)) for c, w in GROUND_WORDS.items()])
    text = forms.CharField(label=_("Why"), max_length=300)
    start_at = InstantField(label=_("From"), help_text=_("Such as 2020-02-03T08:00."))


class DecisionForm(forms.Form):
    """Whether it may."""

    exemption = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(label=_("Decision"), choices=[("yes", _("may resume earlier")), ("no", _("may not"))])
    note = forms.CharField(label=_("Note"), max_length=300, required=False)


class ChecklistForm(forms.Form):
    """A version of a checklist, its measures in a table."""

    code = forms.SlugField(label=_("Code of the version"), max_length=40, help_text=_("Such as shanxi-2020-02."))
    title_zh = forms.CharField(label=_("Name (Chinese)"), max_length=120)
    title_en = forms.CharField(label=_("Name (English)"), max_length=160, required=False)
    authority = forms.CharField(label=_("Authority"), max_length=120)
    region = forms.CharField(label=_("Region code"), max_length=12, help_text=_("GB/T 2260, such as 140000."))
    file = forms.FileField(
        label=_("Excel or CSV file"), help_text=_("Columns: chapter and measure; the rows are numbered as they stand.")
    )


class CheckForm(forms.Form):
    """A firm against every measure of a checklist: an answer and its evidence each."""

    def __init__(self, *args: Any, measures: tuple[Any, ...], may_inspect: bool, may_report: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [("", "–"), *((code, str(word)) for code, word in ANSWER_WORDS.items())]
        whose = [("own", _("the firm's own check"))] if may_report else []
        whose += [("inspection", _("inspection on site"))] if may_inspect else []
        self.fields["whose"] = forms.ChoiceField(label=_("Whose check"), choices=whose)
        for measure in measures:
            self.fields[f"m{measure.number}"] = forms.ChoiceField(
                label=f"{measure.number}. {measure.text}", choices=choices, required=False
            )
            self.fields[f"e{measure.number}"] = forms.CharField(label=_("Evidence"), max_length=200, required=False)
        self.measures = measures

    def rows(self) -> list[dict[str, Any]]:
        """Measures with their two fields, and the chapter where one begins."""
        found, last = [], None
        for m in self.measures:
            chapter = str(m.chapter)
            found.append(
                {
                    "measure": m, "answer": self[f"m{m.number}"], "evidence": self[f"e{m.number}"],
                    "chapter": chapter if chapter != last else "",
                }
            )  # fmt: skip
            last = chapter
        return found

    def answers(self) -> dict[int, tuple[str, str]]:
        """What was answered, by number."""
        typed = self.cleaned_data
        return {
            m.number: (typed[f"m{m.number}"], typed[f"e{m.number}"])
            for m in self.measures
            if typed[f"m{m.number}"]
        }  # fmt: skip


def department_choices() -> list[tuple[str, str]]:
    """Departments a case passes through."""
    return [(code, str(word)) for code, word in DEPARTMENT_WORDS.items()]


class PermitForm(forms.Form):
    """An application for a permit."""

    unit = forms.CharField(label=_("Enterprise"), max_length=120, help_text=_("Its name, code or credit code."))
    kind = forms.ChoiceField(label=_("Permit"), choices=lambda: [(c, str(w)) for c, w in PERMIT_WORDS.items()])
    item = forms.ChoiceField(label=_("Item"), choices=item_choices, required=False)
    title = forms.CharField(label=_("In a sentence"), max_length=200)
    department = forms.ChoiceField(label=_("With which department"), choices=department_choices)
    due_at = InstantField(label=_("Until"), help_text=_("Such as 2020-02-08T24:00."))

    def clean_unit(self) -> int:
        """The id of the enterprise."""
        return organisations.organisation(self.cleaned_data["unit"]).id

    def clean_item(self) -> int | None:
        """The id of the material; None where none was chosen."""
        code = self.cleaned_data["item"]
        return catalogue.material(code).id if code else None


class PermitStepForm(forms.Form):
    """How a permit case goes on; what an officer alone may do is left out for others."""

    kind = forms.ChoiceField(label=_("Step"))
    text = forms.CharField(label=_("What was done"), max_length=300, required=False)
    department = forms.ChoiceField(
        label=_("Passed on to"), choices=lambda: [("", "–"), *department_choices()], required=False
    )
    due_at = InstantField(label=_("Until"), required=False)
    number = forms.CharField(label=_("Number of the permit"), max_length=60, required=False)
    valid_to = _day_field(_("Holds until the end of"), required=False)

    def __init__(self, *args: Any, may_order: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        kinds = list(STEP_WORDS) if may_order else ["note", "withdrawn"]
        self.fields["kind"].choices = [(kind, str(STEP_WORDS[kind])) for kind in kinds]  # type: ignore[attr-defined]
        if not may_order:
            for name in ("department", "due_at", "number", "valid_to"):
                del self.fields[name]
