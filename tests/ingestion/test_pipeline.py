from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ingestion import indexing, pipeline, services
from ingestion.extract.types import ExtractionError
from ingestion.leases import Lease
from ingestion.models import Chunk, Collection, Document, DocumentText, Removal
from search import registry
from tests.ingestion.material import CHINESE, ENGLISH, add, extract_all, ready
from tests.ingestion.scripted import Scripted, text_of

pytestmark = pytest.mark.django_db


def test_a_document_goes_all_the_way(collection: Collection) -> None:
    document = ready(collection, ENGLISH)
    assert (document.status, document.step, document.progress) == ("ready", "done", 100)
    assert document.title == "Holidays"
    chunks = list(document.chunks.all())
    assert len(chunks) == document.chunk_count == document.indexed_count > 0
    text = DocumentText.objects.get(document=document).text
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    index_id = chunks[0].generation.index_id
    ids = {chunk.id for chunk in chunks}
    assert set(registry.vector_index().ids(index_id)) == set(registry.lexical_index().ids(index_id)) == ids


def test_progress_grows_from_nothing_to_all(collection: Collection) -> None:
    document = add(collection, CHINESE)
    assert document.progress == 0
    extract_all()
    document.refresh_from_db()
    assert document.status == "processing"
    assert document.progress == 10
    indexing.index_all()
    document.refresh_from_db()
    assert document.progress == 100


def test_repeating_every_step_makes_no_doubles(collection: Collection) -> None:
    document = ready(collection, ENGLISH)
    before = set(document.chunks.values_list("id", flat=True))
    Document.objects.filter(pk=document.pk).update(status="processing", step="extract")
    extract_all()
    indexing.index_all()
    document.refresh_from_db()
    assert document.status == "ready"
    assert set(document.chunks.values_list("id", flat=True)) == before
    index_id = document.chunks.first().generation.index_id
    assert sorted(registry.vector_index().ids(index_id)) == sorted(before)
    assert not Removal.objects.exists()


def test_only_one_worker_gets_a_document(collection: Collection) -> None:
    add(collection, ENGLISH)
    assert pipeline.claim_next() is not None
    assert pipeline.claim_next() is None


def test_an_abandoned_document_is_taken_back_when_its_lease_ends(collection: Collection) -> None:
    add(collection, ENGLISH)
    first = pipeline.claim_next()
    assert first is not None
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = pipeline.claim_next()
    assert second is not None
    assert (second.pk, second.attempts) == (first.pk, 2)


def test_the_former_holder_cannot_write(collection: Collection) -> None:
    add(collection, ENGLISH)
    first = pipeline.claim_next()
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = pipeline.claim_next()
    assert first is not None and second is not None
    pipeline.extract_document(first, Scripted(text_of("the old worker's text")))
    assert not Chunk.objects.exists()
    pipeline.extract_document(second, Scripted(text_of("the new worker's text")))
    assert Chunk.objects.get().text == "the new worker's text"


def test_a_file_that_kills_its_worker_each_time_fails_with_a_reason(collection: Collection) -> None:
    document = add(collection, ENGLISH)
    for _attempt in range(pipeline.MAX_ATTEMPTS):
        assert pipeline.claim_next() is not None
        Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert pipeline.claim_next() is None
    document.refresh_from_db()
    assert (document.status, document.error_code) == ("failed", "crashed")
    assert "simpler copy" in document.error


def test_a_passing_error_is_tried_again_and_then_given_up(collection: Collection) -> None:
    document = add(collection, ENGLISH)
    extractor = Scripted(ExtractionError("crashed", "The reader stopped.", permanent=False))
    while claimed := pipeline.claim_next():
        pipeline.extract_document(claimed, extractor)
    document.refresh_from_db()
    assert extractor.calls == pipeline.MAX_ATTEMPTS
    assert (document.status, document.error) == ("failed", "The reader stopped.")


def test_a_permanent_error_fails_at_once_and_can_be_retried(collection: Collection) -> None:
    document = add(collection, ENGLISH)
    claimed = pipeline.claim_next()
    assert claimed is not None
    pipeline.extract_document(claimed, Scripted(ExtractionError("encrypted", "It is locked.")))
    document.refresh_from_db()
    assert (document.status, document.error_code, document.attempts) == ("failed", "encrypted", 1)
    services.retry_document(document=document)
    extract_all()
    indexing.index_all()
    document.refresh_from_db()
    assert (document.status, document.error) == ("ready", "")


def test_a_document_cancelled_while_it_is_read_stays_cancelled(collection: Collection) -> None:
    document = add(collection, ENGLISH)
    claimed = pipeline.claim_next()
    assert claimed is not None
    pipeline.extract_document(
        claimed, Scripted(text_of(ENGLISH), before=lambda: services.cancel_document(document=document))
    )
    document.refresh_from_db()
    assert document.status == "cancelled"
    assert not Chunk.objects.exists()


def test_a_document_cancelled_between_the_steps_leaves_nothing_behind(collection: Collection) -> None:
    document = add(collection, ENGLISH)
    extract_all()
    services.cancel_document(document=document)
    assert indexing.index_all() == 0
    assert not Chunk.objects.exists()


def test_a_vanished_file_fails_with_a_reason(collection: Collection) -> None:
    from ingestion import storage

    document = add(collection, ENGLISH)
    storage.path_of(document.sha256).unlink()
    extract_all()
    document.refresh_from_db()
    assert (document.status, document.error_code) == ("failed", "missing")


@pytest.mark.parametrize(
    ("site", "own", "expected"), [(True, "", True), (False, "on", True), (True, "off", False)]
)
def test_a_collection_decides_on_recognition(
    collection: Collection, settings: Any, site: bool, own: str, expected: bool
) -> None:
    settings.OCR = site
    services.update_collection(collection=collection, ocr=own)
    add(collection, ENGLISH)
    document = pipeline.claim_next()
    assert document is not None
    extractor = Scripted(text_of("Some text."))
    pipeline.extract_document(document, extractor)
    assert extractor.limits.ocr is expected


def test_pages_that_are_read_are_written_with_the_lease(collection: Collection) -> None:
    add(collection, ENGLISH)
    document = pipeline.claim_next()
    assert document is not None
    lease = Lease(lambda: Document.objects.filter(pk=document.pk), document.pk)
    lease.note(pages_read=30, pages_total=120)
    document.refresh_from_db()
    assert document.pages_read == 0, "nothing is written but with the lease"
    lease.renew()
    document.refresh_from_db()
    assert (document.pages_read, document.pages_total, document.progress) == (30, 120, 2)
