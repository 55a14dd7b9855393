import pytest

from accounts.models import User
from ingestion import chunk_writing, clearing, indexing, services, vectors
from ingestion.indexing import LARGEST_BATCH, SMALLEST_BATCH, Pace
from ingestion.models import Chunk, Collection, Document
from ingestion.verifying import verify
from search import registry
from tests.ingestion.material import CHINESE, ENGLISH, add, extract_all, ready


def test_a_batch_that_took_long_is_followed_by_a_shorter_one() -> None:
    pace = Pace()
    pace.learn(100, 100, 4 * indexing.BATCH_S)
    assert pace.batch == pace.to_embed == 25


def test_batches_grow_while_they_are_quick_and_have_ends() -> None:
    pace = Pace()
    pace.learn(100, 100, 0.1)
    assert pace.to_embed == 200
    for _ in range(10):
        pace.learn(pace.to_embed, pace.to_embed, 0.1)
    assert pace.to_embed == LARGEST_BATCH
    pace.learn(100, 100, 1000)
    assert pace.to_embed == SMALLEST_BATCH


def test_known_text_makes_larger_batches_but_no_more_to_embed() -> None:
    pace = Pace()
    pace.learn(100, 100, indexing.BATCH_S)
    pace.learn(100, 0, 0.1)
    assert (pace.batch, pace.to_embed) == (400, 100)


@pytest.mark.django_db
def test_one_batch_serves_several_collections(collection: Collection, owner: User) -> None:
    other = services.create_collection(owner=owner, name="Other")
    first, second = add(collection, ENGLISH), add(other, CHINESE)
    extract_all()
    indexing.index_batch(indexing.next_batch())
    for document in (first, second):
        document.refresh_from_db()
        assert document.status == "ready"
        generation = document.collection.generations.get()
        ids = set(Chunk.objects.filter(document=document).values_list("id", flat=True))
        assert set(registry.vector_index().ids(generation.index_id)) == ids
        assert set(registry.lexical_index().ids(generation.index_id)) == ids


@pytest.mark.django_db
def test_a_crash_while_a_document_is_deleted_leaves_none_that_seems_complete(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n\n".join(f"## Part {n}\n\n{'Words that fill a passage. ' * 60}" for n in range(30))
    document = ready(collection, text)
    monkeypatch.setattr(chunk_writing, "SLICE", 7)
    drop, dropped = chunk_writing.drop_slice, 0

    def dies(*arguments: object) -> bool:
        nonlocal dropped
        if dropped == 2:
            raise KeyboardInterrupt
        dropped += 1
        return drop(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(chunk_writing, "drop_slice", dies)
        with pytest.raises(KeyboardInterrupt):
            services.delete_document(document=document)
    assert Document.objects.get().status == "cancelled"
    indexing.index_all()
    assert not Chunk.objects.exists()
    report = verify()
    assert (report.documents, report.missing_in_index, report.orphans_in_index) == (0, 0, 0)


@pytest.mark.django_db
def test_what_is_given_up_while_its_vectors_are_computed_is_not_written(collection: Collection) -> None:
    kept, gone = add(collection, ENGLISH), add(collection, CHINESE)
    extract_all()
    planned = vectors.plan([(chunk, indexing.passage(chunk)) for chunk in indexing.next_batch()], 100)
    embedded = vectors.complete(planned, vectors.compute(planned))
    services.delete_document(document=gone)
    clearing.clear()
    indexing.write(embedded)
    index_id = collection.generations.get().index_id
    ids = set(Chunk.objects.filter(document=kept).values_list("id", flat=True))
    assert set(registry.vector_index().ids(index_id)) == set(registry.lexical_index().ids(index_id)) == ids


@pytest.mark.django_db
def test_a_batch_under_way_is_not_taken_twice(collection: Collection) -> None:
    add(collection, "\n\n".join(f"## Part {n}\n\n{'Words that fill a passage. ' * 60}" for n in range(6)))
    extract_all()
    first = indexing.next_batch(2)
    second = indexing.next_batch(2, first)
    assert len(second) == 2
    assert not {chunk.id for chunk in first} & {chunk.id for chunk in second}
