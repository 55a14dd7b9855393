"""Reads of the chat room. What belongs to somebody else does not exist here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Max, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from chat import failures
from chat.cited import linked
from chat.errors import UnknownModelName
from chat.events import Failure
from chat.models import Conversation, Message
from chat.prompts import Turn
from ingestion.access import Person, collections_for
from ingestion.models import Collection, Document
from llm import endpoints
from llm.types import Backend


def conversations_of(user: Person) -> QuerySet[Conversation]:
    """Newest first; none for visitors."""
    if not isinstance(user, User):
        return Conversation.objects.none()
    return Conversation.objects.filter(owner=user)


def get_conversation(user: Person, conversation_id: UUID) -> Conversation:
    """Raises ``Http404`` for everybody but the owner."""
    found = conversations_of(user).filter(pk=conversation_id).first()
    if found is None:
        raise Http404(_("There is no such conversation, or it is not yours."))
    return found


def get_answer(user: Person, conversation_id: UUID, message_id: UUID) -> Message:
    """An assistant's message. Raises ``Http404`` as ``get_conversation``."""
    answer = (
        Message.objects.select_related("conversation__owner")
        .filter(conversation__in=conversations_of(user).filter(pk=conversation_id))
        .filter(pk=message_id, role=Message.Role.ASSISTANT)
        .first()
    )
    if answer is None:
        raise Http404(_("There is no such answer, or it is not yours."))
    return answer


def searched_collections(conversation: Conversation) -> list[Collection]:
    """The conversation's collections that its owner may still read."""
    chosen = conversation.collections.values("pk")
    return list(collections_for(conversation.owner).filter(pk__in=chosen))


@dataclass(frozen=True, slots=True)
class LinedUp:
    """The language models to try, in order, and the ``failures`` of choosing: what was chosen is gone."""

    backends: list[Backend]
    failures: tuple[Failure, ...] = ()


def backends_of(conversation: Conversation, collections: Sequence[Collection]) -> LinedUp:
    """What the conversation chose, else what all its collections did, else the site's default.

    A choice that is deleted or out of use counts as none.
    """
    gone: list[Failure] = []
    for name in (conversation.model, _agreed([collection.llm for collection in collections])):
        try:
            if name:
                return LinedUp(backends(name), tuple(gone))
        except UnknownModelName as error:
            gone.append(Failure(error.code, _gone(name), permanent=True, endpoint=name))
    return LinedUp(backends(""), tuple(gone))


def _gone(name: str) -> str:
    said = _("The chosen model “%(name)s” is no longer in use here, so this answer does without it.")
    return said % {"name": name}


def backends(name: str) -> list[Backend]:
    """As ``llm.endpoints.line_up``. Raises ``UnknownModelName``, which names those there are."""
    try:
        return endpoints.line_up(name)
    except ImproperlyConfigured as error:
        raise UnknownModelName(str(error)) from error


def _agreed(of_collections: list[str]) -> str:
    """What all collections agree on, else the site's default."""
    agreed = set(of_collections)
    return agreed.pop() if len(agreed) == 1 else ""


def has_ready_documents(collections: Sequence[Collection]) -> bool:
    return Document.objects.filter(collection__in=collections, status=Document.Status.READY).exists()


def documents_in_work(collections: Sequence[Collection]) -> int:
    waiting = (Document.Status.QUEUED, Document.Status.PROCESSING)
    return Document.objects.filter(collection__in=collections, status__in=waiting).count()


def question_of(answer: Message) -> Message:
    """The question right before ``answer``."""
    return Message.objects.get(conversation_id=answer.conversation_id, ordinal=answer.ordinal - 1)


def turns_before(answer: Message, *, limit: int = 6) -> list[Turn]:
    """The finished turns before ``answer``'s question, oldest first; refusals hold nothing to build on.

    They begin where the last ``history_from`` says, the one of ``answer`` itself included.
    """
    said = Message.objects.filter(conversation_id=answer.conversation_id, ordinal__lte=answer.ordinal)
    begin = said.aggregate(begin=Max("history_from"))["begin"] or 0
    earlier = said.filter(ordinal__lt=answer.ordinal - 1, ordinal__gte=begin)
    messages = list(earlier.order_by("-ordinal")[: 2 * limit])[::-1]
    pairs = zip(messages[::2], messages[1::2], strict=False)
    return [
        Turn(question.text, reply.text, reply.rewritten)
        for question, reply in pairs
        if reply.text and not reply.refused
    ]


def citations_of(message: Message) -> list[dict[str, Any]]:
    """As the API shows them: each address leads to the quoted words."""
    return [linked(citation) for citation in message.citations]


def answer_object(message: Message) -> dict[str, Any]:
    """The answer as the API shows it."""
    return {
        "conversation_id": str(message.conversation_id),
        "message_id": str(message.pk),
        "answer": message.text,
        "refused": message.refused,
        "citations": citations_of(message),
        "sentences": [
            {
                "text": sentence["text"],
                "support": sentence["support"],
                "citations": [quote["n"] for quote in sentence["quotes"]],
            }
            for sentence in message.sentences
        ],
        "sources_not_used": message.sources,
        "model": message.model,
        "usage": message.usage,
        "status": message.status,
        "notes": message.notes,
        "rewritten": message.rewritten,
        "error": message.error,
        "problems": failures.problems(message),
    }
