from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from ingestion import clearing, comparing, indexing, pipeline, rebuilding, reembedding, runs, services
from ingestion.errors import BadCollection
from ingestion.finding import find
from ingestion.models import Chunk, Collection, Document, DocumentBuild, Generation, Run
from ingestion.progress import run_progress
from ingestion.verifying import verify
from search import registry
from tests.ingestion.material import CHINESE, ENGLISH, add, extract_all, ready

pytestmark = pytest.mark.django_db
OTHER_MODEL = {"BACKEND": "search.embedding.hashed.HashedEmbedder", "OPTIONS": {"dimension": 64}}
LONG = "\n\n".join(f"## Part {n}\n\n{'Words that fill a passage. ' * 60}" for n in range(6))


def work() -> None:
    """All that waits, the way the two workers do it."""
    extract_all()
    indexing.index_all()


def active(collection: Collection) -> Generation:
    return collection.generations.get(state="active")


def searchable(collection: Collection, query: str) -> set[str]:
    return {passage.document for passage in find(query, [collection]).passages}


def smaller_passages(collection: Collection) -> None:
    services.update_collection(collection=collection, chunk_tokens=40, chunk_overlap=0)


def forget_the_old_one() -> None:
    Generation.objects.filter(state="retired").update(ended_at=timezone.now() - timedelta(minutes=1))
    indexing.index_all()


def expect_only_the_active_index(collection: Collection) -> None:
    forget_the_old_one()
    generation = active(collection)
    assert set(Chunk.objects.values_list("generation", flat=True)) == {generation.pk}
    assert set(registry.vector_index().indexes()) == {generation.index_id}
    assert set(registry.lexical_index().indexes()) == {generation.index_id}
    report = verify()
    assert (report.missing_in_index, report.orphans_in_index) == (0, 0)
    for document in Document.objects.filter(status="ready"):
        counts = (document.chunks.count(), document.indexed_count)
        assert counts == (document.chunk_count, document.chunk_count)


def test_another_splitter_is_noticed_and_built(collection: Collection, owner: User) -> None:
    document = ready(collection, LONG)
    old, before = active(collection), document.chunk_count
    assert not reembedding.needs_reembedding(collection)
    smaller_passages(collection)
    assert reembedding.needs_reembedding(collection)
    run = reembedding.start_reembedding(collection, owner)
    assert (run.kind, run.started_by) == ("reembed", owner)
    work()
    document.refresh_from_db()
    assert active(collection).pk != old.pk
    assert document.chunk_count > before
    assert not reembedding.needs_reembedding(collection)
    expect_only_the_active_index(collection)
    assert run_progress([run])[run.pk].state == "ready"


def test_another_embedding_model_brings_search_by_meaning_back(collection: Collection) -> None:
    ready(collection, ENGLISH)
    with override_settings(EMBEDDING=OTHER_MODEL):
        registry.reset()
        assert reembedding.needs_reembedding(collection)
        reembedding.start_reembedding(collection)
        work()
        assert find("paid leave", [collection]).notes == []
        assert registry.vector_index().query(
            active(collection).index_id, registry.embedder().embed(["paid leave"])[0], 5
        )


def test_the_old_index_serves_until_the_new_one_is_complete(collection: Collection) -> None:
    for number in range(3):
        ready(collection, f"# Note {number}\n\nThe heron number {number} stands still.", f"{number}.md")
    smaller_passages(collection)
    reembedding.start_reembedding(collection)
    old = active(collection)
    extract_all()
    indexing.index_batch(indexing.next_batch(2))
    reembedding.finish_complete()
    assert active(collection).pk == old.pk
    assert len(searchable(collection, "heron")) == 3
    indexing.index_all()
    assert active(collection).pk != old.pk
    assert len(searchable(collection, "heron")) == 3
    assert Chunk.objects.filter(generation=old).count() == 3
    expect_only_the_active_index(collection)


def added(collection: Collection, _old: Document) -> None:
    add(collection, CHINESE, "late.md")


def removed(collection: Collection, old: Document) -> None:
    services.delete_document(document=old)


def read_again(collection: Collection, old: Document) -> None:
    Document.objects.filter(pk=old.pk).update(status="queued", step="extract")


def cancelled(collection: Collection, old: Document) -> None:
    read_again(collection, old)
    services.cancel_document(document=old)


@pytest.mark.parametrize("change", [added, removed, read_again, cancelled])
@pytest.mark.parametrize("moment", ["begun", "split", "half indexed", "indexed"])
def test_what_changes_while_it_is_built_ends_in_both(
    collection: Collection, change: Callable[[Collection, Document], None], moment: str
) -> None:
    document, other = ready(collection, LONG, "a.md"), ready(collection, ENGLISH, "b.md")
    smaller_passages(collection)
    reembedding.start_reembedding(collection)
    if moment != "begun":
        extract_all()
    if moment == "half indexed":
        indexing.index_batch(indexing.next_batch(3))
    if moment == "indexed":
        indexing.index_batch(indexing.next_batch(1000))
        assert not DocumentBuild.objects.exclude(step="done").exists()
    change(collection, document)
    work()
    assert not Generation.objects.filter(state="building").exists()
    expected = {"b.md"}
    expected |= {"late.md"} if change is added else set()
    expected |= {"a.md"} if change in {added, read_again} else set()
    assert set(Document.objects.filter(status="ready").values_list("name", flat=True)) == expected
    other.refresh_from_db()
    assert other.status == "ready"
    expect_only_the_active_index(collection)


def test_a_document_still_in_work_is_ready_with_the_new_index(collection: Collection) -> None:
    ready(collection, ENGLISH)
    late = add(collection, CHINESE, "late.md")
    extract_all()
    smaller_passages(collection)
    reembedding.start_reembedding(collection)
    extract_all()
    built = [chunk for chunk in indexing.next_batch(100) if chunk.generation.state == "building"]
    indexing.index_batch(built)
    reembedding.finish_complete()
    late.refresh_from_db()
    assert late.status == "ready"
    indexing.index_all()
    expect_only_the_active_index(collection)


def test_a_document_read_for_the_old_index_is_read_again(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(collection, ENGLISH)
    smaller_passages(collection)
    reembedding.start_reembedding(collection)
    extract_all()
    add(collection, CHINESE, "late.md")
    original = pipeline.write_chunks

    def swapped_first(*arguments: object) -> None:
        monkeypatch.setattr(pipeline, "write_chunks", original)
        indexing.index_all()
        original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "write_chunks", swapped_first)
    work()
    assert Document.objects.filter(status="ready").count() == 2
    assert Document.objects.get(name="late.md").attempts == 0
    expect_only_the_active_index(collection)


def test_only_one_is_built_at_a_time(collection: Collection) -> None:
    ready(collection, ENGLISH)
    reembedding.start_reembedding(collection)
    with pytest.raises(BadCollection) as caught:
        reembedding.start_reembedding(collection)
    assert caught.value.code == "already_building"
    assert Run.objects.filter(kind="reembed").count() == 1


def test_a_cancelled_build_leaves_nothing(collection: Collection) -> None:
    ready(collection, LONG)
    old = active(collection)
    smaller_passages(collection)
    run = reembedding.start_reembedding(collection)
    extract_all()
    indexing.index_batch(indexing.next_batch(3))
    assert run_progress([run])[run.pk].state == "running"
    assert runs.cancel_run(run) == 1
    assert runs.cancel_run(run) == 0
    indexing.index_all()
    assert active(collection).pk == old.pk
    assert run_progress([run])[run.pk].state == "cancelled"
    expect_only_the_active_index(collection)
    assert not DocumentBuild.objects.exists()
    assert runs.retry_run(run) == 1
    work()
    assert active(collection).pk != old.pk
    expect_only_the_active_index(collection)


def test_a_document_that_kills_its_worker_fails_the_build_only(collection: Collection) -> None:
    ready(collection, ENGLISH)
    old = active(collection)
    run = reembedding.start_reembedding(collection)
    for _attempt in range(rebuilding.MAX_ATTEMPTS):
        assert rebuilding.claim_next() is not None
        DocumentBuild.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert rebuilding.claim_next() is None
    indexing.index_all()
    assert run_progress([run])[run.pk].state == "failed"
    assert "could not be split" in run_progress([run])[run.pk].error
    assert active(collection).pk == old.pk
    assert searchable(collection, "paid leave")
    expect_only_the_active_index(collection)


def test_a_killed_worker_costs_nothing_but_time(collection: Collection) -> None:
    ready(collection, LONG)
    smaller_passages(collection)
    reembedding.start_reembedding(collection)
    first = rebuilding.claim_next()
    assert first is not None
    pipeline.release_all()
    second = rebuilding.claim_next()
    assert second is not None
    rebuilding.split_build(second)
    rebuilding.split_build(first)
    indexing.index_all()
    expect_only_the_active_index(collection)


def test_what_an_index_lost_is_repaired_before_the_swap(collection: Collection) -> None:
    ready(collection, LONG)
    smaller_passages(collection)
    run = reembedding.start_reembedding(collection)
    extract_all()
    indexing.index_batch(indexing.next_batch(1000))
    building = collection.generations.get(state="building")
    ids = list(building.chunks.values_list("id", flat=True))
    registry.vector_index().delete(building.index_id, ids[:3])
    assert len(comparing.compare(building).missing) == 3
    indexing.index_all()
    building.refresh_from_db()
    assert (building.state, building.repairs) == ("active", 1)
    assert run_progress([run])[run.pk].state == "ready"
    expect_only_the_active_index(collection)


def test_an_index_that_stays_incomplete_never_replaces_the_old_one(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(collection, LONG)
    old = active(collection)
    smaller_passages(collection)
    run = reembedding.start_reembedding(collection)
    extract_all()
    lose = registry.vector_index().upsert
    monkeypatch.setattr(
        registry.vector_index(), "upsert", lambda index, ids, of, rows: lose(index, ids[1:], of[1:], rows[1:])
    )
    indexing.index_all()
    assert active(collection).pk == old.pk
    assert run_progress([run])[run.pk].state == "failed"
    assert "incomplete" in run_progress([run])[run.pk].error
    expect_only_the_active_index(collection)


def test_a_model_that_went_meanwhile_fails_the_build(collection: Collection) -> None:
    ready(collection, ENGLISH)
    run = reembedding.start_reembedding(collection)
    Generation.objects.filter(run=run).update(embedding="st-gone", embedder={})
    assert reembedding.is_complete()
    work()
    assert run_progress([run])[run.pk].state == "failed"
    assert "not on this machine any more" in run_progress([run])[run.pk].error
    assert searchable(collection, "paid leave")


def test_an_empty_collection_follows_the_settings_by_itself(collection: Collection) -> None:
    smaller_passages(collection)
    assert not reembedding.needs_reembedding(collection)


def test_searches_that_began_before_the_swap_still_find_their_passages(collection: Collection) -> None:
    ready(collection, LONG)
    smaller_passages(collection)
    reembedding.start_reembedding(collection)
    work()
    retired = collection.generations.get(state="retired")
    assert retired.chunks.exists()
    assert not clearing.is_waiting()
    forget_the_old_one()
    retired.refresh_from_db()
    assert retired.dropped_at is not None
