"""Checklists are written down in versions, firms are checked against them, and sign for their duty."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from importlib import resources
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from qipan.kernel import clock, events
from qipan.kernel.access import NATION, Actor
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.resumption import access, errors, queries
from qipan.resumption.models import ANSWERS, Assessment, Checklist, Commitment, Measure
from qipan.resumption.operations.telling import told


@dataclass(frozen=True)
class ChecklistText:
    """A version of a guideline; ``measures`` are (chapter, text), numbered from 1 as they stand."""

    code: str
    title: Both
    authority: str
    source: str
    measures: tuple[tuple[Both, Both], ...]
    region: str = NATION
    is_simulated: bool = False


def measures_of_shanxi() -> tuple[tuple[Both, Both], ...]:
    """44 measures in seven chapters, as many as Shanxi's guideline of February 2020 has; the wording is ours."""
    text = resources.files("qipan.resumption").joinpath("measures.csv").read_text("utf-8")
    return tuple(
        (Both(row["chapter_zh"], row["chapter_en"]), Both(row["text_zh"], row["text_en"]))
        for row in csv.DictReader(text.splitlines())
    )


def write_checklist(wanted: ChecklistText, *, by: Actor, at: datetime, idem: UUID) -> int:
    """Write down a version of a checklist; it never changes, a new version has a code of its own.

    Raises:
        ChecklistKnown, MeasuresWrong: there is none; RegionUnknown, NotAllowed.

    Event: resumption.checklist_written.
    """
    access.require_order(by, organisations.region(wanted.region).code)
    if not wanted.measures:
        raise errors.MeasuresWrong(number=0)

    def work() -> dict[str, Any]:
        try:
            with transaction.atomic():
                row = Checklist.objects.create(
                    code=wanted.code, title_zh=wanted.title.zh, title_en=wanted.title.en, authority=wanted.authority,
                    source=wanted.source, **told(by, at, wanted.is_simulated),
                )  # fmt: skip
        except IntegrityError as error:
            raise errors.ChecklistKnown(word=wanted.code) from error
        Measure.objects.bulk_create(
            Measure(
                checklist=row, number=number, chapter_zh=chapter.zh, chapter_en=chapter.en, text_zh=text.zh,
                text_en=text.en,
            )
            for number, (chapter, text) in enumerate(wanted.measures, start=1)
        )  # fmt: skip
        events.record(
            "resumption.checklist_written", by=by, subject=f"checklist/{wanted.code}", at=at, region=wanted.region,
            measures=len(wanted.measures), authority=wanted.authority,
        )  # fmt: skip
        return {"checklist": row.pk}

    body = {"checklist": repr(astuple(wanted))}
    return int(events.once("resumption.write_checklist", by=by, idem=idem, body=body, work=work)["checklist"])


def assess(
    unit: int, *, checklist: str, answers: Mapping[int, tuple[str, str]], is_inspection: bool, by: Actor, at: datetime,
    idem: UUID, is_simulated: bool = False,
) -> int:  # fmt: skip
    """Check a firm against a checklist, with the evidence of each answer; a later check replaces, the first is kept.

    Args:
        answers: (answer, evidence) by the measure's number; answers are met, partly, not_met, not_applicable. What is
            left out is not met.
        is_inspection: by the authority, on site; else by the firm itself.

    Raises:
        NoEnterprise, ChecklistUnknown, AnswersWrong, NotAllowed.

    Event: resumption.assessed.
    """
    firm = organisations.enterprises([unit])[unit]
    if is_inspection:
        access.require_order(by, firm.region)
    else:
        access.require_report(by, firm)
    found = queries.checklist(checklist, Cut(clock.now()))
    last = len(found.measures)
    for number, (answer, _evidence) in answers.items():
        if not 1 <= number <= last or answer not in ANSWERS:
            raise errors.AnswersWrong(number=number, answer=answer, answers=", ".join(ANSWERS), last=last)

    def work() -> dict[str, Any]:
        row = Assessment.objects.create(
            organisation_id=unit, region_code=firm.region, checklist_id=found.id, is_inspection=is_inspection,
            answers={str(number): list(said) for number, said in sorted(answers.items())},
            **told(by, at, is_simulated),
        )  # fmt: skip
        events.record(
            "resumption.assessed", by=by, subject=f"unit/{unit}", at=at, region=firm.region, checklist=found.code,
            met=sum(answer == "met" for answer, _evidence in answers.values()), inspection=is_inspection,
        )  # fmt: skip
        return {"assessment": row.pk}

    body = {
        "unit": unit, "checklist": found.code, "answers": {str(n): said for n, said in answers.items()},
        "is_inspection": is_inspection,
    }  # fmt: skip
    return int(events.once("resumption.assess", by=by, idem=idem, body=body, work=work)["assessment"])


def sign_commitment(
    unit: int, *, signer: str, document: str, by: Actor, at: datetime, idem: UUID, is_simulated: bool = False
) -> int:
    """A firm signs for its duty to prevent infection.

    Raises:
        NoEnterprise, NotAllowed.

    Event: resumption.committed.
    """
    firm = organisations.enterprises([unit])[unit]
    access.require_report(by, firm)

    def work() -> dict[str, Any]:
        row = Commitment.objects.create(
            organisation_id=unit, region_code=firm.region, signer=signer, document=document,
            **told(by, at, is_simulated),
        )  # fmt: skip
        events.record(
            "resumption.committed", by=by, subject=f"unit/{unit}", at=at, region=firm.region, document=document
        )
        return {"commitment": row.pk}

    body = {"unit": unit, "signer": signer, "document": document}
    return int(events.once("resumption.sign_commitment", by=by, idem=idem, body=body, work=work)["commitment"])
