"""What is new since somebody was here last, in what they subscribed to and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from ingestion.models import Collection, Document, ReadDocument
from ingestion.recommend import selectors

SHOWN = 6
# A document that was brought before the last visit may have become ready after it.
_ON_THE_WAY = timedelta(days=1)
_READ_LATELY = 20


@dataclass(frozen=True, slots=True)
class Fresh:
    """The newest first; ``more`` follow these, in the collections ``of``."""

    documents: list[Document]
    more: bool = False
    of: tuple[Collection, ...] = ()


def new_since(user: User, moment: datetime | None) -> Fresh:
    """Nothing on the first visit. Subscribed collections count, and those of documents read lately; what the
    person brought or has opened already is not new to them."""
    if moment is None:
        return Fresh([])
    collections = {item.pk: item for item in selectors.subscribed(user)}
    for read in selectors.read_documents(user)[:_READ_LATELY]:
        collections.setdefault(read.document.collection_id, read.document.collection)
    found = _found(user, list(collections), moment) if collections else []
    shown = found[:SHOWN]
    of = tuple({item.collection_id: item.collection for item in shown}.values())
    return Fresh(shown, len(found) > SHOWN, of)


def _found(user: User, collections: Sequence[UUID], moment: datetime) -> list[Document]:
    """The index gives the newest of each collection, so that a large one costs no more."""
    ready = Q(status=Document.Status.READY, replaces__isnull=True, finished_at__gt=moment)
    known = Q(pk__in=ReadDocument.objects.filter(user=user).values("document")) | Q(created_by=user)
    found: list[Document] = []
    for pk in collections:
        brought = Document.objects.filter(ready, collection=pk, created_at__gt=moment - _ON_THE_WAY)
        found += brought.exclude(known).select_related("collection").order_by("-created_at")[: SHOWN + 1]
    return sorted(found, key=lambda item: item.created_at, reverse=True)[: SHOWN + 1]
