"""Conversations in the API: listed, found, read, renamed, archived and deleted, each by its owner only."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from accounts.models import User
from chat import services as chat_services
from chat.errors import ChatError
from chat.export import as_object
from chat.library import selectors, services
from chat.models import Conversation
from chat.selectors import backends, get_conversation
from ingestion.access import get_collections
from kb_site.problems import Problem

router = Router()
_PAGE = 50


class ChangeIn(Schema):
    """What is left out stays as it is; ``model`` "" is the site's default."""

    title: str | None = None
    archived: bool | None = None
    collections: list[str] | None = None
    model: str | None = None


@router.get("/conversations", summary="Your conversations, the newest first")
def conversations(request: HttpRequest, find: str = "", archived: bool = False, page: int = 1) -> Any:
    """With ``find`` those whose title and messages hold all of its words; ``snippet`` is a piece of the
    message ``message_id`` that holds them."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    found = selectors.listed(request.user, archived=archived, find=find)
    shown = Paginator(found, _PAGE).get_page(page)
    return {
        "count": shown.paginator.count,
        "results": [_row(row, request) for row in selectors.rows(shown, find)],
    }


@router.get("/conversations/{uuid:conversation_id}", summary="A conversation with its questions and answers")
def conversation(request: HttpRequest, conversation_id: UUID, through: UUID | None = None) -> Any:
    """Where questions were edited or answers written again, the branch that holds the message ``through``,
    else the newest."""
    found = get_conversation(request.user, conversation_id)
    return _known(found, request) | as_object(found, request.build_absolute_uri, through)


@router.patch(
    "/conversations/{uuid:conversation_id}",
    summary="Rename a conversation, archive it, or change what it asks",
)
def change(request: HttpRequest, conversation_id: UUID, data: ChangeIn) -> Any:
    """``collections`` and ``model`` hold from the next question on."""
    found = get_conversation(request.user, conversation_id)
    try:
        _change(found, data)
    except ChatError as error:
        raise Problem(422, str(error), code=error.code) from error
    return _known(found, request)


def _change(conversation: Conversation, data: ChangeIn) -> None:
    chosen = data.collections
    collections = None if chosen is None else get_collections(conversation.owner, chosen)
    if data.model:
        backends(data.model)
    if data.title is not None:
        services.rename(conversation=conversation, title=data.title)
    chat_services.change_conversation(conversation=conversation, collections=collections, model=data.model)
    if data.archived is not None:
        services.archive(conversation=conversation, archived=data.archived)


@router.delete("/conversations/{uuid:conversation_id}", summary="Delete a conversation with all its versions")
def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Links that show it stop working."""
    chat_services.delete_conversation(conversation=get_conversation(request.user, conversation_id))
    return HttpResponse(status=204)


def _row(row: selectors.Row, request: HttpRequest) -> dict[str, Any]:
    snippet = {"snippet": row.snippet.text, "message_id": str(row.message)} if row.snippet else {}
    return _known(row.conversation, request) | snippet


def _known(conversation: Conversation, request: HttpRequest) -> dict[str, Any]:
    return {
        "id": str(conversation.pk),
        "title": conversation.title,
        "archived": conversation.archived_at is not None,
        "model": conversation.model,
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
        "url": request.build_absolute_uri(conversation.get_absolute_url()),
    }
