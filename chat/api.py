"""The API of the chat; names and shapes are those of the contract."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema

from accounts import rate_limits
from accounts.models import User
from accounts.rate_limits import TooManyRequests
from chat import failures, selectors, services
from chat.answering import checked
from chat.connections import release_connections
from chat.errors import ChatError
from chat.events import QuestionError
from chat.models import Conversation, Message
from chat.not_taken import GONE, log_refused
from chat.server_sent import event_stream, frame
from chat.streaming import Followed, follow
from ingestion.access import collections_for, get_collections
from kb_site.problems import Problem

router = Router()


class ChatIn(Schema):
    question: str
    collections: list[str] = []
    conversation_id: UUID | None = None
    model: str | None = None
    stream: bool = False
    after: UUID | None = None


class AgainIn(Schema):
    """``model`` is to write it, "" the site's default; left out, the one that the answer was asked of."""

    model: str | None = None
    stream: bool = False


@router.post("/chat", summary="Ask a question and get an answer with citations")
def chat(request: HttpRequest, data: ChatIn) -> Any:
    """Continues the conversation that ``conversation_id`` names, or starts one on ``collections``
    (all readable ones where the list is empty). ``after`` names the answer that the question follows, which
    begins a branch where others follow it; left out, the question follows what was written last."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    with _told(user):
        rate_limits.take_for(request, "chat")
        question = checked(data.question, settings.MAX_QUERY_CHARS)
        conversation = _conversation(user, data)
        after = selectors.get_answer(user, conversation.pk, data.after) if data.after else ...
        if data.stream:
            answer = services.ask(conversation=conversation, question=question, after=after)
            return event_stream(_events(answer.pk))
        answer = services.answer_now(conversation=conversation, question=question, after=after)
    return _whole(answer)


@router.post(
    "/conversations/{uuid:conversation_id}/messages/{uuid:message_id}/regenerate",
    summary="Write an answer again, as a further version of it",
)
def regenerate(request: HttpRequest, conversation_id: UUID, message_id: UUID, data: AgainIn) -> Any:
    """``message_id`` names an answer; the new one is as ``POST /chat`` gives it, with an id of its own. The
    old one stays, with what followed it, and is read with ``through``. An answer that failed before its first
    word is written in its place."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    answer = selectors.get_answer(user, conversation_id, message_id)
    with _told(user):
        rate_limits.take_for(request, "chat")
        if data.model:
            selectors.backends(data.model)
        if data.stream:
            again = services.retry(message=answer, model=data.model)
            return event_stream(_events(again.pk))
        again = services.retry_now(message=answer, model=data.model)
    return _whole(again)


@contextmanager
def _told(user: User) -> Iterator[None]:
    """A question that is not taken is a problem object, and a line of the log."""
    try:
        yield
    except TooManyRequests as error:
        log_refused(error.code, user.pk)
        raise
    except (QuestionError, ChatError) as error:
        log_refused(error.code, user.pk)
        raise _problem(failures.refused(error)) from error


def _whole(answer: Message) -> HttpResponse:
    if answer.status == Message.Status.FAILED:
        raise _problem(failures.failed(answer))
    return HttpResponse(json.dumps(answer_out(answer), ensure_ascii=False), content_type="application/json")


def _problem(told: failures.Told) -> Problem:
    return Problem(told.status, told.detail, code=told.code, retry_after=told.retry_after, more=told.more)


def answer_out(answer: Message) -> dict[str, Any]:
    """The answer as the contract shows it."""
    return selectors.answer_object(answer)


def _conversation(user: User, data: ChatIn) -> Conversation:
    if data.model:
        selectors.backends(data.model)
    if data.conversation_id is None:
        readable = collections_for(user)
        chosen = get_collections(user, data.collections) or list(readable)
        services.refuse_without_documents(chosen)
        return services.start_conversation(owner=user, collections=chosen, model=data.model or "")
    try:
        conversation = selectors.get_conversation(user, data.conversation_id)
    except Http404 as error:
        log_refused(GONE, user.pk)
        raise Problem(404, str(error), code=GONE) from error
    changed = get_collections(user, data.collections) or None
    services.change_conversation(conversation=conversation, collections=changed, model=data.model or None)
    return conversation


async def _events(message_id: UUID) -> AsyncIterator[str]:
    async for followed in follow(message_id):
        if followed.message is not None:
            parts = await sync_to_async(_ended, thread_sensitive=False)(followed.message)
        else:
            parts = _underway(followed)
        for part in parts:
            yield part


def _underway(followed: Followed) -> list[str]:
    if followed.event in {"ping", "waiting"}:
        return [": still writing\n\n"]
    if followed.event in {"token", "reset"}:
        return [frame(followed.event, followed.data, followed.id)]
    return []


def _ended(message: Message) -> list[str]:
    """Asks the database, and so runs in a thread."""
    try:
        if message.status in {Message.Status.FAILED, Message.Status.INTERRUPTED}:
            return [frame("error", _problem(failures.failed(message)).as_dict())]
        return [frame("citations", selectors.citations_of(message)), frame("done", answer_out(message))]
    finally:
        release_connections()
