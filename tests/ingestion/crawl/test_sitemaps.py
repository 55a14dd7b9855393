"""Sitemaps in every shape that sites serve them in, and walks over those of a site that the test serves."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from ingestion.crawl.errors import Blocked, FetchFailed
from ingestion.crawl.fetching import Fetched, Fetcher, Limits
from ingestion.crawl.guarding import AddressRules
from ingestion.crawl.sitemap_dates import read_date
from ingestion.crawl.sitemap_reading import FILE_ENTRIES, entries
from ingestion.crawl.sitemaps import Entry, MapReport, SitemapLimits, discover, read, walk
from tests.ingestion.crawl.hostile_site import HostileSite, page, redirect, status

ROOT = Path(__file__).resolve().parents[3]
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
A, B, C = "https://e.org/a", "https://e.org/b", "https://e.org/c"


def urlset(*locs: str, declared: str = "", end: str = "</urlset>") -> str:
    head = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    return f"{head}<urlset {NAMESPACE}>" + "".join(f"<url><loc>{loc}</loc></url>" for loc in locs) + end


def index(*locs: str) -> bytes:
    listed = "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in locs)
    return f"<sitemapindex {NAMESPACE}>{listed}</sitemapindex>".encode()


def pages(data: bytes) -> list[str]:
    return [entry.loc for entry in read(data).pages]


def test_pages_and_when_they_changed() -> None:
    data = f"<urlset {NAMESPACE}><url><loc>\n {A} </loc><lastmod>2024-05-06</lastmod></url>".encode()
    data += f"<url><lastmod>never</lastmod><loc>{B}</loc><priority>1</priority></url></urlset>".encode()

    found = read(data)

    assert found.pages == (Entry(A, datetime(2024, 5, 6, tzinfo=UTC)), Entry(B, None))
    assert found.maps == ()


def test_an_index_names_maps() -> None:
    found = read(index("https://e.org/1.xml", "https://e.org/2.xml.gz"))
    assert [entry.loc for entry in found.maps] == ["https://e.org/1.xml", "https://e.org/2.xml.gz"]
    assert found.pages == ()


@pytest.mark.parametrize(
    "data",
    [
        urlset(A, B).encode(),
        urlset(A, B, declared="UTF-8").encode("utf-8-sig"),
        urlset(A, B, declared="UTF-16").encode("utf-16"),
        urlset(A, B, declared="UTF-16").encode("utf-16-le"),
        urlset(A, B, declared="UTF-8").encode("utf-16-be"),
        urlset(A, B, declared="no-such-encoding").encode(),
        ("\n\n " + urlset(A, B, declared="UTF-8")).encode(),
        f"<urlset><url><loc>{A}</loc></url><url><loc>{B}</loc></url></urlset>".encode(),
        f'<x:urlset xmlns:x="wrong"><x:url><x:loc>{A}</x:loc></x:url><URL><LOC>{B}</LOC></URL>'.encode(),
        f"<y:urlset><y:url><y:loc>{A}</y:loc></y:url><y:url><y:loc>{B}</y:loc></y:url></y:urlset>".encode(),
        f"{A}\r\n{B}\r\n".encode("utf-8-sig"),
        f"# ours\n\n  {A}\n{B}".encode(),
        f"{A}\n{B}\n".encode("utf-16"),
    ],
)
def test_shapes_and_encodings(data: bytes) -> None:
    assert pages(data) == [A, B]
    assert pages(gzip.compress(data)) == [A, B]
    assert pages(gzip.compress(gzip.compress(data))) == [A, B]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8", "windows-1252"])
def test_letters_beyond_ascii(encoding: str) -> None:
    assert pages(urlset("https://e.org/é", declared=encoding).encode(encoding)) == ["https://e.org/é"]


def test_chinese_in_an_old_encoding() -> None:
    assert pages(urlset("https://e.org/中文", declared="gb2312").encode("gb2312")) == ["https://e.org/中文"]


@pytest.mark.parametrize(
    "written",
    ["?x=1&amp;y=2", "?x=1&y=2", "?x=1&amp;amp;y=2", "<![CDATA[?x=1&y=2]]>", "?x=1&#38;y=2", "?x=1&#x26;y=2"],
)
def test_ampersands_however_written(written: str) -> None:
    assert pages(urlset(f"https://e.org/{written}", B).encode()) == ["https://e.org/?x=1&y=2", B]


def test_an_ampersand_at_the_border_of_two_pieces() -> None:
    for shift in range(8):
        filler = "<!--" + "x" * (65536 - 90 + shift) + "-->"
        data = f"<urlset>{filler}<url><loc>https://e.org/?first=1&amp;second=2&third</loc></url></urlset>"
        assert pages(data.encode()) == ["https://e.org/?first=1&second=2&third"]


def test_images_and_other_languages_within_a_page_are_no_pages() -> None:
    data = f"""<urlset {NAMESPACE} xmlns:image="i" xmlns:xhtml="x"><url>
    <image:image><image:loc>https://e.org/i.png</image:loc></image:image>
    <xhtml:link rel="alternate" hreflang="de" href="https://e.org/de"/><loc>{A}</loc></url></urlset>"""
    assert pages(data.encode()) == [A]


def test_rss() -> None:
    data = f"""<rss version="2.0"><channel><link>https://e.org/</link>
    <image><url>https://e.org/logo.png</url><link>https://e.org/</link></image>
    <item><title>One</title><link>{A}</link><pubDate>Tue, 05 Mar 2024 10:00:00 +0100</pubDate></item>
    <item><guid>{B}</guid></item><item><guid isPermaLink="false">https://e.org/no</guid></item>
    </channel></rss>"""
    assert read(data.encode()).pages == (Entry(A, datetime(2024, 3, 5, 9, tzinfo=UTC)), Entry(B, None))


def test_atom() -> None:
    data = f"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://e.org/"/><id>https://e.org/</id>
    <entry><link rel="self" href="https://e.org/self"/><link href="{A}"/>
    <published>2024-01-01T00:00:00Z</published><updated>2024-02-01T00:00:00Z</updated></entry>
    <entry><id>{B}</id></entry><entry><id>urn:uuid:1</id></entry></feed>"""
    assert read(data.encode()).pages == (Entry(A, datetime(2024, 2, 1, tzinfo=UTC)), Entry(B, None))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n ",
        b"<!doctype html><html><head><link rel=alternate href=/x></head><body><p>Not<br>found</body></html>",
        b'{"error": "not found"}',
        b"\x00\x01\x02\x03" * 100,
        b"\x1f\x8b\x08damaged",
        b"<",
        b"<urlset>",
    ],
)
def test_what_is_no_sitemap_names_nothing(data: bytes) -> None:
    assert read(data) == read(b"")


@pytest.mark.parametrize(
    "end", ["", "<url><loc>https://e.org/cut-o", "<url><loc>https://e.org/cut</loc", "</x"]
)
def test_a_cut_off_file_keeps_what_came_before_and_no_half_address(end: str) -> None:
    assert pages(urlset(A, B, end=end).encode()) == [A, B]


def test_a_cut_off_gzip_keeps_what_came_before() -> None:
    locs = [f"https://e.org/{at * 7919}" for at in range(5000)]
    packed = gzip.compress(urlset(*locs).encode())

    found = pages(packed[: len(packed) // 2])

    assert 1000 < len(found) < 4000
    assert found == locs[: len(found)]


@pytest.mark.parametrize("damage", [b"\x0b", b"\x00", b"\xff", b"& ", b"<<", b"</nothing>", b"<?x"])
def test_damage_does_not_reach_back(damage: bytes) -> None:
    data = urlset(A, end="").encode() + damage + f"<url><loc>{B}</loc></url></urlset>".encode()
    assert pages(data)[0] == A
    assert set(pages(data)) <= {A, B}


def test_several_gzip_members() -> None:
    text = urlset(A, B).encode()
    assert pages(gzip.compress(text[:70]) + gzip.compress(text[70:])) == [A, B]


def bomb(kind: str) -> bytes:
    """Nine levels of ten: a billion, where anybody expands them."""
    mark, space = ("&", "") if kind == "general" else ("%", "% ")
    letters = "abcdefghij"
    rows = "".join(
        f'<!ENTITY {space}{letter} "{(mark + before + ";") * 10}">' for before, letter in pairwise(letters)
    )
    used = "" if kind == "general" else "%j;"
    first = f'<!ENTITY {space}a "<!-- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -->">'
    return (
        f'<?xml version="1.0"?><!DOCTYPE urlset [{first}{rows}{used}]>'.encode() + urlset("&j;", B).encode()
    )


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["general", "parameter"])
def test_entities_are_not_expanded(kind: str) -> None:
    assert all(len(loc) < 100 for loc in pages(bomb(kind)))
    assert pages(bomb("general")) == ["&j;", B]


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret")
    with HostileSite({"/x.dtd": page(b'<!ENTITY y "the-secret">')}) as site:
        outside = site.url("/x.dtd")
        data = f"""<?xml version="1.0"?><!DOCTYPE urlset SYSTEM "{outside}" [
        <!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y SYSTEM "{outside}">
        <!ENTITY % p SYSTEM "{outside}"> %p;]>{urlset("https://e.org/&x;&y;", B)}"""
        assert "the-secret" not in str(read(data.encode()))
        assert site.calls == []


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 200_000,
        b"<urlset><url><loc>" + b"x" * 20_000_000,
        b"<urlset " + b" ".join(b'a%d=""' % at for at in range(100_000)) + b">",
        b"x" * 20_000_000,
        b"&" * 2_000_000,
        b"<a>" + b"&amp" * 1_000_000,
        gzip.compress(b"") * 200_000,
        gzip.compress(b" " * 100_000_000),
    ],
    ids=["deep", "long text", "attributes", "long line", "ampersands", "half references", "members", "bomb"],
)
def test_costly_files_end(data: bytes) -> None:
    assert read(data) == read(b"")


def test_addresses_of_absurd_length_are_left_out() -> None:
    assert pages(urlset("https://e.org/" + "x" * 100_000, B).encode()) == [B]
    assert pages(f"https://e.org/{'x' * 100_000}\n{B}".encode()) == [B]


def test_a_file_is_read_up_to_its_limits() -> None:
    many = urlset(*(f"https://e.org/{at}" for at in range(FILE_ENTRIES + 10))).encode()
    assert len(pages(many)) == FILE_ENTRIES
    assert len(list(entries(many, most=7))) == 7
    assert 100 < len(list(entries(gzip.compress(many), most_bytes=10_000))) < 300


MEASURE = """
import gzip, io, resource
from ingestion.crawl.sitemap_reading import entries
packed = io.BytesIO()
with gzip.open(packed, "wb", 1) as out:
    out.write(b"<urlset>")
    for at in range(200_000):
        out.write(b"<url><loc>https://e.org/%d</loc><lastmod>2024-01-01</lastmod></url>" % at)
next(entries(b"<url><loc>/</loc></url>"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for _ in entries(packed.getvalue(), most=10**9))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_file() -> None:
    """About 14 MB of XML, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    count, grown_kb = map(int, ran.stdout.split())
    assert count == 200_000
    assert grown_kb < 20_000


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        (" 2024-05-06 ", datetime(2024, 5, 6, tzinfo=UTC)),
        ("2024-05-06T07:08Z", datetime(2024, 5, 6, 7, 8, tzinfo=UTC)),
        ("2024-05-06T07:08:09+02:00", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:09.123456789Z", datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)),
        ("2024-05-06 07:08:09", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("Mon, 06 May 2024 07:08:09 GMT", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("1970-01-01", None),
        ("2024-13-45", None),
        ("2024-00", None),
        ("yesterday", None),
        ("", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("2" * 10_000, None),
    ],
)
def test_dates(text: str, date: datetime | None) -> None:
    assert read_date(text) == date


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
