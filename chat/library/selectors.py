"""Which conversations somebody has, and which of them hold some words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from chat.library.snippets import Snippet, best_snippet
from chat.library.snippets import words_of as words_of
from chat.models import Conversation, Message
from chat.selectors import conversations_of
from ingestion.access import Person

# Messages of each conversation in which the words are looked for: in some they stand in markup alone.
_LOOKED_AT = 3


@dataclass(frozen=True, slots=True)
class Row:
    """``address`` leads to the message with the words, where ``snippet`` is part of one."""

    conversation: Conversation
    address: str
    snippet: Snippet | None = None
    message: UUID | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes with a conversation: ``versions`` counts the further versions of questions and answers."""

    questions: int
    versions: int
    links: int


def listed(user: Person, *, archived: bool = False, find: str = "") -> QuerySet[Conversation]:
    """Newest first; with ``find`` those whose title and messages together hold all of its words."""
    found = conversations_of(user).filter(archived_at__isnull=not archived)
    for word in words_of(find):
        said = Message.objects.filter(conversation=OuterRef("pk"), text__icontains=word)
        found = found.filter(Q(title__icontains=word) | Exists(said))
    return found


def rows(conversations: Iterable[Conversation], find: str = "") -> list[Row]:
    """With the place where the words stand; one query, and none without words."""
    conversations = list(conversations)
    words = words_of(find)
    said = _said(conversations, words) if words and conversations else {}
    return [_row(each, said.get(each.pk, ()), words) for each in conversations]


def contents(conversation: Conversation) -> Contents:
    rows = list(conversation.messages.values_list("role", "parent_id"))
    places = set(rows)
    questions = sum(role == Message.Role.USER for role, _parent in places)
    links = conversation.shared_links.filter(withdrawn_at=None).select_related("owner")
    return Contents(questions, len(rows) - len(places), sum(link.is_open for link in links))


def _said(conversations: Sequence[Conversation], words: Sequence[str]) -> dict[UUID, list[tuple[UUID, str]]]:
    """The messages with most of the words, a few of each conversation, however long it is; those that only
    repeat its title come last."""
    held = (Case(When(text__icontains=word, then=1), default=0) for word in words)
    is_title = Case(When(text=F("conversation__title"), then=1), default=0)
    order = ["is_title", "-count", "ordinal"]
    messages = (
        Message.objects.filter(conversation__in=conversations)
        .annotate(count=sum(held, Value(0)), is_title=is_title)
        .filter(count__gt=0)
        .annotate(place=Window(RowNumber(), partition_by="conversation", order_by=order))
        .filter(place__lte=_LOOKED_AT)
        .order_by("place")
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for conversation, pk, text in messages.values_list("conversation_id", "pk", "text"):
        found.setdefault(conversation, []).append((pk, text))
    return found


def _row(conversation: Conversation, said: Iterable[tuple[UUID, str]], words: Sequence[str]) -> Row:
    address = conversation.get_absolute_url()
    said = list(said)
    beside = [(pk, text) for pk, text in said if text != conversation.title]
    found = best_snippet(beside or said, words)
    if found is None:
        return Row(conversation, address)
    message, snippet = found
    return Row(conversation, f"{address}?m={message}#m{message}", snippet, message)
