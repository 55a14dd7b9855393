"""Fills the collections of a running site for ``bench.scale``: ``python -m bench.filling COUNT SEED``.

Text and vectors are made, not computed, and go into the database and both indexes as the index worker would
write them.
"""

import sys
import time
from collections.abc import Sequence
from itertools import islice

import django
import numpy as np
from numpy.typing import NDArray

django.setup()

from bench.articles import passages  # noqa: E402 - the rest needs the applications to be set up
from ingestion.generations import active_generation  # noqa: E402
from ingestion.models import Chunk, Collection, Document, Generation  # noqa: E402
from search import registry  # noqa: E402
from search.types import Chunk as Passage  # noqa: E402

PASSAGES_A_DOCUMENT = 20
_AT_ONCE = 2000
_CENTRES = 1000
_SPREAD = 0.6
_TELL_EVERY = 50_000


def fill(count: int, seed: int) -> None:
    """Writes so many passages into the collections that are there, evenly."""
    centres = np.random.default_rng(seed).normal(size=(_CENTRES, 384))
    texts, told = passages(), Telling(count)
    collections = list(Collection.objects.filter(slug__startswith="many-"))
    share = max(1, count // len(collections))
    for collection in collections:
        generation = active_generation(collection)
        for at in range(0, share, _AT_ONCE):
            size = min(_AT_ONCE, share - at)
            chunks = _written(generation, at, list(islice(texts, size)))
            _indexed(generation, chunks, _vectors(centres, at, size))
            told.more(size)


def _written(generation: Generation, at: int, texts: Sequence[str]) -> list[Chunk]:
    """The rows of these passages, which follow ``at`` others of their collection."""
    collection = generation.collection
    documents = [
        Document(
            collection=collection,
            name=f"{at + first}.txt",
            title=f"Document {at + first}",
            sha256=f"{collection.pk}{at + first}"[-64:],
            status="ready",
            step="done",
        )
        for first in range(0, len(texts), PASSAGES_A_DOCUMENT)
    ]
    chunks = [
        Chunk(
            id=f"{generation.pk.hex[:16]}{at + place:016x}",
            document=documents[place // PASSAGES_A_DOCUMENT],
            generation=generation,
            ordinal=place,
            start=0,
            end=1,
            text=text,
            indexed=True,
        )
        for place, text in enumerate(texts)
    ]
    Document.objects.bulk_create(documents)
    Chunk.objects.bulk_create(chunks)
    return chunks


def _vectors(centres: NDArray[np.float64], at: int, size: int) -> NDArray[np.float32]:
    """Unit vectors spread around the centres; the same for the same ``at``."""
    rows = centres[np.random.default_rng(at).integers(_CENTRES, size=size)]
    rows = rows + _SPREAD * np.random.default_rng(at + 1).normal(size=rows.shape)
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _indexed(generation: Generation, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
    found = [Passage(chunk.id, str(chunk.document_id), chunk.text) for chunk in chunks]
    ids, owners = [one.id for one in found], [one.document_id for one in found]
    registry.vector_index().upsert(generation.index_id, ids, owners, vectors)
    registry.lexical_index().upsert(generation.index_id, found)


class Telling:
    """Says from time to time how far the filling is, and how long it still takes."""

    def __init__(self, count: int) -> None:
        self.count, self.written, self.told, self.began = count, 0, 0, time.monotonic()

    def more(self, size: int) -> None:
        self.written += size
        if self.written - self.told < _TELL_EVERY:
            return
        self.told = self.written
        rate = self.written / (time.monotonic() - self.began)
        left = (self.count - self.written) / rate
        told = f"{self.written:,} written, {rate:.0f} a second, {left:.0f} s left"
        print(told, file=sys.stderr, flush=True)


if __name__ == "__main__":
    fill(int(sys.argv[1]), int(sys.argv[2]))
