"""A firm on its way back: measures with evidence, phases with the core first, people against normal; screen and API."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.resumption import errors, queries
from qipan.resumption import operations as resumption
from qipan.resumption.operations import ChecklistText, PhaseText
from tests.resumption.conftest import NOW, TODAY, Shanxi


def _assess(shanxi: Shanxi, answers: dict[int, tuple[str, str]], *, inspection: bool = False) -> None:
    resumption.assess(
        shanxi.soap, checklist="", answers=answers, is_inspection=inspection,
        by=shanxi.officer if inspection else shanxi.maker, at=clock.now(), idem=uuid4(),
    )  # fmt: skip


def _phase(shanxi: Shanxi, number: int, *, core: bool) -> int:
    wanted = PhaseText(shanxi.soap, number, f"{number}号系统", core, 20, TODAY)
    return resumption.plan_phase(wanted, by=shanxi.maker, at=NOW, idem=uuid4())


def _start(shanxi: Shanxi, phase: int) -> None:
    resumption.start_phase(phase, by=shanxi.maker, at=clock.now(), idem=uuid4())


class TestMeasures:
    def test_there_are_forty_four_as_published_each_in_both_languages(self, checklist: str) -> None:
        found = queries.checklist(checklist, Cut(NOW))
        assert [m.number for m in found.measures] == list(range(1, 45))
        assert all(m.text.zh and m.text.en and m.chapter.zh and m.chapter.en for m in found.measures)

    def test_the_score_counts_what_applies_and_what_is_left_out_is_not_met(
        self, shanxi: Shanxi, checklist: str
    ) -> None:
        _assess(shanxi, {1: ("met", "a"), 2: ("partly", ""), 3: ("not_met", ""), 4: ("not_applicable", "")})
        assert queries.firm(shanxi.soap, Cut(NOW)).score == Decimal("1.5") / 43

    def test_an_inspection_and_a_firms_own_check_are_kept_apart_the_last_one_shows(
        self, shanxi: Shanxi, checklist: str
    ) -> None:
        _assess(shanxi, dict.fromkeys(range(1, 45), ("met", "")))
        with clock.held_at(NOW + timedelta(hours=1)):
            _assess(shanxi, dict.fromkeys(range(1, 45), ("not_met", "")), inspection=True)
            both = queries.assessments(Cut(clock.now()), unit_ids=[shanxi.soap])
            assert [row.score(44) for row in both] == [0, 1]
            assert queries.firm(shanxi.soap, Cut(clock.now())).score == 0

    def test_a_version_is_written_once_and_a_new_one_leaves_old_scores(self, shanxi: Shanxi, checklist: str) -> None:
        _assess(shanxi, {1: ("met", "")})
        short = ChecklistText("v2", Both("第二版", "Second"), "x", "x", ((Both("章", ""), Both("条", "")),), "140000")
        resumption.write_checklist(short, by=shanxi.officer, at=NOW, idem=uuid4())
        assert queries.firm(shanxi.soap, Cut(NOW)).score == Decimal(1) / 44
        with pytest.raises(errors.ChecklistKnown):
            resumption.write_checklist(short, by=shanxi.officer, at=NOW, idem=uuid4())

    @pytest.mark.parametrize("answers", [{0: ("met", "")}, {45: ("met", "")}, {1: ("perhaps", "")}])
    def test_refuses_answers_that_cannot_be(
        self, shanxi: Shanxi, checklist: str, answers: dict[int, tuple[str, str]]
    ) -> None:
        with pytest.raises(errors.AnswersWrong):
            _assess(shanxi, answers)

    def test_refuses_a_checklist_nobody_wrote_and_an_inspection_by_the_firm(
        self, shanxi: Shanxi, checklist: str
    ) -> None:
        with pytest.raises(errors.ChecklistUnknown):
            resumption.assess(
                shanxi.soap, checklist="x", answers={}, is_inspection=False, by=shanxi.maker, at=NOW, idem=uuid4()
            )
        with pytest.raises(NotAllowed):
            resumption.assess(
                shanxi.soap, checklist="", answers={}, is_inspection=True, by=shanxi.maker, at=NOW, idem=uuid4()
            )

    def test_the_check_on_the_screen_keeps_answers_and_evidence(
        self, shanxi: Shanxi, checklist: str, client_of: Any
    ) -> None:
        client = client_of("soapmaker")
        page = client.get(f"/resumption/firms/{shanxi.soap}/check")
        assert page.content.decode().count('name="m') == 44
        typed = {"whose": "own", "m1": "met", "e1": "工作组文件", "m44": "partly", "idem": str(uuid4())}
        assert client.post(f"/resumption/firms/{shanxi.soap}/check", typed).status_code == 302
        (row,) = queries.assessments(Cut(NOW))
        assert row.answers == {1: ("met", "工作组文件"), 44: ("partly", "")}
        wrong = client.post(f"/resumption/firms/{shanxi.soap}/check", {**typed, "whose": "inspection"})
        assert wrong.status_code == 422


class TestPhases:
    def test_core_systems_start_first(self, shanxi: Shanxi) -> None:
        first, second, other = _phase(shanxi, 1, core=True), _phase(shanxi, 2, core=True), _phase(shanxi, 3, core=False)
        _start(shanxi, first)
        with pytest.raises(errors.CoreFirst, match="2"):
            _start(shanxi, other)
        _start(shanxi, second)
        _start(shanxi, other)
        assert queries.firm(shanxi.soap, Cut(NOW)).phases_started == 3

    def test_a_phase_is_planned_once_and_starts_once(self, shanxi: Shanxi) -> None:
        phase = _phase(shanxi, 1, core=True)
        with pytest.raises(errors.PhaseKnown):
            _phase(shanxi, 1, core=False)
        _start(shanxi, phase)
        with pytest.raises(errors.PhaseStarted):
            _start(shanxi, phase)
        with pytest.raises(errors.PhaseUnknown):
            _start(shanxi, 10**9)

    def test_on_the_screen_the_refusal_names_the_phase_that_is_missing(self, shanxi: Shanxi, client_of: Any) -> None:
        _phase(shanxi, 1, core=True)
        other = _phase(shanxi, 2, core=False)
        page = client_of("soapmaker").post(
            f"/resumption/firms/{shanxi.soap}", {"act": "start", "start-phase": str(other), "idem": str(uuid4())}
        )
        assert page.status_code == 409
        assert "1号系统" in page.content.decode()


class TestPeople:
    def test_a_later_word_on_a_day_replaces(self, shanxi: Shanxi) -> None:
        for people in (80, 60):
            resumption.count_people(shanxi.soap, day=TODAY, on_site=people, normal=200, by=shanxi.maker, idem=uuid4())
        (row,) = queries.attendances(Cut(NOW), unit_ids=[shanxi.soap], days=14)
        assert (row.on_site, row.share) == (60, Decimal("0.3"))

    def test_refuses_a_day_that_has_not_come(self, shanxi: Shanxi) -> None:
        with pytest.raises(errors.TallyDayRefused):
            resumption.count_people(
                shanxi.soap, day=TODAY + timedelta(days=1), on_site=1, normal=2, by=shanxi.maker, idem=uuid4()
            )


def test_a_firms_page_takes_every_act_and_shows_it(shanxi: Shanxi, checklist: str, client_of: Any) -> None:
    client, path = client_of("soapmaker"), f"/resumption/firms/{shanxi.soap}"
    for act, typed in (
        ("commit", {"signer": "法定代表人", "document": "防控承诺书"}),
        ("people", {"day": "2020-02-06", "on_site": "60", "normal": "200"}),
        ("phase", {"number": "1", "title": "灌装", "is_core": "on", "people": "30", "planned_on": "2020-02-07"}),
        ("ask", {"ground": "epidemic", "text": "消毒液", "start_at": "2020-02-03T08:00"}),
        ("return", {"state": "works", "note": "复产"}),
    ):
        body = {"act": act, "idem": str(uuid4()), **{f"{act}-{name}": value for name, value in typed.items()}}
        answer = client.post(path, body, follow=True)
        assert answer.status_code == 200, act
        for word in ("signer", "title", "text", "note"):
            assert typed.get(word, "") in answer.content.decode()
    wrong = client.post(path, {"act": "people", "people-day": "", "people-on_site": "-3", "idem": str(uuid4())})
    assert wrong.status_code == 422
    unknown = client.post(path, {"act": "burn", "idem": str(uuid4())})
    assert unknown.status_code == 403
    other = client_of("soapmaker").post(f"/resumption/firms/{shanxi.feed}", {"act": "return", "return-state": "works"})
    assert other.status_code == 403


def test_the_api_tells_what_the_screen_tells(shanxi: Shanxi, checklist: str, client_of: Any) -> None:
    client = client_of("soapmaker")

    def post(path: str, body: dict[str, Any]) -> Any:
        return client.post(
            f"/api/v1/resumption/{path}", json.dumps(body), content_type="application/json",
            headers={"Idempotency-Key": str(uuid4())},
        )  # fmt: skip

    answers = [{"number": n, "answer": "met"} for n in range(1, 45)]
    phase = {"unit": "soap", "number": 1, "title": "灌装", "is_core": True, "people": 30, "planned_on": "2020-02-07"}
    for path, body in (
        ("assessments", {"unit": "soap", "answers": answers}),
        ("commitments", {"unit": "soap", "signer": "法定代表人", "document": "承诺书"}),
        ("phases", phase),
        ("attendance", {"unit": "soap", "day": "2020-02-06", "on_site": 60, "normal": 200}),
        ("returns", {"unit": "soap", "is_working": True}),
        ("exemptions", {"unit": "soap", "ground": "epidemic", "text": "x", "start_at": "2020-02-03T08:00"}),
    ):
        assert post(path, body).status_code == 201, path
    row = client.get(f"/api/v1/resumption/firms/{shanxi.soap}").json()
    assert (row["score"], row["on_site"], row["is_working"], len(row["phases"])) == (1.0, 60, True, 1)
    assert post(f"phases/{row['phases'][0]['phase']}/start", {}).status_code == 201
    assert client.get("/api/v1/resumption/exemptions").json()[0]["is_approved"] is None
    assert client.get("/api/v1/resumption/checklists").json()[0]["measures"][43]["number"] == 44
    assert post("returns", {"unit": "feed", "is_working": True}).status_code == 403
