"""Saying in the database what is indexed: chunks, documents, builds, and how fast it goes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from math import exp
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from ingestion import history, titles
from ingestion.adopting import adopt
from ingestion.models import Chunk, Document, DocumentBuild, Generation, Run

Status, Step = Document.Status, Document.Step
_MEMORY_S = 60.0
_AT_ONCE = 500


@transaction.atomic
def commit(batch: Sequence[Chunk]) -> None:
    """Marks the chunks, moves the progress, and ends the documents and builds that are complete. Complete
    successors are taken over last, since that moves their chunks and builds to another document."""
    for at in range(0, len(batch), _AT_ONCE):
        ids = [chunk.id for chunk in batch[at : at + _AT_ONCE]]
        Chunk.objects.filter(id__in=ids).update(indexed=True)
    counts = Counter((chunk.generation_id, chunk.document_id) for chunk in batch)
    building = {chunk.generation_id for chunk in batch if chunk.generation.state == Generation.State.BUILDING}
    for generation in {generation for generation, _document in counts}:
        moved = {document: count for (of, document), count in counts.items() if of == generation}
        if generation in building:
            _move_builds(generation, moved)
        else:
            _move_documents(generation, moved)
    _measure(batch, timezone.now())
    for successor in _complete_successors(batch):
        adopt(successor)


def _move_documents(generation: UUID, moved: Mapping[UUID, int]) -> None:
    """A few statements for all of them: there may be a thousand documents of one chunk each."""
    now = timezone.now()
    in_index = Document.objects.filter(step=Step.INDEX, status=Status.PROCESSING)
    for count, documents in _by_count(moved):
        in_index.filter(pk__in=documents).update(indexed_count=F("indexed_count") + count, updated_at=now)
    left = Chunk.objects.filter(document=OuterRef("pk"), generation=generation, indexed=False)
    for documents in _slices(list(moved)):
        whole = in_index.filter(~Exists(left), pk__in=documents, replaces__isnull=True)
        ready = list(whole.select_for_update(of=("self",)).values_list("pk", flat=True))
        Document.objects.filter(pk__in=ready).update(
            status=Status.READY,
            step=Step.DONE,
            indexed_count=F("chunk_count"),
            claim=None,
            finished_at=now,
            updated_at=now,
        )
        history.record_ready(ready)
        titles.note(ready)


def _complete_successors(batch: Sequence[Chunk]) -> list[UUID]:
    """Those of the batch of which no passage is left to index in the generation that is searched."""
    successors = {chunk.document_id for chunk in batch if chunk.document.replaces_id}
    if not successors:
        return []
    left = Chunk.objects.filter(
        document=OuterRef("pk"), generation__state=Generation.State.ACTIVE, indexed=False
    )
    held = Document.objects.filter(pk__in=successors, step=Step.INDEX, status=Status.PROCESSING)
    return list(held.filter(~Exists(left)).order_by("pk").values_list("pk", flat=True))


def _move_builds(generation: UUID, moved: Mapping[UUID, int]) -> None:
    step = DocumentBuild.Step
    in_index = DocumentBuild.objects.filter(generation=generation, step=step.INDEX)
    for count, documents in _by_count(moved):
        in_index.filter(document__in=documents).update(indexed_count=F("indexed_count") + count)
    left = Chunk.objects.filter(document=OuterRef("document"), generation=generation, indexed=False)
    for documents in _slices(list(moved)):
        whole = in_index.filter(~Exists(left), document__in=documents)
        whole.update(step=step.DONE, indexed_count=F("chunk_count"))


def _by_count(moved: Mapping[UUID, int]) -> Iterator[tuple[int, list[UUID]]]:
    """The documents of which the same number of chunks moved."""
    for count, documents in groupby(sorted(moved, key=moved.__getitem__), key=moved.__getitem__):
        for ids in _slices(list(documents)):
            yield count, ids


def _slices(ids: list[UUID]) -> Iterator[list[UUID]]:
    for at in range(0, len(ids), _AT_ONCE):
        yield ids[at : at + _AT_ONCE]


def _measure(batch: Sequence[Chunk], now: datetime) -> None:
    """Each run's passages a second, the last minute counting most."""
    runs = {}
    counts: Counter[UUID] = Counter()
    for chunk in batch:
        is_built = chunk.generation.state == Generation.State.BUILDING
        run = chunk.generation.run if is_built else chunk.document.run
        if run is not None:
            runs[run.pk] = run
            counts[run.pk] += 1
    for run in runs.values():
        since, rate = next_rate(run, counts[run.pk], now)
        Run.objects.filter(pk=run.pk).update(rate=rate, rate_at=now, rate_since=since)


def next_rate(run: Run, count: int, now: datetime) -> tuple[datetime, float]:
    """Since when the rate is measured, and the rate after ``count`` more passages.

    For a minute it is the plain mean, then one that forgets: what was a minute ago counts 1/e. After a
    pause it begins anew; the first batch only starts the clock.
    """
    if run.rate_at is None or run.rate_since is None or (now - run.rate_at).total_seconds() > _MEMORY_S:
        return now, 0.0
    gap = max((now - run.rate_at).total_seconds(), 0.001)
    age = max((now - run.rate_since).total_seconds(), gap)
    share = max(1 - exp(-gap / _MEMORY_S), gap / age)
    return run.rate_since, run.rate + share * (count / gap - run.rate)
