"""Vectors of questions, by the site's default embedding model; those of wordings are kept with them."""

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
        return Embedded(model.embed_queries([text])[0], model.fingerprint)
    except (ModelUnavailable, ImproperlyConfigured) as error:
        log.warning("a question was held against verified ones by its words alone: %s", error)
        return None


def of_wordings(rows: Sequence[VerifiedQuestion], least_trust: float) -> tuple[Vectors | None, str]:
    """A row for each, of zeros where the model knows its language too little, and the model's fingerprint;
    what was not embedded yet, or by another model, is embedded and kept. ``None`` without a model."""
    try:
        model = registry.embedder()
        coverage = registry.coverage(model)
        known = [row for row in rows if coverage.trust(row.text) >= least_trust]
        missing = [row for row in known if row.fingerprint != model.fingerprint]
        for at in range(0, len(missing), _AT_ONCE):
            part = missing[at : at + _AT_ONCE]
            for row, vector in zip(part, model.embed_queries([row.text for row in part]), strict=True):
                row.vector, row.fingerprint = vector.astype(np.float32).tobytes(), model.fingerprint
            VerifiedQuestion.objects.bulk_update(part, ["vector", "fingerprint"])
    except (ModelUnavailable, ImproperlyConfigured) as error:
        log.warning("verified questions are compared by their words alone: %s", error)
        return None, ""
    matrix = np.zeros((len(rows), model.dimension), dtype=np.float32)
    places = {row.pk for row in known}
    for place, row in enumerate(rows):
        if row.pk in places:
            matrix[place] = np.frombuffer(bytes(row.vector), dtype=np.float32)
    return matrix, model.fingerprint
