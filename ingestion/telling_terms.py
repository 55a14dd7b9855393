"""The terms that say what a text is about: those that it has often and other passages seldom."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search import analysis, bm25, rarity, stopwords
from search.protocols import LexicalIndex

TERMS = 16
# Terms are counted in so many passages, spread over the text.
MOST_COUNTED = 200
_CANDIDATES = 120


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a text has each term, and in about how many of its ``passages`` that are in the indexes."""

    often: Mapping[str, int]
    passages: Mapping[str, int]


def topical(text: str) -> list[str]:
    """The terms that carry a subject: no stop words, no single characters of scripts that are written in
    pairs here, no bare numbers."""
    return [
        term
        for term in analysis.tokens(text)
        if term not in stopwords.ENGLISH
        and term not in stopwords.CHINESE_PAIRS
        and not analysis.is_single(term)
        and not term.isdigit()
    ]


def counted(texts: Sequence[str], *, is_indexed: bool) -> Counts:
    step = math.ceil(len(texts) / MOST_COUNTED) or 1
    bags = [Counter(topical(text)) for text in texts[::step]]
    often: Counter[str] = Counter()
    for bag in bags:
        often.update(bag)
    passages = Counter(term for bag in bags for term in bag) if is_indexed else Counter()
    return Counts(often, {term: count * step for term, count in passages.items()})


def telling_terms(counts: Counts, index_ids: Sequence[str], lexical: LexicalIndex) -> dict[str, float]:
    """The terms that stand for the text best among all that is in the indexes, with their weights: how often
    it has them, and how rare they are elsewhere. What stands nowhere else finds nothing, and is none of them.
    Raises ``SearchError``."""
    likely = [term for term, _count in Counter(counts.often).most_common(_CANDIDATES)]
    frequency, total = rarity.frequencies(likely, index_ids, lexical)
    elsewhere = {term: frequency[term] - counts.passages.get(term, 0) for term in likely}
    weights = {
        term: (1 + math.log(counts.often[term])) * bm25.idf(total, elsewhere[term])
        for term in likely
        if elsewhere[term] > 0
    }
    best = sorted(weights, key=lambda term: -weights[term])[:TERMS]
    return {term: weights[term] for term in best}
