"""The pages that a site lists itself: sitemaps, their indexes within indexes, and feeds."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from ingestion.crawl.errors import CrawlError
from ingestion.crawl.fetching import Fetched
from ingestion.crawl.sitemap_bytes import FILE_BYTES
from ingestion.crawl.sitemap_reading import FILE_ENTRIES, Entry, Sitemap, entries, read

__all__ = ["Entry", "MapReport", "Sitemap", "SitemapLimits", "discover", "read", "walk"]

USUAL_PLACES = ("/sitemap.xml", "/sitemap_index.xml")

Fetch = Callable[[str], Fetched]


@dataclass(frozen=True, slots=True)
class SitemapLimits:
    """``pages`` and ``files`` in all; ``depth`` of indexes within indexes (0: the starts alone);
    ``file_entries`` and ``file_bytes`` (unpacked) of one file, by default what the protocol allows."""

    pages: int = 200_000
    files: int = 500
    depth: int = 3
    file_entries: int = FILE_ENTRIES
    file_bytes: int = FILE_BYTES


@dataclass(frozen=True, slots=True)
class MapReport:
    """One sitemap that was asked for: how many pages (each counted where it is first named) and maps of it
    were taken, or why it could not be had."""

    url: str
    pages: int = 0
    maps: int = 0
    error: CrawlError | None = None


def discover(origin: str, robots_sitemaps: Iterable[str] = ()) -> tuple[str, ...]:
    """Where to look: what robots.txt names, or else the usual places of ``origin`` ("https://host")."""
    named = tuple(dict.fromkeys(robots_sitemaps))
    return named or tuple(origin.rstrip("/") + place for place in USUAL_PLACES)


def walk(
    starts: Iterable[str],
    fetch: Fetch,
    limits: SitemapLimits | None = None,
    *,
    allows: Callable[[str], bool] | None = None,
    on_map: Callable[[MapReport], None] | None = None,
) -> Iterator[Entry]:
    """Pages of all sitemaps, each once, as they are read; files in the order in which they are named.

    ``allows`` says which pages are wanted; without it, those on the same host as their sitemap. Maps of an
    index are followed on its own host, or where ``allows`` has it. A file that cannot be had is left out
    (``CrawlError`` of ``fetch`` goes to ``on_map``); whatever else ``fetch`` raises ends the walk.
    """
    return _Walk(fetch, limits or SitemapLimits(), allows, on_map).through(starts)


class _Walk:
    def __init__(
        self,
        fetch: Fetch,
        limits: SitemapLimits,
        allows: Callable[[str], bool] | None,
        on_map: Callable[[MapReport], None] | None,
    ) -> None:
        self._fetch = fetch
        self._limits = limits
        self._allows = allows
        self._on_map = on_map
        self._pages: set[int] = set()
        self._asked: set[str] = set()
        self._waiting: deque[tuple[str, int]] = deque()

    def through(self, starts: Iterable[str]) -> Iterator[Entry]:
        for start in starts:
            self._enqueue(start, 0)
        files = 0
        while self._waiting and files < self._limits.files and self._has_room():
            url, depth = self._waiting.popleft()
            files += 1
            yield from self._file(url, depth)

    def _file(self, url: str, depth: int) -> Iterator[Entry]:
        try:
            fetched = self._fetch(url)
        except CrawlError as error:
            self._report(MapReport(url, error=error))
            return
        pages = maps = 0
        most, most_bytes = self._limits.file_entries, self._limits.file_bytes
        near = {_host(url), _host(fetched.url)}
        self._asked.add(fetched.url)
        for kind, entry in entries(fetched.body, fetched.url, most=most, most_bytes=most_bytes):
            if kind == "map":
                maps += self._take_map(entry.loc, near, depth + 1)
            elif self._takes_page(entry.loc, near):
                pages += 1
                yield entry
                if not self._has_room():
                    break
        self._report(MapReport(url, pages, maps))

    def _takes_page(self, url: str, near: set[str]) -> bool:
        if hash(url) in self._pages:
            return False
        is_wanted = self._allows(url) if self._allows else _host(url) in near
        if is_wanted:
            self._pages.add(hash(url))
        return is_wanted

    def _take_map(self, url: str, near: set[str], depth: int) -> bool:
        is_near = _host(url) in near or (self._allows is not None and self._allows(url))
        return is_near and depth <= self._limits.depth and self._enqueue(url, depth)

    def _enqueue(self, url: str, depth: int) -> bool:
        if url in self._asked or len(self._asked) > 2 * self._limits.files:
            return False
        self._asked.add(url)
        self._waiting.append((url, depth))
        return True

    def _has_room(self) -> bool:
        return len(self._pages) < self._limits.pages

    def _report(self, report: MapReport) -> None:
        if self._on_map:
            self._on_map(report)


def _host(url: str) -> str:
    """Never that of a file that was fetched for what is no web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""
