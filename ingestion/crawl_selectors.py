"""Reads: what pages, programs and commands show of crawls."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.roles import Action
from ingestion import source_selectors
from ingestion.access import Person
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


def get_crawl(user: Person, crawl_id: int, action: Action = Action.EDIT) -> Crawl:
    """Raises ``Http404`` and ``PermissionDenied``, as ``source_selectors.get_source``."""
    crawl = Crawl.objects.filter(pk=crawl_id).first() if 0 < crawl_id < 2**63 else None
    if crawl is None:
        raise Http404(_("There is no such crawl any more. The last ten are kept."))
    source_selectors.get_source(user, crawl.source_id, action)
    return crawl


def as_json(crawl: Crawl, pages: Sequence[CrawlPage]) -> list[dict[str, Any]]:
    """Visited pages for programs: ``status`` is HTTP's, ``None`` without an answer. An address that leads to
    another one has that one's document; a document that could not be read has its error here too. ``note``
    and ``leads_to`` only where there is something to say."""
    found = _documents_led_to(crawl, {page.leads_to for page in pages if page.leads_to})
    return [_as_json(page, page.document_id or found.get(page.leads_to)) for page in pages]


def _as_json(page: CrawlPage, document_id: UUID | None) -> dict[str, Any]:
    has_failed = page.outcome in _WITH_ERROR
    reason = shown(page.reason) or None
    more = {"note": None if has_failed else reason, "leads_to": page.leads_to or None}
    document = page.document
    unread = shown(document.error) if document is not None and document.status == "failed" else ""
    return {
        "url": page.url,
        "status": page.status,
        "outcome": page.outcome,
        "document_id": str(document_id) if document_id else None,
        "error": reason if has_failed else unread or None,
    } | {name: value for name, value in more.items() if value}


def _documents_led_to(crawl: Crawl, urls: set[str]) -> dict[str, UUID]:
    """The document at the end of each address, by address."""
    led: dict[str, str] = {}
    documents: dict[str, UUID] = {}
    unseen = urls
    while unseen:
        some = list(unseen)
        for at in range(0, len(some), _AT_ONCE):
            rows = crawl.pages.filter(url__in=some[at : at + _AT_ONCE]).order_by()
            for url, further, document_id in rows.values_list("url", "leads_to", "document_id"):
                led[url] = further
                if document_id is not None:
                    documents[url] = document_id
        unseen = {further for url in unseen if (further := led.get(url, "")) and further not in led}
    return {url: documents[end] for url in urls if (end := _end(url, led)) in documents}


def _end(url: str, led: dict[str, str]) -> str:
    passed = {url}
    while (further := led.get(url, "")) and further not in passed:
        passed.add(further)
        url = further
    return url


_AT_ONCE = 500
_WITH_ERROR = frozenset({Outcome.FAILED, Outcome.BLOCKED, Outcome.DISALLOWED, Outcome.GONE})
