"""Reads: what pages, programs and commands show of crawls."""

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from ingestion.models import Crawl, CrawlPage, Source
from ingestion.reasons import shown

Outcome = CrawlPage.Outcome


def crawls_of(source: Source) -> QuerySet[Crawl]:
    """The newest first."""
    return source.crawls.order_by("-began_at")


def pages_of(crawl: Crawl, *, outcome: str = "", text: str = "") -> QuerySet[CrawlPage]:
    """Those that were visited, in that order; an unknown outcome finds nothing."""
    pages = crawl.pages.exclude(outcome="").select_related("document", "document__successor")
    if outcome:
        pages = pages.filter(outcome=outcome)
    if text:
        pages = pages.filter(url__icontains=text)
    return pages.order_by("done_at", "pk")


def outcome_counts(crawl: Crawl) -> dict[str, int]:
    """Every outcome with the number of pages, zeros included; "" are those that wait."""
    found = dict(crawl.pages.order_by().values_list("outcome").annotate(Count("pk")))
    return {outcome: found.get(outcome, 0) for outcome in ["", *Outcome.values]}


def document_ids(crawl: Crawl) -> list[UUID]:
    """The documents of its pages."""
    ids = crawl.pages.filter(document__isnull=False).order_by().values_list("document_id", flat=True)
    return list(ids.distinct())


def as_json(page: CrawlPage) -> dict[str, Any]:
    """A visited page for programs: ``status`` is HTTP's, ``None`` without an answer."""
    return {
        "url": page.url,
        "status": page.status,
        "outcome": page.outcome,
        "document_id": str(page.document_id) if page.document_id else None,
        "error": shown(page.reason) if page.outcome in _WITH_ERROR else None,
        "note": shown(page.reason) if page.reason and page.outcome not in _WITH_ERROR else None,
        "leads_to": page.leads_to or None,
    }


_WITH_ERROR = frozenset({Outcome.FAILED, Outcome.BLOCKED, Outcome.DISALLOWED, Outcome.GONE})
