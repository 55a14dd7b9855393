"""A conversation made to fit a local model's chat template and context."""

from collections.abc import Sequence

from llm.types import Message


def without_system(messages: Sequence[Message]) -> list[Message]:
    """For templates without that role: its text stands before the next message's."""
    if len(messages) < 2 or messages[0].role != "system":
        return list(messages)
    first, second, *rest = messages
    return [Message(second.role, f"{first.content}\n\n{second.content}"), *rest]


def without_oldest_turn(messages: Sequence[Message]) -> list[Message] | None:
    """Without the first question and its answer; ``None`` where only the last question is left."""
    first = 1 if messages and messages[0].role == "system" else 0
    if len(messages) <= first + 1:
        return None
    return [*messages[:first], *messages[min(first + 2, len(messages) - 1) :]]
