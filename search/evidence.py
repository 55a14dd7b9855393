"""How likely the passages found can answer the question at all.

A logistic regression on a few plain features (``search.evidence_features``). One model serves questions
in words, one those in scripts without spaces; a question that mixes both gets a mixture. As far as the
embedding model knows the question's language, cosines count too. Each model's bias is set so that the
same ``THRESHOLD`` suits all. How they were learned, and on what: docs/decisions/007.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from search import analysis, evidence_terms
from search.coverage import MAX_WEIGHT, Weighs
from search.evidence_features import Passage, measure
from search.evidence_terms import Question
from search.protocols import LexicalIndex

# Refuse below this.
THRESHOLD = 0.5

# Scripts without spaces come with no measured cosines; what was learned on English counts half for them.
_BORROWED = 0.5
# The noise (``search.coverage``) of the model whose cosines were learned on; others are moved onto its scale.
_NOISE = 0.332


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
    contexts: Sequence[str] = (),
    bm25: Sequence[float | None] = (),
) -> Evidence:
    """Whether ``texts``, the best few passages found for ``query`` in ``index_ids``, can answer it.

    ``cosines`` and ``bm25`` are their scores, ``None`` where unknown, and ``contexts`` their titles and
    headings; all may be shorter than ``texts``. Where no BM25 is known, the index is asked for its best.
    Raises ``SearchError`` where the index cannot be asked.
    """
    scores = bm25 if any(score is not None for score in bm25) else [_best_bm25(query, index_ids, lexical)]
    known = any(cosine is not None for cosine in cosines)
    trust = min(max(coverage.dense_weight(query) / MAX_WEIGHT, 0.0), 1.0) if known else 0.0
    moved = _NOISE - coverage.noise() if trust > 0 else 0.0
    passages = [
        Passage(text, context or "", None if cosine is None else cosine + moved, score)
        for text, context, cosine, score in zip_longest(
            texts, contexts[: len(texts)], cosines[: len(texts)], scores[: len(texts)]
        )
    ]
    considered = consider(query, passages, index_ids, lexical)
    if considered is None:
        return Evidence(0.0, answerable=False)
    features, dense = considered
    score = 1 / (1 + math.exp(-log_odds(features, dense=dense, trust=trust)))
    return Evidence(score, score >= THRESHOLD)


def consider(
    query: str, passages: Sequence[Passage], index_ids: Sequence[str], lexical: LexicalIndex
) -> tuple[dict[str, float], float] | None:
    """The features, and the share of the question in scripts without spaces, 0 to 1. ``None`` where
    nothing is asked or there is nothing to look at."""
    question = evidence_terms.read(query)
    if not question.terms or not passages:
        return None
    frequencies, total = _frequencies([term.text for term in question.terms], index_ids, lexical)
    searched = analysis.weighted_terms(query)
    whole = sum(
        min(term.weight, searched.get(term.text, 0.0)) * _idf(total, frequencies[term.text])
        for term in question.terms
    )
    return measure(query, question, passages, frequencies, total, whole), _dense_share(question)


def log_odds(features: Mapping[str, float], *, dense: float, trust: float) -> float:
    """Above 0 where an answer is likely enough. ``dense`` is the share of the question in scripts without
    spaces, ``trust`` how far cosines count; both 0 to 1."""
    words = (1 - trust) * _linear("words", features) + trust * _linear("words_and_cosine", features)
    borrowed = trust * _BORROWED * _linear("cosine", features)
    odds = (1 - dense) * words + dense * (_linear("dense", features) + borrowed)
    return min(max(odds, -30.0), 30.0)


@lru_cache(maxsize=1)
def _models() -> Mapping[str, Mapping[str, float]]:
    raw: dict[str, dict[str, float]] = json.loads(
        (Path(__file__).parent / "evidence_model.json").read_text(encoding="utf-8")
    )
    return raw


def _linear(model: str, features: Mapping[str, float]) -> float:
    return sum(
        weight * (1.0 if name == "bias" else features[name]) for name, weight in _models()[model].items()
    )


def _dense_share(question: Question) -> float:
    whole = sum(term.weight for term in question.terms)
    return sum(term.weight for term in question.terms if analysis.is_dense(term.text)) / whole


def _idf(total: int, frequency: int) -> float:
    """As in Lucene's BM25."""
    return math.log(1 + (max(total - frequency, 0) + 0.5) / (frequency + 0.5))


def _best_bm25(query: str, index_ids: Sequence[str], lexical: LexicalIndex) -> float:
    return max(
        (found.score for index_id in index_ids for found in lexical.query(index_id, query, 1)), default=0.0
    )


def _frequencies(
    terms: Sequence[str], index_ids: Sequence[str], lexical: LexicalIndex
) -> tuple[dict[str, int], int]:
    """In how many passages of all indexes each term occurs, and how many passages there are."""
    frequency = dict.fromkeys(terms, 0)
    total = 0
    for index_id in dict.fromkeys(index_ids):
        total += lexical.count(index_id)
        for term, count in lexical.document_frequencies(index_id, terms).items():
            frequency[term] += count
    return frequency, total
