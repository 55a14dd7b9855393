"""``manage.py crawl URL --collection SLUG``"""

import time
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.services import command_line_user
from ingestion import crawl_selectors, syncing, wake, web_sources
from ingestion.models import Collection, Crawl, Source
from ingestion.reasons import shown
from ingestion.web_sources import WebSettings
from kb_site.commands import DataCommand, collection_named, finish
from kb_site.services import Running

_ASK_EVERY_S = 0.5


class Command(DataCommand):
    help = "Makes a site a source of a collection, or takes the source that begins there, and crawls it now."
    exclusive = True

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
        starts = web_sources.checked_starts(options["url"])
        source = self._source(starts[0], options)
        crawl = self._crawled(source, running)
        if options["wait"] or not running.workers:
            finish(crawl_selectors.document_ids(crawl), running, self)
        pages = crawl_selectors.as_json(crawl, list(crawl_selectors.pages_of(crawl)))
        return {
            "collection": source.collection.slug,
            "pages": pages,
            "seconds": round(time.monotonic() - began, 3),
            "state": crawl.state,
            "error": shown(crawl.error) or None,
        }

    def failed(self, result: dict[str, Any]) -> bool:
        return bool(result["state"] == Crawl.State.FAILED)

    def show(self, result: dict[str, Any]) -> None:
        for page in result["pages"]:
            self.stdout.write(f"{page['outcome']:<11}{page['url']}  {page['error'] or ''}".rstrip())
        self.stdout.write(f"{len(result['pages'])} addresses, {result['seconds']} s")
        if result["error"]:
            self.stderr.write(result["error"])

    def _source(self, start: str, options: dict[str, Any]) -> Source:
        """The source of the collection that begins at ``start`` alone, or a new one without a schedule."""
        collection: Collection = collection_named(options["collection"], make=True)
        changes = {
            name: options[name] if name == "max_pages" else options["depth"]
            for name, given in (("max_pages", options["max_pages"]), ("max_depth", options["depth"]))
            if given is not None
        }
        if any(value < 0 for value in changes.values()):
            raise CommandError("--max-pages and --depth are numbers from 0.")
        known = collection.sources.filter(kind=Source.Kind.WEB, web__starts=start).first()
        if known is None:
            wanted = WebSettings(starts=start, minutes=0, **changes)
            return web_sources.add_web_source(collection=collection, by=command_line_user(), wanted=wanted)
        wanted = replace(web_sources.settings_of(known), **changes)
        web_sources.change_web_source(source=known, wanted=wanted)
        return known

    def _crawled(self, source: Source, running: Running) -> Crawl:
        """The crawl that begins now, when it has ended: by the site's worker, or here."""
        if not running.workers:
            claimed = syncing.claim_next(Source.Kind.WEB, source.pk)
            if claimed is not None:
                syncing.sync(claimed)
        asked = timezone.now()
        while True:
            crawl = source.crawls.order_by("-began_at").first()
            source.refresh_from_db()
            if not source.is_due and crawl is not None and crawl.state != Crawl.State.RUNNING:
                return crawl
            if crawl is not None:
                self._tell(crawl)
            if (timezone.now() - asked).total_seconds() > 10 and crawl is None:
                wake.crawler()
            time.sleep(_ASK_EVERY_S)

    def _tell(self, crawl: Crawl) -> None:
        left = crawl.pages.filter(outcome="").count()
        if left != self.left:
            self.say(f"{crawl.pages.count() - left} addresses done, {left} known to come")
            self.left = left
