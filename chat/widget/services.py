"""Writes of widgets."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from chat import services as chat_services
from chat.feedback.models import Feedback
from chat.models import Conversation
from chat.widget.models import Widget, WidgetTalk
from chat.widget.tokens import Visitor
from ingestion import services as ingestion_services
from ingestion.models import Collection

_AT_ONCE = 200


@transaction.atomic
def make_widget(*, collection: Collection, by: User, name: str, origins: list[str]) -> Widget:
    """With an account that may read ``collection`` and nothing else of what is private."""
    key = uuid.uuid4()
    account = User(username=f"widget-{key.hex}", first_name=name, is_active=False, is_service=True)
    account.set_unusable_password()
    account.save()
    ingestion_services.set_member(collection=collection, user=account, role=Role.VIEWER)
    return Widget.objects.create(
        id=key, collection=collection, account=account, name=name, origins=origins, created_by=by
    )


@transaction.atomic
def change_widget(*, widget: Widget, **fields: Any) -> None:
    """Saves the given fields only. They count from the next request on."""
    for name, value in fields.items():
        setattr(widget, name, value)
    widget.save(update_fields=[*fields, "updated_at"])
    if "name" in fields:
        User.objects.filter(pk=widget.account_id).update(first_name=widget.name)


def delete_widget(*, widget: Widget) -> None:
    """With all its conversations."""
    widget.delete()


@transaction.atomic
def start_talk(*, widget: Widget, visitor: Visitor) -> Conversation:
    conversation = chat_services.start_conversation(
        owner=widget.account, collections=[widget.collection], model=widget.model
    )
    WidgetTalk.objects.create(
        conversation=conversation,
        widget=widget,
        visitor=visitor.name,
        origin=visitor.origin,
        is_preview=visitor.is_preview,
    )
    return conversation


def delete_talks(*, widget: Widget) -> int:
    """How many conversations were removed."""
    ids = list(widget.talks.values_list("pk", flat=True))
    _delete(widget, ids)
    return len(ids)


def delete_talk(*, talk: WidgetTalk) -> None:
    _delete(talk.widget, [talk.pk])


def forget_old() -> int:
    """Removes conversations that are older than their widget keeps them; how many."""
    forgotten = 0
    for widget in Widget.objects.all():
        before = timezone.now() - timedelta(days=widget.keep_days)
        old = widget.talks.filter(conversation__updated_at__lt=before)
        while ids := list(old.values_list("pk", flat=True)[:_AT_ONCE]):
            _delete(widget, ids)
            forgotten += len(ids)
    return forgotten


@transaction.atomic
def _delete(widget: Widget, ids: Sequence[UUID]) -> None:
    """With what visitors said of the answers, which holds copies of them."""
    Feedback.objects.filter(by=widget.account_id, message__conversation__in=ids).delete()
    for conversation in Conversation.objects.filter(pk__in=ids):
        chat_services.delete_conversation(conversation=conversation)
