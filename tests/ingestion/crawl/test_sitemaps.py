"""Where sitemaps are looked for, and walks over those of a site that the test serves."""

import gzip
from collections.abc import Iterator

import pytest

from ingestion.crawl.errors import Blocked, FetchFailed
from ingestion.crawl.fetching import Fetched, Fetcher, Limits
from ingestion.crawl.guarding import AddressRules
from ingestion.crawl.sitemaps import MapReport, SitemapLimits, discover, walk
from tests.ingestion.crawl.hostile_site import HostileSite, page, redirect, status
from tests.ingestion.crawl.sitemap_files import index, urlset


def test_where_to_look() -> None:
    assert discover("https://e.org") == ("https://e.org/sitemap.xml", "https://e.org/sitemap_index.xml")
    assert discover("https://e.org", ["https://e.org/m.xml", "https://e.org/m.xml"]) == (
        "https://e.org/m.xml",
    )


@pytest.fixture
def site() -> Iterator[HostileSite]:
    with HostileSite({}) as running:
        yield running


class Walked:
    """A walk over ``site`` from ``starts``, with what it reported."""

    def __init__(self, site: HostileSite, *starts: str, **how: object) -> None:
        rules = AddressRules(ports=str(site.port), networks="127.0.0.1/32")
        fetcher = Fetcher(rules, Limits(connect_s=5, header_s=5, total_s=10), "Youju test")
        self.reports: list[MapReport] = []
        self.pages = [
            entry.loc.removeprefix(site.url(""))
            for entry in walk(
                [site.url(start) for start in starts],
                fetcher.fetch,
                on_map=self.reports.append,
                **how,  # type: ignore[arg-type]
            )
        ]


def serve(site: HostileSite, path: str, *locs: str, is_index: bool = False) -> None:
    whole = [site.url(loc) if loc.startswith("/") else loc for loc in locs]
    site.acts[path] = page(index(*whole) if is_index else urlset(*whole).encode())


def test_a_walk_through_nested_indexes_names_each_page_once(site: HostileSite) -> None:
    serve(site, "/i.xml", "/1.xml", "/j.xml", is_index=True)
    serve(site, "/j.xml", "/2.xml.gz", "/1.xml", is_index=True)
    serve(site, "/1.xml", "/a", "/b", "/a")
    site.acts["/2.xml.gz"] = page(gzip.compress(urlset(site.url("/b"), site.url("/c")).encode()))

    walked = Walked(site, "/i.xml", "/1.xml")

    assert sorted(walked.pages) == ["/a", "/b", "/c"]
    assert sorted(site.paths) == ["/1.xml", "/2.xml.gz", "/i.xml", "/j.xml"]
    assert {
        report.url.removeprefix(site.url("")): (report.pages, report.maps) for report in walked.reports
    } == {
        "/i.xml": (0, 1),
        "/1.xml": (2, 0),
        "/j.xml": (0, 1),
        "/2.xml.gz": (1, 0),
    }


def test_indexes_in_a_circle(site: HostileSite) -> None:
    serve(site, "/i.xml", "/j.xml", "/i.xml", is_index=True)
    serve(site, "/j.xml", "/i.xml", "/1.xml", is_index=True)
    serve(site, "/1.xml", "/a")

    assert Walked(site, "/i.xml").pages == ["/a"]
    assert site.paths == ["/i.xml", "/j.xml", "/1.xml"]


def test_an_endless_nesting_ends(site: HostileSite) -> None:
    for at in range(10):
        serve(site, f"/{at}.xml", f"/{at + 1}.xml", is_index=True)
    Walked(site, "/0.xml", limits=SitemapLimits(depth=2))
    assert site.paths == ["/0.xml", "/1.xml", "/2.xml"]


def test_limits_of_files_and_pages(site: HostileSite) -> None:
    serve(site, "/i.xml", *(f"/{at}.xml" for at in range(9)), is_index=True)
    for at in range(9):
        serve(site, f"/{at}.xml", f"/{at}/a", f"/{at}/b")

    assert len(Walked(site, "/i.xml", limits=SitemapLimits(files=4)).pages) == 6
    assert len(site.calls) == 4
    assert Walked(site, "/i.xml", limits=SitemapLimits(pages=3)).pages == ["/0/a", "/0/b", "/1/a"]


def test_a_file_that_cannot_be_had_is_reported_and_left_out(site: HostileSite) -> None:
    serve(site, "/i.xml", "/gone.xml", "/busy.xml", "/1.xml", is_index=True)
    serve(site, "/1.xml", "/a")
    site.acts["/busy.xml"] = status(503)

    walked = Walked(site, "/i.xml")

    assert walked.pages == ["/a"]
    errors = [report.error for report in walked.reports if report.error]
    assert [error.status for error in errors if isinstance(error, FetchFailed)] == [404, 503]


def test_other_hosts_only_where_they_are_allowed(site: HostileSite) -> None:
    serve(site, "/1.xml", "/a", "https://other.example.org/b", "javascript:alert(1)", "/c")
    serve(site, "/i.xml", "http://127.0.0.2/inside.xml", "/1.xml", is_index=True)

    assert Walked(site, "/i.xml").pages == ["/a", "/c"]
    allowed = Walked(site, "/i.xml", allows=lambda url: not url.endswith("/a"))
    assert allowed.pages == ["https://other.example.org/b", "javascript:alert(1)", "/c"]
    blocked = [report for report in allowed.reports if isinstance(report.error, Blocked)]
    assert [report.url for report in blocked] == ["http://127.0.0.2/inside.xml"]


def test_a_map_that_is_not_itself_wanted_is_followed_on_its_host(site: HostileSite) -> None:
    serve(site, "/i.xml", "/1.xml", is_index=True)
    serve(site, "/1.xml", "/docs/a", "/blog/b")
    assert Walked(site, "/i.xml", allows=lambda url: "/docs/" in url).pages == ["/docs/a"]


def test_relative_addresses_are_joined_to_where_the_file_was_found(site: HostileSite) -> None:
    site.acts["/deep/map.xml"] = page(urlset("a", "/b", "http://[bad").encode())
    site.acts["/map.xml"] = redirect("/deep/map.xml")
    assert Walked(site, "/map.xml").pages == ["/deep/a", "/b"]


def test_what_stops_the_caller_stops_the_walk() -> None:
    def stop(url: str) -> Fetched:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        list(walk(["https://e.org/sitemap.xml"], stop))
