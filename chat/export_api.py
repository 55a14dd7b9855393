"""The export of a conversation in the API."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from chat import selectors
from chat.export import Format, export
from chat.export_views import as_download

router = Router()


@router.get("/chat/{conversation_id}/export", summary="A conversation as Markdown or JSON")
def export_conversation(
    request: HttpRequest,
    conversation_id: UUID,
    format: Format = "md",
    through: UUID | None = None,
) -> HttpResponse:
    """With absolute addresses and the support of each sentence; only for its owner. Where questions were
    edited or answers written again, the branch that holds the message ``through``, else the newest."""
    conversation = selectors.get_conversation(request.user, conversation_id)
    return as_download(export(conversation, format, request.build_absolute_uri, through))
