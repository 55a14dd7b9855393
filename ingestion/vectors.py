"""The vectors of passages, each made by the model that its index is made with."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from ingestion.embedding_cache import cache, embed_new, text_key
from ingestion.embedding_texts import embedding_text
from ingestion.generations import embedder_of
from ingestion.models import Chunk, Generation
from ingestion.reembedding import fail_for_model
from ingestion.token_counts import Counter, counter_for
from search import registry
from search.errors import ModelUnavailable
from search.protocols import Embedder, Vectors
from search.types import Chunk as Passage

log = logging.getLogger(__name__)

MAX_LOADS = 3
Building = Generation.State.BUILDING


@dataclass(frozen=True, slots=True)
class _Reader:
    """A model, and how it counts what it reads."""

    model: Embedder
    fingerprint: str
    window: int | None
    counter: Counter

    def text(self, passage: Passage) -> str:
        return embedding_text(passage, self.window, self.counter)


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a batch is taken, with the vectors that are known already, by key, and the texts that are not:
    by the fingerprint of the model that reads them, and by key. ``loading`` are the generations
    whose model is not loaded yet."""

    taken: list[tuple[Chunk, Passage]]
    readers: dict[UUID, _Reader]
    keys: dict[str, bytes]
    known: dict[bytes, Vectors]
    new: dict[str, dict[bytes, str]]
    loading: set[UUID]

    @property
    def count(self) -> int:
        """How many vectors are to be computed."""
        return sum(map(len, self.new.values()))


@dataclass(frozen=True, slots=True)
class Computed:
    """Vectors by key, why others are missing, by the model's fingerprint, and how many seconds it took."""

    rows: dict[bytes, Vectors]
    failures: dict[str, ModelUnavailable]
    seconds: float


@dataclass(frozen=True, slots=True)
class Embedded:
    """``passages`` with their vectors by the id of the chunk; how many of those were computed now, in how
    many seconds."""

    passages: list[tuple[Chunk, Passage]]
    vectors: dict[str, Vectors]
    computed: int
    seconds: float


def plan(batch: Sequence[tuple[Chunk, Passage]], to_embed: int) -> Plan:
    """What is to be done for the batch, or for as much of its beginning as needs at most ``to_embed`` new
    vectors.

    A build whose model cannot be used fails. An index that is searched gets no vectors then: words alone
    count. Raises ``ModelUnavailable`` where it is the site's own model that cannot be used.
    """
    generations = {chunk.generation_id: chunk.generation for chunk, _passage in batch}
    readers = {pk: reader for pk, one in generations.items() if (reader := _reader(one))}
    texts = _texts(batch, readers)
    known = cache().get([key for key, _text in texts.values()])
    new: dict[str, dict[bytes, str]] = {}
    taken: list[tuple[Chunk, Passage]] = []
    count = 0
    for chunk, passage in batch:
        key, text = texts.get(chunk.id, (b"", ""))
        reader = readers.get(chunk.generation_id)
        if reader and key not in known and key not in new.get(reader.fingerprint, {}):
            if count == to_embed:
                break
            new.setdefault(reader.fingerprint, {})[key] = text
            count += 1
        taken.append((chunk, passage))
    loading: set[UUID] = set()
    for mark in list(new):
        model, using = _model(mark, taken, readers)
        if registry.embedder_is_loaded(model):
            continue
        if not _begin_loading(using):
            del new[mark]
        loading |= {one.pk for one in using}
    return Plan(taken, readers, {pk: key for pk, (key, _text) in texts.items()}, known, new, loading)


def compute(planned: Plan) -> Computed:
    """The vectors that are not known, kept in the cache. Asks no database, so that any thread may do it."""
    began = time.monotonic()
    rows: dict[bytes, Vectors] = {}
    failures: dict[str, ModelUnavailable] = {}
    models = {reader.fingerprint: reader.model for reader in planned.readers.values()}
    for fingerprint, texts in planned.new.items():
        try:
            rows |= embed_new(models[fingerprint], texts.items())
        except ModelUnavailable as error:
            failures[fingerprint] = error
    return Computed(rows, failures, time.monotonic() - began)


def complete(planned: Plan, computed: Computed) -> Embedded:
    """The passages with their vectors. Raises as ``plan``."""
    for fingerprint in planned.new:
        _reads, using = _model(fingerprint, planned.taken, planned.readers)
        error = computed.failures.get(fingerprint)
        if error is not None:
            for generation in using:
                _without(generation, error)
            continue
        loaded = [one.pk for one in using if one.loads or one.pk in planned.loading]
        if loaded:
            Generation.objects.filter(pk__in=loaded, loads__gt=0).update(loads=0)
    known = planned.known | computed.rows

    def vector(chunk: Chunk) -> Vectors | None:
        return known.get(planned.keys.get(chunk.id, b""))

    passages = [
        (chunk, passage)
        for chunk, passage in planned.taken
        if vector(chunk) is not None or chunk.generation.state != Building
    ]
    vectors = {chunk.id: row for chunk, _passage in passages if (row := vector(chunk)) is not None}
    return Embedded(passages, vectors, planned.count, computed.seconds)


def _texts(
    batch: Iterable[tuple[Chunk, Passage]], readers: Mapping[UUID, _Reader]
) -> dict[str, tuple[bytes, str]]:
    texts = {}
    for chunk, passage in batch:
        reader = readers.get(chunk.generation_id)
        if reader is not None:
            text = reader.text(passage)
            texts[chunk.id] = text_key(reader.fingerprint, text), text
    return texts


def _reader(generation: Generation) -> _Reader | None:
    try:
        model = embedder_of(generation)
        counter = counter_for(registry.tokenizer_path(model))
        return _Reader(model, generation.embedding, registry.passage_tokens(model), counter)
    except ModelUnavailable as error:
        _without(generation, error)
        return None


def _without(generation: Generation, error: ModelUnavailable) -> None:
    """What becomes of a generation whose model cannot be used."""
    if generation.state == Building:
        fail_for_model(generation, str(error))
        return
    own = registry.embedder()
    if own.fingerprint == generation.embedding:
        raise error
    log.warning("%s gets words only: %s", generation, error)


def _model(
    fingerprint: str, taken: Iterable[tuple[Chunk, Passage]], readers: Mapping[UUID, _Reader]
) -> tuple[Embedder, list[Generation]]:
    """The model of this fingerprint, and the generations among ``taken`` that are made with it."""
    using = {pk: reader.model for pk, reader in readers.items() if reader.fingerprint == fingerprint}
    found = {chunk.generation_id: chunk.generation for chunk, _passage in taken}
    return next(iter(using.values())), [one for pk, one in found.items() if pk in using]


def _begin_loading(using: Sequence[Generation]) -> bool:
    """Counts the attempts for those that are being built: a model that kills its worker each time (it may
    need more memory than there is) must not stop everything else for ever. Whether to try."""
    building = [generation for generation in using if generation.state == Building]
    for generation in building:
        if generation.loads >= MAX_LOADS:
            fail_for_model(generation, kills=True)
    Generation.objects.filter(pk__in=[one.pk for one in building]).update(loads=F("loads") + 1)
    return len(building) < len(using) or any(generation.loads < MAX_LOADS for generation in building)
