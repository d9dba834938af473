"""Signing in by a passkey in a real browser, with an authenticator the browser plays itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from qipan.organisations.models import Person

pytestmark = pytest.mark.browser
PASSWORD = "qipan-demo"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def page(browser: Browser, address: str, own_books: None) -> Page:
    """A page at the same server by the name localhost: a bare address may have no passkeys."""
    context = browser.new_context(base_url=address.replace("127.0.0.1", "localhost"), locale="en-GB")
    context.add_cookies([{"name": "qipan_language", "value": "en", "url": address.replace("127.0.0.1", "localhost")}])
    found = context.new_page()
    session = context.new_cdp_session(found)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return found


def test_a_passkey_is_added_and_signs_in_without_a_password(page: Page) -> None:
    page.goto("/sign-in")
    page.fill("#username", "press")
    page.fill("#password", PASSWORD)
    page.click("main button.is-main")
    page.goto("/account/keys/add")
    page.fill("input[type=password]", PASSWORD)
    page.click("main button.is-main")
    page.fill("#id_name", "My telephone")
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "/keys/add" not in url)
    page.goto("/account")
    assert page.get_by_text("My telephone").count() == 1
    answer = page.goto("/account/again/key")
    assert answer is not None
    assert (answer.status, page.title()) == (200, "Sign in · Qipan")
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.click("#passkey_login")
    page.wait_for_selector(".menu-card b", state="attached")
    person = Person.objects.get(username="press")
    assert page.locator(".menu:has(.avatar) b").first.text_content() in (person.name_zh, person.name_en)
