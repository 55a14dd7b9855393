"""Sitemaps in every shape that sites serve them in."""

import gzip
import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from ingestion.crawl.sitemap_reading import FILE_ENTRIES, entries
from ingestion.crawl.sitemaps import Entry, read
from tests.ingestion.crawl.hostile_site import HostileSite, page
from tests.ingestion.crawl.sitemap_files import NAMESPACE, index, urlset

ROOT = Path(__file__).resolve().parents[3]
A, B = "https://e.org/a", "https://e.org/b"


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
