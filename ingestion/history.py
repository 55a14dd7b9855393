"""The history of documents: what happened to each, when, and who did it.

Call ``record`` in the transaction that makes it so.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from ingestion.models import Document, DocumentEvent

_AT_ONCE = 500
Kind = DocumentEvent.Kind


def record(
    documents: Iterable[UUID],
    kind: str,
    *,
    by: User | None = None,
    seconds: float | None = None,
    reason: str = "",
) -> None:
    """Writes one event for each document that is still there, with the run that the document is in. What
    happens to a successor is told of the document that it replaces."""
    ids = list(documents)
    now = timezone.now()
    for at in range(0, len(ids), _AT_ONCE):
        rows = Document.objects.filter(pk__in=ids[at : at + _AT_ONCE]).order_by()
        DocumentEvent.objects.bulk_create(
            DocumentEvent(
                document_id=home or pk, run_id=run, kind=kind, at=now, by=by, seconds=seconds, reason=reason
            )
            for pk, home, run in rows.values_list("pk", "replaces_id", "run_id")
        )


def record_ready(document: UUID) -> None:
    """With the seconds since it was read, which is how long indexing took."""
    read = DocumentEvent.objects.filter(document=document, kind=Kind.READ).order_by("-at").first()
    record([document], Kind.READY, seconds=_since(read))


def _since(event: DocumentEvent | None) -> float | None:
    return (timezone.now() - event.at) / timedelta(seconds=1) if event else None


def last_replaced(documents: Iterable[UUID | str]) -> dict[str, datetime]:
    """When each document last got another text, by its id; those that never did are left out."""
    events = DocumentEvent.objects.filter(document__in=list(documents), kind=Kind.REPLACED).order_by()
    rows = events.values_list("document").annotate(Max("at"))
    return {str(document): at for document, at in rows}


def history(document: Document, limit: int = 50) -> list[DocumentEvent]:
    """The newest events of a document, the newest first."""
    events = DocumentEvent.objects.filter(document=document).select_related("by", "run")
    return list(events.order_by("-at", "-pk")[:limit])
