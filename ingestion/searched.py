"""The indexes of a search, each with the embedding model that it was made with."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ingestion.generations import embedder_of
from ingestion.models import Collection, Generation
from search import registry
from search.coverage import Coverage
from search.errors import ModelUnavailable, SearchError
from search.protocols import Embedder
from search.retrieval import Group

log = logging.getLogger(__name__)

# Between a model's noise, 0, and its signal, 1. In XQuAD a third of the questions of one language are no
# nearer to the passage of the other that answers them.
_NEAR = 0.5


@dataclass(frozen=True, slots=True)
class Told:
    """Cosines as the model with this fingerprint and coverage would give them; ``None`` where unknown."""

    cosines: list[float | None]
    fingerprint: str
    coverage: Coverage


class Weighed(Protocol):
    """A passage with its index, its BM25 and its cosine; each ``None`` where that side did not return it."""

    @property
    def index_id(self) -> str: ...

    @property
    def lexical(self) -> float | None: ...

    @property
    def dense(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class _Model:
    embedder: Embedder
    fingerprint: str
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Searched:
    """``models`` by index id; those in ``lost`` were made with a model that is not there any more.
    ``weights`` are what meaning counts, by index id, where a collection has set it."""

    models: dict[str, _Model]
    lost: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, generations: Iterable[Generation], collections: Iterable[Collection] = ()) -> "Searched":
        """``collections`` are those that have the generations. Loads no model."""
        own = {one.pk: one.dense_weight for one in collections if one.dense_weight is not None}
        weights: dict[str, float] = {}
        models: dict[str, _Model] = {}
        lost: list[str] = []
        known: dict[str, _Model] = {}
        for generation in generations:
            if generation.collection_id in own:
                weights[generation.index_id] = own[generation.collection_id]
            if generation.embedding not in known:
                try:
                    embedder = embedder_of(generation)
                except ModelUnavailable as error:
                    log.warning("%s is searched by words only: %s", generation, error)
                    lost.append(generation.index_id)
                    continue
                coverage = registry.coverage(embedder)
                known[generation.embedding] = _Model(embedder, generation.embedding, coverage)
            models[generation.index_id] = known[generation.embedding]
        return cls(models, tuple(lost), weights)

    @property
    def index_ids(self) -> list[str]:
        return [*self.models, *self.lost]

    @property
    def groups(self) -> list[Group]:
        """One for each model and weight, and one for the indexes without a model."""
        members: dict[tuple[str, float | None], list[str]] = {}
        for index_id, model in self.models.items():
            members.setdefault((model.fingerprint, self.weights.get(index_id)), []).append(index_id)
        groups = []
        for (_fingerprint, weight), index_ids in members.items():
            model = self.models[index_ids[0]]
            groups.append(Group(tuple(index_ids), model.embedder, model.coverage, weight))
        return [*groups, Group(self.lost)] if self.lost else groups

    def on_one_scale(self, query: str, found: Sequence[tuple[str, float | None]]) -> Told:
        """The cosines of passages (pairs of index id and cosine, best passage first) on the scale of the
        one of their models that knows the question's language best; of equals, that of the best passage.
        """
        known = [self.models[index_id] for index_id, cosine in found if cosine is not None]
        known = known or list(self.models.values())
        if not known:
            return Told([None] * len(found), "", registry.coverage())
        chief = known[0]
        if any(model.fingerprint != chief.fingerprint for model in known):
            chief = max(known, key=lambda model: model.coverage.trust(query))
        cosines = [None if cosine is None else self._as(chief, index, cosine) for index, cosine in found]
        return Told(cosines, chief.fingerprint, chief.coverage)

    def is_far(self, found: Sequence[Weighed]) -> bool:
        """Whether there is something, and for none of it a word speaks, or its meaning much."""
        if not found or any(one.lexical is not None for one in found):
            return False
        told = [(self.models[one.index_id], one.dense) for one in found if one.dense is not None]
        return all(model.coverage.standard(cosine) < _NEAR for model, cosine in told)

    def _as(self, chief: _Model, index_id: str, cosine: float) -> float:
        model = self.models[index_id]
        if model.fingerprint == chief.fingerprint:
            return cosine
        return chief.coverage.cosine_at(model.coverage.scaled(cosine))


def load_missing(generations: Iterable[Generation]) -> None:
    """Loads those models of these that this process has not, one after the other, so that no search has to
    wait for it. What cannot be loaded is passed by."""
    models: dict[str, Embedder] = {}
    for generation in generations:
        try:
            model = embedder_of(generation)
            if not registry.embedder_is_loaded(model):
                models[generation.embedding] = model
        except ModelUnavailable:
            continue
    for model in models.values():
        try:
            model.embed(["warm-up"])
            registry.coverage(model).languages()
        except SearchError as error:
            log.warning("an embedding model does not load: %s", error)
