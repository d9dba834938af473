"""A daily report is added, never changed; the firm's voice is booked, and what is unlikely is kept and marked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed, SameKeyOtherBody
from qipan.kernel.figures import Cut
from qipan.production import errors, queries
from qipan.production import operations as production
from qipan.production.models import DailyReport
from qipan.production.operations import Daily
from qipan.stock.models import Correction, Movement
from tests.cast import Cast
from tests.production.conftest import NOW, TODAY, Firm, onhand

Say = Callable[..., int]
YESTERDAY = TODAY - timedelta(days=1)


def _flags(firm: Firm, day: date = TODAY, line: int = 0) -> list[str]:
    (row,) = queries.reports(Cut(NOW), first=day, last=day, line_ids=[line or firm.masks])
    return row.flags


class TestBooking:
    def test_output_goes_to_the_plants_store(self, cast: Cast, firm: Firm, say: Say) -> None:
        say(output=900)
        store, awaiting = firm.accounts(firm.masks)
        assert onhand(store, cast.items["MASK-MED-N95"].id) == 900
        (movement,) = Movement.objects.filter(kind="output", dst_id=store)
        assert (movement.document, movement.occurred_at, movement.actor) == (
            f"report/{firm.masks}/2020-02-06", NOW, firm.maker.id,
        )  # fmt: skip
        assert awaiting is not None

    def test_what_awaits_release_is_not_in_the_store(self, cast: Cast, firm: Firm, say: Say) -> None:
        say(line=firm.suits, output=800)
        store, awaiting = firm.accounts(firm.suits)
        item = cast.items["SUIT-GB"].id
        assert awaiting is not None
        assert (onhand(store, item), onhand(awaiting, item)) == (0, 800)

    def test_a_revision_books_what_it_adds(self, cast: Cast, firm: Firm, say: Say) -> None:
        assert [say(output=900), say(output=950)] == [1, 2]
        store, _awaiting = firm.accounts(firm.masks)
        assert onhand(store, cast.items["MASK-MED-N95"].id) == 950
        assert [row.output for row in queries.revisions(firm.masks, TODAY)] == [950, 900]

    def test_what_a_revision_takes_away_waits_for_a_second_person(self, cast: Cast, firm: Firm, say: Say) -> None:
        say(output=900)
        say(output=700, reason="miscounted")
        store, _awaiting = firm.accounts(firm.masks)
        assert onhand(store, cast.items["MASK-MED-N95"].id) == 900
        (waiting,) = Correction.objects.filter(account_id=store)
        assert (waiting.kind, waiting.qty, waiting.actor_id) == ("write_off", 200, firm.maker.id)

    def test_the_commissioners_number_is_kept_apart_and_not_booked(self, cast: Cast, firm: Firm, say: Say) -> None:
        say(output=900)
        say(output=850, voice="commissioner")
        store, _awaiting = firm.accounts(firm.masks)
        assert onhand(store, cast.items["MASK-MED-N95"].id) == 900
        day = next(row for row in queries.days(Cut(NOW), day=TODAY) if row.line.id == firm.masks)
        assert (day.output, day.difference) == (900, -50)

    def test_a_day_that_is_over_is_booked_at_its_end(self, firm: Firm, say: Say) -> None:
        say(YESTERDAY, 900)
        assert Movement.objects.get(kind="output").occurred_at == clock.end_of(YESTERDAY)

    def test_what_was_known_then_stays(self, firm: Firm, say: Say) -> None:
        say(YESTERDAY, 900)
        with clock.held_at(NOW + timedelta(hours=1)):
            say(YESTERDAY, 950)
        then, now = Cut(NOW, NOW), Cut(NOW + timedelta(hours=2))
        assert [queries.reports(c, first=YESTERDAY, last=YESTERDAY)[0].output for c in (then, now)] == [900, 950]


class TestRelease:
    def test_is_of_what_has_waited_long_enough(self, cast: Cast, firm: Firm, say: Say) -> None:
        long_ago = TODAY - timedelta(days=7)
        say(long_ago, 500, line=firm.suits)
        say(YESTERDAY, 400, line=firm.suits)
        with pytest.raises(errors.NotYetReleasable) as refusal:
            say(line=firm.suits, output=0, released=501)
        assert (refusal.value.values["ready"], refusal.value.values["days"]) == (500, 7)
        say(line=firm.suits, output=0, released=500)
        store, awaiting = firm.accounts(firm.suits)
        assert awaiting is not None
        item = cast.items["SUIT-GB"].id
        assert (onhand(store, item), onhand(awaiting, item)) == (500, 400)
        with pytest.raises(errors.NotYetReleasable):
            say(line=firm.suits, output=0, released=501)

    def test_a_line_without_delay_releases_nothing(self, say: Say) -> None:
        with pytest.raises(errors.NotYetReleasable):
            say(output=900, released=1)


class TestOnce:
    def test_the_same_key_books_once(self, firm: Firm, say: Say) -> None:
        key = uuid4()
        assert [say(output=900, idem=key), say(output=900, idem=key)] == [1, 1]
        assert DailyReport.objects.count() == Movement.objects.filter(kind="output").count() == 1

    def test_the_same_key_for_another_report_is_refused(self, say: Say) -> None:
        key = uuid4()
        say(output=900, idem=key)
        with pytest.raises(SameKeyOtherBody):
            say(output=901, idem=key)

    def test_an_answer_that_was_lost_is_given_again_whatever_came_in_between(self, firm: Firm, say: Say) -> None:
        """The opening stock was yesterday's closing then; yesterday has been revised since."""
        say(YESTERDAY, 900)
        key, today = uuid4(), {"output": 100, "opening": None, "closing": 1000}
        assert say(idem=key, **today) == 1
        say(YESTERDAY, 950)
        assert say(idem=key, **today) == 1
        with pytest.raises(errors.ArithmeticWrong):
            say(idem=uuid4(), **today)

    def test_all_or_none(self, firm: Firm) -> None:
        good = Daily(firm.masks, TODAY, "firm", 900, 0, 900)
        bad = Daily(firm.suits, TODAY, "firm", 900, 0, 1)
        with pytest.raises(errors.ArithmeticWrong):
            production.submit_daily_reports([good, bad], by=firm.maker, idem=uuid4())
        assert not DailyReport.objects.exists()
        assert not Movement.objects.filter(kind="output").exists()

    def test_two_of_one_line_and_day_are_refused(self, firm: Firm) -> None:
        one = Daily(firm.masks, TODAY, "firm", 900, 0, 900)
        with pytest.raises(errors.ReportTwice):
            production.submit_daily_reports([one, one], by=firm.maker, idem=uuid4())


class TestRefuses:
    @pytest.mark.parametrize("day", [TODAY + timedelta(days=1), date(2020, 1, 1), date(1900, 1, 1), date(2199, 1, 1)])
    def test_a_day_that_cannot_be(self, say: Say, day: date) -> None:
        with pytest.raises(errors.DayRefused):
            say(day)

    def test_a_line_and_a_voice_nobody_knows(self, firm: Firm, say: Say) -> None:
        with pytest.raises(errors.LineUnknown):
            say(line=999_999)
        with pytest.raises(errors.VoiceUnknown):
            say(voice="press", by=firm.maker)

    def test_numbers_that_do_not_add_up_and_shows_the_sum(self, say: Say) -> None:
        with pytest.raises(errors.ArithmeticWrong) as refusal:
            say(output=200, opening=1000, shipped=300, closing=800)
        assert re.findall(r"\d+", str(refusal.value))[-5:] == ["1000", "200", "300", "900", "800"]

    def test_who_speaks_in_anothers_voice_or_for_another_firm(self, cast: Cast, firm: Firm, say: Say) -> None:
        for by, voice in ((firm.maker, "commissioner"), (firm.commissioner, "firm"), (cast.keeper, "firm")):
            with pytest.raises(NotAllowed):
                say(by=by, voice=voice)


class TestMarks:
    def test_nothing_where_all_is_likely(self, firm: Firm, say: Say) -> None:
        say(YESTERDAY, 900)
        say(output=900, opening=900)
        assert _flags(firm) == []

    @pytest.mark.parametrize(
        ("before", "today", "flag"),
        [
            ({}, {"output": 60_001}, "above_capacity"),
            ({}, {"output": 900, "closing": 5, "note": "rain"}, "does_not_add_up"),
            ({"output": 900}, {"output": 900, "opening": 800}, "opening_differs"),
            ({"output": 900}, {"output": 899, "opening": 900}, "fell"),
            ({"output": 900, "price_yuan": 10}, {"output": 900, "opening": 900, "price_yuan": 14}, "price_jump"),
        ],
    )
    def test_what_is_unlikely(
        self, firm: Firm, say: Say, before: dict[str, Any], today: dict[str, Any], flag: str
    ) -> None:
        if before:
            say(YESTERDAY, **before)
        say(**today)
        assert _flags(firm) == [flag]

    def test_a_revision_of_a_day_that_is_over_is_an_erratum(self, firm: Firm, say: Say) -> None:
        say(YESTERDAY, 900)
        say(YESTERDAY, 950)
        assert _flags(firm, YESTERDAY) == ["erratum"]

    def test_output_of_an_idle_line(self, cast: Cast, firm: Firm, say: Say) -> None:
        production.state_line(
            firm.masks, state="idle", capacity_day=0, ground="stopped", by=cast.duty, at=NOW, idem=uuid4()
        )
        say(output=900)
        assert _flags(firm) == ["idle_makes"]


class TestRatchet:
    def test_a_fall_of_line_firm_and_item_is_told_with_its_reason(self, cast: Cast, firm: Firm, say: Say) -> None:
        say(YESTERDAY, 900)
        say(output=700, opening=900, reason="no meltblown")
        (fall,) = queries.falls(queries.days(Cut(NOW), day=TODAY))
        assert (fall.kind, fall.before, fall.output, fall.reasons) == ("line", 900, 700, ("no meltblown",))

    def test_a_missing_report_is_no_fall(self, firm: Firm, say: Say) -> None:
        say(YESTERDAY, 900)
        assert queries.falls(queries.days(Cut(NOW), day=TODAY)) == []

    def test_the_item_falls_when_all_have_reported(self, cast: Cast, firm: Firm, say: Say) -> None:
        other = production.register_line(
            production.LineRegistration(firm.unit, cast.items["MASK-MED-N95"].id, "二号线", "running", 5, "x", 0),
            by=cast.duty, at=clock.start_of(TODAY - timedelta(days=3)), idem=uuid4(),
        )  # fmt: skip
        for line, before in ((firm.masks, 900), (other, 100)):
            say(YESTERDAY, before, line=line)
        say(output=850, opening=900)
        assert {fall.kind for fall in queries.falls(queries.days(Cut(NOW), day=TODAY))} == {"line"}
        say(output=110, opening=100, line=other)
        found = {fall.kind: (fall.before, fall.output) for fall in queries.falls(queries.days(Cut(NOW), day=TODAY))}
        assert found == {"line": (900, 850), "firm": (1000, 960), "item": (1000, 960)}


class TestReporters:
    def test_on_time_late_and_missing_at_the_cut_off(self, firm: Firm, say: Say) -> None:
        say(output=900)
        with clock.held_at(NOW + timedelta(hours=2)):
            say(output=800, line=firm.suits)
            rows = queries.expected(queries.days(Cut(clock.now())))
        assert {row.line.id: row.standing for row in rows} == {firm.masks: "on_time", firm.suits: "late"}
        morning, evening = Cut(NOW + timedelta(days=1)), Cut(NOW + timedelta(days=1, hours=2))
        tomorrow = TODAY + timedelta(days=1)
        assert {row.standing for row in queries.days(morning, day=tomorrow)} == {"awaited"}
        assert {row.standing for row in queries.days(evening)} == {"missing"}
        assert queries.days(morning)[0].firm is not None

    def test_a_revision_is_not_late(self, firm: Firm, say: Say) -> None:
        say(output=900)
        with clock.held_at(NOW + timedelta(hours=5)):
            say(output=950)
            (row,) = [row for row in queries.days(Cut(clock.now())) if row.line.id == firm.masks]
        assert (row.output, row.standing) == (950, "on_time")

    def test_an_idle_line_need_not_report(self, cast: Cast, firm: Firm) -> None:
        production.state_line(
            firm.masks, state="idle", capacity_day=0, ground="stopped", by=cast.duty, at=NOW, idem=uuid4()
        )
        assert [row.line.id for row in queries.expected(queries.days(Cut(NOW)))] == [firm.suits]
