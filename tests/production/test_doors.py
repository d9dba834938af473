"""Production through screen, API, file and figure: the same numbers, and refusals that say what to do."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qipan.kernel import clock, figures
from qipan.kernel.errors import FileRefused
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations.operations import Registration
from qipan.production import exchange, queries
from qipan.production import operations as production
from qipan.production.models import DailyReport, Line
from qipan.resumption import operations as resumption
from qipan.resumption.operations import PermitText, StepText
from tests.cast import Cast
from tests.production.conftest import NOW, TODAY, Firm

EVENING = NOW + timedelta(hours=2)
ClientOf = Callable[..., Client]
Say = Callable[..., int]
HEADERS = ("企业", "产线", "日期", "产量", "期初库存", "发货", "期末库存", "备注")


def _post(client: Client, path: str, body: Any, key: str = "") -> Any:
    return client.post(
        f"/api/v1{path}", json.dumps(body), content_type="application/json",
        headers={"Idempotency-Key": key or str(uuid4())},
    )  # fmt: skip


def _book(*rows: tuple[Any, ...]) -> io.BytesIO:
    """A workbook of daily reports as an officer has it."""
    book = openpyxl.Workbook()
    for row in (HEADERS, *rows):
        book.active.append(row)  # type: ignore[union-attr]
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    file.name = "日报.xlsx"
    return file


class TestForm:
    def test_is_prefilled_from_yesterday_and_books_a_revision(self, firm: Firm, say: Say, client_of: ClientOf) -> None:
        say(TODAY - timedelta(days=1), 900, people=86, price_yuan=12, raw_days=4)
        client = client_of("maker")
        page = client.get(f"/production/lines/{firm.masks}/report").text
        assert 'value="900"' in page
        assert 'value="86"' in page
        typed = {
            "day": "2020-02-06",
            "output": "0.1万",
            "opening": "900",
            "shipped": "400",
            "closing": "1500",
            "to": "420000",
        }
        answer = client.post(f"/production/lines/{firm.masks}/report", {**typed, "idem": str(uuid4())})
        assert answer.status_code == 302, answer.text[:2000]
        assert "revision 1" in client.get(answer["Location"]).text
        (row,) = queries.reports(Cut(NOW), first=TODAY, last=TODAY)
        assert (row.output, row.flows, row.actor_name) == (1000, [{"region": "420000", "quantity": 400}], "maker")

    def test_a_commissioner_speaks_in_the_other_voice(self, firm: Firm, client_of: ClientOf) -> None:
        typed = {"day": "2020-02-06", "output": "880", "opening": "0", "shipped": "0", "closing": "880"}
        answer = client_of("commissioner").post(f"/production/lines/{firm.masks}/report", typed)
        assert answer.status_code == 302
        assert DailyReport.objects.get().voice == "commissioner"

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"output": "many"}, "many"),
            ({"output": "-5"}, "-5"),
            ({"closing": "1"}, "closing stock says"),
            ({"day": "2020-02-07"}, "cannot be reported"),
            ({"day": "2020-02-30"}, "date"),
            ({"output": "0.5"}, "0.5"),
            ({"output": "99999999999999999999"}, "too large"),
        ],
    )
    def test_says_what_is_wrong_and_books_nothing(
        self, firm: Firm, client_of: ClientOf, typed: dict[str, str], said: str
    ) -> None:
        good = {"day": "2020-02-06", "output": "880", "opening": "0", "shipped": "0", "closing": "880"}
        answer = client_of("maker").post(f"/production/lines/{firm.masks}/report", {**good, **typed})
        assert (answer.status_code, said in answer.text) == (422, True), answer.text[:3000]
        assert not DailyReport.objects.exists()

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2020-02-30", "x"])
    def test_a_day_nobody_can_report_is_today(self, firm: Firm, client_of: ClientOf, day: str) -> None:
        answer = client_of("maker").get(f"/production/lines/{firm.masks}/report?day={day}")
        assert (answer.status_code, 'value="2020-02-06"' in answer.text) == (200, True)

    def test_is_not_for_others(self, firm: Firm, client_of: ClientOf) -> None:
        assert client_of("keeper").get(f"/production/lines/{firm.masks}/report").status_code == 403
        assert client_of("duty").get("/production/lines/999999/report").status_code == 404


class TestPages:
    def test_show_the_day_the_fall_and_both_voices(self, firm: Firm, say: Say, client_of: ClientOf) -> None:
        say(TODAY - timedelta(days=1), 900)
        say(output=700, opening=900, reason="no meltblown")
        say(output=650, opening=900, voice="commissioner")
        page = client_of("duty").get("/production?as_of=2020-02-06T24:00").text
        for words in ("Hebei protective works", "no meltblown", "900 → 700", "650", "output fell"):
            assert words in page
        line = client_of("duty").get(f"/production/lines/{firm.masks}?history=2020-02-06").text
        assert "Everything said of this day" in line
        missing = client_of("duty").get("/production/reporters?as_of=2020-02-06T24:00").text
        assert "一号线" in missing
        assert "口罩线" not in missing

    def test_a_line_is_registered_and_stated_anew(self, cast: Cast, firm: Firm, client_of: ClientOf) -> None:
        client = client_of("duty")
        typed = {
            "unit": "河北防护用品厂",
            "item": "GOG",
            "name": "三号线",
            "state": "resuming",
            "capacity": "2000",
            "ground": "x",
        }
        answer = client.post("/production/lines/new", typed)
        assert answer.status_code == 302, answer.text[:2000]
        stated = client.post(answer["Location"], {"state": "full", "capacity": "0.3万", "ground": "counted"})
        assert stated.status_code == 302
        row = next(row for row in queries.lines(Cut(NOW)) if row.name == "三号线")
        assert (row.state, row.item.from_grains(row.capacity)) == ("full", 3000)
        again = client.post("/production/lines/new", typed)
        assert (again.status_code, "already" in again.text) == (409, True)
        hospital = client.post("/production/lines/new", {**typed, "unit": "wuhan_a"})
        assert (hospital.status_code, "no enterprise" in hospital.text) == (422, True)


class TestApi:
    def test_registers_lists_reports_and_reads(self, firm: Firm, client_of: ClientOf) -> None:
        duty, maker = client_of("duty"), client_of("maker")
        assert _post(duty, "/listings", {"units": ["f_hebei"], "name": "dispatch", "authority": "x"}).json() == {
            "listed": 1
        }
        body = [{"line": firm.masks, "day": "2020-02-06", "output": "900", "opening": "0", "shipped": "100",
                 "closing": "800", "flows": [{"region": "420000", "quantity": "100"}]}]  # fmt: skip
        key = str(uuid4())
        for _time in range(2):
            assert _post(maker, "/production/reports", body, key).json() == {"revisions": [1]}
        reports = duty.get("/api/v1/production/reports?as_of=2020-02-06T24:00").json()
        rows = {row["line"]["line"]: row for row in reports}
        row = rows[firm.masks]
        assert (row["firm"]["output"], row["standing"], row["line"]["in_dispatch"]) == (900, "on_time", True)
        assert rows[firm.suits]["standing"] == "missing"
        said = maker.get(f"/api/v1/production/lines/{firm.masks}/reports?day=2020-02-06").json()
        assert said[0]["flows"] == [{"region": "420000", "quantity": 100}]

    def test_refuses_by_name(self, firm: Firm, client_of: ClientOf) -> None:
        maker = client_of("maker")
        body = {
            "line": firm.masks,
            "day": "2020-02-06",
            "output": "900",
            "opening": "0",
            "shipped": "0",
            "closing": "1",
        }
        found = [
            _post(maker, "/production/reports", [{**body, **change}]).json()["code"]
            for change in ({}, {"line": 9}, {"day": "2020-02-09"}, {"output": "x"}, {"voice": "commissioner"})
        ]
        assert found == ["arithmetic_wrong", "line_unknown", "day_refused", "quantity_unreadable", "not_allowed"]


class TestFile:
    def test_books_every_row_or_names_every_problem(self, firm: Firm, client_of: ClientOf) -> None:
        client = client_of("duty")
        good = ("河北防护用品厂", "口罩线", "2020-02-06", 900, 0, 100, 800, "")
        wrong = (
            ("无名厂", "口罩线", "2020-02-06", 900, 0, 100, 800, ""),
            ("河北防护用品厂", "三号线", "2020-02-06", 900, 0, 100, 800, ""),
            ("河北防护用品厂", "SUIT-GB", "2020-02-31", -1, 0, 100, 800, ""),
            ("河北防护用品厂", "SUIT-GB", "2020-02-06", 900, 0, 100, 900, ""),
            ("河北防护用品厂", "SUIT-GB", "2020-02-08", 900, 0, 100, 800, ""),
            good,
        )
        answer = client.post("/production/import", {"file": _book(good, *wrong), "act": "book"})
        assert answer.status_code == 422
        for words in ("无名厂", "三号线", "2020-02-31", "-1", "0 + output 900", "cannot be reported", "two reports"):
            assert words in answer.text, words
        assert not DailyReport.objects.exists()
        checked = client.post("/production/import", {"file": _book(good), "act": "check"})
        assert (checked.status_code, DailyReport.objects.count()) == (200, 0)
        booked = client.post("/production/import", {"file": _book(good), "act": "book"})
        assert (booked.status_code, DailyReport.objects.count()) == (200, 1)

    def test_the_template_is_read_back(self, client_of: ClientOf, firm: Firm) -> None:
        content = client_of("duty").get("/production/template.xlsx").content
        book = openpyxl.load_workbook(io.BytesIO(content))
        assert book.active is not None
        assert len(list(book.active.iter_rows())) == 2

    def test_many_firms_cost_no_more_questions(self, cast: Cast, firm: Firm) -> None:
        lines = [
            production.register_line(
                production.LineRegistration(firm.unit, cast.items["MASK-DISP"].id, f"{n}", "running", 10, "x", n % 2),
                by=cast.duty, at=clock.start_of(TODAY), idem=uuid4(),
            )
            for n in range(40)
        ]  # fmt: skip
        said = [production.Daily(line, TODAY, "firm", 5, 0, 5) for line in lines]
        asked = []
        for few in (said[:2], said[2:10], said[10:]):
            with CaptureQueriesContext(connection) as seen:
                production.submit_daily_reports(few, by=firm.maker, idem=uuid4())
            asked.append(len(seen))
        assert DailyReport.objects.count() == 40
        assert asked[0] == asked[1] == asked[2]


def test_a_plant_is_where_a_maker_keeps_its_goods_not_what_it_owns_elsewhere(cast: Cast, firm: Firm) -> None:
    rows = [Registration("f_other", "enterprise", Both("另一家企业", "Another firm"), "130200", "test")]
    other = organisations.register(rows, by=cast.duty, at=clock.start_of(TODAY))["f_other"]
    organisations.open_place(
        "lent", by=cast.duty, kind="plant", holder=firm.unit, owner=other, name=Both("代储", "Kept for it"),
        region="130200",
    )  # fmt: skip
    wanted = production.LineRegistration(other, cast.items["MASK-DISP"].id, "1", "running", 10, "x", 0)
    line = production.register_line(wanted, by=cast.duty, at=clock.start_of(TODAY), idem=uuid4())
    assert Line.objects.get(id=line).place.holder_id == other


@pytest.mark.parametrize(
    ("column", "typed", "code"),
    [("people", "3.5", "too_fine"), ("people", "2000000", "too_large"), ("raw_days", "1234567", "too_large"),
     ("price", "0.00001", "too_fine")],
)  # fmt: skip
def test_a_number_that_does_not_fit_is_named_with_its_row(column: str, typed: str, code: str, firm: Firm) -> None:
    row = {"企业": "河北防护用品厂", "产线": "口罩线", "日期": "2020-02-06", "产量": "5", "发货": "0", "期末库存": "5"}
    row[{"people": "在岗人数", "raw_days": "原料可用天数", "price": "价格"}[column]] = typed
    table = f"{','.join(row)}\n{','.join(row.values())}\n".encode()
    with pytest.raises(FileRefused) as refused:
        exchange.read_reports("a.csv", table)
    assert [(p.row, p.code) for p in refused.value.problems] == [(2, code)]


def test_the_figure_has_output_capacity_and_completeness(firm: Firm, say: Say) -> None:
    say(output=900)
    say(output=880, voice="commissioner")
    reading = figures.find("production.daily_output").read(Cut(EVENING, place="130000"))
    assert (reading.reported, reading.expected) == (1, 2)
    row = next(row for row in reading.rows if row["item_code"] == "MASK-MED-N95")
    assert [row[key] for key in ("place_code", "output", "capacity", "commissioner_output", "lines", "reported")] == [
        "130000", 900, 50_000, 880, 1, 1,
    ]  # fmt: skip
    assert figures.find("production.daily_output").read(Cut(EVENING, place="420000")).rows == []


class TestFromPermitToOutput:
    def _grant(self, cast: Cast, firm: Firm, days_ago: int) -> None:
        at = NOW - timedelta(days=days_ago)
        wanted = PermitText(firm.unit, "device", "x", "drug", NOW, cast.items["MASK-MED-N95"].id)
        with clock.held_at(at):
            permit = resumption.apply_for_permit(wanted, by=cast.duty, at=at, idem=uuid4())
            resumption.step_permit(permit, StepText("granted", number="1"), by=cast.duty, at=at, idem=uuid4())

    def _row(self) -> dict[str, Any]:
        (row,) = figures.find("production.permit_to_output").read(Cut(EVENING)).rows
        return row

    def test_counts_days_from_the_grant_to_the_first_output_after_it(self, cast: Cast, firm: Firm, say: Say) -> None:
        self._grant(cast, firm, 3)
        say(TODAY - timedelta(days=4), 50)
        say(TODAY - timedelta(days=2), 0, opening=50)
        say(TODAY - timedelta(days=1), 70, opening=50)
        row = self._row()
        assert (row["granted"], row["making"], row["days"]) == (1, 1, 2)

    def test_nothing_made_yet_is_granted_and_not_making(self, cast: Cast, firm: Firm) -> None:
        self._grant(cast, firm, 3)
        row = self._row()
        assert (row["granted"], row["making"], row["days"]) == (1, 0, None)

    def test_output_taken_back_by_a_revision_is_none(self, cast: Cast, firm: Firm, say: Say) -> None:
        self._grant(cast, firm, 3)
        say(TODAY, 70)
        assert self._row()["days"] == 3
        say(TODAY, 0, reason="typed wrong")
        assert self._row()["making"] == 0
