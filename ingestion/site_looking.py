"""What can be seen of a site before it is a source: one page, its robots.txt and its sitemaps.

What was seen is kept in memory for some minutes, so that settings can be tried without asking the site again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from django.utils.translation import gettext_noop

from ingestion import web_access
from ingestion.crawl import sitemaps
from ingestion.crawl.addresses import canonical
from ingestion.crawl.errors import CrawlError, FetchFailed
from ingestion.crawl.fetching import IN_A_CIRCLE, NOWHERE, TOO_FAR, Fetched
from ingestion.crawl.robots import Robots, origin_of
from ingestion.crawl.scope import Scope, SiteRule
from ingestion.crawl.sitemaps import MapReport
from ingestion.crawl.spool import Kept as Headers
from ingestion.crawl.visiting import Later, LeadsTo, Stopped, Visitor

ALL_S = 25.0
FETCH_S = 10.0
PATIENCE_S = 3.0
LISTED_S = 8.0
MOST_LISTED = 5000
_HOPS = 10
_KEPT, _KEPT_S, _KEPT_BYTES = 16, 600.0, 4 * 2**20

LEFT_ALONE = gettext_noop("The site asks to be left alone for a while. Try again in some minutes.")
TOO_LONG = gettext_noop(
    "The site takes long to answer, or wants long pauses between requests. Try again in a moment."
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RobotsSaid:
    """``is_there``: the site has a robots.txt, at ``url``. ``delay_s`` is the pause that it wants."""

    url: str
    is_allowed: bool
    is_there: bool
    delay_s: float


@dataclass(frozen=True, slots=True)
class Listed:
    """What the sitemaps name, at most ``MOST_LISTED`` addresses. ``is_cut``: there are more, or they could
    not all be read in time. ``maps`` are those that were asked for."""

    maps: tuple[MapReport, ...] = ()
    addresses: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """``asked`` leads to ``url``, which gave ``answer`` or an ``error``. ``listed`` is ``None`` where nobody
    asked for the sitemaps."""

    asked: str
    url: str
    answer: Fetched | None = None
    robots: RobotsSaid | None = None
    listed: Listed | None = None
    error: CrawlError | None = None

    @property
    def headers(self) -> Headers:
        """What the answer says of its body, which is in no file."""
        assert self.answer is not None
        return Headers(self.url, self.answer.status, self.answer.headers, Path(), 0.0, 0.0)


class Kept(Generic[T]):
    """A few things for some minutes. Threads may share it."""

    def __init__(self) -> None:
        self._things: OrderedDict[object, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> T | None:
        with self._lock:
            until, thing = self._things.get(key, (0.0, None))
        return thing if time.monotonic() < until else None

    def put(self, key: object, thing: T) -> None:
        with self._lock:
            self._things[key] = (time.monotonic() + _KEPT_S, thing)
            self._things.move_to_end(key)
            while len(self._things) > _KEPT:
                self._things.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._things.clear()


_looks: Kept[Look] = Kept()


def look(url: str, *, with_sitemaps: bool, afresh: bool = False) -> Look:
    """Asks the site as a crawl would, within ``ALL_S`` seconds; ``afresh`` also where the answer is known.

    ``url`` is canonical and may be asked for by its form; what cannot be had is in the ``error``.
    """
    known = None if afresh else _looks.get(url)
    if known is not None and (known.listed is not None or not with_sitemaps):
        return known
    with _time_limit() as stop:
        looking = _Looking(stop)
        found = known or looking.page(url)
        if with_sitemaps and found.error is None:
            found = replace(found, listed=looking.sitemaps(found.url))
    if found.error is None and found.answer is not None and len(found.answer.body) <= _KEPT_BYTES:
        _looks.put(url, found)
    return found


def forget() -> None:
    """What was seen is asked for again."""
    _looks.forget()


@contextmanager
def _time_limit() -> Iterator[threading.Event]:
    """Set when the time is over: who waits for the host's turn waits no longer."""
    stop = threading.Event()
    timer = threading.Timer(ALL_S, stop.set)
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        timer.cancel()


class _Looking:
    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._visitor: Visitor = web_access.visitor(stop, patience_s=PATIENCE_S, longest_s=FETCH_S)
        self._rules: Robots = web_access.robots(self._visitor)

    def page(self, asked: str) -> Look:
        hops = [asked]
        try:
            answer = self._follow(hops)
        except CrawlError as error:
            return Look(asked, hops[-1], robots=self._robots(hops[-1]), error=error)
        except Later:
            return Look(asked, hops[-1], error=FetchFailed(LEFT_ALONE, code="later"))
        except Stopped:
            return Look(asked, hops[-1], error=FetchFailed(TOO_LONG, code="too_slow"))
        return Look(asked, hops[-1], answer, self._robots(hops[-1]))

    def _follow(self, hops: list[str]) -> Fetched:
        """The page that the first of ``hops`` leads to; the others are added."""
        while True:
            try:
                return self._visitor.visit(hops[-1], self._rules)
            except LeadsTo as hop:
                target = canonical(hop.url)
                if target is None:
                    raise FetchFailed(NOWHERE) from hop
                if target in hops or len(hops) > _HOPS:
                    raise FetchFailed(IN_A_CIRCLE if target in hops else TOO_FAR) from hop
                hops.append(target)

    def _robots(self, url: str) -> RobotsSaid | None:
        """``None`` where the file cannot be had; then nothing may be fetched."""
        try:
            verdict, delay_s = self._rules.verdict(url), self._rules.delay_s(url)
        except (CrawlError, Later, Stopped):
            return None
        is_there = 200 <= verdict.status < 300
        return RobotsSaid(verdict.robots_url, verdict.is_allowed, is_there, delay_s)

    def sitemaps(self, url: str) -> Listed:
        """Of the page's host and those below it."""
        site = Scope([url], rule=SiteRule.SUBDOMAINS)
        reports: list[MapReport] = []
        addresses: list[str] = []
        ends, is_cut = time.monotonic() + LISTED_S, False
        try:
            starts = sitemaps.discover(origin_of(url), self._rules.sitemaps(url))
            for entry in sitemaps.walk(
                starts, self._visitor.get, allows=site.is_same_site, on_map=reports.append
            ):
                if len(addresses) == MOST_LISTED or time.monotonic() > ends:
                    is_cut = True
                    break
                addresses.append(entry.loc)
        except (CrawlError, Later, Stopped):
            is_cut = True
        return Listed(tuple(reports), tuple(addresses), is_cut)
