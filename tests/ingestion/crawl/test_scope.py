import time

import pytest

from ingestion.crawl import scope
from ingestion.crawl.scope import LinkKind, Scope, SiteRule, link_kind
from ingestion.crawl.url_patterns import matches

SITE = "https://www.example.org"


@pytest.mark.parametrize(
    ("rule", "url", "held"),
    [
        (SiteRule.HOST, "https://www.example.org/x", True),
        (SiteRule.HOST, "https://example.org/x", True),
        (SiteRule.HOST, "http://example.org/x", True),
        (SiteRule.HOST, "https://docs.example.org/x", False),
        (SiteRule.HOST, "https://example.org:8443/x", False),
        (SiteRule.HOST, "https://notexample.org/x", False),
        (SiteRule.SUBDOMAINS, "https://docs.example.org/x", True),
        (SiteRule.SUBDOMAINS, "https://a.docs.example.org/x", True),
        (SiteRule.SUBDOMAINS, "https://example.org.evil.example/x", False),
        (SiteRule.SUBDOMAINS, "https://notexample.org/x", False),
        (SiteRule.BELOW, "https://www.example.org/guide", True),
        (SiteRule.BELOW, "https://www.example.org/guide/a/b?c=1", True),
        (SiteRule.BELOW, "https://www.example.org/guide-old/a", False),
        (SiteRule.BELOW, "https://www.example.org/", False),
        (SiteRule.BELOW, "https://docs.example.org/guide/a", False),
    ],
)
def test_how_far_a_source_reaches(rule: SiteRule, url: str, held: bool) -> None:
    followed = Scope([f"{SITE}/guide/index.html"], rule)
    assert followed.holds(url) is held
    assert followed.why_not(url) == ("" if held else scope.OTHER_SITE)


def test_each_start_reaches_for_itself() -> None:
    followed = Scope(["https://a.example/docs", "https://b.example/"], SiteRule.BELOW)
    assert followed.holds("https://a.example/docs/x") and followed.holds("https://b.example/x")
    assert not followed.holds("https://a.example/x")


def test_patterns_say_what_is_wanted_and_why_not() -> None:
    followed = Scope([SITE], include=["/docs", "/blog/*/2024*"], exclude=["*/draft", "*.pdf"])
    assert followed.holds(f"{SITE}/docs/a") and followed.holds(f"{SITE}/blog/en/2024-01-01")
    assert followed.why_not(f"{SITE}/shop") == scope.NOT_INCLUDED
    assert followed.why_not(f"{SITE}/docs/draft/a") == scope.EXCLUDED
    assert followed.why_not(f"{SITE}/docs/a.pdf?download=1") == scope.EXCLUDED


def test_a_start_is_visited_though_no_pattern_matches_it_but_not_kept() -> None:
    followed = Scope([SITE], include=["/docs"])
    assert followed.holds(f"{SITE}/") and not followed.keeps(f"{SITE}/")
    assert followed.keeps(f"{SITE}/docs/a")


def test_pictures_traps_and_what_is_no_address_stay_out() -> None:
    followed = Scope([SITE])
    assert followed.why_not(f"{SITE}/logo.PNG") == scope.NOT_A_PAGE
    assert followed.why_not(f"{SITE}/calendar?year=2091&month=4") == scope.TRAP
    assert followed.why_not("mailto:a@example.org") == scope.NO_ADDRESS


@pytest.mark.parametrize(
    ("pattern", "path", "held"),
    [
        ("/docs", "/docs", True),
        ("/docs", "/docs/a/b", True),
        ("/docs", "/docs?page=2", True),
        ("/docs", "/docs-old", False),
        ("/docs", "/en/docs", False),
        ("/docs/", "/docs/a", True),
        ("/docs/", "/docs", False),
        ("/docs*", "/docs-old", True),
        ("docs/a", "/docs/a", True),
        ("*/print", "/a/b/print", True),
        ("*.PDF", "/a/b.pdf", True),
        ("*.pdf", "/a/b.pdf.html", False),
        ("*?print=1*", "/a?id=3&print=1", False),
        ("*print=1*", "/a?id=3&print=1", True),
        ("/a*b*c", "/a/b/x/b/c", True),
        ("/a*b*c", "/a/c/b", False),
        ("/*/*/", "/a/b/c", True),
        ("/ab*ba", "/aba", False),
        ("/文档/*", "/%E6%96%87%E6%A1%A3/a", True),
        ("www.example.org/docs", "/docs/a", True),
        ("docs.example.org/docs", "/docs/a", False),
        ("https://www.example.org/docs/*", "/docs/a", True),
        ("http://www.example.org/*", "/docs/a", False),
        ("/a[0-9]+(b)", "/a1b", False),
    ],
)
def test_patterns(pattern: str, path: str, held: bool) -> None:
    assert matches(pattern, SITE + path) is held


def test_no_pattern_takes_long() -> None:
    began = time.process_time()
    for _ in range(20):
        assert not matches("*a" * 300 + "b", f"{SITE}/" + "a" * 1400)
    assert time.process_time() - began < 2


def test_lines_of_patterns() -> None:
    assert scope.patterns("/docs\n\n# not the shop\n  */x  \n") == ["/docs", "*/x"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", LinkKind.PAGE),
        ("/index.php", LinkKind.PAGE),
        ("/release-2.1", LinkKind.PAGE),
        ("/wiki/Node.js", LinkKind.NEITHER),
        ("/a?file=x.zip", LinkKind.PAGE),
        ("/a.pdf", LinkKind.FILE),
        ("/%E8%A1%A8.XLSX?v=2", LinkKind.FILE),
        ("/README.md", LinkKind.FILE),
        ("/a.min.js", LinkKind.NEITHER),
        ("/video.mp4", LinkKind.NEITHER),
        ("/a.tar.gz", LinkKind.NEITHER),
    ],
)
def test_what_a_link_leads_to(path: str, kind: LinkKind) -> None:
    assert link_kind(SITE + path) is kind
