"""One ranking out of words and vectors, the vectors of one or several models (docs/decisions/002, 013)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from search.types import Candidate, Hit

_Key = tuple[str, str]
# Added to a standard cosine before it is divided by the best: noise still counts a part, so that a little
# nearer does not seem much nearer where everything is far.
_GRACE = 4 / 3
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


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one model's vectors ``found`` in ``indexes``. It counts ``weight``, 0 to 1, beside what words
    say there. Cosines below ``noise`` say nothing; ``scaled`` puts them on a scale that all models share
    and keeps their order, ``standard`` in equal steps (both ``search.coverage``). ``trust``, 0 to 1, is how
    well the model knows the question's language."""

    indexes: Collection[str]
    found: Found
    weight: float
    noise: float = -1.0
    scaled: Callable[[float], float] | None = None
    trust: float = 1.0
    standard: Callable[[float], float] | None = None


def merge(lexical: Found, opinions: Sequence[Opinion], k: int) -> list[Hit]:
    """The ``k`` best by ``(1 - weight) × BM25 + weight × cosine``, each scaled to at most 1.

    The weight is that of the model whose vectors the passage's index holds, and 0 where none was asked:
    there words count fully. A side that did not return a passage counts 0 for it. One that only the vectors
    returned, with a cosine below their noise, is left out: everything is near something in a small
    collection. Equal scores are ordered by id, so the same input always gives the same ranking.
    """
    weights = {index_id: opinion.weight for opinion in opinions for index_id in opinion.indexes}
    words = {(index_id, found.chunk_id): found.score for index_id, found in lexical}
    wanted = dict.fromkeys(words)
    cosines: dict[_Key, float] = {}
    compared: dict[_Key, float] = {}
    for opinion in opinions:
        several = opinion.scaled if len(opinions) > 1 else None
        for index_id, found in opinion.found:
            key = index_id, found.chunk_id
            cosines[key] = found.score
            compared[key] = several(found.score) if several else found.score
            if found.score >= opinion.noise:
                wanted[key] = None
    scaled_words, scaled_vectors = _by_best(words), _by_range(compared)

    def score(key: _Key) -> float:
        weight = weights.get(key[0], 0.0)
        return round((1 - weight) * scaled_words.get(key, 0.0) + weight * scaled_vectors.get(key, 0.0), 9)

    scores = {key: score(key) for key in wanted}
    best = sorted(scores, key=lambda key: (-scores[key], key[1], key[0]))[: max(k, 0)]
    meanings = _meanings(best, opinions, cosines, scaled_words)
    return [
        Hit(
            chunk_id=key[1],
            index_id=key[0],
            score=scores[key],
            lexical=words.get(key),
            dense=cosines.get(key),
            words=scaled_words.get(key, 0.0),
            meaning=meanings[key],
        )
        for key in best
    ]


def _meanings(
    keys: Sequence[_Key],
    opinions: Sequence[Opinion],
    cosines: Mapping[_Key, float],
    words: Mapping[_Key, float],
) -> dict[_Key, float]:
    """How near each is, as a share of the nearest. What a model did not return is as far as the farthest that
    it did. As far as none knows the question's language, words take the place."""
    by_index = {index_id: opinion for opinion in opinions for index_id in opinion.indexes if opinion.found}
    told = [opinion for opinion in opinions if opinion.found]
    farthest = {id(opinion): min(found.score for _index, found in opinion.found) for opinion in told}
    nearest = max(
        (_graced(opinion, max(found.score for _index, found in opinion.found)) for opinion in told),
        default=1.0,
    )
    result: dict[_Key, float] = {}
    for key in keys:
        opinion = by_index.get(key[0])
        result[key] = words.get(key, 0.0)
        if opinion is not None and nearest > 0:
            near = max(0.0, _graced(opinion, cosines.get(key, farthest[id(opinion)])) / nearest)
            result[key] += opinion.trust * (near - result[key])
    return result


def _graced(opinion: Opinion, cosine: float) -> float:
    return (opinion.standard(cosine) if opinion.standard else cosine) + _GRACE
