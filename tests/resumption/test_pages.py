"""No page of the return to work asks the database once per row."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qipan.kernel import clock
from qipan.organisations.models import Person

pytestmark = pytest.mark.usefixtures("shanxi_case")


@pytest.mark.parametrize(
    ("few", "many", "rows"),
    [
        ("/resumption?as_of=2020-01-30T24:00", "/resumption?as_of=2020-02-09T24:00", 10),
        ("/resumption/firms?class=dispatch", "/resumption/firms", 10),
        ("/resumption/permits?state=valid&as_of=2020-01-31T24:00", "/resumption/permits?state=valid", 5),
        ("/figures/resumption.permits?as_of=2020-01-28T24:00", "/figures/resumption.permits", 0),
    ],
)
def test_asks_no_more_for_more_rows(few: str, many: str, rows: int) -> None:
    client = Client()
    client.force_login(Person.objects.get(username="duty"))
    found = []
    with clock.held_at(clock.read_instant("2020-02-10T08:00")):
        for address in (few, many):
            client.get(address)
            with CaptureQueriesContext(connection) as asked:
                page = client.get(address)
            assert page.status_code == 200
            found.append((len(asked), page.content.decode().count("<tr")))
    (few_asked, few_rows), (many_asked, many_rows) = found
    assert many_rows >= few_rows + rows
    assert many_asked <= few_asked + 3
    assert many_asked <= 30
