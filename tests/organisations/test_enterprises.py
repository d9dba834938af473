"""Enterprises: credit codes of GB 32100, registering on screen and API, the lists they are on from an instant on."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import errors, operations, queries
from qipan.organisations.credit_code import ALPHABET, WEIGHTS, compact, is_credit_code
from qipan.organisations.operations import Registration
from tests.cast import START, Cast

GOOD, FARMERS = "91110000600037341L", "N2140100MF1234567L"
"""The example of the standard's readers; and one of the department of agriculture, which others refuse."""


class TestCreditCode:
    @pytest.mark.parametrize("code", [GOOD, FARMERS])
    def test_a_right_one_is_taken(self, code: str) -> None:
        assert is_credit_code(code)

    @pytest.mark.parametrize(
        "code", ["", "9111", GOOD[:-1] + "M", GOOD.replace("6", "O"), "911A0000600037341L", GOOD + "1", GOOD.lower()]
    )
    def test_a_wrong_one_is_not(self, code: str) -> None:
        assert not is_credit_code(code)

    def test_it_is_read_as_people_type_it(self) -> None:
        assert compact(" ９111 0000-600037341l ") == GOOD

    @given(st.text(ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(ALPHABET))
    def test_one_changed_character_is_always_found(self, text: str, place: int, other: str) -> None:
        digits = "".join(str(ALPHABET.index(letter) % 10) for letter in text[2:8])
        body = text[:2] + digits + text[8:]
        check = ALPHABET[-sum(ALPHABET.index(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 31]
        assert is_credit_code(body + check)
        changed = body[:place] + other + body[place + 1 :]
        assert is_credit_code(changed + check) == (changed == body)


class TestRegister:
    def test_an_enterprise_is_registered_on_the_screen_and_found_by_its_code(self, cast: Cast, client_of: Any) -> None:
        typed = {"name_zh": "某厂", "kind": "enterprise", "region": "130100", "credit_code": GOOD.lower()}
        page = client_of("duty").post("/units/register", {**typed, "idem": str(uuid4())}, follow=True)
        assert page.status_code == 200
        assert GOOD in page.content.decode()
        found = queries.organisation(GOOD)
        assert (found.name.zh, found.kind, queries.places(unit=found.id)) == ("某厂", "enterprise", {})

    def test_a_wrong_code_is_refused_on_screen_and_api(self, cast: Cast, client_of: Any) -> None:
        typed = {"name_zh": "某厂", "kind": "enterprise", "region": "130100", "credit_code": GOOD[:-1] + "M"}
        page = client_of("duty").post("/units/register", {**typed, "idem": str(uuid4())})
        assert page.status_code == 422
        assert "GB 32100" in page.content.decode()
        answer = client_of("duty").post(
            "/api/v1/units", json.dumps(typed), content_type="application/json", headers={"Idempotency-Key": "0" * 32}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "credit_code_wrong")

    def test_a_code_is_of_one_unit(self, cast: Cast) -> None:
        rows = [Registration("a", "enterprise", Both("甲厂", ""), "130100", "test", credit_code=GOOD)]
        operations.register(rows, by=cast.duty, at=START)
        operations.register(rows, by=cast.duty, at=START)
        more = [Registration("b", "enterprise", Both("乙厂", ""), "130100", "test", credit_code=GOOD)]
        with pytest.raises(errors.CreditCodeKnown):
            operations.register(more, by=cast.duty, at=START)


class TestLists:
    def _firm(self, cast: Cast) -> int:
        rows = [Registration("a", "enterprise", Both("甲厂", ""), "140100", "test")]
        return operations.register(rows, by=cast.duty, at=START)["a"]

    def _list(self, cast: Cast, firm: int, name: str = "above_size", *, member: bool = True, days: int = 0) -> int:
        return operations.list_enterprises(
            [firm], list_name=name, is_member=member, authority="统计局", by=cast.duty, at=START + timedelta(days=days),
            idem=uuid4(),
        )  # fmt: skip

    def test_a_list_is_as_of_an_instant(self, cast: Cast) -> None:
        firm = self._firm(cast)
        self._list(cast, firm)
        self._list(cast, firm, member=False, days=2)
        members = [queries.members_of(Cut(START + timedelta(days=n)))["above_size"] for n in (-1, 1, 3)]
        assert members == [set(), {firm}, set()]

    def test_it_is_changed_on_the_units_page(self, cast: Cast, client_of: Any) -> None:
        firm = self._firm(cast)
        typed = {"list_name": "dispatch", "member": "1", "authority": "省指挥部", "idem": str(uuid4())}
        page = client_of("duty").post(f"/units/{firm}/list", typed, follow=True)
        assert "省指挥部" in page.content.decode()
        rows = client_of("duty").get("/api/v1/units?kind=enterprise").json()
        assert [row["lists"] for row in rows if row["code"] == "a"] == [["dispatch"]]

    def test_refuses_no_list_no_enterprise_and_who_may_not(self, cast: Cast, client_of: Any) -> None:
        firm = self._firm(cast)
        with pytest.raises(errors.ListUnknown):
            self._list(cast, firm, "best")
        with pytest.raises(errors.NoEnterprise):
            self._list(cast, queries.organisation("wuhan_a").id)
        with pytest.raises(errors.OrganisationUnknown):
            self._list(cast, 10**9)
        with pytest.raises(NotAllowed):
            operations.list_enterprises(
                [firm], list_name="key", is_member=True, authority="x", by=cast.keeper, at=clock.now(), idem=uuid4()
            )
