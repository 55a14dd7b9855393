"""Questions and answers in pairs, as people read them."""

from chat.models import Conversation, Message


def turns_of(conversation: Conversation) -> list[tuple[Message, Message]]:
    """Each question with its answer, oldest first; one query."""
    listed = list(conversation.messages.all())
    return list(zip(listed[::2], listed[1::2], strict=False))
