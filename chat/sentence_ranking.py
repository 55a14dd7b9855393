"""Which sentences of a few passages answer a question best.

Each sentence gets the chance of holding the answer: a softmax over a weighted sum of its features
(``chat.sentence_features``). The weights, one set for scripts with and one for scripts without spaces
between words, are fitted by ``bench.sentences`` (docs/decisions/008). Where words leave it open and the
caller can compare meanings, the likeliest sentences are compared with the question and weighed once more,
in all languages alike.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from pathlib import Path
from statistics import fmean, pstdev

from chat import sentence_features
from chat.quotable import Quotable, with_code
from chat.sentence_features import Candidate
from llm.types import Source

WEIGHTS = Path(__file__).parent / "sentence_weights.json"
# As many of the likeliest sentences have their meaning compared.
COMPARED = 8
# No comparison where words alone give the likeliest sentence a chance above this.
SURE = 0.95
COMPARISON = ("first_score", "likeness", "below_most_alike", "most_alike", "likeness_with_before", "compared")
# Enough quotes when they hold the answer with this chance; a quote with less than the second is left out.
ENOUGH = 0.995
LEAST = 0.003

# Cosines of a question with each of the texts; ``None`` where the model does not know the languages.
Likeness = Callable[[str, Sequence[str]], Sequence[float] | None]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A sentence of source ``n``, word for word, with the code below it. ``score`` is the chance that the
    sentence holds the answer."""

    n: int
    text: str
    score: float
    code: str = ""


def best_sentences(
    question: str, sources: Sequence[Source], *, limit: int, likeness: Likeness | None = None
) -> list[Quoted]:
    """At most ``limit`` sentences, best first; fewer where the first ones clearly hold the answer, none
    where there is no sentence. Raises what ``likeness`` raises."""
    quotes = quotable_in(sources)
    found = sentence_features.candidates([[one.text for one in passage] for passage in quotes])
    if not found or limit < 1:
        return []
    scores = _scores(question, found, likeness)
    order = _distinct(found, scores)
    chances = _softmax([scores[place] for place in order])
    chosen = _enough(chances, limit)
    chance = dict(zip(order, chances, strict=True))
    code = [one.code for passage in quotes for one in passage]
    result = []
    for place in _readable(order[:chosen], found):
        shown = place if code[place] else _beside_code(place, found, code)
        one = found[shown]
        result.append(Quoted(sources[one.passage].n, one.text, chance[place], code[shown]))
    return result


def quotable_in(sources: Sequence[Source]) -> list[list[Quotable]]:
    """For each source what may be quoted of it: lines of code only where no source has anything else."""
    quotes = [with_code(source.text) for source in sources]
    if all(one.in_code for passage in quotes for one in passage):
        return quotes
    return [[one for one in passage if not one.in_code] for passage in quotes]


def _beside_code(place: int, found: Sequence[Candidate], code: Sequence[str]) -> int:
    """The same sentence in an overlapping passage that holds the code below it too; else ``place``."""
    same = _key(found[place])
    return next((at for at, one in enumerate(found) if code[at] and _key(one) == same), place)


def _enough(chances: Sequence[float], limit: int) -> int:
    """How many of the likeliest to quote."""
    held = 0.0
    for count, chance in enumerate(chances[:limit]):
        if count and (held >= ENOUGH or chance < LEAST):
            return count
        held += chance
    return min(limit, len(chances))


def _scores(question: str, found: Sequence[Candidate], likeness: Likeness | None) -> list[float]:
    rows = sentence_features.table(question, found)
    kind = "dense" if sentence_features.is_dense(question) else "words"
    scores = [_dot(row, _weights()[kind]) for row in rows]
    if likeness is None or is_sure(found, scores):
        return scores
    compared = comparison(question, found, scores, likeness)
    return [_dot(row, _weights()["compared"]) for row in compared] if compared else scores


def is_sure(found: Sequence[Candidate], scores: Sequence[float]) -> bool:
    """Whether the likeliest sentence by ``scores`` needs no second look."""
    return _softmax([scores[place] for place in _distinct(found, scores)])[0] > SURE


def comparison(
    question: str, found: Sequence[Candidate], scores: Sequence[float], likeness: Likeness
) -> list[list[float]]:
    """A row of ``COMPARISON`` for each candidate; nothing where the model does not know the languages.

    Cosines are counted in standard deviations from their mean over the ``COMPARED`` best by ``scores``,
    so that models whose cosines lie elsewhere can share the weights.
    """
    best = _distinct(found, scores)[:COMPARED]
    texts = [*(found[place].text for place in best), *(_with_before(place, found) for place in best)]
    cosines = likeness(question, texts)
    if cosines is None:
        return []
    alone, together = cosines[: len(best)], cosines[len(best) :]
    mean, top = fmean(alone), max(alone)
    spread = pstdev(alone) + 1e-6
    rows = [[score, *[0.0] * (len(COMPARISON) - 1)] for score in scores]
    for place, cosine, pair in zip(best, alone, together, strict=True):
        rows[place][1:] = [
            (cosine - mean) / spread,
            (cosine - top) / spread,
            float(cosine >= top),
            (pair - mean) / spread,
            1.0,
        ]
    return rows


def _with_before(place: int, found: Sequence[Candidate]) -> str:
    one = found[place]
    return f"{found[place - 1].text} {one.text}" if one.place else one.text


def _dot(row: Sequence[float], weights: Sequence[float]) -> float:
    return math.fsum(map(mul, row, weights))


def _softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


@lru_cache(maxsize=1)
def _weights() -> Mapping[str, Sequence[float]]:
    fitted: dict[str, dict[str, float]] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    names = {
        "words": sentence_features.NAMES,
        "dense": sentence_features.NAMES,
        "compared": COMPARISON,
    }
    return {kind: [float(fitted[kind][name]) for name in names[kind]] for kind in names}


def _distinct(found: Sequence[Candidate], scores: Sequence[float]) -> list[int]:
    """Best first. Overlapping passages hold the same sentence twice: the better placed one stays."""
    places: dict[str, int] = {}
    for place in sorted(range(len(found)), key=lambda place: -scores[place]):
        places.setdefault(_key(found[place]), place)
    return list(places.values())


def _key(one: Candidate) -> str:
    return "".join(one.text.split()).lower()


def _readable(chosen: Sequence[int], found: Sequence[Candidate]) -> list[int]:
    """The best first, then what else is quoted of its passage in reading order, then the other passages."""
    ranks = list(dict.fromkeys(found[place].passage for place in chosen))
    rest = sorted(chosen[1:], key=lambda place: (ranks.index(found[place].passage), place))
    return [chosen[0], *rest]
