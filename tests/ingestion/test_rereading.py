"""A ready document gets new content while the old one goes on being searched, whatever happens meanwhile."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from ingestion import (
    adopting,
    indexing,
    pipeline,
    rebuilding,
    reembedding,
    rereading,
    runs,
    services,
    storage,
)
from ingestion.extract.process import ExtractionProcess
from ingestion.finding import find
from ingestion.models import Chunk, Collection, Document, DocumentText, Generation, Removal, Run
from ingestion.opening import open_passage
from ingestion.progress import run_progress
from ingestion.rereading import CannotReplace
from ingestion.verifying import verify
from tests.ingestion.material import CHINESE, ENGLISH, add, extract_all, ready
from tests.ingestion.test_reembedding import (
    expect_only_the_active_index,
    forget_the_old_one,
    smaller_passages,
    work,
)

pytestmark = pytest.mark.django_db
OLD = "\n\n".join(f"## Part {n}\n\n{'The heron stands in the reeds. ' * 30}" for n in range(3))
NEW = "\n\n".join(f"## Part {n}\n\n{'The badger digs under the hill. ' * 30}" for n in range(4))


def replace(document: Document, text: str, name: str = "") -> services.Added:
    return rereading.replace_document(
        document=document,
        file=io.BytesIO(text.encode()),
        name=name or document.name,
        by=document.created_by,
    )


def found(collection: Collection, query: str) -> list[str]:
    """The words that say which text is searched, in the passages that are found."""
    texts = " ".join(passage.text for passage in find(query, [collection], mode="lexical").passages)
    return [word for word in ("heron", "badger") if word in texts]


def expect_new(collection: Collection, document: Document) -> None:
    """One document, with the new content everywhere and nothing left of the old one."""
    document.refresh_from_db()
    assert (document.status, Document.objects.filter(collection=collection).count()) == ("ready", 1)
    assert found(collection, "badger digs") == ["badger"]
    assert found(collection, "heron reeds") == []
    assert "badger" in DocumentText.objects.get(document=document).text
    assert set(DocumentText.objects.values_list("document", flat=True)) == {document.pk}
    assert not Removal.objects.exists()
    expect_only_the_active_index(collection)


def test_the_old_text_serves_until_the_new_one_is_complete(collection: Collection) -> None:
    document = ready(collection, OLD)
    before = document.chunk_count
    added = replace(document, NEW)
    assert (added.document, added.is_update, added.is_duplicate) == (document, True, False)
    extract_all()
    indexing.index_batch(indexing.next_batch(2))
    document.refresh_from_db()
    assert document.update is not None
    assert 0 < document.update.progress < 100
    assert found(collection, "heron badger") == ["heron"]
    assert (document.status, document.chunk_count) == ("ready", before)
    indexing.index_all()
    expect_new(collection, document)
    assert document.chunk_count != before
    assert document.sha256 == storage.store(io.BytesIO(NEW.encode())).sha256


def test_the_old_bytes_leave_the_disk(
    collection: Collection, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    document = ready(collection, OLD)
    old = document.sha256
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        replace(document, NEW)
        work()
    document.refresh_from_db()
    assert not storage.path_of(old).exists()
    assert storage.path_of(document.sha256).exists()


def test_both_indexes_name_the_document_that_will_own_the_passages(collection: Collection) -> None:
    document = ready(collection, ENGLISH)
    replace(document, NEW)
    extract_all()
    batch = indexing.next_batch(1)
    assert batch[0].document_id != document.pk
    assert indexing.passage(batch[0]).document_id == str(document.pk)
    work()
    hits = find("badger", [collection]).passages
    assert {hit.document_id for hit in hits} == {str(document.pk)}


def test_the_same_file_can_be_read_again(collection: Collection) -> None:
    document = ready(collection, OLD)
    smaller = document.chunk_count
    services.update_collection(collection=collection, chunk_tokens=60, chunk_overlap=0)
    Generation.objects.update(splitter="of other settings")
    rereading.reread_document(document=document, by=collection.owner)
    run = collection.runs.get(kind=Run.Kind.REREAD)
    assert run_progress([run])[run.pk].queued == 1
    rereading.reread_document(document=document, by=collection.owner)
    assert Document.objects.filter(replaces=document).count() == 1
    work()
    document.refresh_from_db()
    assert document.chunk_count > smaller
    assert document.run == run
    assert run_progress([run])[run.pk].state == "ready"
    assert found(collection, "heron") == ["heron"]
    expect_only_the_active_index(collection)


def test_a_second_replacement_takes_the_place_of_the_first(collection: Collection) -> None:
    document = ready(collection, OLD)
    replace(document, ENGLISH)
    extract_all()
    indexing.index_batch(indexing.next_batch(1000)[:1])
    replace(document, NEW)
    work()
    expect_new(collection, document)


def test_the_same_bytes_change_nothing_and_end_an_update(collection: Collection) -> None:
    document = ready(collection, OLD)
    assert replace(document, OLD).is_duplicate
    replace(document, NEW)
    assert replace(document, NEW).is_update
    assert Document.objects.filter(replaces=document).count() == 1
    assert replace(document, OLD).is_duplicate
    assert not Document.objects.filter(replaces=document).exists()
    work()
    assert found(collection, "heron") == ["heron"]
    assert storage.path_of(document.sha256).exists()


def test_bytes_of_another_document_are_refused(collection: Collection) -> None:
    document, other = ready(collection, OLD), ready(collection, CHINESE, "other.md")
    with pytest.raises(CannotReplace, match="already, as “other"):
        replace(document, CHINESE)
    replace(other, NEW)
    with pytest.raises(CannotReplace, match="already, as “other"):
        replace(document, NEW)
    added = services.add_file(collection=collection, file=io.BytesIO(NEW.encode()), name="x.md")
    assert (added.document, added.is_duplicate) == (other, True)


def test_a_document_with_the_same_bytes_that_came_meanwhile_fails_the_update_only(
    collection: Collection,
) -> None:
    document = ready(collection, OLD)
    replace(document, NEW)
    extract_all()
    update = Document.objects.get(replaces=document)
    Document.objects.create(collection=collection, name="twin.md", sha256=update.sha256, status="cancelled")
    indexing.index_all()
    document.refresh_from_db()
    assert document.status == "ready"
    assert document.update is not None
    assert (document.update.status, document.update.error_code) == ("failed", "duplicate")
    assert found(collection, "heron") == ["heron"]
    assert rereading.drop_update(document=document)
    indexing.index_all()
    assert verify().orphans_in_index == 0


def test_a_failed_update_keeps_the_old_text_and_can_be_dropped_or_retried(collection: Collection) -> None:
    document = ready(collection, OLD)
    replace(document, "\0\1\2" * 50)
    work()
    document.refresh_from_db()
    assert document.status == "ready"
    assert document.update is not None
    assert document.update.status == "failed"
    assert document.update.error
    assert found(collection, "heron") == ["heron"]
    assert services.retry_documents(Document.objects.filter(replaces=document)) == 1
    work()
    assert rereading.drop_update(document=document)
    assert not rereading.drop_update(document=document)
    replace(document, NEW)
    work()
    expect_new(collection, document)


def test_a_document_that_failed_gets_the_new_bytes_itself(collection: Collection) -> None:
    document = ready(collection, "\0\1\2" * 50)
    assert document.status == "failed"
    assert replace(document, NEW, "better.md").is_update
    work()
    expect_new(collection, document)
    assert document.name == "better.md"


@pytest.mark.parametrize("moment", ["queued", "read", "half indexed"])
def test_a_document_in_work_begins_anew_with_the_new_bytes(collection: Collection, moment: str) -> None:
    document = add(collection, OLD)
    if moment != "queued":
        extract_all()
    if moment == "half indexed":
        indexing.index_batch(indexing.next_batch(2))
    replace(document, NEW)
    work()
    expect_new(collection, document)


def deleted(_collection: Collection, document: Document) -> None:
    services.delete_document(document=document)


def cancelled(_collection: Collection, document: Document) -> None:
    run = Document.objects.get(replaces=document).run
    assert run is not None
    assert runs.cancel_run(run) == 1


def dropped(_collection: Collection, document: Document) -> None:
    rereading.drop_update(document=document)


def killed(_collection: Collection, document: Document) -> None:
    """The worker held it and is gone; its lease runs out."""
    pipeline.claim_next()
    Document.objects.filter(replaces=document).update(lease_until=timezone.now() - timedelta(seconds=1))


def undisturbed(_collection: Collection, _document: Document) -> None:
    pass


EXPECTED = {
    deleted: None,
    cancelled: "heron",
    dropped: "heron",
    killed: "badger",
    undisturbed: "badger",
}


@pytest.mark.parametrize("change", EXPECTED)
@pytest.mark.parametrize("moment", ["queued", "read", "half indexed"])
@pytest.mark.parametrize("build", ["none", "before", "split", "half built", "after"])
def test_every_moment_ends_whole(
    collection: Collection, change: Callable[[Collection, Document], None], moment: str, build: str
) -> None:
    """The update at ``moment``, the collection's new index as far as ``build``, then ``change``."""
    document, other = ready(collection, OLD), ready(collection, CHINESE, "other.md")
    smaller_passages(collection)
    if build in {"before", "split", "half built"}:
        reembedding.start_reembedding(collection)
    if build in {"split", "half built"}:
        extract_all()
    if build == "half built":
        indexing.index_batch(indexing.next_batch(3))
    replace(document, NEW)
    if moment != "queued":
        extract_all()
    if moment == "half indexed":
        indexing.index_batch(indexing.next_batch(4))
    if build == "after":
        reembedding.start_reembedding(collection)
    change(collection, document)
    work()
    assert not Generation.objects.filter(state="building").exists()
    expected = EXPECTED[change]
    if expected is None:
        assert list(Document.objects.all()) == [other]
    else:
        document.refresh_from_db()
        assert document.status == "ready"
        assert found(collection, "heron badger") == [expected]
    dropped_or_taken = change is not cancelled
    assert Document.objects.filter(replaces__isnull=False).exists() != dropped_or_taken
    if change is cancelled:
        rereading.drop_update(document=document)
        indexing.index_all()
    expect_only_the_active_index(collection)


def test_a_build_that_is_being_split_at_that_moment_begins_again(collection: Collection) -> None:
    document = ready(collection, OLD)
    smaller_passages(collection)
    reembedding.start_reembedding(collection)
    replace(document, NEW)
    while pipeline.waiting().exists():
        claimed = pipeline.claim_next()
        assert claimed is not None
        extractor = ExtractionProcess()
        pipeline.extract_document(claimed, extractor)
        extractor.close()
    builds = [rebuilding.claim_next(), rebuilding.claim_next()]
    update = Document.objects.get(replaces=document)
    (late,) = [build for build in builds if build is not None and build.document_id == update.pk]
    indexing.index_batch(indexing.next_batch(1000))
    assert not Document.objects.filter(replaces__isnull=False).exists()
    rebuilding.split_build(late)
    assert not Chunk.objects.filter(generation__state="building").exists()
    work()
    expect_new(collection, document)


def test_a_crash_before_the_commit_repeats_the_last_batch(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = ready(collection, OLD)
    replace(document, NEW)
    extract_all()

    class Killed(BaseException):
        pass

    def killed(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(adopting, "drop_chunks", killed)
        with pytest.raises(Killed):
            indexing.index_all()
    document.refresh_from_db()
    assert document.update is not None
    assert found(collection, "heron badger") == ["heron"]
    indexing.index_all()
    expect_new(collection, document)


def test_old_addresses_of_passages_are_remembered(collection: Collection) -> None:
    """Those of a text that was taken over too, when the index was built anew since."""
    document = ready(collection, OLD)
    replace(document, NEW)
    work()
    chunk = Chunk.objects.filter(document=document).first()
    assert chunk is not None
    reembedding.start_reembedding(collection)
    work()
    forget_the_old_one()
    document.refresh_from_db()
    content = DocumentText.objects.get(document=document)
    assert not Chunk.objects.filter(pk=chunk.pk).exists()
    opened = open_passage(document, content, chunk.pk)
    assert opened is not None
    assert (opened.start, opened.end) == (chunk.start, chunk.end)
