"""Questions and answers in pairs, as people read them: one branch of a conversation."""

from dataclasses import dataclass
from uuid import UUID

from chat.branches import Tree, Versions, tree_of
from chat.models import LIVE, Conversation, Message


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """``number`` is its place in the branch, from 1. The versions are those of the question and of the
    answer to it."""

    number: int
    question: Message
    answer: Message
    question_versions: Versions
    answer_versions: Versions

    @property
    def versions(self) -> str:
        """Changes when a version is added; a page compares it with what it shows."""
        return _told(self.question_versions, self.answer_versions)


@dataclass(frozen=True, slots=True)
class TurnState:
    """What a page needs to know whether it shows a turn as it is now. ``state`` is as ``_answer.html`` has
    it: it changes when the answer is written again in its place, and when it ends."""

    question_id: UUID
    answer_id: UUID
    state: str
    versions: str


def turns_of(conversation: Conversation, through: UUID | None = None) -> list[ShownTurn]:
    """The branch that holds the message ``through``, else the newest, oldest first; two queries."""
    tree = tree_of(conversation.pk)
    return _shown(tree, tree.branch(through))


def latest_turns(conversation: Conversation, through: UUID | None, most: int) -> tuple[list[ShownTurn], int]:
    """The last ``most`` of the branch, and those from the message ``through`` on in any case; and how many
    stand before them. Two queries, and no text of what is left out."""
    tree = tree_of(conversation.pk)
    branch = tree.branch(through)
    start = max(0, len(branch) // 2 - most)
    if start and through in branch:
        start = min(start, branch.index(through) // 2)
    return _shown(tree, branch, start), start


def turns_until(answer: Message) -> list[ShownTurn]:
    """The branch up to ``answer`` and no further."""
    tree = tree_of(answer.conversation_id)
    return _shown(tree, tree.path(answer.pk))


def turn_of(answer: Message) -> ShownTurn:
    """The turn that ends with ``answer``."""
    tree = tree_of(answer.conversation_id)
    path = tree.path(answer.pk)
    question = Message.objects.get(pk=path[-2])
    return ShownTurn(len(path) // 2, question, answer, tree.versions(question.pk), tree.versions(answer.pk))


def states_of(conversation: Conversation, through: UUID | None = None) -> list[TurnState]:
    """As ``turns_of``, without the texts."""
    rows = list(conversation.messages.order_by("ordinal").values_list("pk", "parent_id", "attempt", "status"))
    tree = Tree((pk, parent) for pk, parent, _attempt, _status in rows)
    states = {
        pk: f"{attempt}-{'live' if status in LIVE else status}" for pk, _parent, attempt, status in rows
    }
    branch = tree.branch(through)
    return [
        TurnState(question, answer, states[answer], _told(tree.versions(question), tree.versions(answer)))
        for question, answer in zip(branch[::2], branch[1::2], strict=False)
    ]


def _told(*versions: Versions) -> str:
    return " ".join(f"{one.place}/{one.count}" for one in versions)


def _shown(tree: Tree, branch: list[UUID], start: int = 0) -> list[ShownTurn]:
    """Without the first ``start`` turns."""
    branch = branch[2 * start :]
    messages = Message.objects.in_bulk(branch)
    pairs = zip(branch[::2], branch[1::2], strict=False)
    return [
        ShownTurn(
            number, messages[question], messages[answer], tree.versions(question), tree.versions(answer)
        )
        for number, (question, answer) in enumerate(pairs, start + 1)
    ]
