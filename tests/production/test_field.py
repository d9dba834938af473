"""Commissioners in waves with a log under five duties; what holds a line back, with owner, clock and cost a day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from qipan.kernel import clock, figures
from qipan.kernel.errors import NotAllowed
from qipan.kernel.figures import Cut
from qipan.organisations import errors as organisation_errors
from qipan.production import errors, queries
from qipan.production import operations as production
from qipan.production.operations import CommissionText, TicketText
from tests.cast import Cast
from tests.production.conftest import NOW, TODAY, Firm

ClientOf = Callable[..., Client]
Say = Callable[..., int]
EVENING = NOW + timedelta(hours=2)


def _send(cast: Cast, firm: Firm, count: int = 2) -> list[int]:
    wanted = [CommissionText(firm.unit, f"特派员{n}", wave=1 + n // 2, is_lead=n == 0) for n in range(count)]
    return production.send_commissioners(wanted, authority="test", by=cast.duty, at=NOW, idem=uuid4())


def _ticket(firm: Firm, **more: Any) -> int:
    text = {"line": firm.masks, "kind": "material", "title": "no meltblown", "owner": "industry",
            "due_at": NOW + timedelta(days=3), **more}  # fmt: skip
    return production.open_ticket(TicketText(**text), by=firm.commissioner, at=NOW, idem=uuid4())


def _post(client: Client, path: str, body: Any) -> Any:
    return client.post(
        f"/api/v1{path}", json.dumps(body), content_type="application/json", headers={"Idempotency-Key": str(uuid4())}
    )


class TestCommissioners:
    def test_are_counted_by_province_makers_and_waves_as_of_then(self, cast: Cast, firm: Firm) -> None:
        first, *_others = _send(cast, firm, 3)
        production.end_commission(first, ground="home", by=cast.duty, at=NOW + timedelta(hours=1), idem=uuid4())
        read = figures.find("production.commissioners").read
        then, now = (read(Cut(at)).rows[0] for at in (NOW, EVENING))
        assert [then[key] for key in ("place_code", "firms", "commissioners", "leads", "waves")] == [
            "130000",
            1,
            3,
            1,
            2,
        ]
        assert (now["commissioners"], now["leads"]) == (2, 0)
        with pytest.raises(errors.CommissionEnded):
            production.end_commission(first, ground="again", by=cast.duty, at=EVENING, idem=uuid4())

    def test_are_sent_to_makers_by_who_answers_for_the_place(self, cast: Cast, firm: Firm) -> None:
        hospital = CommissionText(cast.units["wuhan_a"], "x")
        with pytest.raises(organisation_errors.NoEnterprise):
            production.send_commissioners([hospital], authority="x", by=cast.duty, at=NOW, idem=uuid4())
        with pytest.raises(NotAllowed):
            production.send_commissioners(
                [CommissionText(firm.unit, "x")], authority="x", by=firm.maker, at=NOW, idem=uuid4()
            )

    def test_write_their_day_under_the_five_duties(self, cast: Cast, firm: Firm) -> None:
        _send(cast, firm)
        for text in ("loads left on time", "loads left, one late"):
            production.write_commission_log(
                firm.unit, day=TODAY, entries={"allocation": text, "quality": ""}, by=firm.commissioner, idem=uuid4()
            )
        (row,) = queries.logs(Cut(EVENING))
        assert row.entries == {"allocation": "loads left, one late"}
        reading = figures.find("production.commissioners").read(Cut(EVENING))
        assert (reading.reported, reading.expected) == (1, 1)

    @pytest.mark.parametrize(
        ("entries", "day", "refusal"),
        [
            ({"weather": "x"}, TODAY, errors.DutyUnknown),
            ({"quality": "  "}, TODAY, errors.LogEmpty),
            ({"quality": "x"}, TODAY + timedelta(days=1), errors.DayRefused),
            ({"quality": "x"}, TODAY.replace(year=1), errors.DayRefused),
        ],
    )
    def test_other_logs_are_refused(self, firm: Firm, entries: dict[str, str], day: Any, refusal: Any) -> None:
        with pytest.raises(refusal):
            production.write_commission_log(firm.unit, day=day, entries=entries, by=firm.commissioner, idem=uuid4())

    def test_nobody_else_writes_it(self, firm: Firm) -> None:
        with pytest.raises(NotAllowed):
            production.write_commission_log(firm.unit, day=TODAY, entries={"quality": "x"}, by=firm.maker, idem=uuid4())


class TestTickets:
    def test_cost_what_the_line_could_make_and_did_not(self, firm: Firm, say: Say) -> None:
        say(output=20_000)
        _ticket(firm)
        dear = _ticket(firm, line=firm.suits, kind="people", title="no seamers", due_at=NOW + timedelta(hours=1))
        found = queries.tickets(Cut(EVENING), is_open=True)
        assert {row.line.id: row.lost_day for row in found} == {firm.masks: 30_000, firm.suits: 1_000}
        masks = next(row for row in found if row.line.id == firm.masks)
        assert (masks.days_left, masks.lost_until_due, masks.is_overdue) == (3, 90_000, False)
        assert next(row for row in found if row.id == dear).is_overdue

    def test_a_line_held_back_twice_is_lost_once_in_the_figure(self, firm: Firm) -> None:
        _ticket(firm)
        _ticket(firm, title="no ear loops")
        (row,) = figures.find("production.bottlenecks").read(Cut(EVENING)).rows
        assert [row[key] for key in ("place_code", "item_code", "open", "overdue", "lost_day")] == [
            "130000", "MASK-MED-N95", 2, 0, 50_000,
        ]  # fmt: skip

    def test_go_on_by_steps_and_are_resolved_once(self, firm: Firm) -> None:
        number = _ticket(firm)

        def step(kind: str, **more: Any) -> None:
            production.step_ticket(number, kind=kind, text=kind, by=firm.commissioner, at=EVENING, idem=uuid4(), **more)

        step("note")
        step("moved", owner="transport", due_at=NOW + timedelta(days=5))
        row = queries.ticket(number, Cut(EVENING))
        assert (row.owner, row.due_at, len(row.steps)) == ("transport", NOW + timedelta(days=5), 2)
        assert queries.ticket(number, Cut(NOW)).owner == "industry"
        with clock.held_at(EVENING):
            step("resolved")
            assert not queries.ticket(number, Cut(EVENING)).is_open
            for again in ("resolved", "note"):
                with pytest.raises(errors.TicketResolved):
                    step(again)
        assert queries.ticket(number, Cut(NOW)).is_open

    def test_an_answer_that_was_lost_is_given_again(self, firm: Firm) -> None:
        """Also when the ticket is resolved by that very step, or its date is over by then."""
        text, key = TicketText(firm.masks, "other", "x", "firm", NOW + timedelta(hours=1)), uuid4()
        number = production.open_ticket(text, by=firm.commissioner, at=NOW, idem=key)
        step = {"kind": "resolved", "text": "came", "by": firm.commissioner, "at": EVENING, "idem": uuid4()}
        with clock.held_at(EVENING):
            for _time in range(2):
                production.step_ticket(number, **step)
            assert production.open_ticket(text, by=firm.commissioner, at=EVENING, idem=key) == number
        assert len(queries.ticket(number, Cut(EVENING)).steps) == 1

    @pytest.mark.parametrize(
        ("changed", "refusal"),
        [
            ({"kind": "weather"}, errors.HindranceUnknown),
            ({"owner": "nobody"}, errors.DepartmentUnknown),
            ({"due_at": NOW}, errors.DueBackwards),
            ({"line": 999_999}, errors.LineUnknown),
        ],
    )
    def test_others_are_refused(self, firm: Firm, changed: dict[str, Any], refusal: Any) -> None:
        with pytest.raises(refusal):
            _ticket(firm, **changed)

    def test_are_for_who_is_at_the_firm(self, cast: Cast, firm: Firm) -> None:
        with pytest.raises(NotAllowed):
            production.open_ticket(
                TicketText(firm.masks, "other", "x", "firm", NOW + timedelta(days=1)), by=cast.keeper, at=NOW,
                idem=uuid4(),
            )  # fmt: skip


class TestDoors:
    def test_pages(self, cast: Cast, firm: Firm, client_of: ClientOf) -> None:
        duty, there = client_of("duty"), client_of("commissioner")
        sent = {"act": "send", "unit": "f_hebei", "who": "特派员一", "wave": "1", "is_lead": "on", "authority": "x"}
        assert duty.post("/production/commissioners", sent).status_code == 302
        with clock.held_at(EVENING):
            page = duty.get("/production/commissioners").text
            assert "1 commissioners at 1 makers" in page
            written = there.post(
                f"/production/commissioners/{firm.unit}/log", {"day": "2020-02-06", "quality": "looked"}
            )
            assert written.status_code == 302, written.text[:500]
            assert "looked" in duty.get("/production/commissioners").text
            asked = {"line": str(firm.masks), "kind": "material", "title": "no meltblown", "owner": "industry",
                     "due_at": "2020-02-08T24:00"}  # fmt: skip
            opened = there.post("/production/tickets", asked)
            assert opened.status_code == 302, opened.text[:500]
            assert "50,000" in duty.get("/production/tickets").text
            stepped = there.post(opened["Location"], {"kind": "resolved", "text": "came"})
            assert stepped.status_code == 302
            assert "no meltblown" in duty.get("/production/tickets?state=resolved").text
        assert duty.get(f"/production/commissioners/{cast.units['wuhan_a']}/log").status_code == 404
        assert there.post("/production/tickets", {"line": "x"}).status_code == 422

    def test_api(self, firm: Firm, client_of: ClientOf) -> None:
        duty, there = client_of("duty"), client_of("commissioner")
        body = {"commissioners": [{"unit": "f_hebei", "who": "特派员一"}], "authority": "x"}
        (number,) = _post(duty, "/production/commissioners", body).json()["commissions"]
        assert [row["who"] for row in duty.get("/api/v1/production/commissioners").json()] == ["特派员一"]
        log = {"unit": "f_hebei", "day": "2020-02-06", "entries": {"quality": "looked"}}
        assert _post(there, "/production/logs", log).status_code == 201
        assert duty.get("/api/v1/production/logs").json()[0]["entries"] == {"quality": "looked"}
        assert _post(duty, f"/production/commissioners/{number}/end", {}).status_code == 201
        ticket = {"line": firm.masks, "kind": "licence", "title": "x", "owner": "drug", "due_at": "2020-02-09T24:00"}
        made = _post(there, "/production/tickets", ticket).json()["ticket"]
        assert [row["lost_day"] for row in duty.get("/api/v1/production/tickets").json()] == [50_000]
        assert _post(there, f"/production/tickets/{made}/steps", {"kind": "resolved", "text": "y"}).status_code == 201
        assert duty.get(f"/api/v1/production/tickets/{made}").json()["is_open"] is False
        assert duty.get("/api/v1/production/tickets").json() == []
