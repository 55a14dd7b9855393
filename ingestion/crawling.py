"""A crawl of a web source, from its start addresses to the last page, resumed where it was cut off."""

import logging
import threading
from collections.abc import Iterator
from hashlib import blake2b

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from ingestion import wake, web_access
from ingestion.crawl import sitemaps
from ingestion.crawl.errors import CrawlError
from ingestion.crawl.line import Line, Task
from ingestion.crawl.robots import Robots, origin_of
from ingestion.crawl.scope import Scope, SiteRule, patterns
from ingestion.crawl.visiting import Later, Visitor
from ingestion.crawl_frontier import Frontier
from ingestion.crawl_settling import FINE, Pages
from ingestion.extract.process import ExtractionProcess
from ingestion.leases import Lease
from ingestion.models import Crawl, CrawlPage, Source, SourceItem, WebDetails
from ingestion.source_results import Result

log = logging.getLogger(__name__)

KEPT_CRAWLS = 10
THREADS = 4
_IDLE_S = 0.3
_WAKE_EVERY = 20
_RULES = {
    WebDetails.Reach.PATH: SiteRule.BELOW,
    WebDetails.Reach.HOST: SiteRule.HOST,
    WebDetails.Reach.DOMAIN: SiteRule.SUBDOMAINS,
    WebDetails.Reach.PAGE: SiteRule.BELOW,
}
Outcome = CrawlPage.Outcome
CUT = gettext_noop("The limit of pages was reached; there are more. Raise it, or narrow the source down.")
SOME_FAILED = gettext_noop("Some pages could not be taken.")


def crawl(source: Source, lease: Lease) -> Result:
    """Crawls a claimed source. Raises ``ClaimLost`` when somebody stops or pauses it."""
    row = running(source) or _begun(source)
    stop = threading.Event()
    visitor = web_access.visitor(stop)
    looking = _Crawling(source, row, lease, visitor, web_access.robots(visitor))
    spool = web_access.spool(row.pk)
    with ExtractionProcess() as extractor:

        def read(path, url, charset):  # type: ignore[no-untyped-def]
            return web_access.read(extractor, path, url=url, charset=charset, selector=source.web.selector)

        looking.seed()
        with Line(visitor, looking.rules, spool, read, threads=THREADS, stop=stop) as line:
            is_cut = looking.work(line)
    result = looking.finish(is_cut)
    spool.remove()
    return result


def _begun(source: Source) -> Crawl:
    """A new crawl. Where the starts led before they lead still, also while they cannot be had."""
    settings = digest(source.web)
    earlier = source.crawls.filter(settings=settings).order_by("-began_at").first()
    extra = earlier.extra_starts if earlier is not None else []
    return Crawl.objects.create(source=source, settings=settings, extra_starts=extra)


def running(source: Source) -> Crawl | None:
    """The crawl that was begun and has no end."""
    return source.crawls.filter(state=Crawl.State.RUNNING).select_related("run").first()


def digest(web: WebDetails) -> str:
    """Of what decides which text belongs to the source: after a change of it nothing is taken as known."""
    decides = (web.starts, web.include, web.exclude, web.reach, web.max_depth, web.selector)
    said = repr((*decides, web.sitemaps, web.files))
    return blake2b(said.encode(), digest_size=16).hexdigest()


def scope_of(web: WebDetails, extra: "list[str] | None" = None) -> Scope:
    return Scope(
        [*web.start_urls, *(extra or [])],
        rule=_RULES[WebDetails.Reach(web.reach)],
        include=patterns(web.include),
        exclude=patterns(web.exclude),
    )


class _Crawling:
    def __init__(self, source: Source, row: Crawl, lease: Lease, visitor: Visitor, rules: Robots) -> None:
        self.source, self.row, self.lease = source, row, lease
        self.visitor, self.rules = visitor, rules
        web = source.web
        self.only_starts = web.reach == WebDetails.Reach.PAGE
        depth = 0 if self.only_starts else web.max_depth
        scope = scope_of(web, row.extra_starts)
        self.frontier = Frontier(row, scope, max_depth=depth, files=web.files)
        self.pages = Pages(source, row, self.frontier)
        earlier = source.crawls.exclude(pk=row.pk).order_by("-began_at").first()
        self.trusts = earlier is not None and (earlier.state, earlier.settings) == (
            Crawl.State.COMPLETE,
            row.settings,
        )

    def seed(self) -> None:
        """The start addresses, and what the site's sitemaps name."""
        if self.row.is_seeded:
            return
        self.frontier.add(self.source.web.start_urls, depth=0, trusted=True)
        if self.source.web.sitemaps and not self.only_starts:
            self.row.sitemap_urls = self._read_sitemaps()
        self.row.is_seeded = True
        self.row.save(update_fields=["is_seeded", "sitemap_urls"])

    def _read_sitemaps(self) -> int:
        found, some = 0, []
        try:
            for entry in web_sitemaps(self.source.web, self.visitor, self.rules, self.frontier.scope):
                self.lease.keep()
                some.append(entry)
                if len(some) >= 500:
                    found += self.frontier.add(some, depth=1)
                    some = []
                if found > 2 * self.source.web.max_pages:
                    break
        except (CrawlError, Later) as error:
            log.info("source %s: its sitemaps cannot be read: %s", self.source.pk, error)
        return found + self.frontier.add(some, depth=1)

    def work(self, line: Line) -> bool:
        """Visits until nothing waits; whether the limit of pages ended it before."""
        while True:
            self.lease.keep()
            self._feed(line)
            visit = line.next(_IDLE_S)
            if visit is not None:
                page = CrawlPage.objects.get(pk=visit.task.key)
                self.pages.settle(page, visit)
                if page.outcome:
                    self._settled(page)
                continue
            if line.in_line:
                continue
            if self._is_full(line):
                return self.frontier.waiting().exists()
            if not self.frontier.waiting().exists() and not self._more():
                return False

    def _settled(self, page: CrawlPage) -> None:
        web_access.spool(self.row.pk).drop(page.pk)
        if self.pages.widened:
            self.pages.widened = False
            self.frontier.scope = scope_of(self.source.web, self.row.extra_starts)
        if self.pages.taken and self.pages.taken % _WAKE_EVERY == 0:
            wake.parser()

    def _is_full(self, line: Line) -> bool:
        return self.frontier.visited + len(line.in_line) >= self.source.web.max_pages

    def _feed(self, line: Line) -> None:
        while line.has_room and not self._is_full(line):
            page = self.frontier.next(line.in_line)
            if page is None:
                return
            line.put(self._task(page))

    def _task(self, page: CrawlPage) -> Task:
        item = self.pages.item(page.url) if self.trusts and not page.alone else None
        if item is None or not item.sha256 or item.outcome not in _KNOWN:
            return Task(page.pk, page.url)
        return Task(page.pk, page.url, item.etag, item.last_modified)

    def _more(self) -> int:
        """What nothing leads to any more is asked for by itself; pages that lost theirs stand alone. A site
        of which no page could be had is left alone."""
        if not self._fine().exists():
            return 0
        known = self.source.items.exclude(outcome=SourceItem.Outcome.GONE).values_list("path", "depth")
        added = 0
        for path, depth in known:
            if path not in self.frontier:
                added += self.frontier.add([path], depth=depth)
        self.frontier.forget_order()
        return added + self.pages.revive_alone()

    def finish(self, is_cut: bool) -> Result:
        if not is_cut and self._fine().exists():
            self.pages.drop_what_left()
        self.pages.tidy()
        wake.parser()
        result = self._result(is_cut)
        state = Crawl.State.CUT if is_cut else Crawl.State.COMPLETE
        if result.outcome == Source.Outcome.FAILED:
            state = Crawl.State.FAILED
        self.frontier.waiting().delete()
        Crawl.objects.filter(pk=self.row.pk).update(state=state, error=result.error, ended_at=timezone.now())
        old = self.source.crawls.order_by("-began_at").values_list("pk", flat=True)[KEPT_CRAWLS:]
        Crawl.objects.filter(pk__in=list(old)).delete()
        return result

    def _fine(self) -> QuerySet[CrawlPage]:
        return self.row.pages.filter(outcome__in=FINE, leads_to="")

    def _result(self, is_cut: bool) -> Result:
        pages = self.row.pages
        failed = pages.filter(outcome__in=[Outcome.FAILED, Outcome.BLOCKED])
        first = failed.order_by("depth", "pk").first()
        if not self._fine().exists():
            bad = first or pages.exclude(outcome="").first()
            return Result(Source.Outcome.FAILED, bad.reason if bad else SOME_FAILED)
        if is_cut:
            return Result(Source.Outcome.PROBLEMS, CUT)
        return Result(Source.Outcome.PROBLEMS, SOME_FAILED) if first else Result(Source.Outcome.OK)


_KNOWN = frozenset({"new", "changed", "unchanged", "duplicate"})


def web_sitemaps(web: WebDetails, visitor: Visitor, rules: Robots, scope: Scope) -> Iterator[str]:
    """Addresses that the sitemaps of the start addresses' sites name, where they belong to the source."""
    places = {
        place: None
        for start in web.start_urls
        for place in sitemaps.discover(origin_of(start), rules.sitemaps(start))
    }
    for entry in sitemaps.walk(places, visitor.get, allows=scope.holds):
        yield entry.loc
