"""``manage.py crawl URL --collection SLUG``"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db import connection

from accounts.services import command_line_user
from ingestion import crawl_selectors, sources, syncing, wake, web_sources
from ingestion.models import Collection, Crawl, Document, Source
from ingestion.reasons import shown
from ingestion.web_sources import WebSettings
from kb_site.commands import DataCommand, collection_named, finish
from kb_site.services import Running

_ASK_EVERY_S = 0.5
_WAKE_EVERY = 20


class Command(DataCommand):
    help = (
        "Makes a site a source of a collection, or takes the source that begins there, and crawls it now. "
        "With --depth 0 it takes this one page. What is said of pages and depth stays with the source; where "
        "that changes one that was there, it is told."
    )
    exclusive = True
    needs_broker = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("url", metavar="URL")
        parser.add_argument("--collection", required=True, metavar="SLUG", help="made if it is missing")
        parser.add_argument("--max-pages", type=int, metavar="N", help="500 where it is not said")
        parser.add_argument("--depth", type=int, metavar="N", help="links from URL, 5 where it is not said")
        parser.add_argument("--wait", action="store_true", help="until every document is ready or failed")

    def work(self, options: dict[str, Any], running: Running | None) -> dict[str, Any]:
        assert running is not None
        began = time.monotonic()
        changes = _limits(options)
        start = web_sources.checked_starts(options["url"])[0]
        source, earlier = self._asked(start, options["collection"], changes)
        crawl = self._crawled(source, earlier, running)
        ids = crawl_selectors.document_ids(crawl)
        has_waited = options["wait"] or not running.workers
        if has_waited:
            finish(ids, running, self)
        error = shown(crawl.error)
        unread = _unread(ids) if has_waited else 0
        if unread:
            error = f"{error} {unread} of {len(ids)} documents could not be read.".strip()
        return {
            "collection": source.collection.slug,
            "pages": crawl_selectors.as_json(crawl, list(crawl_selectors.pages_of(crawl))),
            "seconds": round(time.monotonic() - began, 3),
            "state": "failed" if unread else crawl.state,
            "error": error or None,
        }

    def failed(self, result: dict[str, Any]) -> bool:
        return bool(result["state"] not in {Crawl.State.COMPLETE, Crawl.State.CUT})

    def show(self, result: dict[str, Any]) -> None:
        for page in result["pages"]:
            self.stdout.write(f"{page['outcome']:<11}{page['url']}  {page['error'] or ''}".rstrip())
        self.stdout.write(f"{len(result['pages'])} addresses, {result['seconds']} s")
        if result["error"]:
            self.stderr.write(result["error"])

    def _asked(self, start: str, slug: str, changes: dict[str, Any]) -> tuple[Source, set[int]]:
        """The source that begins at ``start`` alone, or a new one without a schedule, told to crawl now; and
        its crawls that ended before. A crawl that was cut off goes on, unless the limits are others now."""
        collection: Collection = collection_named(slug, make=True)
        known = collection.sources.filter(kind=Source.Kind.WEB, web__starts=start).first()
        if known is None:
            wanted = WebSettings(starts=start, minutes=0, **changes)
            by = command_line_user()
            return web_sources.add_web_source(collection=collection, by=by, wanted=wanted), set()
        if known.paused:
            raise CommandError(f"The source “{known.name}” is paused. Resume it on its page, then try again.")
        ended = known.crawls.exclude(state=Crawl.State.RUNNING).values_list("pk", flat=True)
        earlier, now = set(ended), web_sources.settings_of(known)
        if replace(now, **changes) != now:
            wanted = replace(now, **changes)
            web_sources.change_web_source(source=known, wanted=wanted)
            self.say(_changed(known.name, now, wanted))
        else:
            sources.sync_now(source=known)
        return known, earlier

    def _crawled(self, source: Source, earlier: set[int], running: Running) -> Crawl:
        """The crawl that begins or goes on now, when it has ended: by the site's worker, or here."""
        if not running.workers:
            syncing.release_all(Source.Kind.WEB)  # nobody else is at work on this data folder
        rounds = 0
        while True:
            crawl = source.crawls.exclude(pk__in=earlier).order_by("-began_at").first()
            source = self._refreshed(source)
            if not source.is_due:
                if crawl is None or crawl.state == Crawl.State.RUNNING:
                    raise CommandError(_why(source))
                return crawl
            if running.workers:
                self._tell(crawl)
                rounds += 1
                if rounds % _WAKE_EVERY == 0:
                    wake.crawler()
            else:
                self._crawl_here(source, earlier)
            time.sleep(_ASK_EVERY_S if source.is_due and running.workers else 0.05)

    @staticmethod
    def _refreshed(source: Source) -> Source:
        found = Source.objects.select_related("collection").filter(pk=source.pk).first()
        if found is None:
            raise CommandError("The source was deleted while it was crawled.")
        return found

    def _crawl_here(self, source: Source, earlier: set[int]) -> None:
        claimed = syncing.claim_next(Source.Kind.WEB, source.pk)
        if claimed is None:
            time.sleep(_ASK_EVERY_S)
            return
        with self._telling(source, earlier):
            syncing.sync(claimed)

    @contextmanager
    def _telling(self, source: Source, earlier: set[int]) -> Iterator[None]:
        """Says on stderr how far it is, by a thread, while this one is at work."""
        is_over = threading.Event()

        def tell() -> None:
            try:
                while not is_over.wait(2 * _ASK_EVERY_S):
                    self._tell(source.crawls.exclude(pk__in=earlier).order_by("-began_at").first())
            finally:
                connection.close()

        teller = threading.Thread(target=tell, name="progress", daemon=True)
        teller.start()
        try:
            yield
        finally:
            is_over.set()
            teller.join()

    def _tell(self, crawl: Crawl | None) -> None:
        if crawl is None:
            return
        counts = crawl_selectors.outcome_counts(crawl)
        waiting = counts.pop("")
        line = f"{sum(counts.values())} addresses done, {waiting} known to come"
        if line != self.told:
            self.say(line)
            self.told = line

    told = ""


def _limits(options: dict[str, Any]) -> dict[str, Any]:
    """Raises ``CommandError`` for numbers that are none of a limit."""
    pages, depth = options["max_pages"], options["depth"]
    if pages is not None and not 1 <= pages <= web_sources.MOST_PAGES:
        raise CommandError(f"--max-pages is a number from 1 to {web_sources.MOST_PAGES}.")
    if depth is not None and not 0 <= depth <= web_sources.DEEPEST:
        raise CommandError(f"--depth is a number from 0 to {web_sources.DEEPEST}.")
    given = {"max_pages": pages, "max_depth": depth}
    return {name: value for name, value in given.items() if value is not None}


def _changed(name: str, before: WebSettings, now: WebSettings) -> str:
    """What other crawls of the source do from now on, too."""
    return (
        f"From now on “{name}” is crawled with --max-pages {now.max_pages} --depth {now.max_depth}; "
        f"before, it was --max-pages {before.max_pages} --depth {before.max_depth}."
    )


def _why(source: Source) -> str:
    """Why a source is not crawled any more although no crawl ended."""
    if source.paused:
        return (
            f"The source “{source.name}” was paused. Resume it on its page: its crawl goes on where it was."
        )
    return shown(source.last_error) or "The crawl did not begin. Try again."


def _unread(ids: list[UUID]) -> int:
    """How many of the documents hold nothing that could be read."""
    return sum(
        Document.objects.filter(pk__in=ids[at : at + 500], status=Document.Status.FAILED).count()
        for at in range(0, len(ids), 500)
    )
