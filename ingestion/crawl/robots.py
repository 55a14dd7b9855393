"""robots.txt, as RFC 9309 has it: what a site asks crawlers not to fetch, how slowly, and its sitemaps.

A site without the file (a status of 400 to 499) allows everything. One whose file cannot be had now allows
nothing for now, except by a copy of the last 24 hours. Copies are good for an hour and shared with other
workers through a cache.
"""

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext_noop
from protego import Protego

from ingestion.crawl.errors import CrawlError, Disallowed, FetchFailed
from ingestion.crawl.fetching import Fetched
from ingestion.crawl.politeness import DEFAULT_PORTS, host_key
from ingestion.crawl.robots_cache import RobotsCache, RobotsFile
from ingestion.crawl.robots_tags import AGENT as AGENT
from ingestion.crawl.robots_text import decode

REDIRECTS = 5
FRESH_S = 3600.0
USABLE_S = 24 * 3600.0
RETRY_S = 60.0
ORIGINS = 256

ASKED_NOT_TO = gettext_noop("The site's robots.txt asks not to fetch this address.")
NOT_TO_BE_HAD = gettext_noop(
    "The site's robots.txt could not be read, so nothing is fetched from the site for now. Try again later."
)

Fetch = Callable[[str], Fetched]
_Kept = TypeVar("_Kept")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an address may be fetched, and the file that says so: ``status`` is what the site answered when
    asked for it, ``is_old`` that it could not be had again since."""

    is_allowed: bool
    robots_url: str
    status: int
    is_old: bool


@dataclass(slots=True)
class _Known:
    file: RobotsFile
    rules: Protego
    retry_at: float


class Robots:
    """The robots.txt of every site that a crawl meets. Threads may share it.

    ``fetch`` follows up to five redirects, keeps the pace of the host, and raises ``CrawlError`` for all but
    a page. Each method raises ``FetchFailed`` (``is_passing``, for all but a site that cannot be trusted)
    where the file cannot be had and no copy is usable, and whatever else ``fetch`` raises; the next try is a
    minute later. Addresses are whole ones, with scheme and host.
    """

    def __init__(
        self,
        fetch: Fetch,
        cache: RobotsCache | None = None,
        *,
        agent: str = AGENT,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._fetch = fetch
        self._cache = cache
        self._agent = agent
        self._now = now
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._failures: OrderedDict[str, tuple[float, CrawlError]] = OrderedDict()
        self._lock = threading.Lock()
        # Threads that ask for the same site wait for one request.
        self._asking = [threading.Lock() for _ in range(64)]

    def allows(self, url: str) -> bool:
        return self.verdict(url).is_allowed

    def check(self, url: str) -> None:
        """Raises ``Disallowed`` where the site asks not to fetch ``url``."""
        verdict = self.verdict(url)
        if not verdict.is_allowed:
            raise Disallowed(ASKED_NOT_TO, detail=verdict.robots_url)

    def verdict(self, url: str) -> Verdict:
        known = self._of(url)
        is_old = not self._is_fresh(known.file)
        is_allowed = known.rules.can_fetch(url, self._agent)
        return Verdict(is_allowed, known.file.url, known.file.status, is_old)

    def delay_s(self, url: str) -> float:
        """Seconds that the site wants between two requests, by Crawl-delay or Request-rate at whatever hour;
        0.0 where it says nothing. There is no upper limit: a caller has its own."""
        rules = self._of(url).rules
        rate = rules.request_rate(self._agent)
        return max(rules.crawl_delay(self._agent) or 0.0, rate.seconds / rate.requests if rate else 0.0)

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the file names, as whole addresses, each once; on any host."""
        known = self._of(url)
        return tuple(dict.fromkeys(_joined(known.file.url, place) for place in known.rules.sitemaps))

    def _of(self, url: str) -> _Known:
        origin = origin_of(url)
        with self._asking[hash(origin) % len(self._asking)]:
            with self._lock:
                known = self._known.get(origin)
            if known is None or not self._is_current(known):
                known = self._renewed(origin, known)
                with self._lock:
                    _remember(self._known, origin, known)
            return known

    def _renewed(self, origin: str, known: _Known | None) -> _Known:
        """From the cache or the site; the old copy again where the site does not give a new one."""
        shared = self._cache.get(origin) if self._cache else None
        if shared is not None and self._is_fresh(shared):
            return _parsed(shared)
        old = max((one for one in (shared, known.file if known else None) if one), key=_age_key, default=None)
        self._raise_again(origin, old)
        try:
            file = self._asked(origin)
        except CrawlError as error:
            if old is None or not self._is_usable(old):
                self._failures_of(origin, error)
                raise
            return _parsed(old, retry_at=self._now() + RETRY_S)
        if self._cache:
            self._cache.put(origin, file, USABLE_S)
        return _parsed(file)

    def _asked(self, origin: str) -> RobotsFile:
        address = f"{origin}/robots.txt"
        try:
            fetched = self._fetch(address)
        except FetchFailed as error:
            status = error.status or 0
            if error.code == "redirects" or (400 <= status < 500 and not error.is_passing):
                return RobotsFile(address, status, "", self._now())
            raise _not_to_be_had(error) from error
        if len(fetched.redirects) > REDIRECTS:
            return RobotsFile(address, fetched.status, "", self._now())
        return RobotsFile(fetched.url, fetched.status, decode(fetched.body), self._now())

    def _failures_of(self, origin: str, error: CrawlError) -> None:
        with self._lock:
            _remember(self._failures, origin, (self._now() + RETRY_S, error))

    def _raise_again(self, origin: str, old: RobotsFile | None) -> None:
        with self._lock:
            until, error = self._failures.get(origin, (0.0, None))
        if error is not None and self._now() < until and not (old and self._is_usable(old)):
            raise copy.copy(error)

    def _is_current(self, known: _Known) -> bool:
        waits = self._now() < known.retry_at and self._is_usable(known.file)
        return waits or self._is_fresh(known.file)

    def _is_fresh(self, file: RobotsFile) -> bool:
        return self._now() - file.fetched_at < FRESH_S

    def _is_usable(self, file: RobotsFile) -> bool:
        return self._now() - file.fetched_at < USABLE_S


def origin_of(url: str) -> str:
    """Scheme, host and port, the last where it is not the scheme's own: what one robots.txt is for.

    Raises ``ValueError`` for an address without a host.
    """
    scheme = urlsplit(url).scheme.lower()
    return f"{scheme}://{host_key(url).removesuffix(f':{DEFAULT_PORTS.get(scheme)}')}"


def _parsed(file: RobotsFile, retry_at: float = 0.0) -> _Known:
    return _Known(file, Protego.parse(file.text), retry_at)


def _not_to_be_had(error: FetchFailed) -> FetchFailed:
    return FetchFailed(
        NOT_TO_BE_HAD,
        status=error.status,
        is_passing=error.is_passing or error.status is not None,
        retry_after_s=error.retry_after_s,
        detail=str(error),
        code="robots",
    )


def _joined(base: str, place: str) -> str:
    try:
        return urljoin(base, place)
    except ValueError:
        return place


def _age_key(file: RobotsFile) -> float:
    return file.fetched_at


def _remember(kept: OrderedDict[str, _Kept], origin: str, value: _Kept) -> None:
    kept[origin] = value
    kept.move_to_end(origin)
    if len(kept) > ORIGINS:
        kept.popitem(last=False)
