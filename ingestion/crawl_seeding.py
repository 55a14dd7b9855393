"""Where a crawl begins: at the start addresses, and at those that the site's sitemaps name."""

import logging
from collections.abc import Callable, Iterator

from ingestion.crawl import sitemaps
from ingestion.crawl.errors import CrawlError, FetchFailed
from ingestion.crawl.robots import Robots, origin_of
from ingestion.crawl.scope import Scope
from ingestion.crawl.sitemaps import MapReport
from ingestion.crawl.visiting import Later, Visitor
from ingestion.crawl_frontier import Frontier
from ingestion.models import Crawl, WebDetails

log = logging.getLogger(__name__)

_AT_ONCE = 500


class Seeds:
    """``keep`` is called now and then while sitemaps are read, and may raise."""

    def __init__(self, crawl: Crawl, frontier: Frontier, keep: Callable[[], None]) -> None:
        self._crawl, self._frontier, self._keep = crawl, frontier, keep
        self._web: WebDetails = crawl.source.web

    def sow(self, visitor: Visitor, rules: Robots, *, again: bool = False) -> int:
        """Adds them to the frontier; returns how many the sitemaps name. Where a sitemap cannot be had now,
        all is to be sown ``again`` when the rest is done."""
        if self._crawl.is_seeded:
            return 0
        self._frontier.add(self._web.start_urls, depth=0, trusted=True)
        found, is_whole = 0, True
        if self._web.sitemaps and self._web.max_depth and self._web.reach != WebDetails.Reach.PAGE:
            found, is_whole = self._read_sitemaps(visitor, rules)
        self._crawl.sitemap_urls += found
        self._crawl.is_seeded = is_whole or again
        self._crawl.save(update_fields=["is_seeded", "sitemap_urls"])
        return found

    def _read_sitemaps(self, visitor: Visitor, rules: Robots) -> tuple[int, bool]:
        """How many new addresses they name, and whether it is no use to ask again."""
        found, some = 0, []
        failures: list[CrawlError | Later] = []

        def note(report: MapReport) -> None:
            if report.error is not None:
                failures.append(report.error)

        try:
            for entry in web_sitemaps(self._web, visitor, rules, self._frontier.scope, note):
                self._keep()
                some.append(entry)
                if len(some) >= _AT_ONCE:
                    found += self._frontier.add(some, depth=1)
                    some = []
                if found > 2 * self._web.max_pages:
                    break
        except (CrawlError, Later) as error:
            failures.append(error)
        for failure in failures:
            log.info("source %s: a sitemap cannot be read: %s", self._crawl.source_id, failure)
        return found + self._frontier.add(some, depth=1), not any(map(_may_pass, failures))


def _may_pass(failure: CrawlError | Later) -> bool:
    return isinstance(failure, Later) or (isinstance(failure, FetchFailed) and failure.is_passing)


def web_sitemaps(
    web: WebDetails,
    visitor: Visitor,
    rules: Robots,
    scope: Scope,
    on_map: Callable[[MapReport], None] | None = None,
) -> Iterator[str]:
    """Addresses that the sitemaps of the start addresses' sites name, where they belong to the source."""
    places = {
        place: None
        for start in web.start_urls
        for place in sitemaps.discover(origin_of(start), rules.sitemaps(start))
    }
    for entry in sitemaps.walk(places, visitor.get, allows=scope.holds, on_map=on_map):
        yield entry.loc
