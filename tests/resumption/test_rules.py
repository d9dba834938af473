"""Not before an instant, unless somebody else approved; what happened too early is kept and marked."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed
from qipan.kernel.figures import Cut
from qipan.organisations.errors import NoEnterprise
from qipan.resumption import errors, queries
from qipan.resumption import operations as resumption
from tests.cast import Cast
from tests.resumption.conftest import NOW, RULE, Shanxi

EARLY = datetime(2020, 2, 3, 8, tzinfo=clock.CST)


def _rule(shanxi: Shanxi, *, region: str = "140000", list_name: str = "", at: datetime = RULE) -> None:
    by = shanxi.officer
    resumption.set_start_rule(
        region, list_name=list_name, not_before=at, document="晋政办发电", by=by, at=NOW, idem=uuid4()
    )


def _allowed(unit: int) -> datetime | None:
    return queries.firm(unit, Cut(clock.now())).allowed_at


def _ask(shanxi: Shanxi, *, by: object = None, idem: UUID | None = None) -> int:
    return resumption.ask_exemption(
        shanxi.soap, ground="epidemic", text="生产消毒液", start_at=EARLY, by=by or shanxi.maker, at=NOW,  # type: ignore[arg-type]
        idem=idem or uuid4(),
    )  # fmt: skip


def _decide(number: int, *, by: object, yes: bool = True) -> None:
    resumption.decide_exemption(number, is_approved=yes, note="", by=by, at=NOW, idem=uuid4())  # type: ignore[arg-type]


class TestRules:
    def test_24_00_of_a_day_is_the_next_days_start_and_shown_as_24_00(self, shanxi: Shanxi, client_of: object) -> None:
        typed = {
            "act": "rule", "rule-region": "140000", "rule-list_name": "", "rule-not_before": "2020-02-09T24:00",
            "rule-document": "晋政办发电", "idem": str(uuid4()),
        }  # fmt: skip
        page = client_of("officer").post("/resumption?place=140000", typed, follow=True)  # type: ignore[operator]
        assert page.status_code == 200
        assert queries.rules(Cut(NOW))[0].not_before == RULE
        assert "9 Feb 24:00" in page.content.decode()

    def test_no_rule_holds_nobody_back(self, shanxi: Shanxi) -> None:
        assert _allowed(shanxi.soap) is None

    def test_a_class_of_the_division_goes_before_every_enterprise(self, shanxi: Shanxi) -> None:
        _rule(shanxi)
        _rule(shanxi, list_name="livelihood", at=EARLY)
        assert (_allowed(shanxi.soap), _allowed(shanxi.feed)) == (RULE, EARLY)

    def test_the_nearest_division_rules(self, shanxi: Shanxi) -> None:
        _rule(shanxi)
        later = RULE + timedelta(days=3)
        _rule(shanxi, region="140200", at=later)
        assert (_allowed(shanxi.soap), _allowed(shanxi.feed)) == (RULE, later)

    def test_a_later_rule_replaces_and_the_past_stays(self, shanxi: Shanxi) -> None:
        _rule(shanxi)
        with clock.held_at(NOW + timedelta(hours=2)):
            resumption.set_start_rule(
                "140000", list_name="", not_before=EARLY, document="x", by=shanxi.officer, at=clock.now(), idem=uuid4()
            )
            assert _allowed(shanxi.soap) == EARLY
            assert queries.firm(shanxi.soap, Cut(NOW + timedelta(hours=1))).allowed_at == RULE

    def test_refuses_a_class_that_is_none_and_who_may_not(self, cast: Cast, shanxi: Shanxi) -> None:
        with pytest.raises(errors.ClassUnknown):
            _rule(shanxi, list_name="best")
        with pytest.raises(NotAllowed):
            _rule(shanxi, region="420000")
        with pytest.raises(NotAllowed):
            resumption.set_start_rule(
                "140000", list_name="", not_before=RULE, document="x", by=shanxi.maker, at=NOW, idem=uuid4()
            )


class TestExemptions:
    def test_an_approved_firm_may_earlier(self, shanxi: Shanxi) -> None:
        _rule(shanxi)
        number = _ask(shanxi)
        assert _allowed(shanxi.soap) == RULE
        _decide(number, by=shanxi.officer)
        assert _allowed(shanxi.soap) == EARLY

    def test_a_refused_one_may_not(self, shanxi: Shanxi) -> None:
        _rule(shanxi)
        _decide(_ask(shanxi), by=shanxi.officer, yes=False)
        assert _allowed(shanxi.soap) == RULE

    def test_nobody_decides_what_he_asked_for(self, shanxi: Shanxi) -> None:
        number = _ask(shanxi, by=shanxi.officer)
        with pytest.raises(errors.OwnRequest):
            _decide(number, by=shanxi.officer)
        _decide(number, by=shanxi.second)

    def test_it_is_decided_once(self, shanxi: Shanxi) -> None:
        number = _ask(shanxi)
        _decide(number, by=shanxi.officer)
        with pytest.raises(errors.ExemptionDecided):
            _decide(number, by=shanxi.second, yes=False)

    def test_a_repeat_is_answered_alike(self, shanxi: Shanxi) -> None:
        idem = uuid4()
        assert _ask(shanxi, idem=idem) == _ask(shanxi, idem=idem)
        assert len(queries.exemptions(Cut(NOW))) == 1

    def test_refuses_no_ground_no_enterprise_nobody_there(self, cast: Cast, shanxi: Shanxi) -> None:
        with pytest.raises(errors.GroundUnknown):
            resumption.ask_exemption(
                shanxi.soap, ground="wish", text="x", start_at=EARLY, by=shanxi.maker, at=NOW, idem=uuid4()
            )
        with pytest.raises(NoEnterprise):
            resumption.ask_exemption(
                cast.units["wuhan_a"], ground="other", text="x", start_at=EARLY, by=cast.duty, at=NOW, idem=uuid4()
            )
        with pytest.raises(NotAllowed):
            resumption.ask_exemption(
                shanxi.feed, ground="other", text="x", start_at=EARLY, by=shanxi.maker, at=NOW, idem=uuid4()
            )
        with pytest.raises(errors.ExemptionUnknown):
            _decide(10**9, by=shanxi.officer)

    def test_an_officer_approves_on_the_page_of_requests(self, shanxi: Shanxi, client_of: object) -> None:
        number = _ask(shanxi)
        typed = {
            "act": "decide", "decide-exemption": str(number), "decide-answer": "yes", "decide-note": "准予",
            "idem": str(uuid4()),
        }  # fmt: skip
        page = client_of("officer").post("/resumption/exemptions", typed, follow=True)  # type: ignore[operator]
        assert "准予" in page.content.decode()
        assert queries.exemptions(Cut(NOW))[0].is_approved
        again = client_of("second").post("/resumption/exemptions", {**typed, "idem": str(uuid4())})  # type: ignore[operator]
        assert again.status_code == 409


class TestReturns:
    def test_a_return_too_early_is_kept_and_marked(self, shanxi: Shanxi, checklist: str) -> None:
        _rule(shanxi)
        flags = resumption.tell_return(shanxi.soap, is_working=True, note="", by=shanxi.maker, at=NOW, idem=uuid4())
        assert flags == ["too_early", "not_committed", "not_assessed"]
        row = queries.firm(shanxi.soap, Cut(NOW))
        assert (row.is_working, row.flags) == (True, tuple(flags))

    def test_with_its_papers_on_its_day_nothing_is_missing(self, shanxi: Shanxi, checklist: str) -> None:
        _rule(shanxi)
        _decide(_ask(shanxi), by=shanxi.officer)
        resumption.sign_commitment(
            shanxi.soap, signer="法定代表人", document="承诺书", by=shanxi.maker, at=NOW, idem=uuid4()
        )
        resumption.assess(
            shanxi.soap, checklist=checklist, answers={1: ("met", "文件")}, is_inspection=False, by=shanxi.maker,
            at=NOW, idem=uuid4(),
        )  # fmt: skip
        told = resumption.tell_return(shanxi.soap, is_working=True, note="", by=shanxi.maker, at=NOW, idem=uuid4())
        assert told == []

    def test_it_can_stop_again_and_the_past_stays(self, shanxi: Shanxi) -> None:
        resumption.tell_return(shanxi.soap, is_working=True, note="", by=shanxi.maker, at=NOW, idem=uuid4())
        later = NOW + timedelta(days=1)
        with clock.held_at(later):
            resumption.tell_return(shanxi.soap, is_working=False, note="病例", by=shanxi.maker, at=later, idem=uuid4())
            assert not queries.firm(shanxi.soap, Cut(later)).is_working
            assert queries.firm(shanxi.soap, Cut(NOW)).is_working
