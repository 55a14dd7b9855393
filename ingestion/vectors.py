"""The vectors of passages, each made by the model that its index is made with."""

import logging
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


def vectors_of(
    batch: Sequence[tuple[Chunk, Passage]], to_embed: int
) -> tuple[list[tuple[Chunk, Passage]], dict[str, Vectors], int]:
    """The part of the batch that is taken, the vectors of its chunks by id, and how many were computed now,
    at most ``to_embed``.

    A build whose model cannot be used fails, and its chunks are left out. Those of an index that is
    searched get no vector then: words alone count. Raises ``ModelUnavailable`` where it is the site's own
    model that cannot be used.
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
    known |= _embed_all(new, readers, generations)
    return (
        [(chunk, passage) for chunk, passage in taken if _may_go_on(chunk, texts, known)],
        {chunk.id: known[texts[chunk.id][0]] for chunk, _passage in taken if _key(chunk, texts) in known},
        count,
    )


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


def _key(chunk: Chunk, texts: Mapping[str, tuple[bytes, str]]) -> bytes:
    return texts.get(chunk.id, (b"", ""))[0]


def _may_go_on(chunk: Chunk, texts: Mapping[str, tuple[bytes, str]], known: Mapping[bytes, Vectors]) -> bool:
    return _key(chunk, texts) in known or chunk.generation.state != Building


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


def _embed_all(
    new: Mapping[str, Mapping[bytes, str]],
    readers: Mapping[UUID, _Reader],
    generations: Mapping[UUID, Generation],
) -> dict[bytes, Vectors]:
    rows: dict[bytes, Vectors] = {}
    for fingerprint, texts in new.items():
        using = [generations[pk] for pk, reader in readers.items() if reader.fingerprint == fingerprint]
        model = next(reader.model for reader in readers.values() if reader.fingerprint == fingerprint)
        try:
            if _begin_loading(model, using):
                rows |= embed_new(model, texts.items())
                Generation.objects.filter(pk__in=[one.pk for one in using], loads__gt=0).update(loads=0)
        except ModelUnavailable as error:
            for generation in using:
                _without(generation, error)
    return rows


def _begin_loading(model: Embedder, using: Sequence[Generation]) -> bool:
    """Counts the attempts for those that are being built: a model that kills its worker each time (it may
    need more memory than there is) must not stop everything else for ever. Whether to try."""
    if registry.embedder_is_loaded(model):
        return True
    building = [generation for generation in using if generation.state == Building]
    for generation in building:
        if generation.loads >= MAX_LOADS:
            fail_for_model(generation, kills=True)
    Generation.objects.filter(pk__in=[one.pk for one in building]).update(loads=F("loads") + 1)
    return len(building) < len(using) or any(generation.loads < MAX_LOADS for generation in building)
