"""A website followed as a person does it: address, look, settings, watching the crawl, outcomes, search."""

import csv
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import PASSWORD, started
from tests.e2e.site import Site
from tests.ingestion.small_site import Answer
from tests.ingestion.small_site import Site as Website

pytestmark = pytest.mark.timeout(420)
PATIENCE_MS = 90_000
CHAPTERS = 24


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def website() -> Iterator[Website]:
    """A handbook of chapters that its sitemap names, with a broken link, a redirect and a closed part."""
    made = Website()
    made.page("/", "Town")
    made.page("/docs/", "Harbour handbook", "locks", "missing", "old", "/closed/plan", "/news/")
    made.page(
        "/docs/locks", "Locks", text='Before. <span id="rule">Ring the bell twice in fog.</span> After it.'
    )
    made.redirect("/docs/old", "/docs/locks", 301)
    made.page("/closed/plan", "Plan")
    made.page("/news/", "News")
    names = [f"/docs/chapter-{number}" for number in range(CHAPTERS)]
    for number, name in enumerate(names):
        made.page(
            name, f"Chapter {number}", text=f"Pier number {number} is {number + 40} metres long, as measured."
        )
        page = made.pages[name]
        assert isinstance(page, Answer)
        made.pages[name] = replace(page, seconds=0.4)
    made.sitemap("/map.xml", *names)
    rules = f"User-agent: *\nDisallow: /closed/\nSitemap: {made.url('/map.xml')}\n"
    made.pages["/robots.txt"] = Answer(rules.encode(), kind="text/plain")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def site(own_site: Site, website: Website) -> Site:
    own_site.extra |= {
        "CRAWL_ALLOWED_PORTS": str(website.port),
        "CRAWL_ALLOWED_NETWORKS": "127.0.0.0/8",
        "CRAWL_DELAY_MS": "0",
    }
    api = started(own_site)
    assert api.call("POST", "/collections", json={"name": "Harbour", "slug": "harbour"}).status_code == 201
    return own_site


def look(page: Page, address: str) -> None:
    page.fill("#id_address", address)
    page.click("#look")
    expect(page.locator("#found-title")).to_be_visible(timeout=PATIENCE_MS)


def test_a_website_is_looked_at_added_watched_and_found(
    site: Site, website: Website, browser: Browser
) -> None:
    person = Visitor.arrive(browser)
    page, url = person.page, site.url
    person.sign_in(url, "root", PASSWORD)
    page.goto(f"{url}/collections/harbour/sources/")
    page.get_by_role("link", name="Add a website").first.click()

    _look_changes_with_the_settings(page, website)
    source = _add_and_watch(page)
    _filter_and_export(page)
    assert not [one for one in website.paths() if one.startswith(("/closed", "/news"))]
    page.goto(f"{url}/runs/")
    expect(page.locator(".run-head", has_text="Handbook")).to_contain_text("done", timeout=PATIENCE_MS)
    _find(page, url, website)
    _add_one_page(page, url, website)
    assert person.complaints == []

    _on_a_phone_in_chinese(browser, url, source, website)


def _look_changes_with_the_settings(page: Page, website: Website) -> None:
    """Nothing is saved by it."""
    look(page, website.url("/docs/locks"))
    expect(page.locator("#found-title")).to_have_text("Locks")
    expect(page.locator("#site-preview")).to_contain_text("allows this page")
    expect(page.locator(".site-text")).to_contain_text("After it.")
    page.fill("#id_selector", "#rule")
    expect(page.locator(".site-text")).not_to_contain_text("After it.")
    expect(page.locator(".site-text")).to_contain_text("Ring the bell twice in fog.")
    page.fill("#id_selector", "")
    expect(page.locator(".site-text")).to_contain_text("After it.")
    look(page, website.url("/docs/"))
    expect(page.locator("#found-title")).to_have_text("Harbour handbook")
    expect(page.locator("#site-preview")).to_contain_text(f"{CHAPTERS} addresses, {CHAPTERS} of them")
    page.check("[name=reach][value=path]")
    expect(page.locator("#site-preview")).to_contain_text("6 links on this page, 3 of them")


def _add_and_watch(page: Page) -> str:
    """The crawl is watched without reloading, and the page is there anew when it is over. Its address."""
    page.fill("#id_name", "Handbook")
    page.click("#save")
    page.wait_for_url("**/sources/*-*/")
    source = page.url
    expect(page.locator(".live-pages li").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".web-live")).to_contain_text("known to come")
    expect(page.locator(".crawls .chip").first).to_have_text("complete", timeout=PATIENCE_MS)
    expect(page.locator(".web-pages tbody tr")).to_have_count(CHAPTERS + 4)
    expect(page.locator(".web-pages tbody tr").first).to_contain_text("/docs/missing")
    expect(page.locator(".web-pages tbody tr").first).to_contain_text("failed")
    return source


def _filter_and_export(page: Page) -> None:
    page.fill("#filter-text", "chapter-1")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator(".web-pages tbody tr")).to_have_count(11)
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV").click()
    with started.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 11
    assert {row["outcome"] for row in rows} == {"new"}


def _find(page: Page, url: str, website: Website) -> None:
    """With the way to the live page; the document says where it came from."""
    page.goto(f"{url}/?q=pier+number+17")
    expect(page.locator(".hit-title").first).to_have_text("Chapter 17", timeout=PATIENCE_MS)
    live = website.url("/docs/chapter-17")
    expect(page.locator(".live-link").first).to_have_attribute("href", live)
    page.locator(".hit-link").first.click()
    expect(page.locator(".origin a")).to_have_attribute("href", live)


def _add_one_page(page: Page, url: str, website: Website) -> None:
    """From the search box."""
    page.goto(f"{url}/?q={website.url('/news/')}")
    page.get_by_role("button", name="Add this page to “Harbour”").click()
    page.wait_for_url("**/sources/*-*/")
    expect(page.locator(".web-pages")).to_contain_text("/news/", timeout=PATIENCE_MS)


def _on_a_phone_in_chinese(browser: Browser, url: str, source: str, website: Website) -> None:
    person = Visitor.arrive(browser, language="zh", phone=True)
    page = person.page
    person.sign_in(url, "root", PASSWORD)
    page.goto(source)
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.locator(".web-pages tbody tr")).to_have_count(CHAPTERS + 4)
    person.expect_no_sideways_scrolling()
    page.goto(f"{url}/collections/harbour/sources/web/")
    look(page, website.url("/docs/"))
    page.locator(".more-settings summary").click()
    page.select_option("#id_often", "crontab")
    expect(page.locator("#id_crontab")).to_be_visible()
    person.expect_no_sideways_scrolling()
    page.goto(f"{url}/collections/harbour/sources/")
    person.expect_no_sideways_scrolling()
    assert person.complaints == []
