import pytest

from ingestion.crawl import links
from ingestion.extract.html_tree import parse

URL = "https://www.example.org/guide/first.html"


def read(head: str, body: str = "", url: str = URL) -> links.Saying:
    return links.read(parse(f"<html><head>{head}</head><body>{body}</body></html>"), url)


def test_links_in_the_order_of_the_page_each_once() -> None:
    found = read(
        '<link rel="next" href="second.html"><link rel="alternate" hreflang="zh" href="/zh/first.html">'
        '<link rel="alternate" type="application/rss+xml" href="/feed"><link rel="stylesheet" href="/a.css">',
        '<a href="third.html">3</a><a href="third.html#part">3</a><a href="#top">top</a><a>nothing</a>'
        '<map><area href="/map"></map><iframe src="/frame"></iframe><a href="mailto:a@example.org">mail</a>'
        '<a href="javascript:go()">go</a><a href="https://other.example/x?utm_source=y">other</a>'
        '<A HREF=" /upper ">upper</A><img src="/a.png">'
        "<script>document.write(\"<a href='/script'>\")</script>",
    )
    assert found.links == (
        "https://www.example.org/guide/second.html",
        "https://www.example.org/zh/first.html",
        "https://www.example.org/guide/third.html",
        "https://www.example.org/map",
        "https://www.example.org/frame",
        "https://other.example/x",
        "https://www.example.org/upper",
    )


def test_the_base_completes_all_links() -> None:
    found = read('<base href="/other/">', '<a href="x">x</a><a href="/y">y</a>')
    assert found.base == "https://www.example.org/other/"
    assert found.links == ("https://www.example.org/other/x", "https://www.example.org/y")


def test_a_base_that_is_no_address_counts_for_nothing() -> None:
    assert read('<base target="_blank"><base href="javascript:1">').base == URL


def test_links_not_to_be_followed() -> None:
    relations = {"/a": "nofollow", "/b": "ugc noopener", "/c": "noopener"}
    body = "".join(f'<a rel="{relation}" href="{href}">x</a>' for href, relation in relations.items())
    assert read("", body).links == ("https://www.example.org/c",)


def test_a_refresh_is_a_link() -> None:
    found = read('<meta http-equiv="Refresh" content="0; URL=\'/new/\'">')
    assert found.links == ("https://www.example.org/new/",)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta name="robots" content="noindex">', (True, False)),
        ('<meta name="ROBOTS" content="NoIndex, NoFollow">', (True, True)),
        ('<meta name="robots" content="none">', (True, True)),
        ('<meta name="youjubot" content="noindex">', (True, False)),
        ('<meta name="otherbot" content="noindex">', (False, False)),
        ('<meta name="robots" content="index, follow, max-snippet:-1">', (False, False)),
        ('<meta name="description" content="noindex">', (False, False)),
    ],
)
def test_what_is_asked_of_robots(head: str, expected: tuple[bool, bool]) -> None:
    found = read(head, '<a href="/a">a</a>')
    assert (found.noindex, found.nofollow) == expected
    assert bool(found.links) is not found.nofollow


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://www.example.org/guide/", "https://www.example.org/guide/"),
        ("/guide/?utm_source=x#a", "https://www.example.org/guide/"),
        ("https://example.org/guide/", "https://example.org/guide/"),
        ("http://www.example.org/guide/", "http://www.example.org/guide/"),
        ("https://evil.example/guide/", ""),
        ("https://docs.example.org/guide/", ""),
        ("https://www.example.org:8443/guide/", ""),
        ("/", ""),
        ("", ""),
        ("javascript:1", ""),
    ],
)
def test_the_pages_own_address(href: str, expected: str) -> None:
    assert read(f'<link rel="canonical" href="{href}">').canonical == expected


def test_two_addresses_of_its_own_are_none() -> None:
    twice = '<link rel="canonical" href="/a"><link rel="canonical" href="/b">'
    assert read(twice).canonical == ""
    assert read('<link rel="canonical" href="/">', url="https://www.example.org/").canonical != ""


def test_no_more_links_than_are_bearable() -> None:
    body = "".join(f'<a href="/{number}">x</a>' for number in range(links.MOST_LINKS + 10))
    assert len(read("", body).links) == links.MOST_LINKS
