"""Questions and answers in pairs, as people read them: one branch of a conversation."""

from dataclasses import dataclass
from uuid import UUID

from chat.addresses import MORE_TURNS, Span
from chat.branches import Tree, Versions, grown, tree_of
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
class Part:
    """Turns of a branch, without those ``before`` and ``after``; ``last`` is its last answer. ``earlier`` and
    ``later`` are the spans with more of them."""

    turns: list[ShownTurn]
    before: int
    after: int
    last: UUID | None

    @property
    def earlier(self) -> Span:
        end = self.before + len(self.turns)
        return Span(max(1, self.before + 1 - MORE_TURNS), end if self.after else 0)

    @property
    def later(self) -> Span:
        more = self.before + len(self.turns) + MORE_TURNS
        return Span(self.before + 1, more if self.after > MORE_TURNS else 0)


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


def part_of(conversation: Conversation, through: UUID | None, wanted: Span) -> Part:
    """The ``wanted`` turns of the branch that holds the message ``through``, else the newest. Two queries,
    and no text of what is left out."""
    tree = tree_of(conversation.pk)
    branch = tree.branch(through)
    count = len(branch) // 2
    at = branch.index(through) // 2 if through in branch else count
    start, end = wanted.of(count, at)
    return Part(_shown(tree, branch, start, end), start, count - end, branch[-1] if branch else None)


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
    columns = ("pk", "parent_id", "is_beside", "attempt", "status")
    rows = list(conversation.messages.order_by("ordinal").values_list(*columns))
    tree = grown(row[:3] for row in rows)
    states = {pk: f"{attempt}-{'live' if status in LIVE else status}" for pk, _, _, attempt, status in rows}
    branch = tree.branch(through)
    return [
        TurnState(question, answer, states[answer], _told(tree.versions(question), tree.versions(answer)))
        for question, answer in zip(branch[::2], branch[1::2], strict=False)
    ]


def _told(*versions: Versions) -> str:
    return " ".join(f"{one.place}/{one.count}" for one in versions)


def _shown(tree: Tree, branch: list[UUID], start: int = 0, end: int | None = None) -> list[ShownTurn]:
    """The turns from place ``start`` to before place ``end``."""
    branch = branch[2 * start : None if end is None else 2 * end]
    messages = Message.objects.in_bulk(branch)
    pairs = zip(branch[::2], branch[1::2], strict=False)
    return [
        ShownTurn(
            number, messages[question], messages[answer], tree.versions(question), tree.versions(answer)
        )
        for number, (question, answer) in enumerate(pairs, start + 1)
    ]
