"""How far runs are: documents, pages, passages, speed and time left, in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Q, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from ingestion.models import Document, DocumentBuild, Generation, Run
from ingestion.reasons import shown

_FRESH_S = 60
Status, Step = Document.Status, Document.Step
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Counts of one run. ``reading`` and ``indexing`` are in work now; ``queued`` wait for it.

    ``pages`` and ``passages`` are those known so far, of documents that were read. ``rate`` is passages a
    second lately, ``seconds_left`` an estimate that counts unread documents by their size; both ``None``
    where unknown. ``state`` is ``running``, ``ready``, ``failed`` or ``cancelled`` (the worst that
    happened, once nothing is running), and ``error`` a re-embedding's reason (English). ``reading_done`` of
    ``reading_pages`` pages are read of the documents that are being read, as far as these are known.
    """

    documents: int
    queued: int
    reading: int
    indexing: int
    ready: int
    failed: int
    cancelled: int
    pages: int
    pages_done: int
    passages: int
    passages_done: int
    percent: int
    rate: float | None
    seconds_left: int | None
    state: str
    error: str = ""
    reading_done: int = 0
    reading_pages: int = 0

    @property
    def in_work(self) -> int:
        return self.queued + self.reading + self.indexing


def run_progress(runs: Iterable[Run]) -> dict[UUID, RunProgress]:
    """The progress of each run by its id; three queries however many runs."""
    runs = list(runs)
    rebuilt = [run.pk for run in runs if run.kind == Run.Kind.REEMBED]
    counts = _document_counts([run.pk for run in runs if run.kind != Run.Kind.REEMBED])
    builds = _build_counts(rebuilt)
    generations = {found.run_id: found for found in Generation.objects.filter(run__in=rebuilt)}
    found: dict[UUID, RunProgress] = {}
    for run in runs:
        if run.kind == Run.Kind.REEMBED:
            found[run.pk] = _of_build(run, builds.get(run.pk, {}), generations.get(run.pk))
        else:
            found[run.pk] = _of_documents(run, counts.get(run.pk, {}))
    return found


def _total(*filters: Q) -> Count:
    return Count("pk", filter=Q(*filters))


def _sum(expression: Any, condition: Q | None = None) -> Coalesce:
    return Coalesce(Sum(expression, filter=condition), Value(0), output_field=IntegerField())


def _document_counts(runs: Sequence[UUID]) -> dict[UUID, _Row]:
    processing, unread = Q(status=Status.PROCESSING), Q(step=Step.EXTRACT)
    in_work = Q(status__in=[Status.QUEUED, Status.PROCESSING])
    read = Q(status=Status.READY) | (processing & ~unread)
    pages_done = Case(
        When(status=Status.READY, then=F("pages")),
        When(chunk_count__gt=0, then=F("pages") * F("indexed_count") / F("chunk_count")),
        default=Value(0),
        output_field=IntegerField(),
    )
    rows = (
        Document.objects.filter(run__in=runs)
        .order_by()
        .values("run")
        .annotate(
            documents_=Count("pk"),
            queued_=_total(Q(status=Status.QUEUED)),
            reading_=_total(processing & unread),
            indexing_=_total(processing & ~unread),
            ready_=_total(Q(status=Status.READY)),
            failed_=_total(Q(status=Status.FAILED)),
            cancelled_=_total(Q(status=Status.CANCELLED)),
            pages_=_sum("pages", read),
            pages_done_=_sum(pages_done, read),
            passages_=_sum("chunk_count", read),
            passages_done_=_sum("indexed_count", read),
            reading_done_=_sum("pages_read", processing & unread),
            reading_pages_=_sum("pages_total", processing & unread),
            unread_bytes_=_sum("size", in_work & unread),
            read_bytes_=_sum("size", read),
        )
    )
    return {row["run"]: dict(row) for row in rows}


def _of_documents(run: Run, row: _Row) -> RunProgress:
    def number(name: str) -> int:
        return int(row.get(f"{name}_", 0))

    documents, work = number("documents"), number("queued") + number("reading") + number("indexing")
    unread, read = number("unread_bytes"), number("read_bytes")
    expected = number("passages") * (1 + unread / read) if read else 0.0
    worst = "failed" if number("failed") else "cancelled" if number("cancelled") else "ready"
    share = number("passages_done") / expected if expected else 0.0
    rate = _rate(run) if work else None
    return RunProgress(
        documents=documents,
        queued=number("queued"),
        reading=number("reading"),
        indexing=number("indexing"),
        ready=number("ready"),
        failed=number("failed"),
        cancelled=number("cancelled"),
        pages=number("pages"),
        pages_done=number("pages_done"),
        passages=number("passages"),
        passages_done=number("passages_done"),
        percent=int(100 * min(share, 0.99)) if work else 100,
        rate=rate,
        seconds_left=int((expected - number("passages_done")) / rate) if rate and expected else None,
        state="running" if work else worst,
        reading_done=number("reading_done"),
        reading_pages=number("reading_pages"),
    )


def _build_counts(runs: Sequence[UUID]) -> dict[UUID, _Row]:
    step = DocumentBuild.Step
    held, unread = Q(claim__isnull=False), Q(step=step.SPLIT)
    rows = (
        DocumentBuild.objects.filter(generation__run__in=runs)
        .order_by()
        .values("generation__run")
        .annotate(
            documents_=Count("pk"),
            queued_=_total(unread & ~held),
            reading_=_total(unread & held),
            indexing_=_total(Q(step=step.INDEX)),
            ready_=_total(Q(step=step.DONE)),
            pages_=_sum("document__pages"),
            pages_done_=_sum("document__pages", Q(step=step.DONE)),
            passages_=_sum("chunk_count"),
            passages_done_=_sum("indexed_count"),
            unread_bytes_=_sum("document__size", unread),
            read_bytes_=_sum("document__size", ~unread),
        )
    )
    return {row["generation__run"]: dict(row) for row in rows}


_BUILD_STATES = {
    Generation.State.BUILDING: "running",
    Generation.State.FAILED: "failed",
    Generation.State.CANCELLED: "cancelled",
}


def _of_build(run: Run, row: _Row, generation: Generation | None) -> RunProgress:
    """A build is running until it is in its place, however many of its documents are done."""
    if generation is None:
        return replace(_of_documents(run, {}), state="cancelled")
    state = _BUILD_STATES.get(Generation.State(generation.state), "ready")
    counted = _of_documents(run, row)
    if state == "running":
        return replace(counted, state=state, percent=min(99, counted.percent))
    return replace(
        counted, state=state, error=shown(generation.error), percent=100, rate=None, seconds_left=None
    )


def _rate(run: Run) -> float | None:
    if run.rate_at is None or (timezone.now() - run.rate_at).total_seconds() > _FRESH_S:
        return None
    return run.rate or None
