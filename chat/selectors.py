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
from chat.branches import tree_of
from chat.cited import linked
from chat.errors import UnknownModelName
from chat.events import Failure
from chat.models import LIVE, Conversation, Message
from chat.prompts import Turn
from chat.verified.marks import mark
from ingestion.access import Person, collections_for
from ingestion.models import Collection, Document
from llm import endpoints
from llm.types import Backend

# A model reads at most so many turns, and of them what has room.
MOST_TURNS = 20


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
    answer = _messages(user, conversation_id).filter(pk=message_id, role=Message.Role.ASSISTANT).first()
    if answer is None:
        raise Http404(_("There is no such answer, or it is not yours."))
    return answer


def get_question(user: Person, conversation_id: UUID, message_id: UUID) -> Message:
    """With its ``parent``. Raises ``Http404`` as ``get_conversation``."""
    asked = _messages(user, conversation_id).filter(pk=message_id, role=Message.Role.USER)
    question = asked.select_related("parent", "conversation__owner").first()
    if question is None:
        raise Http404(_("There is no such question, or it is not yours."))
    return question


def _messages(user: Person, conversation_id: UUID) -> QuerySet[Message]:
    own = conversations_of(user).filter(pk=conversation_id)
    return Message.objects.select_related("conversation__owner").filter(conversation__in=own)


def searched_collections(conversation: Conversation) -> list[Collection]:
    """The conversation's collections that its owner may still read."""
    chosen = conversation.collections.values("pk")
    return list(collections_for(conversation.owner).filter(pk__in=chosen))


@dataclass(frozen=True, slots=True)
class LinedUp:
    """The language models to try, in order, and the ``failures`` of choosing: what was chosen is gone."""

    backends: list[Backend]
    failures: tuple[Failure, ...] = ()


def backends_of(
    conversation: Conversation, collections: Sequence[Collection], *, wanted: str = ""
) -> LinedUp:
    """What is ``wanted`` for this answer, else what the conversation chose, else what all its collections
    did, else the site's default.

    A choice that is deleted or out of use counts as none.
    """
    gone: list[Failure] = []
    for name in (wanted, conversation.model, _agreed([collection.llm for collection in collections])):
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
    """The question that ``answer`` follows."""
    return Message.objects.get(children=answer)


def answer_being_written(conversation: Conversation) -> UUID | None:
    """At most one is, in whichever branch."""
    live = conversation.messages.filter(status__in=LIVE).order_by("ordinal")
    pk: UUID | None = live.values_list("pk", flat=True).last()
    return pk


def turns_before(answer: Message, *, limit: int = MOST_TURNS) -> list[Turn]:
    """The finished turns of its branch before ``answer``'s question, oldest first; refusals hold nothing to
    build on.

    They begin where the last ``history_from`` says, the one of ``answer`` itself included.
    """
    branch = tree_of(answer.conversation_id).path(answer.pk)
    before = branch[:-2]
    if not before:
        return []
    begin = Message.objects.filter(pk__in=branch).aggregate(begin=Max("history_from"))["begin"] or 0
    messages = Message.objects.in_bulk(before[-2 * limit :])
    turns = [
        (number, messages[question], messages[reply])
        for number, (question, reply) in enumerate(zip(before[::2], before[1::2], strict=True), 1)
        if question in messages
    ]
    return [
        Turn(question.text, reply.text, reply.rewritten, number)
        for number, question, reply in turns
        if question.ordinal >= begin and reply.text and not reply.refused
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
        "verified": mark(message),
        "usage": message.usage,
        "status": message.status,
        "notes": message.notes,
        "rewritten": message.rewritten,
        "rules": message.applied_rules,
        "history": message.history,
        "error": message.error,
        "problems": failures.problems(message),
    }
