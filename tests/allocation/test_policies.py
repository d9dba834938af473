"""Policies: named, versioned, never edited; who comes first is the command's to say, on screen and through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from qipan.allocation import errors, operations, queries
from qipan.catalogue.errors import ZoneUnknown
from qipan.kernel import clock
from qipan.kernel.errors import NotAllowed
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations.errors import RegionUnknown
from qipan.stock import operations as stock
from tests.cast import Cast

ONE_TIER = [{"name_zh": "全部", "name_en": "All"}]


def _state(cast: Cast, *, version: int = 2, by: Any = None, tiers: Any = ONE_TIER, pools: Any = ("plant",)) -> int:
    text = operations.PolicyText(Both("新", "New"), "test", tiers, pools)
    return operations.state_policy(
        "test-policy", text, version=version, by=by or cast.duty, at=clock.now(), idem=uuid4()
    )


def test_the_newest_version_of_each_policy_is_in_force(cast: Cast) -> None:
    _state(cast)
    found = {row.code: row.version for row in queries.policies(clock.now())}
    assert found["test-policy"] == 2


def test_a_version_is_written_once(cast: Cast) -> None:
    _state(cast)
    with pytest.raises(errors.PolicyVersionTaken):
        _state(cast, tiers=[{"name_zh": "别的", "name_en": "Other"}])
    assert [tier.name_en for tier in operations.policy_in_force("test-policy", clock.now()).tiers.all()] == ["All"]


def test_only_the_command_says_who_comes_first(cast: Cast) -> None:
    for by in (cast.approver, cast.keeper, cast.receiver):
        with pytest.raises(NotAllowed):
            _state(cast, by=by)


@pytest.mark.parametrize(
    ("wrong", "fact"),
    [
        ({"pools": ("attic",)}, errors.PoolUnknown),
        ({"tiers": []}, errors.TierMissing),
        ({"tiers": [{**ONE_TIER[0], "zones": ["XYZ"]}]}, ZoneUnknown),
        ({"tiers": [{**ONE_TIER[0], "regions": ["999999"]}]}, RegionUnknown),
    ],
)
def test_words_nobody_knows_are_refused(cast: Cast, wrong: dict[str, Any], fact: type[Exception]) -> None:
    with pytest.raises(fact):
        _state(cast, **wrong)
    assert _newest() == 1


@pytest.mark.parametrize("kind", ["import", "donation", "ministry"])
def test_a_pool_is_drawn_on_when_the_policy_says_so(cast: Cast, given_of: Any, kind: str) -> None:
    place = organisations.open_place(
        f"store-{kind}",
        by=cast.duty,
        kind=kind,
        holder=cast.units["wuhan_b"],
        name=Both("库", "Store"),
        region="310000",
    )
    opened = stock.open_accounts([stock.Opening("store", f"store/{kind}", place, "310000")], by=cast.keeper)
    cast.accounts[kind] = opened[f"store/{kind}"]
    cast.put(kind, "SUIT-GB", 30)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30)
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 0}
    _state(cast, pools=("plant", kind))
    assert given_of(cast.plan("SUIT-GB")) == {("wuhan_a", "ICU"): 30}


def _newest() -> int:
    return operations.policy_in_force("test-policy", clock.now()).version


def _form(**more: str) -> dict[str, Any]:
    return {
        "code": "test-policy", "name_zh": "新政策", "name_en": "New policy",
        "authority": "notice 7", "pools": ["plant"],
        "form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0",
        "form-0-name_zh": "重症", "form-0-name_en": "ICU first", "form-0-zones": "ICU, iso",
        "form-0-weight_milli": "1500",
        "form-0-minimum_share_pct": "20", "form-0-cap_pct": "90",
        "form-1-weight_milli": "1000", "form-1-minimum_share_pct": "0", "form-1-cap_pct": "100",
        **more,
    }  # fmt: skip


def test_the_command_writes_one_down_on_the_screen(cast: Cast, client_of: Callable[..., Client]) -> None:
    answer = client_of("duty").post("/policies", _form(), follow=True)
    assert answer.status_code == 200
    policy = operations.policy_in_force("test-policy", clock.now())
    (tier,) = policy.tiers.all()
    assert (policy.version, tier.zones, tier.weight_milli, tier.minimum_share_pct, tier.cap_pct) == (
        2, ["ICU", "ISO"], 1500, 20, 90,
    )  # fmt: skip
    assert "at least 20%" in answer.text and "at most 90%" in answer.text


def test_a_form_sent_twice_makes_one_version(cast: Cast, client_of: Callable[..., Client]) -> None:
    client, form = client_of("duty"), _form(idem=str(uuid4()))
    assert [client.post("/policies", form).status_code for _ in range(2)] == [302, 302]
    assert _newest() == 2


def test_the_screen_keeps_what_was_typed_when_it_refuses(cast: Cast, client_of: Callable[..., Client]) -> None:
    client = client_of("duty")
    answer = client.post("/policies", _form(**{"form-0-zones": "XYZ"}))
    assert answer.status_code == 422 and "XYZ" in answer.text and "notice 7" in answer.text
    assert client.post("/policies", _form(**{"form-0-cap_pct": "200"})).status_code == 422
    assert _newest() == 1


def test_others_read_them_only(cast: Cast, client_of: Callable[..., Client]) -> None:
    client = client_of("audit")
    assert "Only the command says who comes first." in client.get("/policies").text
    assert client.post("/policies", _form()).status_code == 403
    assert _newest() == 1
