"""The order of the best few passages, once their text is at hand.

Fusion (``search.fusion``) finds them by BM25 and cosines alone. How much of the question stands in one place,
and whether its words stand side by side there, tells the right passage from its neighbours. Seven numbers are
read here, each 0 to 1; ``search.ordering_weights`` adds them up (docs/decisions/021).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from search import analysis, ordering_weights, word_parts
from search.bm25 import idf, saturation
from search.protocols import LexicalIndex
from search.rarity import frequencies
from search.types import Hit, Signals

# How many passages are looked at.
LOOKED_AT = 30
_OF_EACH = 10
# How wide a place is, in words, and in characters of scripts without spaces.
_PLACE_WORDS, _PLACE_CHARACTERS = 34, 80
_REMEMBERED = 4096


class Seen(NamedTuple):
    """A passage with its ``meaning`` as in ``search.types.Hit``, and its ``words`` where more was looked for
    than the question's own, so that they cannot be counted in the text."""

    text: str
    context: str
    meaning: float
    words: float = 0.0


def arranged(hits: Sequence[Hit]) -> list[Hit]:
    """The ``LOOKED_AT`` hits to look at come first: the best ``_OF_EACH`` by words and by meaning, and of the
    others the best by fusion. All stay in the order of their scores within and behind them."""
    by_words = sorted((hit for hit in hits if hit.lexical is not None), key=lambda hit: -hit.words)
    by_meaning = sorted((hit for hit in hits if hit.dense is not None), key=lambda hit: -hit.meaning)
    sure = {id(hit) for hit in (*by_words[:_OF_EACH], *by_meaning[:_OF_EACH])}
    others = [hit for hit in hits if id(hit) not in sure]
    first = sorted(
        [hit for hit in hits if id(hit) in sure] + others[: max(0, LOOKED_AT - len(sure))],
        key=lambda hit: -hit.score,
    )
    return first + others[max(0, LOOKED_AT - len(sure)) :]


def signals(
    query: str, passages: Sequence[Seen], index_ids: Sequence[str], lexical: LexicalIndex
) -> list[Signals]:
    """Of each passage, for ``query``, whose words are as rare as they are in ``index_ids``.

    Raises ``SearchError`` where the index cannot be asked.
    """
    if not passages:
        return []
    question = _Question.read(query, index_ids, lexical)
    measured = [question.measure(passage) for passage in passages]
    most = max(one.signals.covered for one in measured)
    parts = question.parts(passages, measured)
    return [
        one.signals._replace(alone=one.signals.meaning * (1 - most), parts=max(part, passage.words))
        for passage, one, part in zip(passages, measured, parts, strict=True)
    ]


def units(text: str) -> tuple[str, ...]:
    """The words and single characters of ``text`` in order; nothing stands side by side across ""."""
    return _units(text) if text else ()


@lru_cache(maxsize=_REMEMBERED)
def _units(text: str) -> tuple[str, ...]:
    return analysis.units(text)


class _Measured(NamedTuple):
    """What can be said of a passage without the others. ``length`` is in units."""

    signals: Signals
    counts: Mapping[str, int]
    length: int


@dataclass(frozen=True, slots=True)
class _Question:
    """``weights`` of its terms by rarity, ``pairs`` and ``triples`` of neighbours in it with theirs."""

    text: str
    spaced: float
    weights: Mapping[str, float]
    pairs: Mapping[tuple[str, str], float]
    triples: frozenset[tuple[str, str, str]]
    wanted: frozenset[str]
    width: int

    @classmethod
    def read(cls, query: str, index_ids: Sequence[str], lexical: LexicalIndex) -> "_Question":
        terms = analysis.weighted_terms(query)
        frequency, total = frequencies(list(terms), index_ids, lexical)
        rarity = {term: idf(total, count) for term, count in frequency.items()}
        content = [unit for unit in analysis.units(query) if unit in terms]
        pairs = {
            (one, other): 1.0 if analysis.is_dense(one) else min(rarity[one], rarity[other])
            for one, other in pairwise(content)
            if one != other
        }
        triples = frozenset(zip(content, content[1:], content[2:], strict=False))
        singles = {character for term in terms for character in (term if analysis.is_dense(term) else [term])}
        is_dense = any(map(analysis.is_dense, terms))
        return cls(
            query,
            ordering_weights.spaced(query),
            {term: weight * rarity[term] for term, weight in terms.items()},
            pairs,
            triples,
            frozenset(singles),
            _PLACE_CHARACTERS if is_dense else _PLACE_WORDS,
        )

    def parts(self, passages: Sequence[Seen], measured: Sequence["_Measured"]) -> list[float]:
        """BM25 of each among these, as a share of the best: over parts of words, and over characters and
        pairs as far as the question has no words between spaces."""
        if not self.spaced:
            return self._frequencies(measured)
        parts: list[float] = word_parts.held(
            self.text, [f"{passage.context} {passage.text}" for passage in passages]
        ).tolist()
        if self.spaced == 1:
            return parts
        others = self._frequencies(measured)
        return [other + self.spaced * (part - other) for part, other in zip(parts, others, strict=True)]

    def _frequencies(self, measured: Sequence["_Measured"]) -> list[float]:
        length = sum(one.length for one in measured) / len(measured)
        sums = [
            sum(
                self.weights[term] * saturation(count, one.length / length, k1=word_parts.K1, b=word_parts.B)
                for term, count in one.counts.items()
            )
            for one in measured
        ]
        highest = max(sums) or 1.0
        return [each / highest for each in sums]

    def measure(self, passage: Seen) -> "_Measured":
        places: dict[str, list[int]] = {}
        held: list[tuple[int, str]] = []
        before, at_before = "", -2
        wanted, weights = self.wanted, self.weights
        context, text = units(passage.context), units(passage.text)
        asked_for = [(at, unit) for at, unit in enumerate(context) if unit in wanted]
        asked_for += [(at, unit) for at, unit in enumerate(text, len(context) + 1) if unit in wanted]
        for at, unit in asked_for:
            places.setdefault(unit, []).append(at)
            if unit in weights:
                held.append((at, unit))
            if at_before == at - 1 and before + unit in weights:
                held.append((at_before, before + unit))
            before, at_before = unit, at
        whole = sum(weights.values()) or 1.0
        counts = Counter(term for _at, term in held)
        signals = Signals(
            meaning=passage.meaning,
            alone=0.0,
            covered=sum(map(weights.__getitem__, counts)) / whole,
            place=_best_place(held, weights, self.width) / whole,
            pairs=self._share_of_pairs(places),
            triples=self._share_of_triples(places),
            parts=0.0,
        )
        return _Measured(signals, counts, max(1, len(context) + len(text)))

    def _share_of_pairs(self, places: Mapping[str, Sequence[int]]) -> float:
        together = sum(weight for pair, weight in self.pairs.items() if _in_a_row(pair, places))
        return together / (sum(self.pairs.values()) or 1.0)

    def _share_of_triples(self, places: Mapping[str, Sequence[int]]) -> float:
        return sum(_in_a_row(triple, places) for triple in self.triples) / (len(self.triples) or 1)


def _in_a_row(terms: Sequence[str], places: Mapping[str, Sequence[int]]) -> bool:
    """Whether the terms stand side by side somewhere, in this order."""
    ends: set[int] | None = None
    for term in terms:
        here = places.get(term)
        if not here:
            return False
        ends = set(here) if ends is None else {at + 1 for at in ends}.intersection(here)
    return bool(ends)


def _best_place(held: Sequence[tuple[int, str]], weights: Mapping[str, float], width: int) -> float:
    """The largest weight of different terms within ``width`` units."""
    best = current = 0.0
    counts: dict[str, int] = {}
    first = 0
    for at, term in held:
        count = counts.get(term, 0)
        if not count:
            current += weights[term]
        counts[term] = count + 1
        while at - held[first][0] > width:
            gone = held[first][1]
            counts[gone] -= 1
            if not counts[gone]:
                current -= weights[gone]
            first += 1
        best = max(best, current)
    return best
