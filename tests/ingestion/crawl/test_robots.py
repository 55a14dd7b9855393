"""robots.txt of a site that the test serves, fetched by the real fetcher and kept in a real Redis."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import redis

from ingestion.crawl.errors import Blocked, Disallowed, FetchFailed
from ingestion.crawl.fetching import Fetcher, Limits
from ingestion.crawl.guarding import AddressRules
from ingestion.crawl.robots import FRESH_S, RETRY_S, USABLE_S, Robots, origin_of
from ingestion.crawl.robots_cache import PREFIX, RedisRobots, RobotsCache, RobotsFile
from ingestion.crawl.robots_tags import Wishes, is_for_us, wishes
from ingestion.crawl.robots_text import LONGEST, decode
from tests.chat.conftest import redis_url as redis_url
from tests.ingestion.crawl.hostile_site import Act, HostileSite, page, raw, redirect, status

PRIVATE = b"User-agent: *\nDisallow: /private\n"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site() -> Iterator[HostileSite]:
    with HostileSite({}) as running:
        yield running


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    made = redis.Redis.from_url(redis_url)
    yield made
    made.flushall()


def robots(site: HostileSite, clock: Clock, cache: RobotsCache | None = None) -> Robots:
    limits = Limits(connect_s=5, header_s=5, total_s=10, redirects=5)
    fetcher = Fetcher(AddressRules(ports=str(site.port), networks="127.0.0.1/32"), limits, "Youju test")
    return Robots(fetcher.fetch, cache, now=clock)


def serve(site: HostileSite, body: bytes | Act) -> None:
    site.acts["/robots.txt"] = page(body) if isinstance(body, bytes) else body


def verdicts(site: HostileSite, clock: Clock, body: bytes | Act, *paths: str) -> list[bool]:
    serve(site, body)
    asked = robots(site, clock)
    return [asked.allows(site.url(path)) for path in paths]


def test_what_is_disallowed_says_by_which_file(site: HostileSite, clock: Clock) -> None:
    serve(site, PRIVATE)
    asked = robots(site, clock)

    asked.check(site.url("/open"))
    with pytest.raises(Disallowed, match=r"robots\.txt asks not to fetch") as refused:
        asked.check(site.url("/private/a"))

    assert str(refused.value).endswith(site.url("/robots.txt"))
    verdict = asked.verdict(site.url("/private/a"))
    assert (verdict.is_allowed, verdict.robots_url, verdict.status, verdict.is_old) == (
        False,
        site.url("/robots.txt"),
        200,
        False,
    )
    assert site.paths == ["/robots.txt"]


@pytest.mark.parametrize(
    ("group", "is_ours"),
    [
        ("YoujuBot", True),
        ("youjubot", True),
        ("YoujuBot/1.0 (+https://example.org)", True),
        ("OtherBot", False),
        ("NotYoujuBot", False),
        ("YoujuBotany", False),
    ],
)
def test_the_group_of_our_name(site: HostileSite, clock: Clock, group: str, is_ours: bool) -> None:
    body = f"User-agent: {group}\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n".encode()
    assert verdicts(site, clock, body, "/a", "/b") == [not is_ours, is_ours]


def test_the_longest_rule_counts_and_allowing_wins(site: HostileSite, clock: Clock) -> None:
    body = b"User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /*.php$\nAllow: /same\nDisallow: /same\n"
    paths = ("/a/c", "/a/b/c", "/x.php", "/x.php?y", "/same", "/robots.txt")
    assert verdicts(site, clock, body, *paths) == [False, True, False, True, True, True]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 451])
def test_a_site_without_the_file_allows_everything(site: HostileSite, clock: Clock, code: int) -> None:
    assert verdicts(site, clock, status(code), "/a") == [True]


CUT_OFF = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nUser")


@pytest.mark.parametrize("act", [status(500), status(501), status(503), status(429), CUT_OFF])
def test_a_file_that_cannot_be_had_allows_nothing_for_now(site: HostileSite, clock: Clock, act: Act) -> None:
    serve(site, act)
    asked = robots(site, clock)

    with pytest.raises(FetchFailed, match="nothing is fetched from the site for now") as failed:
        asked.allows(site.url("/a"))

    assert failed.value.is_passing
    assert failed.value.code == "robots"


def test_the_wait_that_the_site_asks_for_is_passed_on(site: HostileSite, clock: Clock) -> None:
    serve(site, status(503, retry_after="120"))
    with pytest.raises(FetchFailed) as failed:
        robots(site, clock).allows(site.url("/a"))
    assert failed.value.retry_after_s == 120


def test_a_site_that_is_not_there(clock: Clock) -> None:
    fetcher = Fetcher(AddressRules(ports="*", networks="127.0.0.1/32"), Limits(), "Youju test")
    with socket.socket() as deaf, pytest.raises(FetchFailed) as failed:
        deaf.bind(("127.0.0.1", 0))
        Robots(fetcher.fetch, now=clock).allows(f"http://127.0.0.1:{deaf.getsockname()[1]}/a")
    assert failed.value.is_passing


def test_a_failure_is_not_asked_for_with_every_page(site: HostileSite, clock: Clock) -> None:
    serve(site, status(503))
    asked = robots(site, clock)
    for _ in range(3):
        with pytest.raises(FetchFailed):
            asked.allows(site.url("/a"))
    assert len(site.calls) == 1

    serve(site, PRIVATE)
    clock.now += RETRY_S + 1
    assert asked.allows(site.url("/a"))


def test_a_blocked_address_stays_blocked(clock: Clock) -> None:
    fetcher = Fetcher(AddressRules(), Limits(), "Youju test")
    with pytest.raises(Blocked):
        Robots(fetcher.fetch, now=clock).allows("http://127.0.0.1/a")


def test_an_old_copy_serves_for_a_day_while_the_site_gives_none(site: HostileSite, clock: Clock) -> None:
    serve(site, PRIVATE)
    asked = robots(site, clock)
    assert not asked.allows(site.url("/private"))

    serve(site, status(503))
    clock.now += FRESH_S + 1
    for _ in range(3):
        verdict = asked.verdict(site.url("/private"))
    assert (verdict.is_allowed, verdict.is_old) == (False, True)
    assert asked.allows(site.url("/open"))
    assert len(site.calls) == 2

    clock.now += USABLE_S
    with pytest.raises(FetchFailed):
        asked.allows(site.url("/open"))


def test_a_copy_is_renewed_after_an_hour(site: HostileSite, clock: Clock) -> None:
    serve(site, PRIVATE)
    asked = robots(site, clock)
    assert not asked.allows(site.url("/private"))
    serve(site, b"")
    clock.now += FRESH_S - 10
    assert not asked.allows(site.url("/private"))
    clock.now += 20
    assert asked.allows(site.url("/private"))


def test_workers_share_copies(site: HostileSite, clock: Clock, client: redis.Redis) -> None:
    serve(site, PRIVATE)
    assert not robots(site, clock, RedisRobots(client)).allows(site.url("/private"))
    assert not robots(site, clock, RedisRobots(client)).allows(site.url("/private"))
    assert len(site.calls) == 1

    serve(site, status(500))
    clock.now += FRESH_S + 1
    assert robots(site, clock, RedisRobots(client)).verdict(site.url("/private")).is_old
    assert client.ttl(PREFIX + site.url("")) > FRESH_S


def test_threads_ask_once(site: HostileSite, clock: Clock) -> None:
    serve(site, PRIVATE)
    asked = robots(site, clock)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(asked.allows, [site.url("/private")] * 8))
    assert found == [False] * 8
    assert len(site.calls) == 1


def test_a_cache_that_is_away_or_holds_rubbish_holds_nothing(client: redis.Redis) -> None:
    away = RedisRobots(redis.Redis.from_url("unix:///nonexistent/redis.sock?db=0"))
    away.put("https://example.org", RobotsFile("https://example.org/robots.txt", 200, "", 1.0), 60)
    assert away.get("https://example.org") is None

    client.set(f"{PREFIX}https://example.org", b"rubbish")
    assert RedisRobots(client).get("https://example.org") is None


def test_the_file_may_be_elsewhere_and_its_rules_hold_here(site: HostileSite, clock: Clock) -> None:
    for at in range(5):
        site.acts[f"/r{at}"] = redirect(f"/r{at + 1}")
    site.acts["/r5"] = page(PRIVATE + b"Sitemap: map.xml\n")
    serve(site, redirect("/r1"))
    asked = robots(site, clock)
    assert not asked.allows(site.url("/private"))
    assert asked.verdict(site.url("/private")).robots_url == site.url("/r5")

    serve(site, redirect("/r0"))
    assert robots(site, clock).allows(site.url("/private"))


def test_redirects_in_a_circle_are_no_file(site: HostileSite, clock: Clock) -> None:
    assert verdicts(site, clock, redirect("/robots.txt"), "/a") == [True]


def test_delays(site: HostileSite, clock: Clock) -> None:
    serve(site, b"User-agent: *\nCrawl-delay: 2.5\nRequest-rate: 1/10\n")
    assert robots(site, clock).delay_s(site.url("/")) == 10
    serve(site, b"User-agent: YoujuBot\nCrawl-delay: 2.5\n\nUser-agent: *\nCrawl-delay: 99\n")
    assert robots(site, clock).delay_s(site.url("/")) == 2.5
    serve(site, b"User-agent: *\nCrawl-delay: soon\n")
    assert robots(site, clock).delay_s(site.url("/")) == 0


def test_sitemaps_are_whole_addresses_each_once(site: HostileSite, clock: Clock) -> None:
    body = b"Sitemap: https://cdn.example.org/a.xml\nsitemap: /b.xml\nSitemap: /b.xml\nSitemap: http://[bad\n"
    serve(site, body)
    asked = robots(site, clock).sitemaps(site.url("/any"))
    assert asked == ("https://cdn.example.org/a.xml", site.url("/b.xml"), "http://[bad")


@pytest.mark.parametrize(
    ("data", "is_allowed"),
    [
        (b"\xef\xbb\xbf" + PRIVATE, False),
        (b"\xff\xfe" + PRIVATE.decode().encode("utf-16-le"), False),
        (b"\xfe\xff" + PRIVATE.decode().encode("utf-16-be"), False),
        (PRIVATE.replace(b"\n", b"\r"), False),
        (b"# \xe9t\xe9\n" + PRIVATE, False),
        (b"<!doctype html><p>\nUser-agent: *\nDisallow: /\n</p>", True),
        (b"\x00\x01\x02" * 500, True),
        (b"", True),
    ],
)
def test_files_in_any_shape(site: HostileSite, clock: Clock, data: bytes, is_allowed: bool) -> None:
    assert verdicts(site, clock, data, "/private") == [is_allowed]


@pytest.mark.parametrize("written", ["/café".encode("latin-1"), "/café".encode(), b"/caf%C3%A9", b"/caf%E9"])
def test_paths_beyond_ascii(site: HostileSite, clock: Clock, written: bytes) -> None:
    in_latin = written in ("/café".encode("latin-1"), b"/caf%E9")
    body = b"User-agent: *\nDisallow: " + written + b"\n"
    asked = "/caf%E9" if in_latin else "/caf%C3%A9"
    assert verdicts(site, clock, body, asked, "/cafe") == [False, True]


def test_only_the_beginning_of_a_huge_file_is_read() -> None:
    line = b"Disallow: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
    text = decode(b"User-agent: *\n" + line * (LONGEST // len(line) + 10))
    assert LONGEST - len(line) <= len(text) <= LONGEST
    assert text.endswith(line.decode())


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://Example.org:443/a", "https://example.org"),
        ("http://example.org:443/a", "http://example.org:443"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_origins(url: str, origin: str) -> None:
    assert origin_of(url) == origin


NOTHING, NOINDEX, NOFOLLOW, BOTH = Wishes(), Wishes(True), Wishes(False, True), Wishes(True, True)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", NOTHING),
        ("all", NOTHING),
        ("NoIndex", NOINDEX),
        ("nofollow", NOFOLLOW),
        ("none", BOTH),
        ("index, nofollow, max-snippet: 20", NOFOLLOW),
        ("YoujuBot: noindex", NOINDEX),
        ("youjubot : noindex, nofollow", BOTH),
        ("otherbot: noindex, nofollow", NOTHING),
        ("nofollow, otherbot: noindex", NOFOLLOW),
        ("otherbot: none, youjubot: noindex", NOINDEX),
        ("max-image-preview: large, noindex", NOINDEX),
        ("unavailable_after: 2026-01-01", NOINDEX),
        ("unavailable_after: 2028-01-01", NOTHING),
        ("unavailable_after: Friday, 25 Jun 2010 15:00:00 GMT, nofollow", BOTH),
        ("unavailable_after: 25 Jun 2010 15:00:00 GMT, nofollow", BOTH),
        ("YoujuBot: unavailable_after: 25 Jun 2010 15:00:00 GMT", NOINDEX),
        ("otherbot: unavailable_after: 25 Jun 2010 15:00:00 GMT", NOTHING),
        ("unavailable_after: one day", NOTHING),
        ("noindexed", NOTHING),
    ],
)
def test_wishes_of_pages(value: str, found: Wishes) -> None:
    assert wishes(value, now=datetime(2027, 1, 1, tzinfo=UTC)) == found


def test_meta_elements_that_speak_to_us() -> None:
    assert [is_for_us(name) for name in ("robots", " ROBOTS ", "youjubot", "googlebot", "")] == [
        True,
        True,
        True,
        False,
        False,
    ]
