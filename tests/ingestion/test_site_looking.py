"""A look at a site: within its limits of time and size, kept for a while, and with what went wrong."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from ingestion import site_looking, web_access
from ingestion.crawl.errors import FetchFailed
from ingestion.site_looking import Kept, look
from tests.chat.conftest import redis_url as redis_url
from tests.ingestion.small_site import Answer, Site
from tests.ingestion.test_crawling import site as site
from tests.ingestion.test_crawling import small as small

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    site_looking.forget()
    yield
    site_looking.forget()


def test_what_was_seen_is_kept_until_somebody_looks_afresh(small: Site) -> None:
    first = look(small.url(), with_sitemaps=False)
    assert first.listed is None
    assert look(small.url(), with_sitemaps=False) is first
    assert small.paths() == ["/"]
    small.sitemap("/sitemap.xml", "/hidden")
    with_maps = look(small.url(), with_sitemaps=True)
    assert with_maps.listed is not None
    assert with_maps.listed.addresses == (small.url("/hidden"),)
    assert small.paths() == ["/"]
    look(small.url(), with_sitemaps=True, afresh=True)
    assert small.paths() == ["/", "/"]


def test_failures_are_not_kept(small: Site) -> None:
    assert look(small.url("/later"), with_sitemaps=True).error is not None
    small.page("/later", "Later")
    assert look(small.url("/later"), with_sitemaps=True).error is None


def test_large_sitemaps_are_counted_only_so_far(small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_looking, "MOST_LISTED", 20)
    small.sitemap("/sitemap.xml", *[f"/page/{number}" for number in range(50)])
    listed = look(small.url(), with_sitemaps=True).listed
    assert listed is not None
    assert (len(listed.addresses), listed.is_cut) == (20, True)


def test_a_slow_site_is_not_waited_for(small: Site) -> None:
    small.pages["/slow"] = Answer(b"<p>late</p>", seconds=4)
    with override_settings(CRAWL_TIMEOUT_S=1):
        web_access.forget()
        found = look(small.url("/slow"), with_sitemaps=True)
    assert isinstance(found.error, FetchFailed)
    assert "took too long" in str(found.error)
    assert found.listed is None


def test_a_site_that_asks_to_be_left_alone_is(small: Site) -> None:
    small.pages["/busy"] = Answer(status=503, headers={"Retry-After": "600"})
    assert look(small.url("/busy"), with_sitemaps=False).error is not None
    small.forget()
    found = look(small.url("/lighthouse"), with_sitemaps=False)
    assert str(found.error) == site_looking.LEFT_ALONE
    assert small.paths() == []


def test_a_pause_longer_than_a_look_ends_it(small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_looking, "ALL_S", 1.0)
    small.pages["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 50\n", kind="text/plain")
    look(small.url(), with_sitemaps=False)
    found = look(small.url("/lighthouse"), with_sitemaps=False)
    assert str(found.error) == site_looking.TOO_LONG


def test_few_things_are_kept() -> None:
    kept: Kept[int] = Kept()
    for number in range(40):
        kept.put(number, number)
    assert kept.get(39) == 39
    assert kept.get(0) is None
