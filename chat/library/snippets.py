"""Words looked for in conversations, and the pieces of text that hold them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import regex
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chat.citation_marks import take_out
from ingestion.templatetags.passages import plain

MOST_WORDS = 8
_BEFORE, _AFTER = 40, 120


@dataclass(frozen=True, slots=True)
class Snippet:
    text: str
    words: tuple[str, ...]

    @property
    def html(self) -> SafeString:
        return marked(self.text, self.words)


def words_of(find: str) -> list[str]:
    """Chinese has no spaces: there, what is typed in one piece is looked for in one piece."""
    return find.replace("\x00", "").split()[:MOST_WORDS]


def best_snippet(messages: Iterable[tuple[UUID, str]], words: Sequence[str]) -> tuple[UUID, Snippet] | None:
    """From the message with most of the words, the first of them."""
    most, best = 0, None
    for pk, text in messages:
        bare = plain(take_out(text)[0])
        lower = bare.lower()
        count = sum(word.lower() in lower for word in words)
        if count > most:
            most, best = count, (pk, Snippet(_around(bare, words), tuple(words)))
    return best


def marked(text: str, words: Sequence[str]) -> SafeString:
    """As HTML, with the words in ``<mark>``."""
    if not words:
        return escape(text)
    parts = _pattern(words).split(text)
    shown = [f"<mark>{escape(part)}</mark>" if at % 2 else escape(part) for at, part in enumerate(parts)]
    return mark_safe("".join(shown))


def _around(text: str, words: Sequence[str]) -> str:
    found = _pattern(words).search(text)
    start = _whole_words(text, max(0, found.start() - _BEFORE), found.start()) if found else 0
    end = (found.end() if found else 0) + _AFTER
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"


def _whole_words(text: str, start: int, end: int) -> int:
    """Where the first whole word from ``start`` on begins; Chinese has no spaces and begins anywhere."""
    space = text.find(" ", start, end)
    begins_inside = start and text[start - 1].isalnum() and text[start].isascii() and text[start].isalnum()
    return space + 1 if begins_inside and space >= 0 else start


def _pattern(words: Sequence[str]) -> "regex.Pattern[str]":
    longest_first = sorted(words, key=len, reverse=True)
    return regex.compile("(" + "|".join(map(regex.escape, longest_first)) + ")", regex.IGNORECASE)
