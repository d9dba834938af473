"""The API of the return to work."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Header, Router, Schema

from qipan.kernel import clock
from qipan.kernel.doors import actor_of, cut_of, instant_in, require_reading, shared_cut_of
from qipan.kernel.figures import json_value
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.resumption import forecasting, operations, queries
from qipan.resumption.api_permits import router as permits_router
from qipan.resumption.queries import FirmRow

router = Router(tags=["resumption"])
router.add_router("", permits_router)


class RuleIn(Schema):
    """From when the firms of a class may resume; ``list_name`` "" is every enterprise."""

    region: str = Field(max_length=12)
    list_name: str = Field("", max_length=10)
    not_before: str = Field(min_length=1, max_length=40)
    document: str = Field(min_length=1, max_length=120)


class ExemptionIn(Schema):
    """A firm that asks to resume earlier."""

    unit: str = Field(max_length=120)
    ground: str = Field(max_length=10)
    text: str = Field(min_length=1, max_length=300)
    start_at: str = Field(min_length=1, max_length=40)


class DecisionIn(Schema):
    """Whether it may."""

    is_approved: bool
    note: str = Field("", max_length=300)


class MeasureIn(Schema):
    """One measure; its number is its place in the list."""

    chapter_zh: str = Field(min_length=1, max_length=40)
    chapter_en: str = Field("", max_length=60)
    text_zh: str = Field(min_length=1, max_length=300)
    text_en: str = Field("", max_length=400)


class ChecklistIn(Schema):
    """A version of a guideline."""

    code: str = Field(min_length=1, max_length=40)
    title_zh: str = Field(min_length=1, max_length=120)
    title_en: str = Field("", max_length=160)
    authority: str = Field(min_length=1, max_length=120)
    source: str = Field(min_length=1, max_length=300)
    region: str = Field("100000", max_length=12)
    measures: list[MeasureIn] = Field(min_length=1, max_length=500)


class AnswerIn(Schema):
    """An answer to a measure: met, partly, not_met, not_applicable; and its evidence."""

    number: int = Field(ge=1, le=500)
    answer: str = Field(max_length=20)
    evidence: str = Field("", max_length=200)


class AssessmentIn(Schema):
    """A firm against a checklist; "" is the newest."""

    unit: str = Field(max_length=120)
    checklist: str = Field("", max_length=40)
    is_inspection: bool = False
    answers: list[AnswerIn] = Field(min_length=1, max_length=500)


class CommitmentIn(Schema):
    """A firm signs for its duty."""

    unit: str = Field(max_length=120)
    signer: str = Field(min_length=1, max_length=60)
    document: str = Field(min_length=1, max_length=200)


class PhaseIn(Schema):
    """Systems that start together."""

    unit: str = Field(max_length=120)
    number: int = Field(ge=1, le=99)
    title: str = Field(min_length=1, max_length=120)
    is_core: bool
    people: int = Field(ge=0, le=1_000_000)
    planned_on: date


class AttendanceIn(Schema):
    """People on site against normal."""

    unit: str = Field(max_length=120)
    day: date
    on_site: int = Field(ge=0, le=1_000_000)
    normal: int = Field(ge=1, le=1_000_000)


class ReturnIn(Schema):
    """A firm works again, or has stopped."""

    unit: str = Field(max_length=120)
    is_working: bool
    note: str = Field("", max_length=300)


class TallyIn(Schema):
    """How many firms of a class had resumed in a division at the end of a day."""

    region: str = Field(max_length=12)
    list_name: str = Field("above_size", max_length=10)
    day: date
    resumed: int = Field(ge=0, le=10_000_000)
    enterprises: int | None = Field(None, ge=0, le=10_000_000)
    people: int | None = Field(None, ge=0, le=100_000_000)
    source: str = Field(min_length=1, max_length=200)


@router.get("/resumption/rules", summary="From when firms may resume, by division and class: ?as_of=")
def list_rules(request: HttpRequest, as_of: str = "") -> list[dict[str, Any]]:
    return [
        {
            "rule": row.id,
            "region": row.region,
            "list_name": row.list_name,
            "not_before": clock.write_instant(row.not_before),
            "document": row.document,
            "simulated": row.is_simulated,
        }
        for row in queries.rules(shared_cut_of(request, place="", item=""))
    ]


@router.post("/resumption/rules", summary="Set from when a class may resume", response={201: dict[str, Any]})
def set_rule(request: HttpRequest, rule: RuleIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    now = clock.now()
    made = operations.set_start_rule(
        rule.region, list_name=rule.list_name, not_before=instant_in(rule.not_before) or now, document=rule.document,
        by=actor_of(request), at=now, idem=key,
    )  # fmt: skip
    return {"rule": made}


@router.get("/resumption/exemptions", summary="Requests to resume earlier, undecided ones first: ?as_of=&place=")
def list_exemptions(request: HttpRequest, as_of: str = "", place: str = "") -> list[dict[str, Any]]:
    return [
        {
            "exemption": row.id,
            "unit": json_value(row.unit),
            "ground": row.ground,
            "text": row.text,
            "start_at": clock.write_instant(row.start_at),
            "is_approved": row.is_approved,
            "asked_by": row.actor_name,
            "decided_by": row.decided_by or None,
            "note": row.note,
            "simulated": row.is_simulated,
        }
        for row in queries.exemptions(cut_of(request))
    ]


@router.post("/resumption/exemptions", summary="Ask to resume earlier", response={201: dict[str, Any]})
def ask_exemption(
    request: HttpRequest, asked: ExemptionIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    now = clock.now()
    made = operations.ask_exemption(
        organisations.organisation(asked.unit).id, ground=asked.ground, text=asked.text,
        start_at=instant_in(asked.start_at) or now, by=actor_of(request), at=now, idem=key,
    )  # fmt: skip
    return {"exemption": made}


@router.post(
    "/resumption/exemptions/{number}/decision", summary="Decide a request of somebody else",
    response={201: dict[str, Any]},
)  # fmt: skip
def decide_exemption(
    request: HttpRequest, number: int, decision: DecisionIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    operations.decide_exemption(
        number, is_approved=decision.is_approved, note=decision.note, by=actor_of(request), at=clock.now(), idem=key
    )
    return {"exemption": number, "is_approved": decision.is_approved}


@router.get("/resumption/checklists", summary="Versions of checklists with their measures: ?as_of=")
def list_checklists(request: HttpRequest, as_of: str = "") -> list[dict[str, Any]]:
    return [
        {
            "code": row.code,
            "title": json_value(row.title),
            "authority": row.authority,
            "source": row.source,
            "measures": [
                {"number": m.number, "chapter": json_value(m.chapter), "text": json_value(m.text)} for m in row.measures
            ],
        }
        for row in queries.checklists(shared_cut_of(request, place="", item=""))
    ]


@router.post("/resumption/checklists", summary="Write down a version of a checklist", response={201: dict[str, Any]})
def write_checklist(
    request: HttpRequest, told: ChecklistIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    wanted = operations.ChecklistText(
        told.code, Both(told.title_zh, told.title_en), told.authority, told.source,
        tuple((Both(m.chapter_zh, m.chapter_en), Both(m.text_zh, m.text_en)) for m in told.measures), told.region,
    )  # fmt: skip
    operations.write_checklist(wanted, by=actor_of(request), at=clock.now(), idem=key)
    return {"code": told.code, "measures": len(told.measures)}


@router.get("/resumption/firms", summary="Firms on their way back to work: ?as_of=&place=&list_name=")
def list_firms(request: HttpRequest, as_of: str = "", place: str = "", list_name: str = "") -> list[dict[str, Any]]:
    return [_firm(row) for row in queries.firms(cut_of(request)) if not list_name or list_name in row.classes]


@router.get("/resumption/firms/{number}", summary="One firm with its phases: ?as_of=")
def one_firm(request: HttpRequest, number: int, as_of: str = "") -> dict[str, Any]:
    row = queries.firm(number, shared_cut_of(request, place="", item=""))
    require_reading(request, row.unit.region)
    return _firm(row)


@router.post("/resumption/assessments", summary="Check a firm against a checklist", response={201: dict[str, Any]})
def assess(request: HttpRequest, told: AssessmentIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    made = operations.assess(
        organisations.organisation(told.unit).id, checklist=told.checklist, is_inspection=told.is_inspection,
        answers={a.number: (a.answer, a.evidence) for a in told.answers}, by=actor_of(request), at=clock.now(),
        idem=key,
    )  # fmt: skip
    return {"assessment": made}


@router.post("/resumption/commitments", summary="Sign a firm's commitment", response={201: dict[str, Any]})
def sign_commitment(
    request: HttpRequest, told: CommitmentIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    made = operations.sign_commitment(
        organisations.organisation(told.unit).id, signer=told.signer, document=told.document, by=actor_of(request),
        at=clock.now(), idem=key,
    )  # fmt: skip
    return {"commitment": made}


@router.post("/resumption/phases", summary="Plan a phase of a firm's return", response={201: dict[str, Any]})
def plan_phase(request: HttpRequest, told: PhaseIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    unit = organisations.organisation(told.unit).id
    wanted = operations.PhaseText(unit, told.number, told.title, told.is_core, told.people, told.planned_on)
    made = operations.plan_phase(wanted, by=actor_of(request), at=clock.now(), idem=key)
    return {"phase": made}


@router.post(
    "/resumption/phases/{number}/start", summary="Start a phase, core ones first", response={201: dict[str, Any]}
)
def start_phase(request: HttpRequest, number: int, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    operations.start_phase(number, by=actor_of(request), at=clock.now(), idem=key)
    return {"phase": number}


@router.post("/resumption/attendance", summary="Count a firm's people on site", response={201: dict[str, Any]})
def count_people(
    request: HttpRequest, told: AttendanceIn, key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    made = operations.count_people(
        organisations.organisation(told.unit).id, day=told.day, on_site=told.on_site, normal=told.normal,
        by=actor_of(request), idem=key,
    )  # fmt: skip
    return {"attendance": made}


@router.post("/resumption/returns", summary="A firm works again, or has stopped", response={201: dict[str, Any]})
def tell_return(request: HttpRequest, told: ReturnIn, key: UUID = Header(alias="Idempotency-Key")) -> dict[str, Any]:
    flags = operations.tell_return(
        organisations.organisation(told.unit).id, is_working=told.is_working, note=told.note, by=actor_of(request),
        at=clock.now(), idem=key,
    )  # fmt: skip
    return {"flags": flags}


@router.get(
    "/resumption/tallies", summary="Counts of divisions by day, and what is expected: ?as_of=&place=&list_name="
)
def list_tallies(
    request: HttpRequest, as_of: str = "", place: str = "", list_name: str = "above_size"
) -> dict[str, Any]:
    rows = queries.tallies(cut_of(request), list_name=list_name)
    counts = queries.day_counts(rows)
    return {
        "days": [
            {"day": c.day.isoformat(), "resumed": c.resumed, "enterprises": c.enterprises, "told": c.told,
             "tellers": c.tellers, "simulated": c.is_simulated}
            for c in counts
        ],
        "expected": [
            {"day": p.day.isoformat(), "expected": p.middle, "low": p.low, "high": p.high}
            for p in forecasting.prospects(counts)
        ],
        "was_expected": [
            {"day": s.day.isoformat(), "expected": s.prospect.middle, "low": s.prospect.low, "high": s.prospect.high,
             "came": s.came}
            for s in forecasting.scored(counts)
        ],
        "tallies": [
            {"region": r.region, "day": r.day.isoformat(), "resumed": r.resumed, "enterprises": r.enterprises,
             "people": r.people, "source": r.source, "simulated": r.is_simulated}
            for r in rows
        ],
    }  # fmt: skip


@router.post("/resumption/tallies", summary="Count divisions' firms, all or none", response={201: dict[str, Any]})
def tell_tallies(
    request: HttpRequest, tallies: list[TallyIn], key: UUID = Header(alias="Idempotency-Key")
) -> dict[str, Any]:
    said = [
        operations.TallyText(t.region, t.day, t.resumed, t.enterprises, t.people, t.list_name, t.source)
        for t in tallies
    ]
    return {"tallies": operations.tell_tallies(said, by=actor_of(request), idem=key)}


def _firm(row: FirmRow) -> dict[str, Any]:
    return {
        "id": row.unit.id,
        "code": row.unit.code,
        "unit": json_value(row.unit.name),
        "region": row.unit.region,
        "lists": sorted(row.classes),
        "not_before": clock.write_instant(row.allowed_at) if row.allowed_at else None,
        "exempt": bool(row.exemption and row.exemption.is_approved),
        "committed_at": clock.write_instant(row.commitment.at) if row.commitment else None,
        "score": None if row.score is None else round(float(row.score), 4),
        "phases": [
            {"phase": p.id, "number": p.number, "title": p.title, "is_core": p.is_core, "people": p.people,
             "planned_on": p.planned_on.isoformat(),
             "started_at": clock.write_instant(p.started_at) if p.started_at else None}
            for p in row.phases
        ],
        "on_site": row.attendance.on_site if row.attendance else None,
        "normal": row.attendance.normal if row.attendance else None,
        "is_working": row.is_working,
        "since": clock.write_instant(row.since) if row.since else None,
        "flags": list(row.flags),
        "simulated": row.is_simulated,
    }  # fmt: skip
