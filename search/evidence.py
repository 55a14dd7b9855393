"""How likely the passages found can answer the question at all.

The score is the share of the question's weight (inverse document frequency) that the best single
passage holds, mixed with the best cosine as far as the embedding model knows the language. It is scaled
so that ``THRESHOLD`` suits every script: Chinese questions, cut into overlapping pairs, find a smaller
share of their terms than English ones. Calibrated on the refusal sets (docs/decisions/002).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search import analysis
from search.coverage import MAX_WEIGHT, Weighs
from search.protocols import LexicalIndex

# Refuse below this.
THRESHOLD = 0.5

# Raw scores that 5 % of the answerable questions stay under: words alone, words and cosine, pairs.
_WORDS_ALONE = 0.425
_WORDS_AND_COSINE = 0.45
_PAIRS = 0.257
_COSINE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """``score`` is 0 (nothing speaks for an answer) to 1; ``answerable`` whether it reaches ``THRESHOLD``."""

    score: float
    answerable: bool


def judge(
    query: str,
    texts: Sequence[str],
    cosines: Sequence[float | None],
    *,
    index_ids: Sequence[str],
    lexical: LexicalIndex,
    coverage: Weighs,
) -> Evidence:
    """Whether ``texts``, the best few passages found for ``query`` in ``index_ids``, can answer it.

    ``cosines`` are their similarities, ``None`` where unknown. Raises ``SearchError`` where the index
    cannot be asked.
    """
    known = [cosine for cosine in cosines if cosine is not None]
    trust = coverage.dense_weight(query) / MAX_WEIGHT if known else 0.0
    weights = term_weights(query, index_ids, lexical)
    score = evidence(texts, weights, cosine=max(known, default=None), coverage=trust)
    return Evidence(score, score >= THRESHOLD)


def term_weights(query: str, index_ids: Sequence[str], lexical: LexicalIndex) -> dict[str, float]:
    """Weight of each term of ``query``: idf as in BM25 over all of ``index_ids``, less for characters."""
    terms = analysis.weighted_terms(query)
    frequency = dict.fromkeys(terms, 0)
    total = 0
    for index_id in dict.fromkeys(index_ids):
        total += lexical.count(index_id)
        for term, count in lexical.document_frequencies(index_id, list(terms)).items():
            frequency[term] += count
    return {
        term: weight * math.log(1 + max(total - frequency[term] + 0.5, 0.5) / (frequency[term] + 0.5))
        for term, weight in terms.items()
    }


def evidence(
    texts: Sequence[str], weights: Mapping[str, float], *, cosine: float | None = None, coverage: float = 0.0
) -> float:
    """0 (nothing speaks for an answer) to 1; below ``THRESHOLD`` better refuse.

    ``texts`` are the best few passages, with their titles and headings if those are to count; ``weights``
    comes from ``term_weights``; ``cosine`` is the highest similarity found and ``coverage``, 0 to 1, says
    how far it can be trusted in the question's language.
    """
    total = sum(weights.values())
    if total <= 0 or not texts:
        return 0.0
    share = max(_held(text, weights) for text in texts) / total
    pairs = sum(weight for term, weight in weights.items() if analysis.is_dense(term)) / total
    trust = min(max(coverage, 0.0), 1.0) if cosine is not None else 0.0
    mixed = (1 - _COSINE_SHARE * trust) * share + _COSINE_SHARE * trust * max(cosine or 0.0, 0.0)
    words = _WORDS_ALONE + trust * (_WORDS_AND_COSINE - _WORDS_ALONE)
    # A model that knows Chinese lifts the raw score of Chinese questions as it does that of others.
    dense = _PAIRS + trust * _COSINE_SHARE * (_WORDS_AND_COSINE - _PAIRS)
    usual = (1 - pairs) * words + pairs * dense
    return min(1.0, THRESHOLD * mixed / usual)


def _held(text: str, weights: Mapping[str, float]) -> float:
    present = set(analysis.tokens(text))
    return sum(weight for term, weight in weights.items() if term in present)
