"""Writes: what a person decides about what is noted of them."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ingestion.models import Collection, ReadDocument, Reader, ReadSearch, Subscription


@transaction.atomic
def switch(*, user: User, is_on: bool) -> None:
    """What is noted already goes when it is switched off."""
    Reader.objects.update_or_create(user=user, defaults={"is_on": is_on})
    if not is_on:
        clear(user=user)


@transaction.atomic
def clear(*, user: User) -> None:
    """Forgets what the person read and searched, and when they were here; subscriptions stay."""
    now = timezone.now()
    forgotten = {"cleared_at": now, "here_at": None, "before": None}
    Reader.objects.update_or_create(user=user, defaults=forgotten)
    ReadDocument.objects.filter(user=user).delete()
    ReadSearch.objects.filter(user=user).delete()


def subscribe(*, user: User, collection: Collection) -> None:
    """The caller has made sure that ``user`` may read it."""
    Subscription.objects.get_or_create(user=user, collection=collection)


def unsubscribe(*, user: User, collection: Collection) -> None:
    Subscription.objects.filter(user=user, collection=collection).delete()
