"""Shared links in the API: made, listed and withdrawn by the conversation's owner."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from chat.errors import ChatError, StillWriting
from chat.selectors import get_conversation
from chat.sharing import selectors, services
from chat.sharing.models import SharedLink
from chat.sharing.services import Term
from kb_site.problems import Problem

router = Router()


class LinkIn(Schema):
    """``expires_in_days`` is "1", "7", "30" or "never"."""

    expires_in_days: Term = "7"
    through: UUID | None = None


@router.get("/conversations/{uuid:conversation_id}/links", summary="The links that share a conversation")
def links(request: HttpRequest, conversation_id: UUID) -> Any:
    conversation = get_conversation(request.user, conversation_id)
    return {"results": [_link(request, link) for link in selectors.links_to(conversation)]}


@router.post(
    "/conversations/{uuid:conversation_id}/links",
    response={201: dict[str, Any]},
    summary="A read-only link to a conversation as it is now",
)
def share(request: HttpRequest, conversation_id: UUID, data: LinkIn) -> Any:
    """Whoever has the address reads the questions, the answers and the quoted words. Where questions were
    edited or answers written again, the branch that holds the message ``through``, else the newest."""
    conversation = get_conversation(request.user, conversation_id)
    if not selectors.is_offered():
        raise Problem(403, services.switched_off(), code="sharing_is_off")
    try:
        link = services.share(conversation=conversation, term=data.expires_in_days, through=data.through)
    except ChatError as error:
        raise Problem(409 if isinstance(error, StillWriting) else 422, str(error), code=error.code) from error
    return 201, _link(request, link)


@router.delete("/conversations/{uuid:conversation_id}/links/{int:link_id}", summary="Withdraw a link")
def withdraw(request: HttpRequest, conversation_id: UUID, link_id: int) -> HttpResponse:
    """Whoever opens the address from then on reads that it was withdrawn."""
    conversation = get_conversation(request.user, conversation_id)
    services.withdraw(link=selectors.get_link(conversation.owner, link_id))
    return HttpResponse(status=204)


def _link(request: HttpRequest, link: SharedLink) -> dict[str, Any]:
    return {
        "id": link.pk,
        "url": request.build_absolute_uri(link.get_absolute_url()),
        "state": link.state,
        "created_at": link.created_at.isoformat(),
        "expires_at": link.expires_at.isoformat() if link.expires_at else None,
    }
