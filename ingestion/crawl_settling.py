"""One page of a crawl after the other: what was found there becomes its outcome, a document, and links.

Everything here may be repeated: a crawl that was cut off between two writes settles the page once more, and
it ends the same.
"""

import io
from datetime import timedelta
from hashlib import sha256

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from ingestion import storage
from ingestion.crawl.addresses import canonical
from ingestion.crawl.errors import Blocked, Disallowed, FetchFailed
from ingestion.crawl.line import Visit
from ingestion.crawl.robots_tags import wishes
from ingestion.crawl.scope import may_hold_text
from ingestion.crawl.spool import NO_ROOM, Kept, NoRoom
from ingestion.crawl.visiting import Later, LeadsTo
from ingestion.crawl.web_page import WebPage
from ingestion.crawl_frontier import LONGEST, Frontier
from ingestion.crawl_patience import RETRY_S, Patience
from ingestion.crawl_seen import day_of, see
from ingestion.errors import IngestionError
from ingestion.extract.stored_page import page_bytes
from ingestion.extract.types import ExtractionError
from ingestion.models import Crawl, CrawlPage, Run, Source, SourceItem
from ingestion.reasons import with_detail
from ingestion.source_documents import SourceDocuments

Outcome = CrawlPage.Outcome
State = SourceItem.Outcome
FINE = (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)
MAX_ATTEMPTS = 3
LONGEST_WAIT = timedelta(minutes=15)
MISSING = frozenset({404, 410})
_SEEN = (
    "outcome",
    "reason",
    "depth",
    "misses",
    "fetched_at",
    "size",
    "etag",
    "last_modified",
    "published_on",
)

LEADS_TO = gettext_noop("This address leads to another one, which counts.")
LEADS_AWAY = gettext_noop("This address leads to one that is outside this source.")
SAME_PAGE = gettext_noop("The page calls another address its own, which counts.")
SAME_TEXT = gettext_noop("The same text as another document of the collection.")
NOINDEX = gettext_noop("The page asks not to be indexed.")
NO_TEXT = gettext_noop("The page holds nothing but links, which were followed.")
SELECTOR_MISSED = gettext_noop("The selector matches nothing on this page, so its main content was taken.")
LINKS_ONLY = gettext_noop("Only its links were followed: the patterns leave its text out.")
NO_FILE = gettext_noop("What stands at this address is neither a page nor a file with text.")
MISSED = gettext_noop("There is no page at this address any more. It is removed when it is missing again.")
LEFT_ALONE = gettext_noop("The site asks to be left alone for longer than a crawl waits.")
DELETED = gettext_noop("Its document was deleted here; it comes back when the page changes.")


class Pages(SourceDocuments):
    """Settles the pages of one crawl. ``widened``: a start led elsewhere, which belongs to the source now."""

    def __init__(self, source: Source, crawl: Crawl, frontier: Frontier) -> None:
        super().__init__(source, crawl.run)
        self.crawl, self.frontier = crawl, frontier
        self.widened = False
        self._paths = set(source.items.order_by().values_list("path", flat=True))
        self._patience = Patience(heard_before=crawl.pages.filter(status__isnull=False).exists())

    @property
    def run(self) -> Run:
        run = super().run
        if self.crawl.run_id is None:
            self.crawl.run = run
            Crawl.objects.filter(pk=self.crawl.pk).update(run=run)
        return run

    def item(self, url: str) -> SourceItem | None:
        if url not in self._paths:
            return None
        try:
            return self.source.items.get(path=url)
        except SourceItem.DoesNotExist:
            return None

    def settle(self, page: CrawlPage, visit: Visit) -> None:
        """Writes the outcome of ``page``, or puts it off. Raises ``NoRoom``."""
        if visit.kept is not None or isinstance(visit.error, LeadsTo):
            self._patience.heard(page.url)
        if visit.kept is not None:
            page.status, page.seconds = visit.kept.status, round(visit.kept.seconds, 4)
        error = visit.error
        if isinstance(error, Later):
            self._put_off(page, error.seconds, LEFT_ALONE)
        elif isinstance(error, LeadsTo):
            page.status = error.status
            self._redirected(page, error.url)
        elif isinstance(error, FetchFailed):
            self._failed_fetch(page, error)
        elif isinstance(error, Disallowed | Blocked):
            state = State.BLOCKED if isinstance(error, Blocked) else State.DISALLOWED
            self._without_text(page, state, str(error))
        elif isinstance(error, NoRoom):
            raise error
        elif error is not None:
            self._unread(page, error)
        elif visit.kept is not None:
            self._answered(page, visit.kept, visit.page)

    # What did not give a page

    def _put_off(self, page: CrawlPage, seconds: float, reason: str) -> None:
        if timedelta(seconds=seconds) > LONGEST_WAIT:
            self._without_text(page, State.FAILED, reason)
            return
        page.not_before = timezone.now() + timedelta(seconds=seconds)
        _update(page, "not_before", "attempts", "status")

    def _failed_fetch(self, page: CrawlPage, error: FetchFailed) -> None:
        page.status = error.status
        if error.status in MISSING:
            self._patience.heard(page.url)
            self._missing(page, str(error))
            return
        excuse_s = self._patience.excuse_s(page.url, error)
        if excuse_s is not None:
            self._put_off(page, excuse_s, str(error))
            return
        page.attempts += 1
        if error.is_passing and page.attempts < MAX_ATTEMPTS:
            self._put_off(page, error.retry_after_s or RETRY_S * 3 ** (page.attempts - 1), str(error))
        else:
            self._without_text(page, State.FAILED, str(error))

    def _missing(self, page: CrawlPage, reason: str) -> None:
        """A page that is not there twice in a row is gone; once may be a mistake."""
        item = self.item(page.url)
        if item is None or item.document_id is None:
            self._without_text(page, State.FAILED, reason)
            return
        if item.fetched_at is None or item.fetched_at < self.crawl.began_at:
            item.misses, item.fetched_at = item.misses + 1, timezone.now()
        if item.misses >= 2:
            self.drop(item)
            self._done(page, Outcome.GONE, reason)
            return
        self.note(item, State.FAILED, reason=MISSED)
        self._done(page, Outcome.FAILED, MISSED, item)

    def _unread(self, page: CrawlPage, error: Exception) -> None:
        """What was fetched is there still: where the reader was ended by something else, it reads again."""
        page.attempts += 1
        if isinstance(error, ExtractionError) and not error.permanent and page.attempts < MAX_ATTEMPTS:
            self._put_off(page, 0.0, str(error))
        else:
            self._without_text(page, State.FAILED, str(error))

    def _without_text(self, page: CrawlPage, state: SourceItem.Outcome, reason: str) -> None:
        """No new text; a document that is there stays."""
        item = self.item(page.url)
        if item is not None:
            item.depth = page.depth
            self.note(item, state, reason=reason)
        self._done(page, Outcome(state.value), reason, item)

    def _redirected(self, page: CrawlPage, url: str) -> None:
        target = canonical(url)
        if target is not None and target != page.url and self._may_lead(page, target):
            self.frontier.add([target], depth=page.depth, found_on=page.url, trusted=True)
            page.leads_to = target
            self._done(page, Outcome.UNCHANGED, LEADS_TO)
        else:
            self._without_text(page, State.FAILED, with_detail(LEADS_AWAY, (target or url)[:300]))

    def _may_lead(self, page: CrawlPage, target: str) -> bool:
        """A start may lead anywhere, and widens the source by that; other pages stay within it."""
        if len(target) > LONGEST:
            return False
        if (page.depth == 0 and not page.found_on) or page.found_on in self.crawl.extra_starts:
            if target not in self.crawl.extra_starts:
                self.crawl.extra_starts = [*self.crawl.extra_starts, page.url, target]
                self.crawl.save(update_fields=["extra_starts"])
                self.widened = True
            return True
        return self.frontier.scope.holds(target)

    # What gave one

    def _answered(self, page: CrawlPage, kept: Kept, found: WebPage | None) -> None:
        if kept.status == 304:
            self._same(page, kept, self.item(page.url))
        elif found is None:
            self._file(page, kept)
        else:
            self._page(page, kept, found)

    def _page(self, page: CrawlPage, kept: Kept, found: WebPage) -> None:
        asked = wishes(kept.headers.get("x-robots-tag", ""))
        if not (found.nofollow or asked.nofollow):
            self.frontier.add(found.links, depth=page.depth + 1, found_on=page.url)
        if found.noindex or asked.noindex:
            self._unwanted(page)
            return
        own = self._own_address(page, found)
        if own:
            self.frontier.add([own], depth=page.depth, found_on=page.url)
            page.leads_to = own
            self._done(page, Outcome.UNCHANGED, SAME_PAGE)
        elif not found.text or not self.frontier.scope.keeps(page.url):
            self._done(page, Outcome.UNCHANGED, LINKS_ONLY if found.text else NO_TEXT)
        else:
            content = page_bytes(title=found.title, language=found.language, text=found.text)
            note = SELECTOR_MISSED if found.selector_missed else ""
            self._content(page, kept, content, found.date, note)

    def _own_address(self, page: CrawlPage, found: WebPage) -> str:
        """The address that the page names as its own, where that is another one and to be believed: one of
        this source, and not the site's front page, which careless templates name everywhere."""
        named = found.canonical
        if not named or page.alone or named == page.url or len(named) > LONGEST:
            return ""
        front = named.split("://", 1)[-1].partition("/")[2] == ""
        return "" if front or not self.frontier.scope.holds(named) else named

    def _unwanted(self, page: CrawlPage) -> None:
        item = self.item(page.url)
        if item is not None and item.document_id is not None:
            self.drop(item)
        self._done(page, Outcome.DISALLOWED, NOINDEX)

    def _file(self, page: CrawlPage, kept: Kept) -> None:
        kind = kept.media_type
        if not may_hold_text(kind, page.url):
            self._without_text(page, State.FAILED, with_detail(NO_FILE, kind))
        elif not self.source.web.files and not kind.startswith("text/"):
            self._without_text(page, State.DISALLOWED, with_detail(NO_FILE, kind))
        else:
            self._content(page, kept, kept.path.read_bytes())

    def _content(self, page: CrawlPage, kept: Kept, content: bytes, day: str = "", note: str = "") -> None:
        item = self.item(page.url) or SourceItem(source=self.source, path=page.url)
        item.published_on = day_of(day) or item.published_on
        if item.sha256 == sha256(content).hexdigest():
            self._same(page, kept, item)
            return
        see(item, page, kept)
        self._paths.add(item.path)
        try:
            state = self.bring(item, storage.store(io.BytesIO(content)))
        except IngestionError as error:
            if error.code == "disk_full":
                raise NoRoom(NO_ROOM) from error
            self._without_text(page, State.FAILED, str(error))
            return
        reason = SAME_TEXT if state is State.DUPLICATE else note
        outcome = Outcome.NEW if state is State.DUPLICATE else Outcome(state.value)
        self._done(page, outcome, reason, item)

    def _same(self, page: CrawlPage, kept: Kept, item: SourceItem | None) -> None:
        """Nothing new, unless this very crawl has brought it, and was cut off before it could say so."""
        outcome, reason = Outcome.UNCHANGED, ""
        if item is not None:
            see(item, page, kept)
            state = State(item.outcome)
            if state in {State.NEW, State.CHANGED} and item.changed_at >= self.crawl.began_at:
                outcome = Outcome(state.value)
            elif state in {State.NEW, State.CHANGED, State.UNCHANGED, State.DUPLICATE}:
                reason = SAME_TEXT if state is State.DUPLICATE else "" if item.document_id else DELETED
            else:
                state = State.UNCHANGED
            item.outcome, item.reason = state, ""
            item.save(update_fields=_SEEN)
        self._done(page, outcome, reason, item)

    def _done(
        self, page: CrawlPage, outcome: CrawlPage.Outcome, reason: str = "", item: SourceItem | None = None
    ) -> None:
        page.outcome, page.reason, page.done_at = outcome, reason, timezone.now()
        page.document_id = item.document_id if item is not None else None
        _update(
            page, "outcome", "reason", "done_at", "document_id", "status", "seconds", "leads_to", "attempts"
        )
        self.frontier.count(page)

    # When all are done

    def _earlier(self) -> QuerySet[SourceItem]:
        return self.source.items.filter(changed_at__lt=self.crawl.began_at)


def _update(page: CrawlPage, *fields: str) -> None:
    """Never brings back a row that was deleted, where somebody stopped the crawl meanwhile."""
    CrawlPage.objects.filter(pk=page.pk).update(**{field: getattr(page, field) for field in fields})
