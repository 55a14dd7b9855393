"""The parse worker's part of a new generation: splitting the stored text of one document after another."""

import logging

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from ingestion import fairness, wake
from ingestion.chunk_writing import chunks_of, drop_chunks, write_chunks
from ingestion.extract import kinds
from ingestion.generations import frozen_split_settings
from ingestion.leases import MAX_ATTEMPTS, ClaimLost, Lease, free, release, take
from ingestion.models import DocumentBuild, DocumentText, Generation
from ingestion.passage_placing import by_hand, wishes
from ingestion.reembedding import fail_build, fail_for_model
from ingestion.splitting import split
from search.errors import ModelUnavailable

log = logging.getLogger(__name__)

Step = DocumentBuild.Step
_KEEPS_CRASHING = gettext_noop("A document could not be split: the worker stopped each time it was tried.")


def waiting() -> QuerySet[DocumentBuild]:
    """Documents that nobody is splitting for a new generation, oldest build first."""
    return DocumentBuild.objects.filter(
        free(), step=Step.SPLIT, generation__state=Generation.State.BUILDING
    ).order_by("pk")


def claim_next() -> DocumentBuild | None:
    """Takes the next one for this worker; ``None`` when there is none. A build whose document kills its
    worker ``MAX_ATTEMPTS`` times fails, and the old generation goes on."""
    while True:
        build = waiting().select_related("generation").first()
        if build is None:
            return None
        if build.attempts >= MAX_ATTEMPTS:
            fail_build(build.generation, _KEEPS_CRASHING)
            continue
        if take(DocumentBuild.objects.filter(free(), step=Step.SPLIT), build.pk, build.attempts):
            return DocumentBuild.objects.select_related(
                "generation__run", "document__collection", "document__run"
            ).get(pk=build.pk)


def split_build(build: DocumentBuild) -> None:
    """Splits a claimed document's stored text for the new generation and hands it to the index worker."""
    lease = Lease(lambda: _held(build), build.pk)
    try:
        with lease.in_background():
            _split(build, lease)
    except ClaimLost:
        log.info("build %s is no longer ours, work dropped", build.pk)
    except ModelUnavailable as error:
        fail_for_model(build.generation, str(error))
    except OperationalError as error:
        log.warning("build %s could not be written (%s); trying again", build.pk, error)
        release(build, _held(build))


def _split(build: DocumentBuild, lease: Lease) -> None:
    document, generation = build.document, build.generation
    content = DocumentText.objects.filter(document=document).first()
    text = content.text if content is not None else ""
    starts = [(page[0], page[1]) for page in content.pages] if content is not None else []
    markdown = document.mime not in kinds.AS_WRITTEN
    frozen = frozen_split_settings(generation)
    pieces = split(text, starts, frozen, markdown=markdown, keep=lease.keep) if text else []
    pieces = by_hand(text, pieces, wishes(document)).pieces
    lease.renew()
    drop_chunks(document, generation)
    turn = fairness.indexing_turn(generation.run_id, len(pieces))
    chunks = chunks_of(document, generation, text, pieces, turn)
    write_chunks(chunks, len(pieces), lease.renew, lambda: _hand_on(build, len(pieces)))


def _hand_on(build: DocumentBuild, pieces: int) -> None:
    """Runs in the transaction with the last chunks."""
    if not _held(build).update(
        step=Step.INDEX if pieces else Step.DONE,
        attempts=0,
        lease_until=None,
        claim=None,
        chunk_count=pieces,
        indexed_count=0,
    ):
        raise ClaimLost(build.pk)
    transaction.on_commit(wake.indexer)


def _held(build: DocumentBuild) -> QuerySet[DocumentBuild]:
    return DocumentBuild.objects.filter(
        pk=build.pk, claim=build.claim, generation__state=Generation.State.BUILDING
    )
