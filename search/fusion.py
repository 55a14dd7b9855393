"""One ranking out of two: words and vectors."""

from collections.abc import Mapping, Sequence

from search.types import Candidate, Hit

_Key = tuple[str, str]
Found = Sequence[tuple[str, Candidate]]
"""Pairs of an index id and what that index answered, in any order."""


def _by_best(scores: Mapping[_Key, float]) -> dict[_Key, float]:
    """Divided by the best: a BM25 score of 0 has a meaning, no word in common, and stays 0."""
    high = max(scores.values(), default=0.0)
    return {key: score / high if high > 0 else 0.0 for key, score in scores.items()}


def _by_range(scores: Mapping[_Key, float]) -> dict[_Key, float]:
    """Min-max, since a model's cosines have no natural zero; a lone candidate becomes 1."""
    low, high = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    if high - low < 1e-9:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}


def fuse(lexical: Found, dense: Found, dense_weight: float, k: int, *, noise: float = -1.0) -> list[Hit]:
    """The ``k`` best by ``(1 - dense_weight) × BM25 + dense_weight × cosine``, each scaled to at most 1.

    A side that did not return a passage counts 0 for it. One that only the vectors returned, with a
    cosine below ``noise``, is left out: everything is near something in a small collection. Equal
    scores are ordered by id, so the same input always gives the same ranking.
    """
    words = {(index_id, found.chunk_id): found.score for index_id, found in lexical}
    vectors = {(index_id, found.chunk_id): found.score for index_id, found in dense}
    meant = [(index_id, found) for index_id, found in dense if found.score >= noise]
    documents = {(index_id, found.chunk_id): found.document_id for index_id, found in (*lexical, *meant)}
    scaled_words, scaled_vectors = _by_best(words), _by_range(vectors)
    scores = {
        key: round(
            (1 - dense_weight) * scaled_words.get(key, 0.0) + dense_weight * scaled_vectors.get(key, 0.0), 9
        )
        for key in documents
    }
    best = sorted(documents, key=lambda key: (-scores[key], key[1], key[0]))[: max(k, 0)]
    return [
        Hit(
            chunk_id=key[1],
            document_id=documents[key],
            index_id=key[0],
            score=scores[key],
            lexical=words.get(key),
            dense=vectors.get(key),
        )
        for key in best
    ]
