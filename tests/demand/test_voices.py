"""Voices about a place's need: each kept beside the others, none overwritten, a scenario never taken for a need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from qipan.demand import errors, operations, queries
from qipan.kernel import clock
from qipan.kernel.errors import SameKeyOtherBody
from qipan.kernel.figures import Cut
from tests.cast import Cast, key

WUHAN = "420100"


def _state(cast: Cast, voice: str, quantity: int, *, item: str = "SUIT-GB", idem: object = None) -> None:
    row = operations.PlaceStatement(voice, WUHAN, cast.items[item].id, quantity, clock.now(), f"said by {voice}")
    operations.state_place_needs([row], by=cast.duty, idem=key(idem) if idem else uuid4())


def test_every_voice_stands_beside_the_others_with_its_source(cast: Cast) -> None:
    for voice, quantity in (("official", 100), ("burn_rate", 70), ("scenario", 900)):
        _state(cast, voice, quantity)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 30)
    (row,) = queries.place_needs(Cut(clock.now(), place=WUHAN, item="SUIT-GB"))
    assert row.quantities == {"official": 100, "burn_rate": 70, "scenario": 900}
    assert row.sources == {voice: f"said by {voice}" for voice in row.quantities}
    assert row.approved == 30


def test_a_later_statement_replaces_its_own_voice_from_then_on(cast: Cast) -> None:
    before = clock.now()
    _state(cast, "burn_rate", 70)
    with clock.held_at(before + timedelta(hours=1)):
        _state(cast, "burn_rate", 80)
        said = {at: queries.place_needs(Cut(at, place=WUHAN))[0].quantities for at in (before, clock.now())}
    assert said == {before: {"burn_rate": 70}, before + timedelta(hours=1): {"burn_rate": 80}}


def test_a_scenario_is_never_taken_for_a_need(cast: Cast) -> None:
    _state(cast, "scenario", 900)
    assert queries.gap_by_place(Cut(clock.now(), place=WUHAN)) == []


def test_what_is_not_used_up_has_no_burn_rate(cast: Cast) -> None:
    from qipan.catalogue import queries as catalogue

    device = catalogue.material("THERM-AUTO")
    row = operations.PlaceStatement("burn_rate", WUHAN, device.id, 5, clock.now(), "rate")
    with pytest.raises(errors.NotUsedUp):
        operations.state_place_needs([row], by=cast.duty, idem=uuid4())


def test_a_voice_nobody_has_is_refused(cast: Cast) -> None:
    with pytest.raises(errors.VoiceUnknown):
        _state(cast, "rumour", 5)


def test_twice_is_once_also_a_minute_later(cast: Cast) -> None:
    _state(cast, "official", 5, idem="one")
    with clock.held_at(clock.now() + timedelta(minutes=1)):
        _state(cast, "official", 5, idem="one")
        with pytest.raises(SameKeyOtherBody):
            _state(cast, "official", 6, idem="one")
    from qipan.demand.models import PlaceNeed

    assert PlaceNeed.objects.count() == 1


def test_an_officer_states_one_on_the_screen(cast: Cast, client_of: Callable[..., Client]) -> None:
    form = {"voice": "scenario", "place": WUHAN, "item": "SUIT-GB", "quantity": "1.2万", "source": "peak in ten days"}
    client = client_of("duty")
    answer = client.post("/needs/voices", form, follow=True)
    assert "12,000" in answer.text and "peak in ten days" in answer.text
    assert client.post("/needs/voices", {**form, "quantity": "0"}).status_code == 422
    assert client_of("audit").post("/needs/voices", form).status_code == 403


def test_the_api_keeps_and_reads_them(cast: Cast, client_of: Callable[..., Client]) -> None:
    body = [{"voice": "burn_rate", "place": WUHAN, "item": "SUIT-GB", "quantity": "70", "source": "2 sets a shift"}]
    headers = {"idempotency-key": str(key("api"))}
    client = client_of("duty")
    sent = client.post("/api/v1/place-needs", body, content_type="application/json", headers=headers)
    assert (sent.status_code, sent.json()) == (201, {"stated": 1})
    (row,) = client.get(f"/api/v1/place-needs?place={WUHAN}").json()
    assert row["voices"] == {"burn_rate": {"quantity_day": 70, "source": "2 sets a shift"}}
