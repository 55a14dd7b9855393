"""Reading documents: taking them off the queue, extraction, splitting, and handing them on.

A step's result and the next step's name are committed together. See ``ingestion.leases`` for who may
write, and ``ingestion.fairness`` for who is next.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ingestion import chunk_writing, fairness, history, storage, wake
from ingestion.adopting import adopt
from ingestion.chunk_writing import chunks_of, drop_chunks, write_chunks
from ingestion.extract import kinds, messages
from ingestion.extract.types import Extracted, ExtractionError, Limits
from ingestion.generations import active_generation, current_split_settings
from ingestion.hand_edits import Applied, HandEdit
from ingestion.leases import MAX_ATTEMPTS, ClaimLost, Lease, Overtaken, TookLong, free, release, take
from ingestion.models import Collection, Document, DocumentBuild, DocumentText, Generation, Recognition
from ingestion.passage_placing import by_hand, is_current, mark, wishes
from ingestion.sources import paused_runs
from ingestion.splitting import Piece, split

log = logging.getLogger(__name__)

LARGE_BYTES = 8 * 2**20
QUICK_S = 10.0
_TITLE = 300
Status, Step = Document.Status, Document.Step
_LONG_TO_READ = Q(slow=True) | Q(size__gt=LARGE_BYTES)


class Extractor(Protocol):
    """What turns a stored file into text, within limits."""

    def extract(
        self,
        path: Path,
        name: str,
        limits: Limits,
        on_wait: Callable[[], None] | None = None,
        on_pages: Callable[[int, int], None] | None = None,
    ) -> Extracted: ...


def waiting(*, quick: bool = False) -> QuerySet[Document]:
    """Documents whose reading nobody works on, next one first; with ``quick`` no long ones. Those of a
    paused source wait."""
    found = (
        Document.objects.filter(free(), step=Step.EXTRACT, status__in=[Status.QUEUED, Status.PROCESSING])
        .exclude(run__in=paused_runs())
        .order_by("turn", "created_at")
    )
    return found.exclude(_LONG_TO_READ) if quick else found


def claim_next(*, quick: bool = False) -> Document | None:
    """Takes the next waiting document for this worker; ``None`` when there is none.

    A document that was taken ``MAX_ATTEMPTS`` times without an end has killed its worker each time:
    it fails with a reason instead of blocking the queue.
    """
    while True:
        document = waiting(quick=quick).only("id", "attempts", "turn").first()
        if document is None:
            return None
        if document.attempts >= MAX_ATTEMPTS:
            _end(waiting().filter(pk=document.pk).order_by(), "crashed", messages.KEEPS_CRASHING)
            continue
        changes = {
            "status": Status.PROCESSING,
            "updated_at": timezone.now(),
            "pages_read": 0,
            "pages_total": 0,
        }
        if take(waiting(), document.pk, document.attempts, **changes):
            fairness.served(fairness.READING, document.turn)
            return Document.objects.select_related("collection", "run").get(pk=document.pk)


def extract_document(document: Document, extractor: Extractor, *, quick: bool = False) -> None:
    """Extracts and splits a claimed document and hands it to the index worker, or fails it.

    With ``quick`` it is put back, for a place where long ones are read, when it takes more than
    ``QUICK_S`` seconds while others wait.
    """
    lease = Lease(lambda: _held(document), document.pk, _impatience if quick else None)
    try:
        _read(document, extractor, lease)
    except ClaimLost:
        log.info("document %s is no longer ours, work dropped", document.pk)
    except TookLong:
        release(document, _held(document), status=Status.QUEUED, slow=True)
    except (OperationalError, Overtaken) as error:
        log.warning("document %s could not be written (%r); trying again", document.pk, error)
        release(document, _held(document), status=Status.QUEUED)
    except ExtractionError as error:
        if error.permanent or document.attempts >= MAX_ATTEMPTS:
            _end(_held(document), error.code, str(error))
        else:
            log.warning("document %s: %s; trying again", document.pk, error)
            _held(document).update(
                status=Status.QUEUED, claim=None, lease_until=None, updated_at=timezone.now()
            )


def _read(document: Document, extractor: Extractor, lease: Lease) -> None:
    path = storage.path_of(document.sha256)
    if not path.exists():
        raise ExtractionError("missing", messages.MISSING)
    limits = Limits(
        timeout_s=settings.EXTRACT_TIMEOUT_S,
        memory_mb=settings.EXTRACT_MEMORY_MB,
        ocr=recognises(document.collection),
    )
    extracted = extractor.extract(
        path,
        document.name,
        limits,
        on_wait=lease.keep,
        on_pages=lambda done, total: lease.note(pages_read=done, pages_total=total),
    )
    generation = active_generation(document.collection)
    with lease.in_background():
        wished = wishes(document)
        applied = by_hand(extracted.text, _pieces(generation, extracted, lease), wished)

        def finish() -> None:
            _hand_on(document, generation, extracted, len(applied.pieces), lease)
            _keep_wishes(document, extracted.text, wished, applied)

        _store(document, generation, extracted, applied.pieces, lease, finish)


def recognises(collection: Collection) -> bool:
    """Whether words on scans and pictures are recognised: as the collection says, else the site."""
    return {Recognition.ON: True, Recognition.OFF: False}.get(Recognition(collection.ocr), bool(settings.OCR))


def _impatience(seconds: float) -> None:
    if seconds > QUICK_S and waiting(quick=True).exists():
        raise TookLong


def _held(document: Document) -> QuerySet[Document]:
    return Document.objects.filter(pk=document.pk, claim=document.claim, status=Status.PROCESSING)


def _pieces(generation: Generation, extracted: Extracted, lease: Lease) -> list[Piece]:
    starts = [(page.number, start) for page, start in zip(extracted.pages, extracted.starts, strict=True)]
    markdown = extracted.mime not in kinds.AS_WRITTEN
    settings_now = current_split_settings(generation)
    pieces = split(extracted.text, starts, settings_now, markdown=markdown, keep=lease.keep)
    if not pieces:
        raise ExtractionError("no_text", messages.NO_TEXT)
    return pieces


def _store(
    document: Document,
    generation: Generation,
    extracted: Extracted,
    pieces: list[Piece],
    lease: Lease,
    finish: Callable[[], None],
) -> None:
    """The text, the chunks and the next step. What is there of the document already is dropped first; its
    ``chunk_count`` says whether there may be anything, so it is set before a first slice is written."""
    if document.chunk_count:
        lease.renew()
        DocumentBuild.objects.filter(document=document).delete()
        drop_chunks(document)
    turn = fairness.indexing_turn(document.run_id, len(pieces))
    if len(pieces) > chunk_writing.SLICE and not _held(document).update(
        chunk_count=len(pieces), indexed_count=0
    ):
        raise ClaimLost(document.pk)
    write_chunks(
        chunks_of(document, generation, extracted.text, pieces, turn),
        len(pieces),
        lease.renew,
        finish,
    )


def _hand_on(
    document: Document, generation: Generation, extracted: Extracted, pieces: int, lease: Lease
) -> None:
    """Runs in the transaction with the last chunks. No generation begins or ends meanwhile."""
    list(Collection.objects.select_for_update().filter(pk=document.collection_id).values_list("pk"))
    state = Generation.State
    current = document.collection.generations.filter(state__in=[state.ACTIVE, state.BUILDING])
    states = {found.pk: found for found in current}
    if states.pop(generation.pk, None) is None:
        raise Overtaken(generation.pk)
    if not _held(document).update(
        step=Step.INDEX,
        attempts=0,
        lease_until=None,
        title=(document.title or extracted.title)[:_TITLE],
        language=extracted.language[:10],
        mime=extracted.mime[:120],
        meta=dict(extracted.meta),
        pages=max((page.number or 0 for page in extracted.pages), default=0) or None,
        chunk_count=pieces,
        indexed_count=0,
        updated_at=timezone.now(),
    ):
        raise ClaimLost(document.pk)
    history.record([document.pk], history.Kind.READ, seconds={document.pk: lease.seconds})
    pages = [
        [page.number, start, page.label, page.ocr]
        for page, start in zip(extracted.pages, extracted.starts, strict=True)
    ]
    DocumentText.objects.bulk_create(
        [DocumentText(document=document, text=extracted.text, pages=pages)],
        update_conflicts=True,
        unique_fields=["document"],
        update_fields=["text", "pages"],
    )
    DocumentBuild.objects.bulk_create(
        [DocumentBuild(generation=building, document=document) for building in states.values()]
    )
    transaction.on_commit(wake.indexer)


def _keep_wishes(document: Document, text: str, wished: list[HandEdit], applied: Applied) -> None:
    """Runs after ``_hand_on``. What editors wished meanwhile is not in the pieces yet: then the document is
    tried again. Where all its passages are switched off nothing is left to index."""
    if not is_current(document, wished):
        raise Overtaken(document.pk)
    if document.replaces_id is None:
        mark(document, text, applied)
    if applied.pieces:
        return
    if document.replaces_id is not None:
        adopt(document.pk)
        return
    now = timezone.now()
    _held(document).update(status=Status.READY, step=Step.DONE, claim=None, finished_at=now, updated_at=now)
    history.record_ready([document.pk])


@transaction.atomic
def _end(held: QuerySet[Document], code: str, reason: str) -> None:
    now = timezone.now()
    ids = list(held.select_for_update().values_list("pk", flat=True))
    ended = held.update(
        status=Status.FAILED,
        error_code=code,
        error=reason,
        claim=None,
        lease_until=None,
        finished_at=now,
        updated_at=now,
    )
    if ended:
        history.record(ids, history.Kind.FAILED, reason=reason)


def release_all() -> int:
    """Takes every lease back, for when this machine's parse worker is known to be dead. Should another
    machine hold one, it notices that its claim is gone and drops that document."""
    rows = (Document.objects.all(), DocumentBuild.objects.all())
    return sum(held.filter(lease_until__isnull=False).update(lease_until=None, claim=None) for held in rows)
