"""The meaning of sentences compared by the embedding model that also searches."""

import logging
import threading
from collections.abc import Sequence

import numpy as np

from search import registry
from search.errors import ModelUnavailable

log = logging.getLogger(__name__)

# A model whose coverage of the question's language can be trusted to this part compares it.
TRUSTED = 0.8

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


def to_question(question: str, texts: Sequence[str]) -> list[float] | None:
    """Cosine of ``question`` with each of ``texts``, read as passages.

    ``None`` where the model does not know the question's language well or that of a text at all, or cannot
    be loaded. Runs the model as ``by_embedding`` does.
    """
    try:
        with _comparing:
            coverage = registry.coverage()
            if coverage.trust(question) < TRUSTED or not all(coverage.trust(text) > 0 for text in texts):
                return None
            embedder = registry.embedder()
            distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
            asked = embedder.embed_queries([question])[0]
            cosines = embedder.embed(list(distinct)) @ asked
    except ModelUnavailable as error:
        log.warning("quotes were not compared with the question: %s", error)
        return None
    return [float(cosines[distinct[text]]) for text in texts]


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
