"""How crawls went and how far one is: what pages of web sources show."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.utils import timezone

from ingestion import crawl_selectors
from ingestion.models import Crawl, CrawlPage, Source
from ingestion.reasons import shown

Outcome = CrawlPage.Outcome
_RECENT = 8
_AT_ONCE = 400
_PACE = timedelta(minutes=1)
_TROUBLE_FIRST = (Outcome.FAILED, Outcome.BLOCKED, Outcome.GONE, Outcome.CHANGED, Outcome.NEW)
Counts = list[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class CrawlRow:
    """A crawl with the number of its pages by outcome (value, label, count; none of zero)."""

    crawl: Crawl
    counts: Counts
    visited: int

    @property
    def seconds(self) -> int:
        """From its beginning to its end, or until now."""
        return int(((self.crawl.ended_at or timezone.now()) - self.crawl.began_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Live:
    """A crawl in progress: ``waiting`` addresses, ``delayed`` of them because their site asked for time or
    failed for the moment; ``recent`` are the last that were visited."""

    row: CrawlRow
    waiting: int
    delayed: int
    next_try: datetime | None
    per_minute: int | None
    recent: list[CrawlPage]
    most: int

    @property
    def expected(self) -> int:
        """How many pages are known to come to, as far as the source's limit."""
        return max(self.row.visited, min(self.row.visited + self.waiting, self.most))

    @property
    def is_soon(self) -> bool:
        """Whether the first of the delayed is tried within a minute."""
        return self.next_try is None or self.next_try - timezone.now() < timedelta(minutes=1)


def history(source: Source, limit: int = 10) -> list[CrawlRow]:
    """The newest of those that ended first."""
    crawls = list(crawl_selectors.crawls_of(source).exclude(state=Crawl.State.RUNNING)[:limit])
    found: dict[int, dict[str, int]] = {crawl.pk: {} for crawl in crawls}
    rows = CrawlPage.objects.filter(crawl__in=crawls).order_by().values_list("crawl", "outcome")
    for crawl_id, outcome, count in rows.annotate(Count("pk")):
        found[crawl_id][outcome] = count
    return [_row(crawl, found[crawl.pk]) for crawl in crawls]


def failed_counts(sources: Iterable[Source]) -> dict[UUID, int]:
    """How many addresses the last crawl that ended could not take, by source; none of zero."""
    ended = Crawl.objects.filter(source=OuterRef("crawl__source")).exclude(state=Crawl.State.RUNNING)
    newest = Subquery(ended.order_by("-began_at").values("pk")[:1])
    rows = CrawlPage.objects.filter(
        crawl__source__in=[source.pk for source in sources if source.kind == Source.Kind.WEB],
        crawl=newest,
        outcome__in=[Outcome.FAILED, Outcome.BLOCKED],
    )
    return dict(rows.order_by().values_list("crawl__source").annotate(Count("pk")))


def live(source: Source) -> Live | None:
    """``None`` where no crawl is under way."""
    crawl = source.crawls.filter(state=Crawl.State.RUNNING).first()
    if crawl is None:
        return None
    counts = crawl_selectors.outcome_counts(crawl)
    now = timezone.now()
    delayed = crawl.pages.filter(outcome="", not_before__gt=now).order_by("not_before")
    return Live(
        row=_row(crawl, counts),
        waiting=counts[""],
        delayed=delayed.count(),
        next_try=delayed.values_list("not_before", flat=True).first(),
        per_minute=_pace(crawl, now),
        recent=list(crawl.pages.exclude(outcome="").order_by("-done_at", "-pk")[:_RECENT]),
        most=source.web.max_pages,
    )


def chosen(source: Source, wanted: str) -> Crawl | None:
    """The crawl with this number, else the last one that ended, else the one under way."""
    crawls = crawl_selectors.crawls_of(source)
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 12:
        found = crawls.filter(pk=int(wanted)).first()
        if found is not None:
            return found
    return crawls.exclude(state=Crawl.State.RUNNING).first() or crawls.first()


def rows_of(crawl: Crawl, *, outcome: str = "", text: str = "") -> QuerySet[CrawlPage]:
    """Its pages as tables and exports have them: what failed and what is new first, then by address."""
    order = [When(outcome=value, then=Value(place)) for place, value in enumerate(_TROUBLE_FIRST)]
    ranked = Case(*order, default=Value(len(order)), output_field=IntegerField())
    pages = crawl_selectors.pages_of(crawl, outcome=outcome, text=text)
    return pages.annotate(rank=ranked).order_by("rank", "url")


def exported(pages: QuerySet[CrawlPage]) -> Iterator[dict[str, Any]]:
    """A row for each page, asked for some hundred at a time, so that no cursor stays open meanwhile."""
    ids = list(pages.values_list("pk", flat=True))
    for at in range(0, len(ids), _AT_ONCE):
        found = CrawlPage.objects.select_related("document").in_bulk(ids[at : at + _AT_ONCE])
        yield from (_exported(found[pk]) for pk in ids[at : at + _AT_ONCE] if pk in found)


def _exported(page: CrawlPage) -> dict[str, Any]:
    document = page.document
    return {
        "url": page.url,
        "outcome": page.outcome,
        "status": page.status,
        "reason": shown(page.reason) or None,
        "leads_to": page.leads_to or None,
        "found_on": page.found_on or None,
        "depth": page.depth,
        "seconds": page.seconds,
        "visited_at": page.done_at.isoformat() if page.done_at else None,
        "document_id": str(document.pk) if document else None,
        "title": document.shown_title if document else None,
    }


def _row(crawl: Crawl, found: dict[str, int]) -> CrawlRow:
    counts = [(value, str(label), found.get(value, 0)) for value, label in Outcome.choices]
    visited = sum(count for _value, _label, count in counts)
    return CrawlRow(crawl, [row for row in counts if row[2]], visited)


def _pace(crawl: Crawl, now: datetime) -> int | None:
    """Pages a minute, lately; ``None`` in the first seconds."""
    seconds = min(_PACE, now - crawl.began_at).total_seconds()
    if seconds < 3:
        return None
    done = crawl.pages.filter(done_at__gt=now - _PACE).exclude(outcome="").count()
    return round(done * 60 / seconds)
