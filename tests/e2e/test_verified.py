"""A verified answer in a real browser: pinned in the chat, given first, asked anew; its mark on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api
from tests.e2e.test_feedback import asked

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_an_answer_is_pinned_given_first_and_asked_anew(used_site: Api, browser: Browser) -> None:
    answer, url = asked(used_site, "pinned-coast"), used_site.site.url
    editor = Visitor.arrive(browser)
    editor.sign_in(url, "root", PASSWORD)
    page = editor.page
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/chat/{answer['conversation_id']}/")
    page.get_by_role("link", name="Verify").click()
    page.get_by_label("Question", exact=True).fill("How high is the lighthouse?\n灯塔有多高？")
    page.get_by_label("Verified answer").fill("It is 42 metres high, lantern included. [1]")
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".notice.success")).to_be_visible()

    page.goto(f"{url}/chat/?c=pinned-coast")
    page.fill("[name=question]", "how high is the lighthouse")
    page.keyboard.press("Enter")
    given = page.locator("article.answer").last
    expect(given).to_have_attribute("data-status", "done")
    expect(given.locator(".verified-mark")).to_contain_text("by root")
    expect(given).to_contain_text("lantern included")
    given.locator(".prose a").first.click()
    expect(page.locator(".passage-pane mark.passage").first).to_be_visible()
    page.keyboard.press("Escape")
    given.get_by_role("button", name="Answer anew").click()
    anew = page.locator("article.answer").last
    expect(anew).to_contain_text("The lighthouse was built in 1897")
    expect(anew.locator(".verified-mark")).to_have_count(0)

    phone = Visitor.arrive(browser, language="zh", phone=True)
    phone.sign_in(url, "root", PASSWORD)
    phone.page.wait_for_url(f"{url}/")
    phone.page.goto(f"{url}/chat/?c=pinned-coast&q=灯塔有多高")
    phone.page.locator(".composer-send").click()
    expect(phone.page.locator(".verified-mark")).to_be_visible()
    phone.expect_no_sideways_scrolling()
    phone.page.goto(f"{url}/collections/pinned-coast/verified/")
    expect(phone.page.locator(".card-list")).to_contain_text("lantern included")
    phone.expect_no_sideways_scrolling()
    assert editor.complaints == phone.complaints == []
