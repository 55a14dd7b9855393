"""The history of documents: what happened to each, when, and who did it.

Call ``record`` in the transaction that makes it so.
"""

from collections.abc import Collection, Iterable, Mapping
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
    seconds: Mapping[UUID, float] | None = None,
    reason: str = "",
) -> None:
    """Writes one event for each document that is still there, with the run that the document is in, and how
    long it took. What happens to a successor is told of the document that it replaces."""
    ids = list(documents)
    took = seconds or {}
    now = timezone.now()
    for at in range(0, len(ids), _AT_ONCE):
        rows = Document.objects.filter(pk__in=ids[at : at + _AT_ONCE]).order_by()
        DocumentEvent.objects.bulk_create(
            DocumentEvent(
                document_id=home or pk,
                run_id=run,
                kind=kind,
                at=now,
                by=by,
                seconds=took.get(pk),
                reason=reason,
            )
            for pk, home, run in rows.values_list("pk", "replaces_id", "run_id")
        )


def record_ready(documents: Collection[UUID]) -> None:
    """With the seconds since each was read, which is how long indexing took."""
    now = timezone.now()
    took = {pk: (now - at) / timedelta(seconds=1) for pk, at in _last(documents, Kind.READ).items()}
    record(documents, Kind.READY, seconds=took)


def last_replaced(documents: Iterable[UUID | str]) -> dict[str, datetime]:
    """When each document last got another text, by its id; those that never did are left out."""
    return {str(pk): at for pk, at in _last(documents, Kind.REPLACED).items()}


def _last(documents: Iterable[UUID | str], kind: str) -> dict[UUID, datetime]:
    events = DocumentEvent.objects.filter(document__in=list(documents), kind=kind).order_by()
    return dict(events.values_list("document").annotate(Max("at")))


def history(document: Document, limit: int = 50) -> list[DocumentEvent]:
    """The newest events of a document, the newest first."""
    events = DocumentEvent.objects.filter(document=document).select_related("by", "run")
    return list(events.order_by("-at", "-pk")[:limit])
