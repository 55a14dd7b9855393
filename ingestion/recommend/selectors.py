"""Reads of what is noted of a person; what they may no longer read is left out."""

from django.db.models import QuerySet

from accounts.models import User
from ingestion.access import Person, collections_for
from ingestion.models import Collection, Document, ReadDocument, Reader, ReadSearch


def is_on(user: User) -> bool:
    return not Reader.objects.filter(user=user, is_on=False).exists()


def read_documents(user: User) -> QuerySet[ReadDocument]:
    """Newest first, each with its document and collection."""
    ready = {"document__status": Document.Status.READY, "document__collection__in": collections_for(user)}
    read = ReadDocument.objects.filter(user=user, **ready).select_related("document__collection")
    return read.order_by("-noted_at")


def read_searches(user: User) -> QuerySet[ReadSearch]:
    """Newest first."""
    return ReadSearch.objects.filter(user=user).order_by("-noted_at")


def subscribed(user: User) -> QuerySet[Collection]:
    """By name."""
    return collections_for(user).filter(subscriptions__user=user).order_by("name")


def is_subscribed(user: Person, collection: Collection) -> bool:
    return isinstance(user, User) and collection.subscriptions.filter(user=user).exists()
