"""What a text is about in its own words: its most telling terms, and its most central passages."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chat.insights.central import topical
from chat.insights.subjects import Subject
from search import analysis, rarity, stopwords
from search.analysis import Token
from search.protocols import LexicalIndex

TERMS = 16
# Terms are counted in so many passages, spread over the text.
MOST_COUNTED = 200
_CANDIDATES = 120
_SHOWN_FROM = 100
_WORDS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a text has each term, and in about how many of its ``passages`` that are in the indexes."""

    often: Mapping[str, int]
    passages: Mapping[str, int]


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
        term: (1 + math.log(counts.often[term])) * rarity.idf(total, elsewhere[term])
        for term in likely
        if elsewhere[term] > 0
    }
    best = sorted(weights, key=lambda term: -weights[term])[:TERMS]
    return {term: weights[term] for term in best}


def central_places(texts: Sequence[str], weights: Mapping[str, float], count: int) -> list[int]:
    """The places of the passages that hold most of the telling terms, in the order of the text; the first
    one, which often says what it is about, among them."""
    step = math.ceil(len(texts) / MOST_COUNTED) or 1
    scored = []
    for place in range(0, len(texts), step):
        held = set(topical(texts[place]))
        scored.append((-sum(weight for term, weight in weights.items() if term in held), place))
    best = [place for _score, place in sorted(scored)]
    return sorted(list(dict.fromkeys([0, *best]))[:count]) if texts else []


def words_of(subject: Subject, terms: Mapping[str, float]) -> list[str]:
    """The heaviest terms as the text writes them. Terms of the index are cut short, or pairs of characters:
    pairs that touch are shown as one, and one that stands alone may be half a word and is not shown."""
    weights: dict[str, float] = {}
    shown: dict[str, str] = {}
    for passage in subject.passages[:_SHOWN_FROM]:
        for start, end, term in _joined(analysis.spans(passage.text, dict.fromkeys(terms)), terms):
            word = passage.text[start:end]
            is_dense = analysis.is_dense(word)
            bare = word.strip("".join(stopwords.CHINESE_CHARACTERS)) if is_dense else word
            if len(bare) > 1 and not (is_dense and len(word) == 2):
                key = bare if is_dense else term
                shown.setdefault(key, bare)
                weights[key] = max(weights.get(key, 0.0), terms[term])
    best = sorted(shown, key=lambda key: -weights[key])[:_WORDS_SHOWN]
    return [shown[key] for key in best]


def _joined(tokens: Sequence[Token], terms: Mapping[str, float]) -> Iterator[tuple[int, int, str]]:
    """Ranges of touching pairs, or of one word, with the heaviest term in each."""
    begin = end = -1
    heaviest = ""
    for token in tokens:
        if analysis.is_dense(token.term) and token.start < end:
            end, heaviest = token.end, max(heaviest, token.term, key=lambda term: terms[term])
            continue
        if begin >= 0:
            yield begin, end, heaviest
        begin, end, heaviest = token.start, token.end, token.term
    if begin >= 0:
        yield begin, end, heaviest
