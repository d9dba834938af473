"""The main job by mouse and keyboard: a need is approved, planned, issued, loaded, driven, counted and signed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("own_books")]
Visit = Callable[..., Page]
PHONE = (390, 844)
NEEDED, SENT_SHORT = "4,000", 7


def hospital() -> tuple[int, str]:
    """The hospital whose storekeeper signs in the demo."""
    from qipan.organisations.models import Organisation

    found = Organisation.objects.get(name_zh__contains="金银潭")
    return found.id, found.name_zh


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_from_a_need_to_a_signature(visit: Visit, language: str) -> None:
    unit, name = hospital()
    duty = visit("duty", language)
    approve_need(duty, unit)
    number = plan_batch(duty)
    expect(duty.locator("button.is-locked")).to_be_visible()  # who planned does not approve
    issue_batch(visit("approver", language), number)
    keeper = visit("keeper", language)
    load = load_vehicle(keeper, number, name)
    depart(keeper)
    arrive(visit("driver", language, size=PHONE), load)
    receive(visit("receiver", language, size=PHONE), load)
    duty.goto(f"/shipments/{load}")
    expect(duty.locator("#missing")).to_contain_text(str(SENT_SHORT))
    duty.goto(f"/batches/{number}")
    expect(duty.locator("h1")).to_contain_text(str(number))


def approve_need(page: Page, unit: int) -> None:
    page.goto(f"/needs/units/{unit}")
    page.select_option("[name=item]", "SUIT-GB")
    page.select_option("[name=zone]", "ICU")
    page.fill("[name=quantity]", NEEDED)
    page.click("button[value=approve]")
    expect(page.get_by_role("row").filter(has_text=NEEDED).first).to_be_visible()


def plan_batch(page: Page) -> int:
    page.goto("/batches/plan")
    for box in page.locator("[name=items]").all():
        box.set_checked(box.get_attribute("value") == "SUIT-GB")
    page.fill("[name=deadline]", "2020-02-14T24:00")
    page.click("main form button.is-main")
    page.wait_for_url(re.compile(r"/batches/\d+$"))
    return int(page.url.rsplit("/", 1)[1])


def issue_batch(page: Page, number: int) -> None:
    page.goto(f"/batches/{number}")
    for step in ("approve", "issue"):
        form = page.locator(f"form:has(input[name=act][value={step}])")
        form.locator("button.is-main").click()
        page.wait_for_url(re.compile(rf"/batches/{number}$"))
        expect(form).to_have_count(0)


def load_vehicle(page: Page, number: int, receiver: str) -> str:
    page.goto(f"/batches/{number}/load")
    page.locator("#groups").get_by_role("row").filter(has_text=receiver).get_by_role("link").first.click()
    page.fill("[name=vehicle]", "鄂A·00009")
    page.fill("[name=driver]", "驾驶员（演示）")
    page.fill("[name=planned_arrival]", "2020-02-13T18:00")
    page.click("main form button.is-main")
    page.wait_for_url(re.compile(r"/shipments/S-\d+$"))
    return page.url.rsplit("/", 1)[1]


def depart(page: Page) -> None:
    page.click("form:has(input[name=act][value=depart]) button.is-main")
    expect(page.locator("form:has(input[name=act][value=depart])")).to_have_count(0)


def arrive(page: Page, load: str) -> None:
    page.goto(f"/shipments/{load}")
    page.click("form:has(input[name=act][value=arrive]) button.is-main")
    expect(page.locator("form:has(input[name=act][value=arrive])")).to_have_count(0)


def receive(page: Page, load: str) -> None:
    """Counts seven fewer, is asked why, says why, and signs."""
    page.goto(f"/shipments/{load}")
    counted = page.locator("[name=counted-1]")
    first = counted.input_value()
    for _ in range(SENT_SHORT):
        page.locator("button[data-step='-1']").first.click()
    left = int(first.replace(",", "")) - SENT_SHORT
    assert int(counted.input_value().replace(",", "")) == left
    page.click("form:has(input[name=act][value=receive]) button.is-main")
    expect(page.locator("#refusal")).to_be_visible()  # fewer without a reason is refused, and what was typed stays
    assert int(counted.input_value().replace(",", "")) == left
    page.fill("[name=reason-1]", "7 件破损")
    page.click("form:has(input[name=act][value=receive]) button.is-main")
    expect(page.locator("form:has(input[name=act][value=receive])")).to_have_count(0)


def test_a_second_click_books_nothing_twice(visit: Visit) -> None:
    from qipan.demand.models import ApprovedNeed

    unit, _name = hospital()
    page = visit("duty", "en")
    page.goto(f"/needs/units/{unit}")
    page.select_option("[name=item]", "SUIT-GB")
    page.select_option("[name=zone]", "ICU")
    page.fill("[name=quantity]", NEEDED)
    before = ApprovedNeed.objects.count()
    sent = _recorded(page)
    page.dblclick("button[value=approve]")
    expect(page.get_by_role("row").filter(has_text=NEEDED).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert sent
    assert ApprovedNeed.objects.count() == before + 1


def _recorded(page: Page) -> list[Any]:
    """The forms this page sends from now on."""
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    return sent
