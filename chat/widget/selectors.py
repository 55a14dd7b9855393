"""Reads of widgets. What an editor may not see, or a visitor did not ask, does not exist."""

from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.roles import Action, Visibility
from chat.models import Conversation, Message
from chat.widget.models import Widget, WidgetTalk
from chat.widget.tokens import Visitor
from ingestion.access import Person, get_collection
from ingestion.models import Collection


def widgets_of(collection: Collection) -> QuerySet[Widget]:
    """Each with the number of its visitors' conversations, and when the last question was asked."""
    asked = Q(talks__is_preview=False)
    return (
        Widget.objects.filter(collection=collection)
        .select_related("collection")
        .annotate(
            talk_count=Count("talks", filter=asked),
            last_asked=Max("talks__conversation__updated_at", filter=asked),
        )
    )


def get_widget(user: Person, slug: str, widget_id: UUID) -> Widget:
    """For those who may edit the collection. Raises as ``ingestion.access.get_collection``."""
    collection = get_collection(user, slug, Action.EDIT)
    widget = widgets_of(collection).filter(pk=widget_id).first()
    if widget is None:
        raise Http404(_("There is no such widget in this collection."))
    return widget


def public_widget(widget_id: UUID) -> Widget | None:
    """Also one that is switched off."""
    return Widget.objects.select_related("collection", "account").filter(pk=widget_id).first()


def links_documents(widget: Widget) -> bool:
    """Whether visitors may open the documents that answers cite."""
    return widget.collection.visibility == Visibility.PUBLIC


def talks_of(widget: Widget) -> QuerySet[WidgetTalk]:
    """Those of visitors, the newest first, each with its conversation and the number of questions."""
    counted = Count("conversation__messages", filter=Q(conversation__messages__role=Message.Role.USER))
    refused = Count("conversation__messages", filter=Q(conversation__messages__refused=True))
    talks = widget.talks.select_related("conversation").annotate(questions=counted, refusals=refused)
    return talks.filter(questions__gt=0, is_preview=False).order_by("-conversation__updated_at")


def get_talk(widget: Widget, conversation_id: UUID) -> WidgetTalk:
    """Raises ``Http404``."""
    talk = widget.talks.select_related("conversation").filter(pk=conversation_id).first()
    if talk is None:
        raise Http404(_("There is no such conversation."))
    return talk


def conversation_of(visitor: Visitor, conversation_id: UUID) -> Conversation | None:
    """The visitor's own, with this widget."""
    own = Conversation.objects.filter(
        widget_talk__widget=visitor.widget_id, widget_talk__visitor=visitor.name
    )
    return own.select_related("owner").filter(pk=conversation_id).first()


def answer_of(visitor: Visitor, message_id: UUID) -> Message | None:
    """An answer in one of the visitor's own conversations with this widget."""
    own = Message.objects.filter(
        conversation__widget_talk__widget=visitor.widget_id, conversation__widget_talk__visitor=visitor.name
    )
    return own.filter(pk=message_id, role=Message.Role.ASSISTANT).first()
