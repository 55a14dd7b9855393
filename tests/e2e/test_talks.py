"""Conversations in a real browser: versions, edited questions, the list, and a link that others read."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api

pytestmark = pytest.mark.timeout(180)
COAST = b"# Coast\n\nThe lighthouse was built in 1897. It is 42 metres high. Its keeper was Ada Holm.\n"
FIRST, SECOND = "How high is the lighthouse?", "When was the lighthouse built?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def filled(api: Api, slug: str) -> None:
    assert api.call("POST", "/collections", json={"name": slug.title(), "slug": slug}).status_code == 201
    document = api.upload(slug, {"coast.md": COAST})[0]["id"]
    until = time.monotonic() + 60
    while api.call("GET", f"/documents/{document}").json()["status"] != "ready":
        assert time.monotonic() < until
        time.sleep(0.2)


def questions(page: Page, *texts: str) -> None:
    expect(page.locator(".question")).to_have_text([re.compile(re.escape(text)) for text in texts])
    expect(page.locator("article.answer[data-status=done]")).to_have_count(len(texts))


def test_versions_the_list_and_a_shared_link(used_site: Api, browser: Browser) -> None:
    filled(used_site, "talk-coast")
    url = used_site.site.url
    person = Visitor.arrive(browser)
    person.sign_in(url, "root", PASSWORD)
    page = person.page
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/chat/?c=talk-coast")
    page.fill("[name=question]", FIRST)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))
    address = page.url
    page.fill("#question", SECOND)
    page.keyboard.press("Enter")
    questions(page, FIRST, SECOND)

    page.evaluate("window.sameDocument = true")
    branches(page)
    other_tab_follows(person, page)
    assert page.evaluate("window.sameDocument"), "the page was reloaded"

    page.get_by_text("Rename the conversation").locator("..").click()
    page.fill("#title", "灯塔与守塔人")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("灯塔与守塔人")
    shared = share(page)
    phone_finds_it(browser, url, shared)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".link .chip")).to_contain_text("withdrawn")
    assert used_site.site.get(shared.removeprefix(url)).status_code == 410

    page.goto(f"{address}delete")
    page.get_by_role("button", name="Delete for good").click()
    page.wait_for_url(f"{url}/chat/")
    assert person.complaints == []


def branches(page: Page) -> None:
    """Written again, looked back, edited, and back again by the browser's own button."""
    page.get_by_role("button", name="Write again").last.click()
    versions = page.locator(".answer-tools .versions")
    expect(versions).to_contain_text("2/2")
    questions(page, FIRST, SECOND)
    page.get_by_role("link", name="Earlier version").click()
    expect(versions).to_contain_text("1/2")
    assert "?m=" in page.url

    page.get_by_title("Edit the question").first.click()
    page.keyboard.press("Escape")
    questions(page, FIRST, SECOND)
    page.get_by_title("Edit the question").first.click()
    page.get_by_label("The question in other words").first.fill("Who was the keeper?")
    page.keyboard.press("Enter")
    questions(page, "Who was the keeper?")
    assert "?m=" not in page.url
    page.get_by_role("link", name="Earlier version").click()
    questions(page, FIRST, SECOND)
    expect(page.locator(".question-box .versions")).to_contain_text("1/2")


def other_tab_follows(person: Visitor, page: Page) -> None:
    """A tab that shows this branch hears of what is asked in it."""
    second = person.context.new_page()
    second.goto(page.url)
    page.fill("#question", "Who was its keeper?")
    page.keyboard.press("Enter")
    for shown in (page, second):
        questions(shown, FIRST, SECOND, "Who was its keeper?")
    second.close()


def share(page: Page) -> str:
    page.locator(".thread-tools .more-menu > summary").click()
    page.get_by_role("link", name="Share…").click()
    page.get_by_label("1 day").check(force=True)
    page.get_by_role("button", name="Make a link").click()
    page.on("dialog", lambda dialog: dialog.accept())
    return page.locator(".link-address code").inner_text()


def phone_finds_it(browser: Browser, url: str, shared: str) -> None:
    visitor = Visitor.arrive(browser, language="zh", phone=True)
    visitor.page.goto(shared)
    expect(visitor.page.locator("h1")).to_have_text("灯塔与守塔人")
    visitor.page.locator("a.cite").first.click()
    expect(visitor.page.locator(".shared-sources li:target")).to_contain_text("42 metres high")
    expect(visitor.page.locator("a[href*='/documents/']")).to_have_count(0)
    visitor.expect_no_sideways_scrolling()
    visitor.sign_in(url, "root", PASSWORD)
    visitor.page.wait_for_url(f"{url}/")
    visitor.page.goto(f"{url}/chat/all/")
    visitor.page.fill("#find", "守塔人")
    expect(visitor.page.locator(".talk mark")).to_have_text("守塔人")
    visitor.expect_no_sideways_scrolling()
    visitor.page.locator(".talk-link").click()
    expect(visitor.page.locator("h1")).to_have_text("灯塔与守塔人")
    visitor.expect_no_sideways_scrolling()
    assert visitor.complaints == []
