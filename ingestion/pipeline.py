"""The work on documents: extraction with splitting, and taking documents off the queue.

A step's result and the next step's name are committed together. A worker owns a document through
``claim`` and ``lease_until``: every write checks that the claim still stands, so a document that was
cancelled, or taken over after a stall, is never written by its former holder.
"""

import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ingestion import services, storage, wake
from ingestion.extract import kinds, messages
from ingestion.extract.types import Extracted, ExtractionError, Limits
from ingestion.generations import active_generation, split_settings
from ingestion.models import Chunk, Document, DocumentText, Generation
from ingestion.splitting import Piece, split

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 3
_TITLE, _HEADING = 300, 300
Status, Step = Document.Status, Document.Step


class Extractor(Protocol):
    """What turns a stored file into text, within limits."""

    def extract(
        self, path: Path, name: str, limits: Limits, on_wait: Callable[[], None] | None = None
    ) -> Extracted: ...


class ClaimLost(Exception):
    """The document was cancelled, deleted, or taken over; whoever held it stops."""


def waiting(now: datetime | None = None) -> QuerySet[Document]:
    """Documents whose extraction nobody works on, oldest first."""
    now = now or timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    return Document.objects.filter(
        free, step=Step.EXTRACT, status__in=[Status.QUEUED, Status.PROCESSING]
    ).order_by("created_at")


def claim_next() -> Document | None:
    """Takes the next waiting document for this worker; ``None`` when there is none.

    A document that was taken ``MAX_ATTEMPTS`` times without an end has killed its worker each time:
    it fails with a reason instead of blocking the queue.
    """
    while True:
        document = waiting().only("id", "attempts").first()
        if document is None:
            return None
        if document.attempts >= MAX_ATTEMPTS:
            _fail_exhausted(document)
            continue
        token = uuid.uuid4()
        taken = (
            waiting()
            .filter(pk=document.pk, attempts=document.attempts)
            .order_by()
            .update(
                claim=token,
                status=Status.PROCESSING,
                attempts=F("attempts") + 1,
                lease_until=timezone.now() + LEASE,
                updated_at=timezone.now(),
            )
        )
        if taken:
            return Document.objects.select_related("collection").get(pk=document.pk)


def renew(document: Document) -> None:
    """Extends the lease. Raises ``ClaimLost`` where the claim no longer stands."""
    held = Document.objects.filter(pk=document.pk, claim=document.claim, status=Status.PROCESSING)
    if not held.update(lease_until=timezone.now() + LEASE):
        raise ClaimLost(document.pk)


def extract_document(document: Document, extractor: Extractor) -> None:
    """Extracts and splits a claimed document and hands it to the index worker, or fails it."""
    path = storage.path_of(document.sha256)
    limits = Limits(timeout_s=settings.EXTRACT_TIMEOUT_S, memory_mb=settings.EXTRACT_MEMORY_MB)
    lease = _Lease(document)
    try:
        if not path.exists():
            raise ExtractionError("missing", messages.MISSING)
        extracted = extractor.extract(path, document.name, limits, on_wait=lease.keep)
        pieces = _pieces(document, extracted)
        _commit_extraction(document, extracted, pieces)
    except ClaimLost:
        log.info("document %s is no longer ours, work dropped", document.pk)
    except ExtractionError as error:
        if error.permanent or document.attempts >= MAX_ATTEMPTS:
            fail(document, error.code, str(error))
        else:
            log.warning("document %s: %s; trying again", document.pk, error)
            _release(document)


def _pieces(document: Document, extracted: Extracted) -> list[Piece]:
    starts = [(page.number, start) for page, start in zip(extracted.pages, extracted.starts, strict=True)]
    markdown = extracted.mime not in kinds.AS_WRITTEN
    pieces = split(extracted.text, starts, split_settings(document.collection), markdown=markdown)
    if not pieces:
        raise ExtractionError("no_text", messages.NO_TEXT)
    return pieces


@transaction.atomic
def _commit_extraction(document: Document, extracted: Extracted, pieces: list[Piece]) -> None:
    """The text, the chunks and the next step, all or nothing."""
    generation = active_generation(document.collection)
    services.drop_chunks(document)
    held = Document.objects.filter(pk=document.pk, claim=document.claim, status=Status.PROCESSING)
    if not held.update(
        step=Step.INDEX,
        attempts=0,
        lease_until=None,
        title=(document.title or extracted.title)[:_TITLE],
        language=extracted.language[:10],
        mime=extracted.mime[:120],
        pages=max((page.number or 0 for page in extracted.pages), default=0) or None,
        chunk_count=len(pieces),
        indexed_count=0,
        updated_at=timezone.now(),
    ):
        raise ClaimLost(document.pk)
    DocumentText.objects.update_or_create(
        document=document,
        defaults={
            "text": extracted.text,
            "pages": [
                [page.number, start, page.label, page.ocr]
                for page, start in zip(extracted.pages, extracted.starts, strict=True)
            ],
        },
    )
    Chunk.objects.bulk_create(_chunks(document, generation, extracted.text, pieces), batch_size=500)
    transaction.on_commit(wake.indexer)


def _chunks(document: Document, generation: Generation, text: str, pieces: list[Piece]) -> Iterator[Chunk]:
    for ordinal, piece in enumerate(pieces):
        passage = text[piece.start : piece.end]
        yield Chunk(
            id=chunk_id(generation, document, piece.start, passage),
            document=document,
            generation=generation,
            ordinal=ordinal,
            start=piece.start,
            end=piece.end,
            page=piece.page,
            heading=piece.heading[:_HEADING],
            text=passage,
        )


def chunk_id(generation: Generation, document: Document, start: int, text: str) -> str:
    """32 hex digits from what the chunk is, so that a repeated step makes the same ids."""
    content = f"{generation.pk}\0{document.pk}\0{start}\0{text}"
    return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class _Lease:
    """Renews a document's lease every two seconds while it is worked on."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._next = timezone.now() + timedelta(seconds=2)

    def keep(self) -> None:
        now = timezone.now()
        if now >= self._next:
            renew(self._document)
            self._next = now + timedelta(seconds=2)


def fail(document: Document, code: str, reason: str) -> None:
    """Ends a document that its worker still holds."""
    Document.objects.filter(pk=document.pk, claim=document.claim, status=Status.PROCESSING).update(
        status=Status.FAILED,
        error_code=code,
        error=reason,
        claim=None,
        lease_until=None,
        finished_at=timezone.now(),
        updated_at=timezone.now(),
    )


def _fail_exhausted(document: Document) -> None:
    waiting().filter(pk=document.pk).order_by().update(
        status=Status.FAILED,
        error_code="crashed",
        error=messages.KEEPS_CRASHING,
        claim=None,
        lease_until=None,
        finished_at=timezone.now(),
        updated_at=timezone.now(),
    )


def _release(document: Document) -> None:
    Document.objects.filter(pk=document.pk, claim=document.claim, status=Status.PROCESSING).update(
        status=Status.QUEUED, claim=None, lease_until=None, updated_at=timezone.now()
    )


def release_all() -> int:
    """Takes every lease back, for when this machine's parse worker is known to be dead. Should another
    machine hold one, it notices that its claim is gone and drops that document."""
    return Document.objects.filter(lease_until__isnull=False).update(lease_until=None, claim=None)
