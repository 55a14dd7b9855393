"""Questions and answers in pairs, as people read them."""

from uuid import UUID

from chat.models import LIVE, Conversation, Message


def turns_of(conversation: Conversation) -> list[tuple[Message, Message]]:
    """Each question with its answer, oldest first; one query."""
    listed = list(conversation.messages.all())
    return list(zip(listed[::2], listed[1::2], strict=False))


def states_of(conversation: Conversation) -> list[tuple[UUID, str]]:
    """Each answer's id and state, oldest first. The state is as ``_answer.html`` has it: it changes when the
    answer is written again, and when it ends."""
    answers = conversation.messages.filter(role=Message.Role.ASSISTANT).order_by("ordinal")
    rows = answers.values_list("pk", "attempt", "status")
    return [(pk, f"{attempt}-{'live' if status in LIVE else status}") for pk, attempt, status in rows]
