"""From the reader to the index worker: what was read of documents becomes theirs, with the next step."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ingestion import history, wake
from ingestion.document_dates import own_day
from ingestion.extract.types import Extracted
from ingestion.leases import ClaimLost, Overtaken
from ingestion.models import Collection, Document, DocumentBuild, DocumentText, Generation
from ingestion.splitting import Piece

_TITLE = 300


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of ``document``, split for ``generation``; ``seconds`` is how long that took."""

    document: Document
    generation: Generation
    extracted: Extracted
    pieces: list[Piece]
    seconds: float


def held(document: Document) -> QuerySet[Document]:
    """The document's row as long as the claim on it stands."""
    return Document.objects.filter(pk=document.pk, claim=document.claim, status=Document.Status.PROCESSING)


def hand_on(reads: Sequence[Read]) -> None:
    """Writes what was read of documents of one collection, whose last chunks belong in the same transaction.
    No generation begins or ends meanwhile.

    Raises ``Overtaken`` where their generation is searched and built no more, and ``ClaimLost``.
    """
    generation = reads[0].generation
    list(Collection.objects.select_for_update().filter(pk=generation.collection_id).values_list("pk"))
    state = Generation.State
    states = set(
        Generation.objects.filter(
            collection=generation.collection_id, state__in=[state.ACTIVE, state.BUILDING]
        ).values_list("pk", flat=True)
    )
    if generation.pk not in states:
        raise Overtaken(generation.pk)
    for read in reads:
        _write_document(read)
    seconds = {read.document.pk: read.seconds for read in reads}
    history.record(seconds, history.Kind.READ, seconds=seconds)
    DocumentText.objects.bulk_create(
        [
            DocumentText(document=read.document, text=read.extracted.text, pages=_pages(read))
            for read in reads
        ],
        update_conflicts=True,
        unique_fields=["document"],
        update_fields=["text", "pages"],
    )
    DocumentBuild.objects.bulk_create(
        DocumentBuild(generation_id=building, document=read.document)
        for building in states - {generation.pk}
        for read in reads
    )
    transaction.on_commit(wake.indexer)


def _write_document(read: Read) -> None:
    document, extracted = read.document, read.extracted
    if not held(document).update(
        step=Document.Step.INDEX,
        attempts=0,
        lease_until=None,
        title=(document.title or extracted.title)[:_TITLE],
        language=extracted.language[:10],
        mime=extracted.mime[:120],
        meta=dict(extracted.meta),
        dated_on=own_day(extracted.meta) or document.dated_on,
        pages=max((page.number or 0 for page in extracted.pages), default=0) or None,
        chunk_count=len(read.pieces),
        indexed_count=0,
        updated_at=timezone.now(),
    ):
        raise ClaimLost(document.pk)


def _pages(read: Read) -> list[list[object]]:
    found = zip(read.extracted.pages, read.extracted.starts, strict=True)
    return [[page.number, start, page.label, page.ocr] for page, start in found]
