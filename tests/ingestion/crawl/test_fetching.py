"""Each limit against a server that breaks it, and each kind of answer."""

import email.utils
import functools
import gzip
import threading
import time
import tracemalloc
import zlib

import pytest
from urllib3.response import HTTPResponse

from ingestion.crawl.errors import Blocked, CrawlError, Disallowed, FetchFailed
from ingestion.crawl.fetching import Fetched, Fetcher, Limits
from ingestion.crawl.guarding import AddressRules
from tests.ingestion.crawl.hostile_site import (
    Act,
    Call,
    HostileSite,
    answer,
    page,
    raw,
    redirect,
    repeat,
    reset_after,
    silence,
    status,
)

MB = 1024 * 1024
LIMITS = Limits(body_bytes=2 * MB, connect_s=2.0, header_s=5.0, total_s=10.0, redirects=5)
SHORT = Limits(body_bytes=2 * MB, connect_s=1.0, header_s=0.4, total_s=0.8, redirects=5)
# What a limit of less than a second may take on a machine that is busy with other things.
AT_MOST_S = 5.0


def fetch(site: HostileSite, path: str, limits: Limits = LIMITS, **how: object) -> Fetched:
    fetcher = Fetcher(AddressRules(ports=str(site.port), networks="127.0.0.1/32"), limits, "Youju test")
    try:
        return fetcher.fetch(site.url(path), **how)  # type: ignore[arg-type]
    finally:
        fetcher.close()


def failure(act: Act, limits: Limits = LIMITS) -> FetchFailed:
    with HostileSite({"/": act}) as site, pytest.raises(FetchFailed) as failed:
        fetch(site, "/", limits)
    return failed.value


def test_a_page_comes_as_it_is_with_lower_case_headers() -> None:
    with HostileSite({"/a": page("ö".encode(), content_type="text/html", ETag='"x"')}) as site:
        got = fetch(site, "/a?b=c#d")
        assert (got.url, got.status, got.body, got.redirects) == (site.url("/a?b=c"), 200, "ö".encode(), ())
        assert got.headers["content-type"] == "text/html" and got.headers["etag"] == '"x"'
        assert got.seconds > 0
        sent = site.calls[0].headers
        assert sent["user-agent"] == "Youju test" and sent["host"] == f"127.0.0.1:{site.port}"
        assert sent["accept"].startswith("text/html") and "application/pdf" in sent["accept"]
        assert set(sent["accept-encoding"].split(",")) <= {*HTTPResponse.CONTENT_DECODERS}
        assert "if-none-match" not in sent and "if-modified-since" not in sent


def test_an_unchanged_page() -> None:
    def act(call: Call) -> None:
        unchanged = call.headers.get("if-none-match") == '"1"' and call.headers["if-modified-since"] == "then"
        call.send(answer(b"", code="304 Not Modified", etag='"1"') if unchanged else answer(b"new"))

    with HostileSite({"/": act}) as site:
        got = fetch(site, "/", etag='"1"', last_modified="then")
        assert (got.status, got.body, got.headers["etag"]) == (304, b"", '"1"')
        assert fetch(site, "/", etag='"1"\r\nX: y', last_modified="then").body == b"new"


def test_unchanged_without_having_been_asked_is_a_failure() -> None:
    assert failure(page(b"", code="304 Not Modified")).status == 304


@pytest.mark.parametrize("packing", ["gzip", "x-gzip", "deflate", "gzip, gzip", "identity", "GZIP"])
def test_packed_pages_are_unpacked(packing: str) -> None:
    body = text = b"words and words " * 1000
    for layer in packing.lower().split(", "):
        body = {"deflate": zlib.compress, "identity": bytes}.get(layer, gzip.compress)(body)
    with HostileSite({"/": page(body, content_encoding=packing)}) as site:
        assert fetch(site, "/").body == text


@functools.cache
def _bomb(megabytes: int, kind: int) -> bytes:
    """Zeros, packed a piece at a time: 31 is gzip, 15 deflate."""
    packer = zlib.compressobj(9, zlib.DEFLATED, kind)
    return b"".join(packer.compress(bytes(MB)) for _ in range(megabytes)) + packer.flush()


def _chunked(body: bytes, packing: str) -> Act:
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {packing}\r\n\r\n"
    return raw(head.encode() + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("packing", ["gzip", "deflate", "gzip, gzip"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_decompression_bomb_is_given_up_before_it_fills_the_memory(packing: str, chunked: bool) -> None:
    body = _bomb(400, 15 if packing == "deflate" else 31)
    if packing == "gzip, gzip":
        body = gzip.compress(body)
    act = _chunked(body, packing) if chunked else page(body, content_encoding=packing)
    tracemalloc.start()
    try:
        assert failure(act).code == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 20 * MB
    finally:
        tracemalloc.stop()


def test_a_bomb_that_unpacks_to_nothing_ends_at_the_bytes_that_came() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10]
    empty_block = b"\x00\x00\x00\xff\xff" * 4096
    assert failure(repeat(empty_block, head=head)).code == "too_large"


@pytest.mark.parametrize(
    "packing", ["br+zip", "gzip, gzip, gzip", "gzip,gzip,gzip,gzip,gzip,gzip,gzip", "compress", "gzip, aes"]
)
def test_packings_that_cannot_be_read(packing: str) -> None:
    failed = failure(page(b"x", content_encoding=packing))
    assert (failed.code, failed.is_passing) == ("bad_packing", False)


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_page_that_is_not_packed_as_it_says(packing: str) -> None:
    assert failure(page(b"<html>not packed at all", content_encoding=packing)).code == "bad_packing"


def test_a_page_that_is_announced_too_large_is_not_read() -> None:
    failed = failure(
        repeat(b"x" * 1000, head=b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", every_s=5)
    )
    assert (failed.code, failed.is_passing, failed.status) == ("too_large", False, None)


def test_a_page_without_end_is_too_large() -> None:
    assert failure(repeat(b"x" * 65536, head=b"HTTP/1.1 200 OK\r\n\r\n")).code == "too_large"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert failure(repeat(chunk, head=head)).code == "too_large"


def test_a_page_of_exactly_the_limit_is_read() -> None:
    with HostileSite({"/": page(b"x" * 2 * MB), "/more": page(b"x" * (2 * MB + 1))}) as site:
        assert len(fetch(site, "/").body) == 2 * MB
        with pytest.raises(FetchFailed):
            fetch(site, "/more")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    "act",
    [
        silence,
        repeat(b"H", every_s=0.05),
        repeat(b"X: y\r\n", head=b"HTTP/1.1 200 OK\r\n", every_s=0.05),
        repeat(b"HTTP/1.1 100 Continue\r\n\r\n", every_s=0.05),
        repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
        repeat(b"x", head=HEAD, every_s=0.05),
        repeat(b"1\r\nx\r\n", head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", every_s=0.05),
        repeat(b"1", head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", every_s=0.05),
        repeat(b"X: y\r\n", head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", every_s=0.05),
        repeat(
            b"\x00\x00\x00\xff\xff",
            head=HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + gzip.compress(b"")[:10],
            every_s=0.05,
        ),
    ],
    ids="silence status headers continue continue-fast body chunks chunk-size trailers packed".split(),
)
def test_a_server_that_drips_is_given_up_in_time(act: Act) -> None:
    began = time.monotonic()
    failed = failure(act, SHORT)
    assert failed.code in ("too_slow", "too_large")
    assert failed.is_passing or failed.code == "too_large"
    assert time.monotonic() - began < AT_MOST_S


def test_the_time_of_headers_is_limited_for_itself() -> None:
    began = time.monotonic()
    failed = failure(repeat(b"X: y\r\n", head=b"HTTP/1.1 200 OK\r\n", every_s=0.05), Limits(header_s=0.3))
    assert failed.code == "too_slow"
    assert time.monotonic() - began < AT_MOST_S


def test_the_time_of_all_hops_is_one_and_that_of_the_caller_is_not_counted() -> None:
    hops = {f"/{number}": _slow_redirect(f"/{number + 1}") for number in range(20)}
    with HostileSite(hops) as site, pytest.raises(FetchFailed) as failed:
        fetch(site, "/0", Limits(total_s=0.7, redirects=50))
    assert failed.value.code == "too_slow"
    with HostileSite({"/": redirect("/a"), "/a": page(b"there")}) as site:
        assert fetch(site, "/", SHORT, on_hop=lambda url, status: time.sleep(1.0)).body == b"there"


def _slow_redirect(location: str) -> Act:
    def act(call: Call) -> None:
        time.sleep(0.2)
        call.send(answer(b"", code="302 Elsewhere", location=location))

    return act


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_told(code: int) -> None:
    hops: list[tuple[str, int]] = []
    acts = {"/a": redirect("b?x=1#part", code), "/b": redirect("//127.0.0.1:{port}/ü", code)}
    with HostileSite(acts) as site:
        site.acts["/b"] = redirect(f"//127.0.0.1:{site.port}/c d", code)
        site.acts["/c%20d"] = page(b"there")
        got = fetch(site, "/a", on_hop=lambda *hop: hops.append(hop))
        assert got.body == b"there"
        assert list(got.redirects) == [site.url("/b?x=1"), site.url("/c%20d")]
        assert hops == [(url, code) for url in got.redirects]
        assert got.url == site.url("/c%20d")


def test_a_redirect_in_utf8() -> None:
    with HostileSite({}) as site:
        site.acts = {"/": redirect("/ü".encode().decode("latin-1")), "/%C3%BC": page(b"there")}
        assert fetch(site, "/").body == b"there"


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "data:text/html,x",
        "gopher://127.0.0.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://[::1]/",
        "http://127.0.0.2/",
        "http://user:password@127.0.0.1:{port}/",
        "http://127.0.0.1:{other}/",
        "//127.0.0.2:{port}/",
        "http://[::1",
        "https://127.0.0.1/",
    ],
)
def test_a_redirect_to_a_forbidden_place_is_refused_before_anybody_is_asked(location: str) -> None:
    hops: list[str] = []
    with HostileSite({}) as site:
        site.acts["/"] = redirect(location.format(port=site.port, other=site.port + 1))
        with pytest.raises(Blocked) as refused:
            fetch(site, "/", on_hop=lambda url, status: hops.append(url))
        assert ("→" in str(refused.value)) == ("@" not in location)
        assert site.paths == ["/"]
        assert not hops


@pytest.mark.parametrize("first", ["/self", "/a", "/tail"])
def test_redirects_in_a_circle(first: str) -> None:
    acts = {"/self": redirect("/self#x"), "/a": redirect("/b"), "/b": redirect("/a"), "/tail": redirect("/a")}
    with HostileSite(acts) as site:
        with pytest.raises(FetchFailed) as failed:
            fetch(site, first)
        assert (failed.value.code, failed.value.is_passing) == ("redirects", False)
        assert len(site.calls) <= 3


def test_redirects_without_end_or_aim() -> None:
    acts = {f"/{number}": redirect(f"/{number + 1}") for number in range(10)}
    with HostileSite({**acts, "/5": page(b"there")}) as site:
        assert fetch(site, "/0").body == b"there"
    with HostileSite(acts) as site:
        with pytest.raises(FetchFailed) as failed:
            fetch(site, "/0")
        assert failed.value.code == "redirects"
        assert len(site.calls) == 6
    assert failure(page(b"", code="302 Found")).code == "redirects"


def test_what_the_caller_raises_at_a_hop_ends_the_fetch_before_the_hop_is_asked() -> None:
    def refuse(url: str, status: int) -> None:
        raise Disallowed(f"not {url}")

    with HostileSite({"/": redirect("/secret"), "/secret": page(b"secret")}) as site:
        with pytest.raises(Disallowed):
            fetch(site, "/", on_hop=refuse)
        assert site.paths == ["/"]


def test_the_body_of_a_redirect_is_not_read() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 900000000\r\n\r\n"
    with HostileSite({"/": repeat(b"x" * 65536, head=head), "/b": page(b"there")}) as site:
        assert fetch(site, "/").body == b"there"
        assert site.connections == 2


@pytest.mark.parametrize(
    ("code", "is_passing"),
    [(code, False) for code in (300, 400, 401, 403, 404, 410, 418, 451, 501)]
    + [(code, True) for code in (408, 425, 429, 500, 502, 503, 504, 522, 999)],
)
def test_statuses_without_a_page(code: int, is_passing: bool) -> None:
    failed = failure(status(code))
    assert (failed.status, failed.is_passing, failed.code) == (code, is_passing, f"http_{code}")
    assert failed.retry_after_s is None
    assert str(failed).endswith(f"\nHTTP {code}") and "." in str(failed).splitlines()[0]


def _in(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry_after": "120"}, 120),
        ({"retry_after": " 0 "}, 0),
        ({"retry_after": "9" * 30}, 7 * 24 * 3600),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "1e3"}, None),
        ({"retry_after": "٣"}, None),
        ({"retry_after": _in(-100)}, 0),
        # The server's clock is an hour behind ours.
        ({"retry_after": _in(90 - 3600), "date": _in(-3600)}, 90),
        ({"retry_after": "Wed, 21 Oct 9999 07:28:00 GMT"}, 7 * 24 * 3600),
        ({"retry_after": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
    ],
)
def test_how_long_the_server_asks_to_wait(code: int, headers: dict[str, str], expected: float | None) -> None:
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    got = failure(status(code, **encoded)).retry_after_s
    assert got == (pytest.approx(expected, abs=2) if expected is not None else None)


def test_a_date_to_wait_for_is_held_against_our_clock_where_the_server_tells_none() -> None:
    got = failure(status(503, retry_after=_in(60))).retry_after_s
    assert got is not None and 40 < got <= 61


@pytest.mark.parametrize(
    "act",
    [
        raw(b""),
        raw(b"nonsense\r\n\r\n"),
        raw(b"HTTP/1.1 abc OK\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nshort"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nab\r\n0\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
        reset_after(b""),
        reset_after(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
    ],
    ids="nothing nonsense no-status cut two-lengths bad-chunk cut-chunk negative-chunk long-header "
    "many-headers reset reset-in-body".split(),
)
def test_broken_answers(act: Act) -> None:
    failed = failure(act)
    assert (failed.code, failed.is_passing, failed.status) == ("broken", True, None)


def test_headers_without_end_are_not_kept_in_memory() -> None:
    assert failure(repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)).code in ("too_large", "broken")


def test_an_odd_length_is_forgiven_where_the_end_is_clear() -> None:
    with HostileSite({"/": raw(b"HTTP/1.0 200 OK\r\nContent-Length: x\r\n\r\nwhole")}) as site:
        assert fetch(site, "/").body == b"whole"
    with HostileSite({"/": raw(b"HTTP/1.0 200 OK\r\n\r\nwhole")}) as site:
        assert fetch(site, "/").body == b"whole"


def test_failures_are_sentences_for_people() -> None:
    for error in (failure(status(404)), failure(raw(b"")), failure(silence, SHORT)):
        assert isinstance(error, CrawlError)
        assert str(error).splitlines()[0].endswith(".")


def test_one_slow_server_does_not_hold_up_other_threads() -> None:
    with HostileSite({"/slow": silence, "/": page(b"quick")}) as site:
        rules = AddressRules(ports="*", networks="127.0.0.1/32")
        fetcher = Fetcher(rules, Limits(header_s=30, total_s=30), "Test")

        def slow() -> None:
            with pytest.raises(FetchFailed):
                fetcher.fetch(site.url("/slow"))

        thread = threading.Thread(target=slow, daemon=True)
        thread.start()
        for _ in range(20):
            assert fetcher.fetch(site.url("/")).body == b"quick"
        assert thread.is_alive()
    thread.join(10)
