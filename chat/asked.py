"""Questions that somebody really asked, as material for golden sets. Everybody sees only their own."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from chat.models import Conversation, Message
from chat.selectors import conversations_of
from ingestion.access import Person
from ingestion.golden_sets import Right, add_question, digest_of
from ingestion.models import Collection, Document, GoldenQuestion, GoldenSet

_LOOKED_AT = 400
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """``text`` is the question as it was searched: a follow-up stands by itself. ``documents`` are those of
    the collection that the answer cites."""

    id: UUID
    text: str
    documents: tuple[str, ...]
    refused: bool
    message: Message


def asked_about(user: Person, golden_set: GoldenSet) -> list[Asked]:
    """The last ones in conversations about the set's collection, the newest first, without those that the
    set has."""
    known = set(golden_set.questions.values_list("digest", flat=True))
    found: dict[str, Asked] = {}
    for asked in _recent(user, golden_set.collection):
        digest = digest_of(asked.text)
        if digest not in known and digest not in found and (asked.documents or asked.refused):
            found[digest] = asked
    return list(found.values())[:_SHOWN]


def _recent(user: Person, collection: Collection) -> list[Asked]:
    answers = list(
        Message.objects.filter(
            conversation__in=_conversations(user, collection),
            role=Message.Role.ASSISTANT,
            status=Message.Status.DONE,
        ).order_by("-created_at")[:_LOOKED_AT]
    )
    asked = Message.objects.filter(pk__in={answer.parent_id for answer in answers})
    questions = dict(asked.values_list("pk", "text"))
    cited = {each["document_id"] for answer in answers for each in answer.citations}
    there = Document.objects.filter(pk__in=cited, collection=collection)
    names = {str(one.pk): one.shown_title for one in there}
    return [
        _asked(answer, questions[answer.parent_id], names)
        for answer in answers
        if answer.parent_id in questions
    ]


def _conversations(user: Person, collection: Collection) -> QuerySet[Conversation]:
    return conversations_of(user).filter(collections=collection)


def _asked(answer: Message, question: str, names: dict[str, str]) -> Asked:
    cited = dict.fromkeys(each["document_id"] for each in answer.citations if each["document_id"] in names)
    titles = tuple(names[pk] for pk in cited)
    return Asked(answer.pk, answer.rewritten or question, titles, answer.refused, answer)


def take_over(*, user: Person, golden_set: GoldenSet, message_id: UUID) -> GoldenQuestion | None:
    """The question with the passages that its answer cited as the right ones; a refused one counts as not
    answerable. ``None`` where there is no such answer of ``user``'s. Raises ``BadGoldenSet``."""
    asked = next((one for one in asked_about(user, golden_set) if one.id == message_id), None)
    if asked is None:
        return None
    cited = {each["document_id"] for each in asked.message.citations}
    documents = {str(one.pk): one for one in golden_set.collection.documents.filter(pk__in=cited)}
    rights = [
        Right(documents[each["document_id"]], "", each["start"], each["end"], each["quote"])
        for each in asked.message.citations
        if each["document_id"] in documents
    ]
    question, _is_new = add_question(
        golden_set=golden_set, text=asked.text, is_answerable=not asked.refused, rights=rights
    )
    return question
