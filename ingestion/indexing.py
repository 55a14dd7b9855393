"""The index worker's job: remove what the outbox names, then embed and index what is waiting.

Both indexes are written before the database says so. A crash in between repeats the batch with the
same ids, which changes nothing. One process at a time holds the lock, since tantivy has one writer.
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from ingestion.models import Chunk, Document, Removal
from search import registry
from search.types import Chunk as Passage

log = logging.getLogger(__name__)

BATCH = 256
SHARE = 64
Status, Step = Document.Status, Document.Step


class Busy(Exception):
    """Another process is indexing; it will see what is waiting."""


@contextmanager
def index_lock() -> Iterator[None]:
    """Raises ``Busy`` at once where another process holds it. The kernel frees it at any death."""
    folder = Path(settings.RUN_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "index.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy from error
        yield


def index_all() -> int:
    """Indexes until nothing is waiting; returns the number of chunks. Raises ``SearchError``."""
    done = 0
    with index_lock():
        remove_waiting()
        while batch := next_batch():
            index_batch(batch)
            done += len(batch)
            remove_waiting()
    return done


def remove_waiting() -> None:
    """Empties the outbox. An id that the database knows again stays in its index."""
    vectors, lexical = registry.vector_index(), registry.lexical_index()
    for removal in Removal.objects.order_by("pk"):
        if not removal.ids:
            vectors.drop(removal.index_id)
            lexical.drop(removal.index_id)
        else:
            known = set(Chunk.objects.filter(id__in=removal.ids).values_list("id", flat=True))
            gone = [chunk_id for chunk_id in removal.ids if chunk_id not in known]
            if gone:
                vectors.delete(removal.index_id, gone)
                lexical.delete(removal.index_id, gone)
        removal.delete()


def waiting() -> QuerySet[Chunk]:
    """Chunks that are in no index yet. Those of a ready document are being repaired."""
    return Chunk.objects.filter(indexed=False, document__status__in=[Status.PROCESSING, Status.READY])


def next_batch() -> list[Chunk]:
    """Up to ``BATCH`` chunks of one generation, at most a share of a document while others wait, so
    that a long document does not hold up a short one: who was served last comes last."""
    queue = (
        waiting().order_by("document__updated_at", "document_id").values_list("generation_id", "document_id")
    )
    pairs = list(queue.distinct()[:BATCH])
    if not pairs:
        return []
    generation = pairs[0][0]
    documents = [document for of, document in pairs if of == generation]
    share = max(BATCH // len(documents), SHARE if len(documents) > 1 else BATCH)
    batch: list[Chunk] = []
    for document in documents:
        if len(batch) >= BATCH:
            break
        chunks = (
            waiting()
            .filter(document_id=document, generation_id=generation)
            .select_related("document", "generation")
        )
        batch.extend(chunks.order_by("ordinal")[: min(share, BATCH - len(batch))])
    return batch


def passage(chunk: Chunk) -> Passage:
    """The chunk as the indexes see it."""
    return Passage(
        id=chunk.id,
        document_id=str(chunk.document_id),
        text=chunk.text,
        title=chunk.document.title,
        heading=chunk.heading,
    )


def index_batch(batch: list[Chunk]) -> None:
    """Embeds, writes both indexes, then says so in the database.

    An index made with another embedding model than the one that is set now gets words only: vectors of
    two models cannot be compared.
    """
    generation = batch[0].generation
    index_id = generation.index_id
    passages = [passage(chunk) for chunk in batch]
    embedder = registry.embedder()
    if generation.embedding == embedder.fingerprint:
        vectors = embedder.embed([embedding_text(item) for item in passages])
        registry.vector_index().upsert(
            index_id, [item.id for item in passages], [item.document_id for item in passages], vectors
        )
    registry.lexical_index().upsert(index_id, passages)
    _commit(batch)


def embedding_text(item: Passage) -> str:
    """What the embedding model reads: the passage under its title and headings."""
    above = " › ".join(part for part in (item.title, item.heading) if part)
    return f"{above}\n{item.text}" if above else item.text


@transaction.atomic
def _commit(batch: list[Chunk]) -> None:
    """Marks the chunks, moves the progress, and ends the documents that are complete."""
    Chunk.objects.filter(id__in=[chunk.id for chunk in batch]).update(indexed=True)
    now = timezone.now()
    ordered = sorted(batch, key=lambda chunk: chunk.document_id)
    for document_id, chunks in groupby(ordered, key=lambda chunk: chunk.document_id):
        count = sum(1 for _chunk in chunks)
        held = Document.objects.filter(pk=document_id, step=Step.INDEX, status=Status.PROCESSING)
        held.update(indexed_count=F("indexed_count") + count, updated_at=now)
    complete = (
        Document.objects.filter(
            pk__in={chunk.document_id for chunk in batch}, step=Step.INDEX, status=Status.PROCESSING
        )
        .annotate(left=Count("chunks", filter=Q(chunks__indexed=False)))
        .filter(left=0)
        .values_list("pk", flat=True)
    )
    Document.objects.filter(pk__in=list(complete)).update(
        status=Status.READY, step=Step.DONE, claim=None, finished_at=now, updated_at=now
    )
