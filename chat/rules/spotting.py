"""Finds words and patterns in a text, also in one that is still being written.

Words are found whatever their case, width and script (Traditional or Simplified), whole where they are
written with spaces between, and through marks of Markdown, citation marks and characters that show nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from chat.rules.patterns import Timed
from chat.rules.wordlists import WordList
from search.folding import fold

Span = tuple[int, int]

_CITATION = regex.compile(r"\[\d{1,3}\]")
# A citation mark that may still come to its end.
_OPEN_CITATION = regex.compile(r"\[\d{0,3}\Z")
_SHOWS_NOTHING = regex.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff*_~`]+|\[\d{1,3}\]")
_FIRST_DENSE = 0x2E80


@dataclass(frozen=True, slots=True)
class _View:
    """The folded text that words are looked for in, and where each of its characters stands."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Words:
    """``by_first`` holds the words by their first character, the longest first; ``begun`` what a text may end
    with in the middle of a word."""

    by_first: dict[str, tuple[str, ...]]
    begun: frozenset[str]
    longest: int


@lru_cache(maxsize=64)
def _arranged(words: tuple[str, ...]) -> _Words:
    by_first: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words, key=len, reverse=True):
        by_first[word[0]].append(word)
    begun = frozenset(word[:length] for word in words for length in range(1, len(word)))
    return _Words(
        {first: tuple(own) for first, own in by_first.items()}, begun, max(map(len, words), default=0)
    )


class Spotter:
    """For one answer: its patterns have a time that they may take together."""

    def __init__(self, listed: WordList) -> None:
        self._words = _arranged(listed.words)
        self._patterns = [Timed(pattern) for pattern in listed.patterns]

    def spans(self, text: str) -> list[Span]:
        """Where something of the list stands in a whole text. Raises ``TooSlow``."""
        return self.look(text, 0, final=True)[0]

    def look(self, text: str, begin: int, *, final: bool) -> tuple[list[Span], int]:
        """What is found from ``begin`` on, and from where on ``text`` must wait for what follows.

        Nothing found reaches into what waits. Raises ``TooSlow``.
        """
        found, wait = self._look_for_words(text, begin, final=final)
        for pattern in self._patterns:
            more, waits = _look_for(pattern, text, begin, final=final)
            found += more
            wait = min(wait, waits)
        merged = _merged(found)
        # What is found but reaches behind the place is found again when more has come.
        for start, end in merged:
            if start < wait < end:
                wait = start
        return [span for span in merged if span[1] <= wait], wait

    def _look_for_words(self, text: str, begin: int, *, final: bool) -> tuple[list[Span], int]:
        wait = len(text)
        if not self._words.longest:
            return [], wait
        open_citation = None if final else _OPEN_CITATION.search(text, begin)
        if open_citation is not None:
            wait = open_citation.start()
        view = _view(text[:wait])
        found: list[Span] = []
        at = next((place for place, start in enumerate(view.starts) if start >= begin), len(view.text))
        while at < len(view.text):
            if not final and self._may_begin(view, at):
                return found, view.starts[at]
            word = self._word_at(view, at)
            if word:
                found.append((view.starts[at], view.ends[at + len(word) - 1]))
            at += len(word) or 1
        return found, wait

    def _word_at(self, view: _View, at: int) -> str:
        for word in self._words.by_first.get(view.text[at], ()):
            if view.text.startswith(word, at) and _is_free(view.text, at, at + len(word)):
                return word
        return ""

    def _may_begin(self, view: _View, at: int) -> bool:
        """Whether the rest of the view is a part of a word, or one that may go on as another."""
        rest = view.text[at:]
        if len(rest) > self._words.longest or not _is_free(view.text, at, len(view.text)):
            return False
        return rest in self._words.begun or rest in self._words.by_first.get(rest[0], ())


def _look_for(pattern: Timed, text: str, begin: int, *, final: bool) -> tuple[list[Span], int]:
    found: list[Span] = []
    at = begin
    while (match := pattern.found(text, at, partial=not final)) is not None:
        if not final and (match.partial or match.end() == len(text)):
            return found, match.start()
        if match.end() > match.start() and not _is_citation(text, match.span()):
            found.append(match.span())
        at = max(match.end(), match.start() + 1)
        if at > len(text):
            break
    return found, len(text)


def _is_citation(text: str, span: Span) -> bool:
    """Numbers of sources are not words of the answer."""
    return any(
        mark.start() <= span[0] and span[1] <= mark.end()
        for mark in _CITATION.finditer(text, max(0, span[0] - 5), min(len(text), span[1] + 5))
    )


def _is_free(text: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer word."""
    before = start > 0 and _joins(text[start]) and _joins(text[start - 1])
    after = end < len(text) and _joins(text[end - 1]) and _joins(text[end])
    return not (before or after)


def _joins(character: str) -> bool:
    return character.isalnum() and ord(character) < _FIRST_DENSE


def _view(text: str) -> _View:
    folded = fold(text)
    hidden = {at for match in _SHOWS_NOTHING.finditer(text) for at in range(*match.span())}
    shown: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for place, character in enumerate(folded.text):
        start, end = folded.original(place, place + 1)
        if start in hidden:
            continue
        if character.isspace():
            if shown and shown[-1] == " ":
                continue
            character = " "
        shown.append(character)
        starts.append(start)
        ends.append(end)
    return _View("".join(shown), starts, ends)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
