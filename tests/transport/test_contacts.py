"""Names and telephone numbers with a load: closed, masked everywhere, opened by a recorded act, erased in time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from qipan.kernel import clock, vault
from qipan.kernel.errors import NotAllowed
from qipan.kernel.models import Event
from qipan.transport import errors, operations
from qipan.transport.models import Contact
from tests.cast import Cast, key

NAME, PHONE = "欧阳丰收", "138 0013 8000"
DIGITS = "13800138000"
ClientOf = Callable[..., Client]


@pytest.fixture
def number(cast: Cast) -> str:
    """A load whose driver has a name and a telephone."""
    cast.put("reserve", "SUIT-GB", 100)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 10)
    batch = cast.plan("SUIT-GB")
    cast.issue(batch)
    from qipan.allocation import queries

    return operations.load_batch_lines(
        [line.id for line in queries.lines_to_load(batch)], by=cast.keeper, idem=key("load"), at=clock.now(),
        vehicle=operations.Vehicle("鄂A12345", NAME, driver_phone=PHONE), planned_arrival=clock.now(),
    )  # fmt: skip


def look(number: str, by: Any, reason: str = "he is late", role: str = "driver") -> operations.Opened:
    return operations.reveal(number, role, reason=reason, by=by, at=clock.now(), idem=uuid4())


READABLE = """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND has_table_privilege(oid, 'SELECT')"""


def test_what_is_kept_tells_neither_name_nor_number(cast: Cast, number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(READABLE)
        tables = [name for (name,) in cursor.fetchall()]
        assert {"transport_contact", "kernel_event", "kernel_answeredkey"} <= set(tables)
        for table in tables:
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')
            words = cursor.fetchone()[0] or ""
            assert not any(mark in words for mark in (NAME, NAME[1:], PHONE, DIGITS)), table


def test_the_mask_is_what_everybody_sees(client_of: ClientOf, number: str) -> None:
    page = client_of("audit").get(f"/shipments/{number}").text
    assert "欧**" in page
    assert "138****8000" in page
    (told,) = client_of("audit").get(f"/api/v1/shipments/{number}").json()["contacts"]
    assert told == {"role": "driver", "name": "欧**", "phone": "138****8000", "erased": False}


def test_no_page_figure_or_file_shows_it(client_of: ClientOf, cast: Cast, number: str) -> None:
    """Every address of the router that answers the duty officer, read whole."""
    from tests.doors.aims import get_resolver, routes
    from tests.doors.test_api import SAFE

    client = client_of("duty")
    plain = [f"/{route}" for route in routes(get_resolver()) if "<" not in route and not route.startswith("sign")]
    for path in [*plain, *SAFE, f"/shipments/{number}"]:
        answer = client.get(path.format(number=number) if "{" in path else path)
        content = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                content = b"".join(book.read(name) for name in book.namelist())
        for mark in (NAME, PHONE, DIGITS):
            assert mark.encode() not in content, path


def test_a_look_is_written_down_with_its_reason(cast: Cast, number: str) -> None:
    assert look(number, cast.keeper) == operations.Opened(NAME, PHONE)
    event = Event.objects.get(key="transport.contact_revealed")
    assert (event.actor_name, event.subject) == ("keeper", f"shipment/{number}")
    assert event.detail == {"role": "driver", "reason": "he is late"}


def test_a_look_by_page_shows_it_once(client_of: ClientOf, number: str) -> None:
    client = client_of("keeper")
    asked = {"act": "reveal", "role": "driver", "reason": "he is late", "idem": str(uuid4())}
    assert PHONE in client.post(f"/shipments/{number}/step", asked).text
    page = client.get(f"/shipments/{number}").text
    assert PHONE not in page
    assert "name and number opened" in page


def test_a_look_by_the_api(client_of: ClientOf, number: str) -> None:
    answer = client_of("receiver").post(
        f"/api/v1/shipments/{number}/contacts", {"role": "driver", "reason": "he is late"},
        content_type="application/json", headers={"idempotency-key": str(uuid4())},
    )  # fmt: skip
    assert answer.json() == {"role": "driver", "name": NAME, "phone": PHONE}


def test_who_does_not_need_it_is_refused_and_nothing_is_opened(cast: Cast, number: str) -> None:
    for by in (cast.auditor, cast.driver):
        with pytest.raises(NotAllowed):
            look(number, by)
    assert not Event.objects.filter(key="transport.contact_revealed").exists()


@pytest.mark.parametrize(
    ("reason", "role", "error"),
    [("  ", "driver", errors.LookReasonMissing), ("he is late", "escort", errors.ContactUnknown)],
)
def test_a_look_without_reason_or_at_nobody_is_refused(
    cast: Cast, number: str, reason: str, role: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        look(number, cast.keeper, reason, role)


def test_what_is_no_number_is_refused(cast: Cast, number: str) -> None:
    with pytest.raises(errors.PhoneUnreadable):
        operations.load_shipment(
            [operations.Load(cast.items["SUIT-GB"].id, 1)], by=cast.duty, idem=uuid4(), at=clock.now(),
            route=operations.Route(cast.places["reserve"], cast.places["wuhan_a"], clock.now()),
            vehicle=operations.Vehicle("v", "d", driver_phone="call me"),
        )  # fmt: skip


def test_it_is_erased_when_its_time_is_over_and_the_log_still_verifies(cast: Cast, number: str) -> None:
    look(number, cast.keeper)
    late = clock.now() + timedelta(days=91)
    assert operations.erase(by=cast.keeper, at=late - timedelta(days=2)) == 0
    assert operations.erase(by=cast.keeper, at=late) == 1
    row = Contact.objects.get(role="driver")
    assert (row.closed, row.name_shown, row.phone_shown) == ("", "", "")
    with pytest.raises(errors.ContactErased):
        look(number, cast.keeper)
    assert Event.objects.filter(key="transport.contact_revealed").count() == 1


def test_without_the_key_nothing_opens(cast: Cast, number: str, settings: Any, tmp_path: Path) -> None:
    other = tmp_path / "vault_key"
    other.write_text(vault.fresh_key())
    for path in (str(other), ""):
        settings.VAULT_KEY_FILE = path
        with pytest.raises(vault.VaultLocked):
            look(number, cast.keeper)


def test_a_key_on_top_closes_and_the_ones_below_still_open(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "vault_key"
    file.write_text(vault.fresh_key())
    settings.VAULT_KEY_FILE = str(file)
    closed = vault.close("words")
    file.write_text(vault.fresh_key() + "\n" + file.read_text())
    assert vault.open_(closed) == "words"
