"""The index worker's job: remove what must go, then embed and index what is waiting.

Both indexes are written before the database says so. A crash in between repeats the batch with the
same ids, which changes nothing. One process at a time holds the lock, since tantivy has one writer.
"""

import fcntl
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from ingestion import clearing, fairness, mending, reembedding
from ingestion.generations import release_unused
from ingestion.index_progress import commit
from ingestion.models import Chunk, Document, DocumentBuild, Generation
from ingestion.sources import paused_runs
from ingestion.vectors import Embedded, Plan, complete, compute, plan
from search import registry
from search.protocols import Vectors
from search.types import Chunk as Passage

log = logging.getLogger(__name__)

FIRST_BATCH = 32
SMALLEST_BATCH, LARGEST_BATCH = 16, 1024
BATCH_S = 2.5
_AT_ONCE = 500
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


class Pace:
    """How many chunks to take at once, so that a batch lasts about ``BATCH_S`` seconds: whoever comes
    next waits for the batch that has begun."""

    def __init__(self) -> None:
        self.batch = self.to_embed = FIRST_BATCH

    def learn(self, chunks: int, embedded: int, seconds: float) -> None:
        """After a batch of ``chunks`` of which ``embedded`` were not in the cache."""
        goal = BATCH_S / max(seconds, 0.001)
        if embedded > chunks // 2:
            self.to_embed = self.batch = _within(int(embedded * min(goal, 2)))
        else:
            self.batch = _within(int(chunks * min(goal, 4)))


def _within(size: int) -> int:
    return max(SMALLEST_BATCH, min(LARGEST_BATCH, size))


def index_all() -> int:
    """Indexes until nothing is waiting; returns the number of chunks. Raises ``SearchError``.

    While one batch is written, the vectors of the next one are computed.
    """
    done = 0
    pace = Pace()
    ready: Embedded | None = None
    with index_lock(), ThreadPoolExecutor(1, thread_name_prefix="embed-ahead") as ahead:
        while True:
            under_way = ready.passages if ready else []
            planned = _plan(next_batch(pace.batch, [chunk for chunk, _passage in under_way]), pace.to_embed)
            computing = ahead.submit(compute, planned)
            cleared = clearing.clear()
            if ready:
                done += write(ready)
            ready = complete(planned, computing.result()) if planned.taken else None
            if ready:
                pace.learn(len(ready.passages), ready.computed, ready.seconds)
            finished = reembedding.finish_complete()
            if not (cleared or under_way or ready or finished or mending.mend()):
                release_unused()
                return done


def waiting() -> QuerySet[Chunk]:
    """Chunks that are in no index yet, next one first: of the generation that is searched and of those
    that are built. Those of a ready document are being repaired. Documents of a paused source wait."""
    built = DocumentBuild.objects.filter(
        generation=OuterRef("generation"), document=OuterRef("document")
    ).exclude(step=DocumentBuild.Step.SPLIT)
    searched = Q(
        generation__state=Generation.State.ACTIVE,
        document__status__in=[Status.PROCESSING, Status.READY],
        document__step__in=[Step.INDEX, Step.DONE],
    )
    idle = Q(document__status=Status.PROCESSING, document__run__in=paused_runs())
    beside = Q(Exists(built), generation__state=Generation.State.BUILDING)
    return Chunk.objects.filter((searched & ~idle) | beside, indexed=False).order_by("turn")


def next_batch(size: int = FIRST_BATCH, under_way: Sequence[Chunk] = ()) -> list[Chunk]:
    """The chunks whose turn it is, of as many documents as wait; those ``under_way`` are left out."""
    line = waiting().prefetch_related(
        Prefetch("document", Document.objects.only("title", "replaces_id", "run_id")),
        "document__run",
        "generation__run",
    )
    known = {chunk.id for chunk in under_way}
    return [chunk for chunk in line[: size + len(under_way)] if chunk.id not in known][:size]


def passage(chunk: Chunk) -> Passage:
    """The chunk as the indexes see it; that of a successor belongs to the document that takes it over."""
    return Passage(
        id=chunk.id,
        document_id=str(chunk.document.owner_id),
        text=chunk.text,
        title=chunk.document.title,
        heading=chunk.heading,
        table=chunk.table,
    )


def index_batch(batch: Sequence[Chunk], to_embed: int = LARGEST_BATCH) -> tuple[int, int]:
    """Embeds, writes both indexes, then says so in the database: for the whole batch, or as many from
    its beginning as need no more than ``to_embed`` new vectors. Returns how many those were, and how many
    of their vectors were computed now.

    An index whose embedding model is not there any more gets words only.
    """
    planned = _plan(batch, to_embed)
    embedded = complete(planned, compute(planned))
    return write(embedded), embedded.computed


def _plan(batch: Sequence[Chunk], to_embed: int) -> Plan:
    return plan([(chunk, passage(chunk)) for chunk in batch], to_embed)


def write(embedded: Embedded) -> int:
    """Writes both indexes, then says so in the database; returns how many chunks those were.

    What was given up meanwhile is left out. Whatever is given up from now on has its ids in the outbox,
    which is cleared later.
    """
    wanted = _still_waiting([chunk.id for chunk, _passage in embedded.passages])
    taken = [(chunk, item) for chunk, item in embedded.passages if chunk.id in wanted]
    by_generation = sorted(taken, key=lambda pair: pair[0].generation_id)
    for generation, group in groupby(by_generation, key=lambda pair: pair[0].generation):
        _write_index(generation, [item for _chunk, item in group], embedded.vectors)
    if taken:
        commit([chunk for chunk, _passage in taken])
        fairness.served(fairness.INDEXING, max(chunk.turn for chunk, _passage in taken))
    return len(taken)


def _still_waiting(ids: Sequence[str]) -> set[str]:
    parts = (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
    return {found for part in parts for found in waiting().filter(pk__in=part).values_list("pk", flat=True)}


def _write_index(generation: Generation, passages: Sequence[Passage], vectors: Mapping[str, Vectors]) -> None:
    with_vector = [item for item in passages if item.id in vectors]
    if with_vector:
        registry.vector_index().upsert(
            generation.index_id,
            [item.id for item in with_vector],
            [item.document_id for item in with_vector],
            np.stack([vectors[item.id] for item in with_vector]),
        )
    registry.lexical_index().upsert(generation.index_id, passages)
