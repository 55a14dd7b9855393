"""Which sentences of a few passages answer a question best.

A sentence is scored by BM25 over all candidate sentences (k1 and b below), plus a share of its
neighbours' scores, because an answer often stands beside the sentence that names the topic, plus a
share for how much of the question its whole passage holds and for the passage's rank. The shares were
tuned on halves of XQuAD and DRCD, see docs/decisions/004.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat.citation_marks import take_out
from llm.types import Source
from search import analysis
from search.sentences import sentences as sentence_spans

K1 = 1.5
B = 0.5
BEFORE = 0.3
AFTER = 0.2
PASSAGE = 0.6
RANK = 0.3
QUANTITY = 0.15
WEAKEST = 0.5
LONGEST_SENTENCE = 600

_HEADING = re.compile(r"#{1,6}\s")
_ROW = re.compile(r"\s*\|")
_FENCE = re.compile(r"(?m)^[ \t]*(?:`{3,}|~{3,}).*$")
_BULLET = re.compile(r"^(?:[-*+>]\s+|\d+[.)]\s+)+")
_ASKS_QUANTITY = re.compile(
    r"how (?:many|much|long|old|far|big|large|tall|often|fast)|what (?:year|date|percent)|\bwhen\b|"
    r"多少|几|幾|何时|何時|什么时候|什麼時候|哪一?年|多[大高长長久远遠]",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\d|[一二三四五六七八九十百千万萬两兩]|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|hundred|thousand|million|half|twice)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A sentence of source ``n``, word for word."""

    n: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    source: int
    n: int
    text: str
    counts: Counter[str]


def best_sentences(question: str, sources: Sequence[Source], *, limit: int) -> list[Quoted]:
    """At most ``limit`` sentences, best first; none where there is no sentence."""
    candidates = [
        _Candidate(place, source.n, text, Counter(analysis.tokens(text)))
        for place, source in enumerate(sources)
        for text in _sentences(source.text)
    ]
    terms = analysis.weighted_terms(question)
    base = _bm25(terms, [candidate.counts for candidate in candidates])
    if not candidates:
        return []
    scores = _scores(question, terms, sources, candidates, base)
    order = sorted(range(len(candidates)), key=lambda place: (-scores[place], place))
    chosen = [
        place for place in _distinct(order, candidates)[:limit] if scores[place] >= WEAKEST * scores[order[0]]
    ]
    return [Quoted(candidates[place].n, candidates[place].text, scores[place]) for place in chosen]


def _sentences(text: str) -> list[str]:
    """What may be quoted of a passage, without the marks of lists: its sentences, or where it has none
    the rows of its table, words that only lead on to a list, or its headings. Never longer than
    ``LONGEST_SENTENCE``.

    A number in brackets that stands in the text itself is left out: in an answer it would cite.
    """
    found = [_quotable(text[start:end]) for start, end in sentence_spans(text)]
    found = [sentence for sentence in found if any(map(str.isalnum, sentence))]
    rows = [sentence for sentence in found if _ROW.match(sentence)]
    headings = [sentence for sentence in found if _HEADING.match(sentence)]
    prose = [sentence for sentence in found if not _ROW.match(sentence) and not _HEADING.match(sentence)]
    whole = [sentence for sentence in prose if not sentence.endswith((":", "："))]
    return whole or rows or prose or [heading.lstrip("# ") for heading in headings]


def _quotable(sentence: str) -> str:
    bare, _marks = take_out(_FENCE.sub("", sentence).strip())
    return _BULLET.sub("", bare)[:LONGEST_SENTENCE]


def _bm25(terms: Mapping[str, float], bags: Sequence[Counter[str]]) -> list[float]:
    """Robertson and Zaragoza 2009, equation 3.15, with the weights of ``terms`` as factors."""
    if not bags:
        return []
    held = Counter(term for bag in bags for term in bag.keys() & terms.keys())
    idf = {
        term: weight * math.log(1 + (len(bags) - held[term] + 0.5) / (held[term] + 0.5))
        for term, weight in terms.items()
    }
    mean = sum(map(Counter.total, bags)) / len(bags) or 1.0
    return [_bm25_of(bag, idf, K1 * (1 - B + B * bag.total() / mean)) for bag in bags]


def _bm25_of(bag: Counter[str], idf: Mapping[str, float], k: float) -> float:
    shared = bag.keys() & idf.keys()
    return sum(idf[term] * bag[term] * (K1 + 1) / (bag[term] + k) for term in shared)


def _scores(
    question: str,
    terms: Mapping[str, float],
    sources: Sequence[Source],
    candidates: Sequence[_Candidate],
    base: Sequence[float],
) -> list[float]:
    top = max(base) or 1.0
    fits = _passage_fit(terms, sources)
    wants_quantity = _ASKS_QUANTITY.search(question) is not None
    scores = []
    for place, candidate in enumerate(candidates):
        score = base[place] + BEFORE * _neighbour(candidates, base, place, -1)
        score += AFTER * _neighbour(candidates, base, place, 1)
        score += top * (PASSAGE * fits[candidate.source] ** 2 + RANK / (1 + candidate.source))
        if wants_quantity and _QUANTITY.search(candidate.text):
            score += QUANTITY * top
        scores.append(score)
    return scores


def _neighbour(candidates: Sequence[_Candidate], base: Sequence[float], place: int, step: int) -> float:
    other = place + step
    if not 0 <= other < len(candidates) or candidates[other].source != candidates[place].source:
        return 0.0
    return base[other]


def _passage_fit(terms: Mapping[str, float], sources: Sequence[Source]) -> list[float]:
    """How much of the question each passage holds, 1 for the best one."""
    held = [set(analysis.tokens(source.text)) for source in sources]
    raw = [sum(weight for term, weight in terms.items() if term in words) for words in held]
    best = max(raw) or 1.0
    return [value / best for value in raw]


def _distinct(order: Sequence[int], candidates: Sequence[_Candidate]) -> list[int]:
    """Overlapping passages hold the same sentence twice: the better placed one stays."""
    seen: set[str] = set()
    kept = []
    for place in order:
        key = "".join(candidates[place].text.split()).lower()
        if key not in seen:
            seen.add(key)
            kept.append(place)
    return kept
