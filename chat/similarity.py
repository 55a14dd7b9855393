"""The meaning of two sentences compared by the embedding model that also searches."""

import logging
import threading
from collections.abc import Sequence

import numpy as np

from search import registry
from search.errors import ModelUnavailable

log = logging.getLogger(__name__)

_comparing = threading.BoundedSemaphore(2)


def by_embedding(pairs: Sequence[tuple[str, str]]) -> list[float | None]:
    """Cosine of each pair of sentences; ``None`` where the model does not fully know the language of both.

    All ``None`` where the model cannot be loaded. Runs the model, for two callers at a time: not to be
    called inside a transaction.
    """
    try:
        with _comparing:
            return _cosines(pairs)
    except ModelUnavailable as error:
        log.warning("sentences were not compared by meaning: %s", error)
        return [None] * len(pairs)


def _cosines(pairs: Sequence[tuple[str, str]]) -> list[float | None]:
    coverage = registry.coverage()
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    known = [text for text in texts if coverage.trust(text) >= 1.0]
    places = {text: place for place, text in enumerate(known)}
    vectors = registry.embedder().embed(known) if known else np.zeros((0, 1), dtype=np.float32)
    return [
        float(vectors[places[one]] @ vectors[places[other]]) if one in places and other in places else None
        for one, other in pairs
    ]
