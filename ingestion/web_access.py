"""The door to the web: what the settings allow, made into a visitor, the rules of sites and a reader."""

import threading
from functools import cache
from pathlib import Path

import redis
from django.conf import settings

from ingestion.crawl.fetching import Fetcher, Limits
from ingestion.crawl.guarding import AddressRules
from ingestion.crawl.politeness import HostLimits
from ingestion.crawl.robots import Robots
from ingestion.crawl.robots_cache import RedisRobots
from ingestion.crawl.spool import Spool
from ingestion.crawl.visiting import Stopped, Visitor
from ingestion.crawl.web_page import WebPage
from ingestion.extract.process import ExtractionProcess
from ingestion.extract.types import Limits as ReadingLimits

_READ_S = 60
_CONNECT_S, _ANSWER_S = 1.0, 5.0
_fetchers: dict[float, Fetcher] = {}


def visitor(
    stop: threading.Event | None = None, *, patience_s: float = 20.0, longest_s: float | None = None
) -> Visitor:
    """One that shares its connections, and the limits of hosts, with all others. ``longest_s``: a fetch may
    take less time than the settings say."""
    return Visitor(
        _fetcher(min(longest_s or settings.CRAWL_TIMEOUT_S, settings.CRAWL_TIMEOUT_S)),
        HostLimits(_redis()),
        connections=settings.CRAWL_CONNECTIONS,
        delay_s=settings.CRAWL_DELAY_MS / 1000,
        lease_s=settings.CRAWL_TIMEOUT_S + 15.0,
        patience_s=patience_s,
        stop=stop,
    )


def robots(visitor: Visitor) -> Robots:
    return Robots(visitor.get, RedisRobots(_redis()))


def spool(crawl: int) -> Spool:
    return Spool(Path(settings.CRAWL_DIR) / str(crawl))


def spools() -> dict[int, Spool]:
    """All that there are, by their crawls."""
    folders = Path(settings.CRAWL_DIR).glob("*")
    return {int(folder.name): Spool(folder) for folder in folders if folder.name.isdecimal()}


def read(
    extractor: ExtractionProcess,
    path: Path,
    *,
    url: str,
    charset: str,
    selector: str,
    stop: threading.Event | None = None,
) -> WebPage:
    """The page in a file. Raises ``ExtractionError`` and ``CrawlError``, and soon after ``stop`` is set
    ``Stopped``."""
    limits = ReadingLimits(timeout_s=_READ_S, memory_mb=settings.EXTRACT_MEMORY_MB)

    def look() -> None:
        if stop is not None and stop.is_set():
            raise Stopped

    return extractor.read_page(path, url=url, charset=charset, selector=selector, limits=limits, on_wait=look)


def forget() -> None:
    """Connections and rules are made anew from the settings."""
    for fetcher in _fetchers.values():
        fetcher.close()
    _fetchers.clear()
    _redis.cache_clear()


def _fetcher(total_s: float) -> Fetcher:
    """One for each limit of time."""
    if total_s not in _fetchers:
        rules = AddressRules(settings.CRAWL_ALLOWED_PORTS, settings.CRAWL_ALLOWED_NETWORKS)
        limits = Limits(
            body_bytes=settings.CRAWL_MAX_MB * 2**20, header_s=min(20.0, total_s), total_s=total_s
        )
        _fetchers.setdefault(total_s, Fetcher(rules, limits, settings.CRAWL_USER_AGENT))
    return _fetchers[total_s]


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=_CONNECT_S, socket_timeout=_ANSWER_S
    )
