"""The API of the chat; names and shapes are those of the contract."""

import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from accounts.models import User
from chat import selectors, services
from chat.answering import checked
from chat.errors import ChatError, StillWriting, TooBusy
from chat.events import QuestionError
from chat.models import Conversation, Message
from chat.server_sent import event_stream, frame
from chat.streaming import Followed, follow
from ingestion.access import collections_for, get_collection
from kb_site.problems import Problem
from llm.endpoints import line_up

router = Router()

_STATUS = {StillWriting: HTTPStatus.CONFLICT, TooBusy: HTTPStatus.TOO_MANY_REQUESTS}


class ChatIn(Schema):
    question: str
    collections: list[str] = []
    conversation_id: UUID | None = None
    model: str | None = None
    stream: bool = False


@router.post("/chat", summary="Ask a question and get an answer with citations")
def chat(request: HttpRequest, data: ChatIn) -> Any:
    """Continues the conversation that ``conversation_id`` names, or starts one on ``collections``
    (all readable ones where the list is empty)."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    try:
        question = checked(data.question, settings.MAX_QUERY_CHARS)
        conversation = _conversation(user, data)
        if data.stream:
            answer = services.ask(conversation=conversation, question=question)
            return event_stream(_events(answer.pk))
        answer = services.answer_now(conversation=conversation, question=question)
    except QuestionError as error:
        raise Problem(422, str(error), code=f"question_{error.code}") from error
    except ChatError as error:
        raise Problem(
            _STATUS.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY), str(error), code=error.code
        ) from error
    if answer.status == Message.Status.FAILED:
        raise _failed(answer)
    return HttpResponse(json.dumps(answer_out(answer), ensure_ascii=False), content_type="application/json")


def answer_out(answer: Message) -> dict[str, Any]:
    """The answer as the contract shows it."""
    return selectors.answer_object(answer)


def _conversation(user: User, data: ChatIn) -> Conversation:
    if data.model:
        _check_model(data.model)
    if data.conversation_id is None:
        readable = collections_for(user)
        chosen = [get_collection(user, slug) for slug in dict.fromkeys(data.collections)] or list(readable)
        return services.start_conversation(owner=user, collections=chosen, model=data.model or "")
    conversation = selectors.get_conversation(user, data.conversation_id)
    changed = [get_collection(user, slug) for slug in dict.fromkeys(data.collections)] or None
    services.change_conversation(conversation=conversation, collections=changed, model=data.model or None)
    return conversation


def _check_model(name: str) -> None:
    try:
        line_up(name)
    except ImproperlyConfigured as error:
        raise Problem(422, str(error), code="unknown_model") from error


def _failed(answer: Message) -> Problem:
    return Problem(503, answer.error or _("The answer was not completed."), code="answer_failed")


async def _events(message_id: UUID) -> AsyncIterator[str]:
    async for followed in follow(message_id):
        for part in _shown(followed):
            yield part


def _shown(followed: Followed) -> list[str]:
    if followed.event == "ping":
        return [": still writing\n\n"]
    if followed.event == "token":
        return [frame("token", followed.data, followed.id)]
    if followed.message is None:
        return []
    message = followed.message
    if message.status in {Message.Status.FAILED, Message.Status.INTERRUPTED}:
        return [frame("error", _failed(message).as_dict())]
    return [frame("citations", message.citations), frame("done", answer_out(message))]
