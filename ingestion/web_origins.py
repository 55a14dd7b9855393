"""Where a document came from on the web: the live page's address, when it was fetched and published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from ingestion.crawl.addresses import display
from ingestion.models import Document, DocumentEvent, Source, SourceItem

_MOST_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """``others`` are further addresses with the same text. ``versions`` are when its text became what it was,
    the newest first; the last is when it was added."""

    url: str
    others: tuple[str, ...]
    fetched_at: datetime | None
    published_on: date | None
    versions: tuple[datetime, ...]

    @property
    def shown(self) -> str:
        return display(self.url)


def origin(document: Document) -> Origin | None:
    """``None`` for what did not come from a website."""
    items = list(_pages().filter(document=document).order_by("-owned", "pk")[:10])
    if not items:
        return None
    first = items[0]
    return Origin(
        first.path,
        tuple(item.path for item in items[1:]),
        first.fetched_at,
        first.published_on,
        (*_replaced(document), document.created_at),
    )


def addresses(documents: Iterable[UUID | str]) -> dict[str, str]:
    """The live page's address by the id of its document, for those that have one."""
    rows = _pages().filter(document__in=list(documents)).order_by("owned", "-pk")
    return {str(document): path for document, path in rows.values_list("document_id", "path")}


def _pages() -> QuerySet[SourceItem]:
    return SourceItem.objects.filter(source__kind=Source.Kind.WEB)


def _replaced(document: Document) -> list[datetime]:
    events = DocumentEvent.objects.filter(document=document, kind=DocumentEvent.Kind.REPLACED)
    return list(events.order_by("-at").values_list("at", flat=True)[:_MOST_VERSIONS])
