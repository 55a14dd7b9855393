"""Reading documents: taking them off the queue, extraction, splitting, and handing them on.

A step's result and the next step's name are committed together. See ``ingestion.leases`` for who may
write, and ``ingestion.fairness`` for who is next.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ingestion import chunk_writing, fairness, history, storage, titles
from ingestion.adopting import adopt
from ingestion.chunk_writing import chunks_of, drop_chunks, write_chunks
from ingestion.extract import kinds, messages
from ingestion.extract.types import Extracted, ExtractionError, Limits
from ingestion.generations import active_generation, current_split_settings
from ingestion.hand_edits import Applied, HandEdit
from ingestion.handing_on import Read, hand_on, held
from ingestion.leases import MAX_ATTEMPTS, ClaimLost, Lease, Overtaken, TookLong, free, release, take
from ingestion.models import Collection, Document, DocumentBuild, Generation, Recognition
from ingestion.passage_placing import by_hand, is_current, mark, wishes
from ingestion.sources import paused_runs
from ingestion.splitting import Piece, SplitSettings, split

log = logging.getLogger(__name__)

LARGE_BYTES = 8 * 2**20
QUICK_S = 10.0
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
    lease = Lease(lambda: held(document), document.pk, impatience if quick else None)
    with ending(document):
        extracted = extract(document, extractor, lease)
        generation = active_generation(document.collection)
        with lease.in_background():
            store(document, generation, extracted, lease)


@contextmanager
def ending(document: Document) -> Iterator[None]:
    """What becomes of a claimed document whose work ends with an error."""
    try:
        yield
    except ClaimLost:
        log.info("document %s is no longer ours, work dropped", document.pk)
    except TookLong:
        release(document, held(document), status=Status.QUEUED, slow=True)
    except (OperationalError, Overtaken) as error:
        log.warning("document %s could not be written (%r); trying again", document.pk, error)
        release(document, held(document), status=Status.QUEUED)
    except ExtractionError as error:
        if error.permanent or document.attempts >= MAX_ATTEMPTS:
            _end(held(document), error.code, str(error))
        else:
            log.warning("document %s: %s; trying again", document.pk, error)
            held(document).update(
                status=Status.QUEUED, claim=None, lease_until=None, updated_at=timezone.now()
            )


def extract(document: Document, extractor: Extractor, lease: Lease) -> Extracted:
    """The text of the stored file. Raises ``ExtractionError``, and what ``lease`` raises."""
    path = storage.path_of(document.sha256)
    if not path.exists():
        raise ExtractionError("missing", messages.MISSING)
    limits = Limits(
        timeout_s=settings.EXTRACT_TIMEOUT_S,
        memory_mb=settings.EXTRACT_MEMORY_MB,
        ocr=recognises(document.collection),
    )
    return extractor.extract(
        path,
        document.name,
        limits,
        on_wait=lease.keep,
        on_pages=lambda done, total: lease.note(pages_read=done, pages_total=total),
    )


def split_text(extracted: Extracted, chosen: SplitSettings, lease: Lease) -> list[Piece]:
    """At least one piece. Raises ``ExtractionError`` where there is no text."""
    starts = [(page.number, start) for page, start in zip(extracted.pages, extracted.starts, strict=True)]
    markdown = extracted.mime not in kinds.AS_WRITTEN
    pieces = split(extracted.text, starts, chosen, markdown=markdown, keep=lease.keep)
    if not pieces:
        raise ExtractionError("no_text", messages.NO_TEXT)
    return pieces


def store(document: Document, generation: Generation, extracted: Extracted, lease: Lease) -> None:
    """Splits and writes what was read of a claimed document, with what editors wish of its passages, and the
    next step."""
    wished = wishes(document)
    pieces = split_text(extracted, current_split_settings(generation), lease)
    applied = by_hand(extracted.text, pieces, wished)
    read = Read(document, generation, extracted, applied.pieces, lease.seconds)

    def finish() -> None:
        hand_on([read])
        _keep_wishes(document, extracted.text, wished, applied)

    _write(read, lease, finish)


def recognises(collection: Collection) -> bool:
    """Whether words on scans and pictures are recognised: as the collection says, else the site."""
    return {Recognition.ON: True, Recognition.OFF: False}.get(Recognition(collection.ocr), bool(settings.OCR))


def impatience(seconds: float) -> None:
    """A limit of a lease: raises ``TookLong`` where short documents wait for this one."""
    if seconds > QUICK_S and waiting(quick=True).exists():
        raise TookLong


def _write(read: Read, lease: Lease, finish: Callable[[], None]) -> None:
    """The text, the chunks and the next step. What is there of the document already is dropped first; its
    ``chunk_count`` says whether there may be anything, so it is set before a first slice is written."""
    document, pieces = read.document, read.pieces
    if document.chunk_count:
        lease.renew()
        DocumentBuild.objects.filter(document=document).delete()
        drop_chunks(document)
    turn = fairness.indexing_turn(document.run_id, len(pieces))
    if len(pieces) > chunk_writing.SLICE and not held(document).update(
        chunk_count=len(pieces), indexed_count=0
    ):
        raise ClaimLost(document.pk)
    chunks = chunks_of(document, read.generation, read.extracted.text, pieces, turn)
    write_chunks(chunks, len(pieces), lease.renew, finish)


def _keep_wishes(document: Document, text: str, wished: list[HandEdit], applied: Applied) -> None:
    """Runs after ``hand_on``. What editors wished meanwhile is not in the pieces yet: then the document is
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
    held(document).update(status=Status.READY, step=Step.DONE, claim=None, finished_at=now, updated_at=now)
    history.record_ready([document.pk])
    titles.note([document.pk])


@transaction.atomic
def _end(rows: QuerySet[Document], code: str, reason: str) -> None:
    now = timezone.now()
    ids = list(rows.select_for_update().values_list("pk", flat=True))
    ended = rows.update(
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
