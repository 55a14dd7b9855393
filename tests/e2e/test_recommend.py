"""What the start page suggests, for somebody who reads in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api

pytestmark = pytest.mark.timeout(180)
LEAVE = b"# Annual leave\n\nEvery employee has twenty-five days of paid annual leave. Unused leave expires.\n"
SICK = b"# Sick leave\n\nPaid leave for sick employees needs a doctor's note. It is not annual leave.\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_a_reader_is_told_what_is_close_and_switches_it_off(used_site: Api, browser: Browser) -> None:
    url = used_site.site.url
    used_site.call("POST", "/collections", json={"name": "Staff", "slug": "staff-reading"})
    read, _near = used_site.upload("staff-reading", {"leave.md": LEAVE, "sick.md": SICK})
    person = Visitor.arrive(browser, phone=True)
    person.sign_in(url, "root", PASSWORD)
    page = person.page
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/collections/staff-reading/")
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    expect(page.locator("td.state[data-status=ready]")).to_have_count(2, timeout=60_000)
    page.goto(f"{url}/documents/{read['id']}/")
    page.goto(f"{url}/?q=doctor")
    _start_page_until(page, url, "Sick leave")
    person.expect_no_sideways_scrolling()
    page.get_by_role("link", name="Switch off or clear").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Switch off and forget everything").click()
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()
    with page.expect_response(f"{url}/for-you/"):
        page.goto(url)
    expect(page.locator("#for-you")).to_have_count(0)
    page.goto(f"{url}/settings/reading/")
    page.get_by_role("button", name="Switch on").click()
    assert person.complaints == []


def _start_page_until(page: Page, url: str, words: str) -> None:
    """What was read is written some seconds later."""
    suggested = page.locator("section", has=page.locator("#related"))
    for _try in range(20):
        with page.expect_response(f"{url}/for-you/"):
            page.goto(url)
        page.wait_for_timeout(500)
        if suggested.filter(has_text=words).count():
            return
    raise AssertionError(page.locator("main").inner_text())
