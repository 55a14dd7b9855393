"""What to mark in a passage, and which part of it to show."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache

from search import analysis
from search.analysis import Token
from search.matching import occurrences
from search.sentences import sentences

_Span = tuple[int, int]
_JOINS = "的"


@lru_cache(maxsize=128)
def _matches(text: str, query: str, phrases: tuple[str, ...] = ()) -> tuple[Token, ...]:
    """Tokens of ``text`` that the question asks for: words, pairs, and lone characters it consists of; and
    its phrases, each like one token."""
    found = analysis.spans(text, _wanted(query))
    if phrases:
        found += [Token(phrase, *span) for phrase in phrases for span in occurrences(text, phrase)]
        found.sort(key=lambda token: (token.start, token.end))
    return tuple(found)


@lru_cache(maxsize=64)
def _wanted(query: str) -> frozenset[str]:
    """The terms of the question that are worth marking, read once for all that is marked."""
    terms = analysis.weighted_terms(query)
    return frozenset(term for term, weight in terms.items() if weight == 1.0 or not analysis.is_single(term))


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    result: list[_Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def highlights(text: str, query: str, phrases: tuple[str, ...] = ()) -> list[_Span]:
    """Character ranges of ``text`` that match ``query`` or say one of the ``phrases``, in order, apart from
    each other.

    A single Chinese character is marked only where it stands alone in the question, and what a mark begins
    with is no 的 that joins two words there.
    """
    spans = _merged((token.start, token.end) for token in _matches(text, query, phrases))
    if phrases or query.lstrip().startswith(_JOINS):
        return spans
    return [(start + (end - start > 2 and text[start] == _JOINS), end) for start, end in spans]


def snippet(text: str, query: str, length: int = 220, *, phrases: tuple[str, ...] = ()) -> _Span:
    """The range of ``text`` to show for ``query``: about ``length`` characters, whole sentences if they fit.

    It holds the part in which most of the question's different terms occur, the earliest in doubt. A
    sentence longer than ``length`` is cut between words.
    """
    if len(text) <= length:
        return 0, len(text)
    parts = sentences(text)
    if not parts:
        return 0, min(length, len(text))
    tokens = _matches(text, query, phrases)
    starts = [token.start for token in tokens]

    def terms(start: int, end: int) -> set[str]:
        return {token.term for token in tokens[bisect_left(starts, start) : bisect_right(starts, end - 1)]}

    best, best_gain = _window(text, parts, 0, length), -1.0
    for index in range(len(parts)):
        window = _window(text, parts, index, length)
        here = terms(*parts[index])
        gain = len(terms(*window)) + 0.5 * len(here)
        if gain > best_gain:
            best, best_gain = window, gain
    if best[1] - best[0] > length:
        return _cut(text, best, [token for token in tokens if best[0] <= token.start < best[1]], length)
    return best


def _window(text: str, parts: list[_Span], first: int, length: int) -> _Span:
    """Sentence ``first`` and as many of the following, or else preceding, ones as fit."""
    start, end = parts[first]
    for _following_start, following_end in parts[first + 1 :]:
        if following_end - start > length:
            break
        end = following_end
    if end == parts[-1][1]:
        for preceding_start, _preceding_end in reversed(parts[:first]):
            if end - preceding_start > length:
                break
            start = preceding_start
    return start, end


def _cut(text: str, sentence: _Span, tokens: list[Token], length: int) -> _Span:
    """``length`` characters of a long sentence, around most of its matches, cut between words."""
    start, end = sentence
    best, most = start, -1
    for token in tokens:
        begin = max(start, min(token.start - length // 6, end - length))
        held = len({t.term for t in tokens if begin <= t.start and t.end <= begin + length})
        if held > most:
            best, most = begin, held
    return _to_word(text, best, start), _to_word(text, min(best + length, end), end)


def _to_word(text: str, place: int, border: int) -> int:
    """``place`` moved back to just behind white space, unless that is far away or it is a border."""
    if place == border:
        return place
    for back in range(place, max(place - 24, 0), -1):
        if text[back - 1].isspace():
            return back
    return place
