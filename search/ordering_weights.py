"""What each signal of ``search.ordering`` counts: one set of weights for words between spaces, and one for
scripts without. Both stand in ``ordering_weights.json``, were fitted by ``python -m bench.ordering`` and are
explained in docs/decisions/021.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from search import analysis
from search.types import Signals

NAMES = Signals._fields
FILE = Path(__file__).with_suffix(".json")
SPACED, DENSE = "with spaces", "without spaces"
_OF_MEANING = ("meaning", "alone")


def score(found: Signals, spaced: float, meaning: float | None = None) -> float:
    """0 to 1: the weighted mean, for a question that is ``spaced``. ``meaning`` is what that counts beside
    the words, 0 to 1, where that was set."""
    known = weights(spaced) if meaning is None else weights_with(meaning, spaced)
    total = sum(weight * value for weight, value in zip(known.values(), found, strict=True))
    return total / sum(known.values())


def spaced(query: str) -> float:
    """The share of its terms that are words between spaces, each as much as it counts; 1 without any."""
    terms = analysis.weighted_terms(query)
    whole = sum(terms.values()) or 1.0
    return 1 - sum(weight for term, weight in terms.items() if analysis.is_dense(term)) / whole


@lru_cache(maxsize=256)
def weights(spaced: float) -> Mapping[str, float]:
    """By the signals' names, in their order, for a question that is ``spaced``."""
    of_words, of_characters = _learned()[SPACED], _learned()[DENSE]
    return {name: of_characters[name] + spaced * (of_words[name] - of_characters[name]) for name in NAMES}


@lru_cache(maxsize=256)
def weights_with(meaning: float, spaced: float) -> Mapping[str, float]:
    """The same, scaled so that ``meaning`` counts that much beside all that words say. ``alone``, which
    stands for words where they say nothing, counts as far as both do."""
    learned = weights(spaced)
    of_words = sum(weight for name, weight in learned.items() if name not in _OF_MEANING)
    share = learned["meaning"] / (learned["meaning"] + of_words)
    factor, other = meaning / share, (1 - meaning) / (1 - share)
    scaled = {name: weight * other for name, weight in learned.items()}
    return scaled | {"meaning": learned["meaning"] * factor, "alone": learned["alone"] * factor * other}


@lru_cache(maxsize=1)
def _learned() -> Mapping[str, Mapping[str, float]]:
    raw: dict[str, dict[str, float]] = json.loads(FILE.read_text(encoding="utf-8"))
    return raw


def forget() -> None:
    """Reads the file anew."""
    for known in (_learned, weights, weights_with):
        known.cache_clear()
