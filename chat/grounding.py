"""Ties every sentence of an answer to the passages that it cites.

First version: support is judged by the words that a sentence shares with its passages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import regex

from chat.citation_marks import Mark, canonical, take_out
from search import analysis
from search.sentences import sentences as sentence_spans

Support = Literal["supported", "partly", "unsupported", "unchecked"]

SUPPORTED_FROM = 0.6
PARTLY_FROM = 0.3
NEIGHBOUR_GAIN = 0.2
FEWEST_TERMS = 2.0

_NUMBER = regex.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of passage ``n`` behind a sentence: ``start`` and ``end`` count in the passage."""

    n: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer; ``start`` and ``end`` are offsets in the answer without its marks."""

    text: str
    start: int
    end: int
    support: Support
    quotes: tuple[Quote, ...] = ()

    @property
    def numbers(self) -> list[int]:
        return [quote.n for quote in self.quotes]


@dataclass(frozen=True, slots=True)
class Grounded:
    """``text`` has its marks as ``[n]``; ``bare`` has none; ``invented`` are numbers nobody gave."""

    text: str
    bare: str
    sentences: tuple[Sentence, ...]
    invented: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = field(default=())

    @property
    def first_quotes(self) -> dict[int, Quote]:
        """The first quote of each cited number, in the order of citation."""
        found: dict[int, Quote] = {}
        for sentence in self.sentences:
            for quote in sentence.quotes:
                found.setdefault(quote.n, quote)
        return found


def ground(answer: str, passages: Mapping[int, str]) -> Grounded:
    """``passages`` maps the numbers that were given to their texts."""
    bare, marks = take_out(answer)
    known = [mark for mark in marks if mark.n in passages]
    invented = tuple(dict.fromkeys(mark.n for mark in marks if mark.n not in passages))
    spans = sentence_spans(bare)
    cited: list[list[int]] = [[] for _ in spans]
    for mark in known:
        place = _sentence_before(mark.at, spans)
        if place is not None and mark.n not in cited[place]:
            cited[place].append(mark.n)
    judged = [
        _judged(bare[start:end], start, end, numbers, passages)
        for (start, end), numbers in zip(spans, cited, strict=True)
    ]
    return Grounded(canonical(bare, known), bare, tuple(judged), invented, tuple(known))


def _sentence_before(at: int, spans: Sequence[tuple[int, int]]) -> int | None:
    """A mark belongs to the sentence that it stands in or behind."""
    begun = [place for place, (start, _) in enumerate(spans) if start < at]
    if begun:
        return begun[-1]
    return 0 if spans else None


def _judged(text: str, start: int, end: int, numbers: list[int], passages: Mapping[int, str]) -> Sentence:
    terms = analysis.weighted_terms(text)
    quotes = tuple(best_quote(n, terms, passages[n]) for n in numbers)
    return Sentence(text, start, end, _support(text, terms, [passages[n] for n in numbers]), quotes)


def _support(text: str, terms: Mapping[str, float], cited: list[str]) -> Support:
    if sum(terms.values()) < FEWEST_TERMS:
        return "unchecked"
    if not cited:
        return "unsupported"
    together = "\n".join(cited)
    if _other_script(text, together):
        return "unchecked"
    share = _share(terms, set(analysis.tokens(together)))
    if share >= SUPPORTED_FROM and set(_NUMBER.findall(text)) <= set(_NUMBER.findall(together)):
        return "supported"
    return "partly" if share >= PARTLY_FROM else "unsupported"


def best_quote(n: int, terms: Mapping[str, float], passage: str) -> Quote:
    """The sentence of ``passage`` that holds most of ``terms``, with a neighbour that adds much."""
    spans = sentence_spans(passage) or [(0, len(passage))]
    held = [set(analysis.tokens(passage[start:end])) for start, end in spans]
    shares = [_share(terms, words) for words in held]
    best = max(range(len(spans)), key=lambda place: (shares[place], -place))
    first = last = best
    for neighbour in (best - 1, best + 1):
        if 0 <= neighbour < len(spans):
            gain = _share(terms, held[best] | held[neighbour]) - shares[best]
            if gain >= NEIGHBOUR_GAIN and first == last:
                first, last = min(best, neighbour), max(best, neighbour)
    start, end = spans[first][0], spans[last][1]
    return Quote(n, start, end, passage[start:end])


def _share(terms: Mapping[str, float], words: set[str]) -> float:
    """The part of the weight of ``terms`` that ``words`` holds, 0 to 1."""
    total = sum(terms.values())
    return sum(weight for term, weight in terms.items() if term in words) / total if total else 0.0


def _other_script(left: str, right: str) -> bool:
    return _mostly_dense(left) != _mostly_dense(right)


def _mostly_dense(text: str) -> bool:
    terms = analysis.query_terms(text)
    return sum(map(analysis.is_dense, terms)) * 2 > len(terms)
