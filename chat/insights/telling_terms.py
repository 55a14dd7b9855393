"""What a text is about in its own words: its most central passages, and its telling terms as words."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from chat.insights.subjects import Subject
from ingestion.telling_terms import MOST_COUNTED, topical
from search import analysis, stopwords
from search.analysis import Token

_SHOWN_FROM = 100
_WORDS_SHOWN = 8


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
    pairs that touch are shown as one, and one that stands alone may be half a word and is not shown. Pairs
    that come back are words, and where there are some the others, which run across words, are left out."""
    texts = [passage.text for passage in subject.passages[:_SHOWN_FROM]]
    kept, come_back = _words_among(texts, terms)
    weights: dict[str, float] = {}
    shown: dict[str, str] = {}
    for text in texts:
        for start, end, term in _joined(analysis.spans(text, dict.fromkeys(kept)), kept):
            word = text[start:end]
            is_dense = analysis.is_dense(word)
            bare = word.strip("".join(stopwords.CHINESE_CHARACTERS)) if is_dense else word
            if len(bare) > 1 and (come_back or not (is_dense and len(word) == 2)):
                key = bare if is_dense else term
                shown.setdefault(key, bare)
                weights[key] = max(weights.get(key, 0.0), kept[term])
    best = sorted(shown, key=lambda key: -weights[key])[:_WORDS_SHOWN]
    return [shown[key] for key in best]


def _words_among(texts: Sequence[str], terms: Mapping[str, float]) -> tuple[Mapping[str, float], bool]:
    """The terms without pairs of characters that come once, where others come back."""
    counts = Counter(token.term for text in texts for token in analysis.spans(text, dict.fromkeys(terms)))
    once = {term for term in terms if analysis.is_dense(term) and counts[term] < 2}
    come_back = any(analysis.is_dense(term) and term not in once for term in terms)
    return ({term: terms[term] for term in terms if term not in once} if come_back else terms), come_back


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
