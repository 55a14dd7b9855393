"""How likely the passages found can answer the question at all.

A logistic regression on a few plain features (``search.evidence_features``). One set of coefficients serves
questions in words, one those in scripts without spaces; a question that mixes both gets a mixture. As far
as the embedding model knows the question's language, cosines count too. Words say nothing about a passage
in another script, so there cosines may decide alone. Each bias is set so that the same ``THRESHOLD`` suits
all. How they were learned, and on what: docs/decisions/007.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

from search import analysis, bm25, evidence_terms, rarity
from search.evidence_features import Passage, measure
from search.evidence_terms import Question
from search.protocols import LexicalIndex

# Refuse below this.
THRESHOLD = 0.5

# Where nothing was learned on cosines in scripts without spaces, what was learned on English counts half.
_BORROWED = 0.5
# From here on a model is believed where it alone can tell: question and passage in different scripts.
_BELIEVED = 0.5
# How much nearer a passage in another script must be than those in the question's own.
_NEARER = 0.05
# Characters that show a passage's script.
_SCRIPT_CHARS = 200


class Trusts(Protocol):
    """Says how far vectors can be trusted for a question, 0 to 1, and which cosine is still noise."""

    def trust(self, query: str) -> float: ...

    def noise(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Cosines:
    """What was learned together with the cosines of one embedding model, whose noise (``search.coverage``)
    is ``noise``. Coefficients by feature: ``words`` and ``dense`` with everything, ``cosine`` for what
    cosines add where there is no ``dense``, ``across`` for a passage in another script."""

    noise: float
    words: Mapping[str, float]
    dense: Mapping[str, float] | None = None
    cosine: Mapping[str, float] | None = None
    across: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """``words`` and ``dense`` by words alone; ``cosines`` by fingerprint, with ``other`` for any other."""

    words: Mapping[str, float]
    dense: Mapping[str, float]
    cosines: Mapping[str, Cosines]

    def of(self, fingerprint: str) -> Cosines:
        return self.cosines.get(fingerprint, self.cosines["other"])


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
    coverage: Trusts,
    embedding: str = "",
    contexts: Sequence[str] = (),
    bm25: Sequence[float | None] = (),
) -> Evidence:
    """Whether ``texts``, the best few passages found for ``query`` in ``index_ids``, can answer it.

    ``cosines`` and ``bm25`` are their scores, ``None`` where unknown, and ``contexts`` their titles and
    headings; all may be shorter than ``texts``. ``embedding`` is the fingerprint of the model whose cosines
    they are. Where no BM25 is known, the index is asked for its best.
    Raises ``SearchError`` where the index cannot be asked.
    """
    scores = bm25 if any(score is not None for score in bm25) else [_best_bm25(query, index_ids, lexical)]
    known = any(cosine is not None for cosine in cosines)
    trust = min(max(coverage.trust(query), 0.0), 1.0) if known else 0.0
    # Cosines of a model that nothing was learned on are moved onto the scale of one that was.
    moved = learned().of(embedding).noise - coverage.noise() if trust > 0 else 0.0
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
    across = trust >= _BELIEVED and in_another_script(dense, passages)
    odds = log_odds(features, dense=dense, trust=trust, across=across, embedding=embedding)
    score = 1 / (1 + math.exp(-odds))
    return Evidence(score, score >= THRESHOLD)


def consider(
    query: str, passages: Sequence[Passage], index_ids: Sequence[str], lexical: LexicalIndex
) -> tuple[dict[str, float], float] | None:
    """The features, and the share of the question in scripts without spaces, 0 to 1. ``None`` where
    nothing is asked or there is nothing to look at."""
    question = evidence_terms.read(query)
    if not question.terms or not passages:
        return None
    frequencies, total = rarity.frequencies([term.text for term in question.terms], index_ids, lexical)
    searched = analysis.weighted_terms(query)
    whole = sum(
        min(term.weight, searched.get(term.text, 0.0)) * bm25.idf(total, frequencies[term.text])
        for term in question.terms
    )
    return measure(query, question, passages, frequencies, total, whole), _dense_share(question)


def in_another_script(dense: float, passages: Sequence[Passage]) -> bool:
    """Whether the nearest passages by cosine are written in words and the question without spaces, or the
    other way round. ``dense`` is the share of the question in scripts without spaces."""
    own, other = -1.0, -1.0
    for passage in passages:
        if passage.cosine is not None and passage.cosine > min(own, other):
            if _mostly_dense(passage.text) == (dense > 1 / 2):
                own = max(own, passage.cosine)
            else:
                other = max(other, passage.cosine)
    return other > own + _NEARER


def _mostly_dense(text: str) -> bool:
    tokens = analysis.tokens(text[:_SCRIPT_CHARS])
    return 2 * sum(map(analysis.is_dense, tokens)) > len(tokens)


def log_odds(
    features: Mapping[str, float], *, dense: float, trust: float, across: bool = False, embedding: str = ""
) -> float:
    """Above 0 where an answer is likely enough. ``dense`` is the share of the question in scripts without
    spaces, ``trust`` how far the cosines of the model ``embedding`` count, both 0 to 1; ``across`` is
    whether the nearest passage is in another script, which cosines alone may then speak for."""
    known = learned()
    cosines = known.of(embedding)
    words = (1 - trust) * linear(known.words, features) + trust * linear(cosines.words, features)
    if cosines.dense is not None:
        pieces = (1 - trust) * linear(known.dense, features) + trust * linear(cosines.dense, features)
    else:
        pieces = linear(known.dense, features) + trust * _BORROWED * linear(cosines.cosine or {}, features)
    odds = (1 - dense) * words + dense * pieces
    if across and cosines.across is not None:
        odds = max(odds, linear(cosines.across, features))
    return min(max(odds, -30.0), 30.0)


@lru_cache(maxsize=1)
def learned() -> Learned:
    """``evidence_model.json``."""
    raw = json.loads((Path(__file__).parent / "evidence_model.json").read_text(encoding="utf-8"))
    cosines = {name: Cosines(**known) for name, known in raw["cosines"].items()}
    return Learned(raw["words"], raw["dense"], cosines)


def linear(coefficients: Mapping[str, float], features: Mapping[str, float]) -> float:
    """The sum of coefficient times feature, with 1 for ``bias``."""
    return sum(weight * (1.0 if name == "bias" else features[name]) for name, weight in coefficients.items())


def _dense_share(question: Question) -> float:
    whole = sum(term.weight for term in question.terms)
    return sum(term.weight for term in question.terms if analysis.is_dense(term.text)) / whole


def _best_bm25(query: str, index_ids: Sequence[str], lexical: LexicalIndex) -> float:
    return max(
        (found.score for index_id in index_ids for found in lexical.query(index_id, query, 1)), default=0.0
    )
