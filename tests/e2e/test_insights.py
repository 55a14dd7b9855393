"""Insights in a real browser: of a document, with its passages beside it, and of a pasted text on a phone."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, Api

pytestmark = pytest.mark.timeout(180)
COAST = b"""# The coast

The coast of Skarn is guarded by a lighthouse that was built in 1897. The lighthouse is 42 metres high.

## The harbour

The harbour of Skarn opens at six in the morning. Boats longer than 20 metres need a pilot.
"""
LAMPS = b"# Lamps\n\nThe lighthouse of Skarn guards the coast and the harbour, where a pilot lives.\n"
PASTED = "# 灯塔\n\n斯卡恩的灯塔建于一八九七年，由阿达看守。灯塔高四十二米。港口早上六点开放。\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def ready(api: Api, slug: str, files: dict[str, bytes]) -> str:
    """The first document of a collection of the test's own."""
    assert api.call("POST", "/collections", json={"name": slug.title(), "slug": slug}).status_code == 201
    documents = [str(document["id"]) for document in api.upload(slug, files)]
    until = time.monotonic() + 60
    for document in documents:
        while api.call("GET", f"/documents/{document}").json()["status"] != "ready":
            assert time.monotonic() < until
            time.sleep(0.2)
    return documents[0]


def test_a_document_is_summarised_and_a_pasted_text_asked(used_site: Api, browser: Browser) -> None:
    document, url = ready(used_site, "read-coast", {"coast.md": COAST, "lamps.md": LAMPS}), used_site.site.url
    person = Visitor.arrive(browser)
    person.sign_in(url, "root", PASSWORD)
    page = person.page
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/documents/{document}/")
    page.get_by_role("navigation", name="This document").get_by_role("link", name="Insights").click()
    page.get_by_role("button", name="Write a summary").click()
    summary = page.locator("article.insight")
    expect(summary).to_have_attribute("data-status", "done")
    expect(summary.locator("[data-text]")).to_contain_text("lighthouse")
    summary.locator("a.cite").first.click()
    expect(page.locator(".passage-pane mark.word").first).to_contain_text("Skarn")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Related documents").click()
    page.get_by_role("button", name="Find related documents").click()
    expect(page.locator(".related")).to_contain_text("Lamps")
    page.get_by_role("link", name="Translation").click()
    expect(page.get_by_role("link", name="Add a language model")).to_be_visible()

    phone = Visitor.arrive(browser, language="zh", phone=True)
    phone.sign_in(url, "root", PASSWORD)
    phone.page.wait_for_url(f"{url}/")
    phone.page.goto(f"{url}/insights/")
    phone.page.fill("[name=text]", PASTED)
    phone.page.locator("main form button.primary").click()
    phone.page.locator(".insight-kinds a[href='?kind=fact']").click()
    phone.page.fill("[name=question]", "灯塔高多少米？")
    phone.page.locator(".insight-form button.primary").click()
    expect(phone.page.locator("article.insight [data-text]")).to_contain_text("四十二米")
    phone.expect_no_sideways_scrolling()
    phone.page.locator("article.insight a.cite").first.click()
    expect(phone.page.locator("mark.word").first).to_contain_text("四十二米")
    phone.expect_no_sideways_scrolling()
    assert person.complaints == phone.complaints == []
