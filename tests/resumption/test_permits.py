"""Permit cases pass from department to department with a clock, and hold until the end of their last day."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from qipan.kernel import clock, figures
from qipan.kernel.errors import NotAllowed
from qipan.kernel.figures import Cut
from qipan.resumption import errors, queries
from qipan.resumption import operations as resumption
from qipan.resumption.operations import PermitText, StepText
from tests.cast import Cast
from tests.resumption.conftest import NOW, Shanxi

DUE = NOW + timedelta(days=2)
LAST = date(2020, 3, 1)


def _apply(shanxi: Shanxi, *, unit: int = 0, at: datetime = NOW) -> int:
    wanted = PermitText(unit or shanxi.soap, "hygiene_temporary", "消毒液临时卫生许可", "market", DUE)
    return resumption.apply_for_permit(wanted, by=shanxi.officer, at=at, idem=uuid4())


def _step(shanxi: Shanxi, permit: int, kind: str, *, by: Any = None, at: datetime = NOW, **more: Any) -> None:
    resumption.step_permit(permit, StepText(kind, **more), by=by or shanxi.officer, at=at, idem=uuid4())


def _grant(shanxi: Shanxi, permit: int, *, at: datetime = NOW) -> None:
    _step(shanxi, permit, "granted", number="晋卫消临〔2020〕001号", valid_to=LAST, at=at)


class TestCases:
    def test_it_passes_through_departments_with_a_clock_each(self, shanxi: Shanxi) -> None:
        permit = _apply(shanxi)
        _step(shanxi, permit, "moved", department="health", due_at=DUE + timedelta(days=1))
        row = queries.permit(permit, Cut(NOW))
        assert (row.department, row.due_at, row.state) == ("health", DUE + timedelta(days=1), "open")
        assert queries.permit(permit, Cut(DUE + timedelta(days=2))).is_overdue

    def test_a_granted_one_holds_until_the_end_of_its_last_day(self, shanxi: Shanxi) -> None:
        permit = _apply(shanxi)
        _grant(shanxi, permit)
        end = clock.end_of(LAST)
        states = [queries.permit(permit, Cut(at)).state for at in (NOW, end, end + timedelta(seconds=1))]
        assert states == ["granted", "granted", "expired"]
        assert not queries.permit(permit, Cut(NOW)).is_overdue
        assert queries.permit(permit, Cut(NOW)).ends_soon

    def test_as_of_before_the_grant_it_is_open(self, shanxi: Shanxi) -> None:
        permit = _apply(shanxi)
        later = NOW + timedelta(hours=3)
        with clock.held_at(later):
            _grant(shanxi, permit, at=later)
            assert queries.permit(permit, Cut(NOW)).state == "open"
            assert queries.permit(permit, Cut(later)).took == timedelta(hours=3)

    def test_it_ends_once(self, shanxi: Shanxi) -> None:
        permit = _apply(shanxi)
        _grant(shanxi, permit)
        with pytest.raises(errors.PermitEnded):
            _step(shanxi, permit, "refused", text="x")
        with pytest.raises(errors.PermitEnded):
            _step(shanxi, permit, "note", text="x")

    def test_a_lost_step_sent_again_is_answered_alike_after_the_end(self, shanxi: Shanxi) -> None:
        permit, idem = _apply(shanxi), uuid4()
        for _ in range(2):
            resumption.step_permit(
                permit, StepText("granted", number="1", valid_to=LAST), by=shanxi.officer, at=NOW, idem=idem
            )
        assert len(queries.permit(permit, Cut(NOW)).steps) == 1

    def test_the_firm_notes_and_withdraws_and_grants_nothing(self, shanxi: Shanxi) -> None:
        permit = _apply(shanxi)
        _step(shanxi, permit, "note", by=shanxi.maker, text="已补件")
        with pytest.raises(NotAllowed):
            _step(shanxi, permit, "granted", by=shanxi.maker, number="1")
        _step(shanxi, permit, "withdrawn", by=shanxi.maker)
        assert queries.permit(permit, Cut(NOW)).state == "withdrawn"

    def test_refuses_what_cannot_be(self, cast: Cast, shanxi: Shanxi) -> None:
        permit = _apply(shanxi)
        for step, error in (
            (StepText("blessed"), errors.PermitStepUnknown),
            (StepText("granted"), errors.PermitNumberMissing),
            (StepText("granted", number="1", valid_to=NOW.date() - timedelta(days=1)), errors.PermitBackwards),
            (StepText("moved", department="church"), errors.DepartmentOfPermitUnknown),
            (StepText("moved", department="health", due_at=NOW), errors.PermitBackwards),
        ):
            with pytest.raises(error):
                resumption.step_permit(permit, step, by=shanxi.officer, at=NOW, idem=uuid4())
        for wanted, error in (
            (PermitText(shanxi.soap, "wish", "x", "health", DUE), errors.PermitKindUnknown),
            (PermitText(shanxi.soap, "device", "x", "church", DUE), errors.DepartmentOfPermitUnknown),
            (PermitText(shanxi.soap, "device", "x", "health", NOW), errors.PermitBackwards),
        ):
            with pytest.raises(error):
                resumption.apply_for_permit(wanted, by=shanxi.officer, at=NOW, idem=uuid4())
        with pytest.raises(errors.PermitUnknown):
            _step(shanxi, 10**9, "note")
        with pytest.raises(NotAllowed):
            wanted = PermitText(shanxi.feed, "device", "x", "health", DUE)
            resumption.apply_for_permit(wanted, by=shanxi.maker, at=NOW, idem=uuid4())


def test_the_figure_counts_valid_ones_and_those_in_scope(shanxi: Shanxi, client_of: Any) -> None:
    for unit in (shanxi.soap, shanxi.feed):
        permit = _apply(shanxi, unit=unit, at=NOW - timedelta(days=3))
        _grant(shanxi, permit)
    _apply(shanxi, unit=shanxi.print)
    (row,) = figures.find("resumption.permits").read(Cut(NOW, place="140000")).rows
    keys = ("open", "granted", "valid", "in_dispatch", "ending", "days")
    assert [float(row[key]) for key in keys] == [1, 2, 2, 1, 2, 3]
    page = client_of("officer").get("/resumption/permits?place=140000&state=valid").content.decode()
    assert "晋卫消临〔2020〕001号" in page
    rows = client_of("officer").get("/api/v1/resumption/permits?place=140000&state=valid").json()
    assert [each["in_dispatch"] for each in rows] in ([True, False], [False, True])


def test_a_case_on_screen_and_api_from_application_to_grant(shanxi: Shanxi, client_of: Any) -> None:
    client = client_of("officer")
    typed = {
        "act": "apply", "apply-unit": "soap", "apply-kind": "hygiene_temporary", "apply-item": "DIS-84",
        "apply-title": "84消毒液", "apply-department": "market", "apply-due_at": "2020-02-08T24:00",
        "idem": str(uuid4()),
    }  # fmt: skip
    page = client.post("/resumption/permits", typed, follow=True)
    assert page.status_code == 200
    number = queries.permits(Cut(NOW))[0].id
    step = {"act": "step", "step-kind": "granted", "step-number": "", "idem": str(uuid4())}
    assert client.post(f"/resumption/permits/{number}", step).status_code == 422
    step |= {"step-number": "晋001", "step-valid_to": "2020-06-30", "idem": str(uuid4())}
    assert "晋001" in client.post(f"/resumption/permits/{number}", step, follow=True).content.decode()
    answer = client.post(
        f"/api/v1/resumption/permits/{number}/steps", json.dumps({"kind": "note", "text": "x"}),
        content_type="application/json", headers={"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (409, "permit_ended")
    assert client.get(f"/api/v1/resumption/permits/{number}").json()["valid_to"] == "2020-06-30"
    maker = client_of("soapmaker").post(f"/resumption/permits/{number}", {"act": "step", "step-kind": "granted"})
    assert maker.status_code == 422
