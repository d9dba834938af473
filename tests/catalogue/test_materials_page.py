"""The catalogue's screens: the tree, one material's rules on a day, the workbook."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from qipan.catalogue import operations
from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from tests.cast import Cast

QUERIES_MAX = 15


def words(answer: Any) -> str:
    """The text of a page without its tags, on one line."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text)


def table(answer: Any) -> list[list[Any]]:
    """The cells of the answer's workbook from the header on."""
    cells = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    return cells[next(at for at, row in enumerate(cells) if row[0] == "Code") :]


def test_lists_every_material_in_both_languages(client_of: Any, django_assert_max_num_queries: Any) -> None:
    client = client_of("duty", "en")
    with django_assert_max_num_queries(QUERIES_MAX):
        page = client.get("/catalogue")
    assert page.status_code == 200
    assert page.content.decode().count('href="/catalogue/') == 61
    assert "Disposable medical protective suit, EO-sterilised" in words(page)
    assert "医用一次性防护服" in words(client_of("duty", "zh-hans").get("/catalogue"))


def test_finds_by_code_name_and_pinyin_initials(client_of: Any) -> None:
    client = client_of("duty")
    for text in ("fhf", "fang hu fu", "防护服", "SUIT"):
        page = client.get("/catalogue", {"text": text}).content.decode()
        assert "/catalogue/SUIT-GB" in page, text
        assert "/catalogue/DIS-84" not in page, text


def test_narrows_to_a_category_and_what_is_below(client_of: Any) -> None:
    client = client_of("duty")
    whole = client.get("/catalogue", {"category": "PPE"}).content.decode()
    part = client.get("/catalogue", {"category": "PPE-RESP"}).content.decode()
    assert "/catalogue/SUIT-GB" in whole and "/catalogue/MASK-N95" in whole
    assert "/catalogue/SUIT-GB" not in part and "/catalogue/MASK-N95" in part


def test_says_so_when_nothing_is_found(client_of: Any) -> None:
    page = client_of("duty").get("/catalogue", {"text": "zzzz"})
    assert "No material has this name, code or pinyin." in words(page)


def test_refuses_an_unknown_category(client_of: Any) -> None:
    assert client_of("duty").get("/catalogue", {"category": "NOPE"}).status_code == 422


def test_knows_no_such_material(client_of: Any) -> None:
    assert client_of("duty").get("/catalogue/NOPE").status_code == 404


def test_shows_a_rule_from_its_day_on(client_of: Any) -> None:
    client = client_of("duty")
    before = words(client.get("/catalogue/SUIT-EM", {"as_of": "2020-01-28T19:00"}))
    after = words(client.get("/catalogue/SUIT-EM", {"as_of": "2020-01-29T24:00"}))
    assert "0 of 8 zones" in before and "not yet in force" in before
    assert "1 of 8 zones" in after and "工信明电〔2020〕7号" in after


def test_shows_an_ended_rule_as_ended(client_of: Any, cast: Any) -> None:
    operations.end_emergency("SUIT-EM", by=cast.duty, at=clock.read_instant("2020-02-01T08:00"))
    client = client_of("duty")
    assert "1 of 8 zones" in words(client.get("/catalogue/SUIT-EM", {"as_of": "2020-01-31T24:00"}))
    after = words(client.get("/catalogue/SUIT-EM", {"as_of": "2020-02-01T24:00"}))
    assert "0 of 8 zones" in after and "ended" in after


def test_marks_central_control_only_from_its_day(client_of: Any, cast: Any) -> None:
    at = clock.read_instant("2020-01-29T08:00")
    operations.place_under_control("SUIT-GB", by=cast.duty, at=at, authority="notice 2")
    client = client_of("duty")
    assert "central control" not in words(client.get("/catalogue", {"as_of": "2020-01-28T24:00"}))
    assert "central control" in words(client.get("/catalogue", {"as_of": "2020-01-29T24:00"}))


def test_converts_packs_exactly(client_of: Any) -> None:
    page = words(client_of("duty").get("/catalogue/DIS-84"))
    assert "1/30" in page and "170/3" in page and "1,700" in page


def test_names_what_may_stand_in_with_ratio_and_authority(client_of: Any, django_assert_max_num_queries: Any) -> None:
    client = client_of("duty")
    with django_assert_max_num_queries(QUERIES_MAX):
        page = client.get("/catalogue/SUIT-GB", {"as_of": "2020-01-29T24:00"})
    assert 'href="/catalogue/SUIT-EM?as_of=2020-01-29T24%3A00"' in page.content.decode()
    assert "What may stand in for it" in words(page)


def test_workbook_has_the_rows_of_the_list(client_of: Any) -> None:
    found = client_of("duty").get("/catalogue.xlsx", {"category": "PPE-RESP", "as_of": "2020-01-29T24:00"})
    header, *rows = table(found)
    assert len(rows) == 11
    first = dict(zip(header, rows[0], strict=True))
    assert first["Code"] == "MASK-MED-N95"
    assert first["Use zones allowed"] == "ICU ISO FEV LAB TRN"
    assert first["Packs"] == "box = 20 piece; case = 400 piece"


@pytest.mark.parametrize("address", ["/catalogue", "/catalogue/SUIT-GB", "/catalogue.xlsx"])
def test_needs_a_signed_in_person(client: Any, db: None, address: str) -> None:
    assert client.get(address).status_code == 302


def test_a_material_stands_in_another_scheme_beside_its_own_class(cast: Cast, client_of: Callable[..., Client]) -> None:
    form = {"scheme": "national-7-21", "as_code": "0102", "name_zh": "身体防护", "name_en": "Body protection"}
    answer = client_of("duty").post("/catalogue/SUIT-GB/classes", form, follow=True)
    assert "national-7-21" in answer.text and "Body protection" in answer.text
    body = client_of("duty").get("/api/v1/materials/SUIT-GB").json()
    assert body["category"] == catalogue.material("SUIT-GB").category
    assert [(row["scheme"], row["code"]) for row in body["classes"]] == [("national-7-21", "0102")]
    assert client_of("duty").post("/catalogue/SUIT-GB/classes", {**form, "as_code": "0103"}).status_code == 409
    assert client_of("audit").post("/catalogue/GOG/classes", form).status_code == 403
