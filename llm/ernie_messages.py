"""Brings a conversation into the form that Baidu's chat services accept.

Source: Qianfan's documents of v1 and v2: messages begin and end with the user and alternate, so that
their number is odd; the system text stands apart; none is empty.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llm.types import Message

GAP = "\n\n"
MAX_SYSTEM_CHARS = 1024


@dataclass(frozen=True, slots=True)
class Dialogue:
    """``messages`` alternate, from the user to the user; ``system`` may be ""."""

    system: str
    messages: tuple[Message, ...]

    @property
    def chars(self) -> int:
        return len(self.system) + sum(len(message.content) for message in self.messages)


def alternating(messages: Sequence[Message]) -> Dialogue:
    """Neighbours of one role are joined; what the assistant says before the first or after the last
    user is left out, as are empty messages; every system text goes into ``system``."""
    spoken = [message for message in messages if message.content.strip()]
    system = GAP.join(message.content.strip() for message in spoken if message.role == "system")
    joined: list[Message] = []
    for message in spoken:
        if message.role == "system" or (message.role == "assistant" and not joined):
            continue
        if joined and joined[-1].role == message.role:
            message = Message(message.role, joined.pop().content + GAP + message.content)
        joined.append(message)
    if joined and joined[-1].role == "assistant":
        joined.pop()
    return Dialogue(system, tuple(joined))


def within_system_limit(dialogue: Dialogue) -> Dialogue:
    """Of a system text that is too long for its field, the paragraphs at its beginning that fit stay there;
    the rest goes in front of the question."""
    if len(dialogue.system) <= MAX_SYSTEM_CHARS or not dialogue.messages:
        return dialogue
    kept, rest = "", dialogue.system.split(GAP)
    while rest and len(longer := kept + GAP * bool(kept) + rest[0]) <= MAX_SYSTEM_CHARS:
        kept = longer
        del rest[0]
    *earlier, last = dialogue.messages
    return Dialogue(kept, (*earlier, Message("user", GAP.join([*rest, last.content]))))


def trimmed(dialogue: Dialogue, fits: Callable[[Dialogue], bool]) -> Dialogue:
    """Without as many of the oldest turns (question and answer) as do not fit; the last one stays."""
    while len(dialogue.messages) > 1 and not fits(dialogue):
        dialogue = Dialogue(dialogue.system, dialogue.messages[2:])
    return dialogue
