"""A crawl of a web source, from its start addresses to the last page, resumed where it was cut off."""

import logging
import threading
from collections.abc import Iterable
from hashlib import blake2b
from itertools import chain
from pathlib import Path

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from ingestion import stopping, wake, web_access
from ingestion.crawl.line import Line, Task, Visit
from ingestion.crawl.scope import Scope, SiteRule, patterns
from ingestion.crawl.spool import Spool
from ingestion.crawl.visiting import Stopped
from ingestion.crawl.web_page import WebPage
from ingestion.crawl_closing import drop_what_left, name_circles, revive_alone
from ingestion.crawl_frontier import Frontier
from ingestion.crawl_seeding import Seeds
from ingestion.crawl_settling import FINE, MISSING, Pages
from ingestion.extract.process import ExtractionProcess
from ingestion.leases import Lease
from ingestion.models import Crawl, CrawlPage, Source, SourceItem, WebDetails
from ingestion.source_results import Result

log = logging.getLogger(__name__)

KEPT_CRAWLS = 10
THREADS = 4
_IDLE_S = 0.3
_WAKE_EVERY = 20
_LED = 100
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
    """Crawls a claimed source. Raises ``ClaimLost`` when somebody stops or pauses it, ``Stopped`` when this
    process is to end, and ``NoRoom`` where the disk is full; the next call goes on where it was."""
    row = _resumed(source)
    if row is None:
        ended = _ended(source)
        if ended is not None:
            return ended
        row = _begun(source)
    stop = threading.Event()
    lease.on_lost = stop.set
    with stopping.heard_by(stop):
        return _crawl(source, row, lease, stop)


def _crawl(source: Source, row: Crawl, lease: Lease, stop: threading.Event) -> Result:
    visitor = web_access.visitor(stop)
    rules = web_access.robots(visitor)
    spool = web_access.spool(row.pk)
    looking = _Crawling(source, row, lease, spool)
    with ExtractionProcess() as extractor:
        selector = source.web.selector

        def read(path: Path, url: str, charset: str) -> WebPage:
            return web_access.read(extractor, path, url=url, charset=charset, selector=selector, stop=stop)

        looking.seeds.sow(visitor, rules)
        with Line(visitor, rules, spool, read, threads=THREADS, stop=stop) as line:
            while not (is_cut := looking.work(line, stop)):
                late = looking.seeds.sow(visitor, rules, again=True)
                if not late + looking.more():
                    break
    lease.renew()
    result = looking.finish(is_cut)
    spool.remove()
    _forget_spools()
    return result


def _resumed(source: Source) -> Crawl | None:
    """The crawl that was begun with the settings of now; one with others is stopped, since its frontier is
    that of another source."""
    row = running(source)
    if row is None or row.settings == digest(source.web):
        return row
    row.end(Crawl.State.STOPPED)
    return None


def _ended(source: Source) -> Result | None:
    """How the crawl ended that this look at the source is for, where its worker was killed just then."""
    last = source.crawls.order_by("-began_at").first()
    if last is None or last.state == Crawl.State.STOPPED or last.ended_at is None or source.began_at is None:
        return None
    if last.ended_at < source.began_at or last.settings != digest(source.web):
        return None
    if last.state == Crawl.State.FAILED:
        return Result(Source.Outcome.FAILED, last.error)
    return Result(Source.Outcome.PROBLEMS if last.error else Source.Outcome.OK, last.error)


def _forget_spools() -> None:
    """What crawls left that were stopped, or whose source is gone."""
    left = web_access.spools()
    going = set(Crawl.objects.filter(state=Crawl.State.RUNNING).values_list("pk", flat=True))
    for crawl, spool in left.items():
        if crawl not in going:
            spool.remove()


def _begun(source: Source) -> Crawl:
    """A new crawl. Where the starts led before they lead still, also while they cannot be had."""
    settings = digest(source.web)
    earlier = source.crawls.filter(settings=settings).order_by("-began_at").first()
    extra = earlier.extra_starts if earlier is not None else []
    return Crawl.objects.create(source=source, settings=settings, extra_starts=extra)


def running(source: Source) -> Crawl | None:
    """The crawl that was begun and has no end."""
    return source.crawls.filter(state=Crawl.State.RUNNING).select_related("run").first()


def give_up(source: Source, reason: str) -> None:
    """Ends the crawl that was begun; the next one begins anew."""
    row = running(source)
    if row is not None:
        row.end(Crawl.State.FAILED, reason)


def digest(web: WebDetails) -> str:
    """Of what decides which text belongs to the source: after a change of it nothing is taken as known."""
    decides = (web.starts, web.include, web.exclude, str(web.reach), web.max_depth, web.selector)
    said = repr((*decides, web.sitemaps, web.files))
    return blake2b(said.encode(), digest_size=16).hexdigest()


def is_outdated(source: Source) -> bool:
    """Whether the last crawl was of other settings than those of now."""
    last = source.crawls.order_by("-began_at").first()
    return last is not None and last.settings != digest(source.web)


def scope_of(web: WebDetails, extra: "list[str] | None" = None) -> Scope:
    return Scope(
        [*web.start_urls, *(extra or [])],
        rule=_RULES[WebDetails.Reach(web.reach)],
        include=patterns(web.include),
        exclude=patterns(web.exclude),
    )


class _Crawling:
    def __init__(self, source: Source, row: Crawl, lease: Lease, spool: Spool) -> None:
        self.source, self.row, self.lease, self.spool = source, row, lease, spool
        web = source.web
        depth = 0 if web.reach == WebDetails.Reach.PAGE else web.max_depth
        scope = scope_of(web, row.extra_starts)
        self.frontier = Frontier(row, scope, max_depth=depth, files=web.files)
        self.pages = Pages(source, row, self.frontier)
        self.gets_on = False
        self.seeds = Seeds(row, self.frontier, lease.keep)
        earlier = source.crawls.exclude(pk=row.pk).order_by("-began_at").first()
        is_whole = earlier is not None and earlier.state == Crawl.State.COMPLETE
        self.trusted = earlier if is_whole and earlier and earlier.settings == row.settings else None
        self.validators = self._validators()

    def work(self, line: Line, stop: threading.Event) -> bool:
        """Visits until nothing waits; whether the limit of pages ended it before."""
        while True:
            self.lease.keep()
            if stop.is_set():
                raise Stopped
            self._feed(line)
            visit = line.next(_IDLE_S)
            if visit is not None:
                self._settle(visit)
                continue
            if line.in_line:
                continue
            is_waiting = self.frontier.waiting().exists()
            if self._is_full(line) or not is_waiting:
                return is_waiting

    def _settle(self, visit: Visit) -> None:
        page = CrawlPage.objects.filter(pk=visit.task.key).first()
        if page is None:
            self.lease.renew()
            return
        self.pages.settle(page, visit)
        if page.outcome:
            self._settled(page)

    def _settled(self, page: CrawlPage) -> None:
        """A worker that gets on with it, be it by one page, is not one that the source stops."""
        self.spool.drop(page.pk)
        if not self.gets_on:
            self.gets_on = True
            self.lease.note(attempts=1)
            self.lease.renew()
        if self.pages.widened:
            self.pages.widened = False
            self.frontier.scope = scope_of(self.source.web, self.row.extra_starts)
        if self.pages.taken and self.pages.taken % _WAKE_EVERY == 0:
            wake.parser()

    def _is_full(self, line: Line) -> bool:
        most = self.source.web.max_pages
        if self.frontier.led > 2 * most + _LED:
            return True
        return self.frontier.visited + len(line.in_line) >= most

    def _feed(self, line: Line) -> None:
        while line.has_room and not self._is_full(line):
            page = self.frontier.next(line.in_line)
            if page is None:
                return
            line.put(self._task(page))

    def _task(self, page: CrawlPage) -> Task:
        etag, last_modified = ("", "") if page.alone else self.validators.get(page.url, ("", ""))
        return Task(page.pk, page.url, etag, last_modified)

    def _validators(self) -> dict[str, tuple[str, str]]:
        """What the server said of each page whose text is known, by address."""
        known = self.source.items.filter(outcome__in=_KNOWN).exclude(sha256="").order_by()
        rows = known.values_list("path", "etag", "last_modified") if self.trusted is not None else ()
        return {path: (etag, last_modified) for path, etag, last_modified in rows}

    def more(self) -> int:
        """What nothing leads to any more is asked for by itself; pages that lost theirs stand alone. A site
        of which no page could be had is left alone."""
        if not self._fine().exists():
            return 0
        known = self.source.items.exclude(outcome=SourceItem.Outcome.GONE).values_list("path", "depth")
        before = self.trusted.pages.values_list("url", "found_on") if self.trusted is not None else ()
        found_on = dict(before)
        again = ((path, depth, found_on.get(path, "")) for path, depth in known)
        added = self.frontier.add_again(chain(again, self._linked_before()))
        self.frontier.forget_order()
        return added + revive_alone(self.row)

    def _linked_before(self) -> Iterable[tuple[str, int, str]]:
        """Where pages led in the earlier crawl that have not changed since, and so were not read again."""
        if self.trusted is None:
            return ()
        same = self.row.pages.filter(status=304).values("url")
        linked = self.trusted.pages.filter(found_on__in=same)
        return linked.values_list("url", "depth", "found_on")

    def finish(self, is_cut: bool) -> Result:
        name_circles(self.row)
        if not is_cut and self._fine().exists():
            drop_what_left(self.pages)
        self.pages.tidy()
        wake.parser()
        result = self._result(is_cut)
        state = Crawl.State.CUT if is_cut else Crawl.State.COMPLETE
        if result.outcome == Source.Outcome.FAILED:
            state = Crawl.State.FAILED
        self.row.end(state, result.error)
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
        is_elsewhere = Q(status__in=MISSING) | Q(status__range=(300, 399))
        dead_links = failed.filter(is_elsewhere, depth__gt=0, document=None)
        is_fine = not failed.exclude(pk__in=dead_links.values("pk")).exists()
        return Result(Source.Outcome.OK) if is_fine else Result(Source.Outcome.PROBLEMS, SOME_FAILED)


_KNOWN = frozenset({"new", "changed", "unchanged", "duplicate"})
