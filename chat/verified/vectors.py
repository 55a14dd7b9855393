"""Vectors of questions, by the site's default embedding model; those of wordings are kept with them.

Both sides are read as passages: across languages, that knows three times as many translations as reading them
as questions (docs/decisions/029).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.core.exceptions import ImproperlyConfigured

from chat.verified.models import VerifiedQuestion
from search import registry
from search.errors import ModelUnavailable
from search.protocols import Vectors

log = logging.getLogger(__name__)
_AT_ONCE = 64
_MOST_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Embedded:
    vector: Vectors
    fingerprint: str


def of_question(text: str, least_trust: float) -> Embedded | None:
    """``None`` where the model cannot be used, or knows the language of ``text`` less than that."""
    try:
        model = registry.embedder()
        if registry.coverage(model).trust(text) < least_trust:
            return None
        return Embedded(model.embed([text])[0], model.fingerprint)
    except (ModelUnavailable, ImproperlyConfigured) as error:
        log.warning("a question was held against verified ones by its words alone: %s", error)
        return None


@dataclass(frozen=True, slots=True)
class Matrix:
    """A row for each wording, of zeros where there is no vector of it; ``rows`` is ``None`` without a model.
    ``is_whole``: none is left to be embedded."""

    rows: Vectors | None = None
    fingerprint: str = ""
    is_whole: bool = True


def of_wordings(wordings: Sequence[VerifiedQuestion], least_trust: float) -> Matrix:
    """What was not embedded yet, or by another model, is embedded and kept, so many at a time that the
    question which waits for it does not wait long. A language that the model knows too little has none."""
    try:
        model = registry.embedder()
        coverage = registry.coverage(model)
        known = [row for row in wordings if coverage.trust(row.text) >= least_trust]
        missing = [row for row in known if row.fingerprint != model.fingerprint]
        for at in range(0, min(len(missing), _MOST_AT_ONCE), _AT_ONCE):
            part = missing[at : at + _AT_ONCE]
            for row, vector in zip(part, model.embed([row.text for row in part]), strict=True):
                row.vector, row.fingerprint = vector.astype(np.float32).tobytes(), model.fingerprint
            VerifiedQuestion.objects.bulk_update(part, ["vector", "fingerprint"])
    except (ModelUnavailable, ImproperlyConfigured) as error:
        log.warning("verified questions are compared by their words alone: %s", error)
        return Matrix()
    matrix = np.zeros((len(wordings), model.dimension), dtype=np.float32)
    embedded = {row.pk for row in known if row.fingerprint == model.fingerprint}
    for place, row in enumerate(wordings):
        if row.pk in embedded:
            matrix[place] = np.frombuffer(bytes(row.vector), dtype=np.float32)
    return Matrix(matrix, model.fingerprint, len(missing) <= _MOST_AT_ONCE)
