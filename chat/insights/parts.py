"""A long text in parts that a model has room for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chat.context import words
from chat.prompts import MAX_ANSWER_SHARE, SAFETY_SHARE
from ingestion.finding import FoundPassage
from llm.types import Backend

Numbered = tuple[int, FoundPassage]

# Of what is longer the rest is left out, and the result says so.
MOST_PARTS = 24
# Citations have at most three digits.
MOST_PASSAGES = 999
OVERHEAD_TOKENS = 24
_SMALLEST_ROOM = 200


@dataclass(frozen=True, slots=True)
class Room:
    """What one request may hold besides the rules: ``tokens`` of text, at most ``words`` where a model bounds
    those, and ``answer`` tokens of what it writes."""

    tokens: int
    answer: int
    words: float | None = None


def room_of(backend: Backend, rules: str, *, share: float = 1.0) -> Room:
    """``share`` is for a server whose context is smaller than its endpoint says."""
    described = backend.describe()
    context = int(described.context_tokens * share)
    answer = min(described.max_tokens, int(context * MAX_ANSWER_SHARE))
    left = int((context - answer) * SAFETY_SHARE) - backend.count_tokens(rules) - OVERHEAD_TOKENS
    bound = described.context_words * share if described.context_words is not None else None
    return Room(max(left, _SMALLEST_ROOM), answer, bound)


def parts_of(
    passages: Sequence[FoundPassage],
    room: Room,
    count: Callable[[str], int],
    shown: Callable[[int, FoundPassage], str],
) -> list[list[Numbered]]:
    """``passages`` with their numbers from 1, in as few parts as hold them in their order; at most
    ``MOST_PARTS`` and ``MOST_PASSAGES``, so that the last ones may be missing. ``shown`` is how a prompt
    holds one."""
    parts: list[list[Numbered]] = [[]]
    tokens, held = 0, 0.0
    for n, passage in enumerate(passages[:MOST_PASSAGES], 1):
        text = shown(n, passage)
        size, length = count(text), words(passage.text)
        too_long = room.words is not None and held + length > room.words
        if parts[-1] and (tokens + size > room.tokens or too_long):
            if len(parts) == MOST_PARTS:
                return parts
            parts.append([])
            tokens, held = 0, 0.0
        parts[-1].append((n, passage))
        tokens, held = tokens + size, held + length
    return parts


def read_share(parts: Sequence[Sequence[Numbered]], passages: Sequence[FoundPassage]) -> int:
    """How many percent of the text are in ``parts``; 100 only where all is."""
    read = sum(map(len, parts))
    if read >= len(passages):
        return 100
    chars = sum(len(passage.text) for part in parts for _n, passage in part)
    return min(99, 100 * chars // max(1, sum(len(passage.text) for passage in passages)))
