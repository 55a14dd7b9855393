"""Feedback in a real browser: one click, what is said besides, and the better of two answers on a phone."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api

pytestmark = pytest.mark.timeout(180)
COAST = b"# Coast\n\nThe lighthouse was built in 1897. It is 42 metres high. Its keeper was Ada Holm.\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def asked(api: Api, slug: str) -> dict[str, str]:
    """An answer about a collection of its own."""
    assert api.call("POST", "/collections", json={"name": slug.title(), "slug": slug}).status_code == 201
    document = api.upload(slug, {"coast.md": COAST})[0]["id"]
    until = time.monotonic() + 60
    while api.call("GET", f"/documents/{document}").json()["status"] != "ready":
        assert time.monotonic() < until
        time.sleep(0.2)
    answer = api.call(
        "POST", "/chat", json={"question": "How high is the lighthouse?", "collections": [slug]}
    )
    told: dict[str, str] = answer.json()
    return told


def test_an_answer_is_rated_compared_and_read_by_an_administrator(used_site: Api, browser: Browser) -> None:
    answer, url = asked(used_site, "rated-coast"), used_site.site.url
    person = Visitor.arrive(browser)
    person.sign_in(url, "root", PASSWORD)
    page = person.page
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/chat/{answer['conversation_id']}/")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Good sources").check()
    page.get_by_role("group", name="Factual accuracy").get_by_label("5").check()
    page.get_by_role("button", name="Begin with this answer's text").click()
    expect(page.get_by_label("A better answer")).to_have_value(answer["answer"])
    page.get_by_label("A better answer").fill("It is 42 metres high.")
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_text("Stored. Thank you.").first).to_be_visible()
    assert page.evaluate("window.sameDocument"), "the page was reloaded"

    phone = Visitor.arrive(browser, language="zh", phone=True)
    phone.sign_in(url, "root", PASSWORD)
    phone.page.wait_for_url(f"{url}/")
    phone.page.goto(f"{url}/answers/{answer['message_id']}/compare/")
    phone.page.locator("form[action$='/second/'] button").click()
    phone.page.locator("button[value=second]:enabled").click()
    expect(phone.page.locator("button[value=second]")).to_have_attribute("aria-pressed", "true")
    phone.expect_no_sideways_scrolling()

    page.goto(f"{url}/settings/feedback/?collection=rated-coast")
    expect(page.locator(".card-list")).to_contain_text("with a better answer")
    page.get_by_role("link", name="Comparisons").click()
    expect(page.locator(".card-list")).to_contain_text("How high is the lighthouse?")
    assert person.complaints == phone.complaints == []
