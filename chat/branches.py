"""The messages of a conversation as a tree, and the branch of it that is shown.

A question follows the answer that is its parent, or begins the conversation; an answer follows its question.
Messages of one parent are versions of each other, in the order in which they were made. What was made last
is shown, unless somebody asks for another version.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from uuid import UUID

from chat.models import Message

Row = tuple[UUID, UUID | None]


@dataclass(frozen=True, slots=True)
class Versions:
    """Which of how many versions a message is, from 1, and those beside it."""

    place: int = 1
    count: int = 1
    before: UUID | None = None
    after: UUID | None = None


class Tree:
    """``rows`` are messages with their parents, in the order in which they were made. Those ``beside`` are
    shown where they are named or gone on from."""

    def __init__(self, rows: Iterable[Row], beside: Container[UUID] = ()) -> None:
        self._parents = dict(rows)
        self._beside = beside
        self._children: dict[UUID | None, list[UUID]] = {}
        for pk, parent in self._parents.items():
            self._children.setdefault(parent, []).append(pk)

    def __contains__(self, message_id: UUID) -> bool:
        return message_id in self._parents

    def branch(self, through: UUID | None = None) -> list[UUID]:
        """From the first question through the message ``through`` on to what was made last behind it; the
        newest branch where there is no such message."""
        if through in self._parents:
            return self.path(self._newest_behind(through))
        newest = next((pk for pk in reversed(self._parents) if pk not in self._beside), None)
        return [] if newest is None else self.path(newest)

    def path(self, message_id: UUID) -> list[UUID]:
        """From the first question to this message."""
        path = [message_id]
        while (parent := self._parents[path[-1]]) is not None:
            path.append(parent)
        return path[::-1]

    def versions(self, message_id: UUID) -> Versions:
        same = self._children[self._parents[message_id]]
        at = same.index(message_id)
        before = same[at - 1] if at else None
        after = same[at + 1] if at + 1 < len(same) else None
        return Versions(at + 1, len(same), before, after)

    def _newest_behind(self, message_id: UUID) -> UUID:
        newest, behind = message_id, {message_id}
        for pk, parent in self._parents.items():
            if parent in behind:
                behind.add(pk)
                newest = newest if pk in self._beside else pk
        return newest


def tree_of(conversation_id: UUID) -> Tree:
    """One query, without the texts."""
    messages = Message.objects.filter(conversation_id=conversation_id).order_by("ordinal")
    return grown(messages.values_list("pk", "parent_id", "is_beside"))


def grown(messages: Iterable[tuple[UUID, UUID | None, bool]]) -> Tree:
    """Of each message its id, its parent and whether it is beside, in the order in which they were made."""
    rows = list(messages)
    return Tree(((pk, parent) for pk, parent, _ in rows), {pk for pk, _, is_beside in rows if is_beside})
