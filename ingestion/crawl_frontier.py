"""The frontier of a crawl: which addresses it knows, and which it visits next. It lives in the database."""

from collections import deque
from collections.abc import Collection as Container
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from ingestion.crawl.addresses import canonical
from ingestion.crawl.scope import LinkKind, Scope, link_kind
from ingestion.models import Crawl, CrawlPage

LONGEST = 1000
_AT_ONCE = 100
_FREE = frozenset({CrawlPage.Outcome.DISALLOWED, CrawlPage.Outcome.BLOCKED})


class Frontier:
    """Addresses of one crawl, each once. ``visited`` counts those that the limit of pages is about, ``led``
    those that led to another one."""

    def __init__(self, crawl: Crawl, scope: Scope, *, max_depth: int, files: bool) -> None:
        self._crawl, self.scope, self._max_depth, self._files = crawl, scope, max_depth, files
        rows = crawl.pages.order_by()
        self._known = set(rows.values_list("url", flat=True))
        self.visited = rows.exclude(outcome="").exclude(outcome__in=_FREE).filter(leads_to="").count()
        self.led = rows.exclude(outcome="").exclude(leads_to="").count()
        self._next: deque[CrawlPage] = deque()

    def __contains__(self, url: str) -> bool:
        return url in self._known

    def add(self, urls: Iterable[str], *, depth: int, found_on: str = "", trusted: bool = False) -> int:
        """Takes in what belongs to the source and is not known yet, as far as ``depth`` allows; returns how
        many. ``trusted`` addresses belong to it whatever the scope says."""
        if depth > self._max_depth and not trusted:
            return 0
        new = dict.fromkeys(
            url
            for given in urls
            if given not in self._known
            and (url := canonical(given))
            and url not in self._known
            and self._wants(url, trusted)
        )
        return self._insert(dict.fromkeys(new, (depth, found_on)))

    def add_again(self, rows: Iterable[tuple[str, int, str]]) -> int:
        """As ``add``, for addresses of an earlier crawl, each with its depth and where it was found."""
        return self._insert(
            {
                url: (depth, found_on)
                for url, depth, found_on in rows
                if depth <= self._max_depth and url not in self._known and self._wants(url, trusted=False)
            }
        )

    def _insert(self, new: Mapping[str, tuple[int, str]]) -> int:
        CrawlPage.objects.bulk_create(
            (
                CrawlPage(crawl=self._crawl, url=url, depth=depth, found_on=found_on[:LONGEST])
                for url, (depth, found_on) in new.items()
            ),
            ignore_conflicts=True,
            batch_size=500,
        )
        self._known |= new.keys()
        return len(new)

    def _wants(self, url: str, trusted: bool) -> bool:
        if len(url) > LONGEST:
            return False
        if trusted:
            return True
        return self.scope.holds(url) and (self._files or link_kind(url) is not LinkKind.FILE)

    def next(self, in_work: Container[int]) -> CrawlPage | None:
        """The nearest to a start that waits and is not in ``in_work``; ``None`` where none may be visited
        now."""
        if not self._next:
            now = timezone.now()
            ready = self.waiting().filter(Q(not_before__isnull=True) | Q(not_before__lte=now))
            found = ready.exclude(pk__in=list(in_work)).order_by("depth", "pk")
            self._next.extend(found[:_AT_ONCE])
        while self._next:
            page = self._next.popleft()
            if page.pk not in in_work:
                return page
        return None

    def count(self, page: CrawlPage) -> None:
        """``page`` has its outcome now."""
        self.visited += page.outcome not in _FREE and not page.leads_to
        self.led += bool(page.leads_to)

    def forget_order(self) -> None:
        """Addresses that wait anew are seen at the next ``next``."""
        self._next.clear()

    def waiting(self) -> QuerySet[CrawlPage]:
        return self._crawl.pages.filter(outcome="")

    def next_time(self) -> datetime | None:
        """When the first of those that are put off may be visited."""
        row = self.waiting().filter(not_before__isnull=False).order_by("not_before").first()
        return row.not_before if row else None
