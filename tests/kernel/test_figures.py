"""The registry of figures: one key once, three kinds, both languages."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qipan.kernel import clock, figures
from qipan.kernel.errors import NotFound
from qipan.kernel.figures import KINDS, Column, Cut, Reading, figure
from qipan.kernel.text import Both

TITLE = _("Stock by place")


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures declared here are gone afterwards."""
    monkeypatch.setattr(figures, "_registry", dict(figures._registry))


def _declare(key: str = "tests.gap", kind: str = "stock", title: str | Promise = TITLE) -> None:
    columns = (Column("place", _("Place")), Column("gap", _("Item"), unit="件", value="number"))

    @figure(key, title=title, kind=kind, columns=columns, definition=_("The file has no rows."))
    def read(cut: Cut) -> Reading:
        row = {
            "place": Both("武汉市", "Wuhan"),
            "gap": Fraction(7, 2),
            "of": [Decimal("2.0"), {"at": cut.as_of}],
        }
        return Reading([row], reported=1, expected=3, notes=["one"])


def test_refuses_a_second_declaration() -> None:
    _declare()
    with pytest.raises(ValueError, match=r"tests\.gap is declared twice"):
        _declare()


def test_refuses_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="average"):
        _declare(kind="average")
    assert "tests.gap" not in {found.key for found in figures.all_figures()}


@pytest.mark.parametrize("kind", KINDS)
def test_takes_the_kinds_it_knows(kind: str) -> None:
    _declare(kind=kind)
    assert (figures.find("tests.gap").kind, figures.find("tests.gap").context) == (kind, "tests")


def test_finds_no_figure_that_nobody_declared() -> None:
    with pytest.raises(NotFound) as refusal:
        figures.find("tests.nothing")
    with translation.override("en"):
        assert refusal.value.values == {"what": "figure", "which": "tests.nothing"}


def test_lists_figures_by_key() -> None:
    _declare("tests.b")
    _declare("tests.a")
    keys = [found.key for found in figures.all_figures()]
    assert keys == sorted(keys)
    assert {"tests.a", "tests.b"} < set(keys)


def test_json_has_both_languages() -> None:
    _declare()
    found = figures.find("tests.gap")
    json = figures.as_json(found, Cut(clock.now()), found.read(Cut(clock.now())))
    for text in (json["title"], json["columns"][0]["title"], json["definition"]):
        assert text["en"].isascii()
        assert not text["zh"].isascii()
    assert json["rows"][0]["place"] == {"zh": "武汉市", "en": "Wuhan"}


def test_json_says_the_cut_and_how_many_reports_stand_behind_it() -> None:
    _declare()
    found = figures.find("tests.gap")
    cut = Cut(clock.read_instant("2020-01-29T24:00"), clock.now(), place="420000", item="GOG")
    json = figures.as_json(found, cut, found.read(cut))
    assert (json["as_of"], json["known_at"]) == ("2020-01-30T00:00:00+08:00", "2020-02-06T19:00:00+08:00")
    assert (json["place"], json["item"]) == ("420000", "GOG")
    assert json["completeness"] == {"reported": 1, "expected": 3}
    assert json["notes"] == ["one"]


def test_json_without_a_known_time_says_so() -> None:
    _declare()
    found = figures.find("tests.gap")
    json = figures.as_json(found, Cut(clock.now()), found.read(Cut(clock.now())))
    assert (json["known_at"], json["place"], json["item"]) == (None, None, None)


def test_json_values_are_exact_where_they_are_whole() -> None:
    _declare()
    found = figures.find("tests.gap")
    (row,) = figures.as_json(found, Cut(clock.now()), found.read(Cut(clock.now())))["rows"]
    assert row["gap"] == 3.5
    assert row["of"] == [2, {"at": "2020-02-06T19:00:00+08:00"}]
    assert isinstance(row["of"][0], int)


def test_the_newest_published_statement_by_the_cut_is_given(db: None) -> None:
    def said(value: int, hours: int, publisher: str = "MIIT") -> figures.Publication:
        at = clock.now() + timedelta(hours=hours)
        return figures.Publication(
            at=at, period=str(hours), place="420000", subject_as_published="防护服", metric="shipped", value=value,
            unit="件", publisher=publisher, outlet="test", published_on=at.date(),
        )  # fmt: skip

    rows = [said(100, -24), said(200, -1), said(210, -1, "Hubei"), said(300, 1)]
    assert figures.publish(rows) == 4
    figures.publish([said(200, -1)])
    found = figures.published(place="420000", metrics=["shipped"], as_of=clock.now())
    assert [(row.publisher, row.value) for row in found] == [("MIIT", 200), ("Hubei", 210)]
    assert figures.published(place="140000", metrics=["shipped"], as_of=clock.now()) == []
