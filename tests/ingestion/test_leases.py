import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from ingestion import chunk_writing, indexing, leases, pipeline, services
from ingestion.leases import ClaimLost, Lease
from ingestion.models import Chunk, Collection, Document, Removal
from ingestion.verifying import verify
from tests.ingestion.material import add, extract_all, ready
from tests.ingestion.scripted import Scripted, text_of

pytestmark = pytest.mark.django_db
LONG = "\n\n".join(f"## Part {n}\n\n{'Words that fill a passage. ' * 60}" for n in range(60))


def claim(collection: Collection, text: str = "one") -> Document:
    add(collection, text)
    claimed = pipeline.claim_next()
    assert claimed is not None
    return claimed


def lease_of(document: Document) -> Lease:
    return Lease(lambda: Document.objects.filter(pk=document.pk, claim=document.claim), document.pk)


def test_keeping_a_lease_extends_it(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    document = claim(collection)
    monkeypatch.setattr(leases, "_EVERY_S", -1)
    lease = lease_of(document)
    Document.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    lease.keep()
    document.refresh_from_db()
    assert document.lease_until is not None and document.lease_until > timezone.now()
    services.cancel_document(document=Document.objects.get())
    with pytest.raises(ClaimLost):
        lease.keep()


@pytest.mark.django_db(transaction=True)
def test_a_long_call_is_covered_from_a_second_thread(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = claim(collection)
    monkeypatch.setattr(leases, "_BACKGROUND_S", 0.05)
    past = timezone.now() - timedelta(hours=1)
    Document.objects.update(lease_until=past)
    with lease_of(document).in_background():
        for _ in range(200):
            document.refresh_from_db()
            if document.lease_until != past:
                break
            time.sleep(0.05)
    assert document.lease_until is not None and document.lease_until > timezone.now()


def test_a_database_that_is_away_does_not_count_as_an_attempt(collection: Collection) -> None:
    document = claim(collection)

    def away() -> None:
        raise OperationalError("database is locked")

    pipeline.extract_document(document, Scripted(text_of("one"), before=away))
    document.refresh_from_db()
    assert (document.status, document.attempts, document.claim) == ("queued", 0, None)
    extract_all()
    indexing.index_all()
    document.refresh_from_db()
    assert document.status == "ready"


def test_a_worker_that_dies_between_two_slices_leaves_no_doubles(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_writing, "SLICE", 7)
    document = claim(collection, LONG)
    written: list[int] = []
    create = Chunk.objects.bulk_create

    def dies(chunks: list[Chunk], **options: object) -> list[Chunk]:
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(len(chunks))
        return create(chunks, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Chunk.objects, "bulk_create", dies)
        with pytest.raises(KeyboardInterrupt):
            pipeline.extract_document(document, Scripted(text_of(LONG)))
    assert Chunk.objects.count() == 21
    assert indexing.next_batch() == []
    pipeline.release_all()
    extract_all()
    indexing.index_all()
    document.refresh_from_db()
    assert document.status == "ready"
    assert document.chunk_count == Chunk.objects.count() == Chunk.objects.filter(indexed=True).count() > 21
    assert not Removal.objects.exists()
    assert (verify().missing_in_index, verify().orphans_in_index) == (0, 0)


def test_cancelling_between_two_slices_stops_the_writing(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_writing, "SLICE", 7)
    document = claim(collection, LONG)
    create = Chunk.objects.bulk_create

    def cancelled_after(chunks: list[Chunk], **options: object) -> list[Chunk]:
        made = create(chunks, **options)  # type: ignore[arg-type]
        services.cancel_document(document=Document.objects.get())
        return made

    monkeypatch.setattr(Chunk.objects, "bulk_create", cancelled_after)
    pipeline.extract_document(document, Scripted(text_of(LONG)))
    assert Chunk.objects.count() == 7
    indexing.index_all()
    assert not Chunk.objects.exists()
    document.refresh_from_db()
    assert (document.status, document.chunk_count) == ("cancelled", 0)


def test_a_long_document_is_dropped_in_slices(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_writing, "SLICE", 7)
    document = ready(collection, LONG)
    services.delete_document(document=document)
    assert all(len(removal.ids) <= 7 for removal in Removal.objects.all())
    indexing.index_all()
    assert (verify().documents, verify().orphans_in_index) == (0, 0)
