from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from ingestion import index_progress, indexing, pipeline, runs, services
from ingestion.extract.types import ExtractionError
from ingestion.models import Chunk, Collection, Document, Run
from ingestion.progress import RunProgress, run_progress
from ingestion.verifying import verify
from search import registry
from tests.ingestion.material import ENGLISH, add, extract_all
from tests.ingestion.scripted import Scripted, text_of

pytestmark = pytest.mark.django_db
LONG = "\n\n".join(f"## Part {n}\n\n{'Words that fill a passage. ' * 60}" for n in range(60))


@pytest.fixture
def run(collection: Collection) -> Run:
    return services.start_run(collection=collection, kind=Run.Kind.UPLOAD)


def of(run: Run) -> RunProgress:
    run.refresh_from_db()
    return run_progress([run])[run.pk]


def test_cancelling_a_run_stops_what_is_in_work_and_keeps_what_is_ready(
    collection: Collection, run: Run
) -> None:
    done = add(collection, ENGLISH, "done.md", run)
    extract_all()
    indexing.index_all()
    add(collection, LONG, "half.md", run)
    extract_all()
    indexing.index_batch(indexing.next_batch(20))
    add(collection, "reading", "reading.md", run)
    reading = pipeline.claim_next()
    assert reading is not None
    add(collection, "waiting", "waiting.md", run)
    other = add(collection, "other", "other.md")
    assert runs.cancel_run(run) == 3
    pipeline.extract_document(reading, Scripted(text_of("late")))
    extract_all()
    indexing.index_all()
    progress = of(run)
    assert (progress.state, progress.ready, progress.cancelled, progress.in_work) == ("cancelled", 1, 3, 0)
    for document in (done, other):
        document.refresh_from_db()
        assert document.status == "ready"
    assert set(Chunk.objects.values_list("document__name", flat=True)) == {"done.md", "other.md"}
    report = verify()
    assert (report.missing_in_index, report.orphans_in_index) == (0, 0)
    assert runs.cancel_run(run) == 0


def test_a_cancelled_run_can_be_tried_again(collection: Collection, run: Run) -> None:
    add(collection, LONG, "long.md", run)
    add(collection, ENGLISH, "note.md", run)
    extract_all()
    indexing.index_batch(indexing.next_batch(20))
    runs.cancel_run(run)
    assert runs.retry_run(run) == 2
    extract_all()
    indexing.index_all()
    assert (of(run).state, of(run).ready) == ("ready", 2)
    index_id = Chunk.objects.all()[0].generation.index_id
    assert set(registry.vector_index().ids(index_id)) == set(Chunk.objects.values_list("id", flat=True))


def test_chunks_of_a_document_retried_meanwhile_are_left_alone(collection: Collection) -> None:
    document = add(collection, LONG, "long.md")
    extract_all()
    services.cancel_document(document=document)
    services.retry_document(document=document)
    extract_all()
    indexing.index_all()
    document.refresh_from_db()
    assert document.status == "ready"
    assert document.chunks.count() == document.chunk_count > 0


def test_every_failed_document_that_one_may_edit_is_tried_again(
    collection: Collection, owner: User, teammate: User, stranger: User
) -> None:
    add(collection, ENGLISH)
    elsewhere = services.create_collection(owner=stranger, name="Elsewhere")
    add(elsewhere, ENGLISH)
    cancelled = add(collection, "cancelled")
    Document.objects.exclude(pk=cancelled.pk).update(status="failed", error="no luck")
    services.cancel_document(document=cancelled)
    assert runs.retry_all_failed(teammate) == 0
    assert runs.retry_all_failed(owner) == 1
    assert sorted(Document.objects.values_list("status", flat=True)) == ["cancelled", "failed", "queued"]
    extract_all()
    indexing.index_all()
    assert Document.objects.filter(status="ready").count() == 1


def test_progress_counts_documents_pages_and_passages(collection: Collection, run: Run) -> None:
    assert (of(run).documents, of(run).state, of(run).percent) == (0, "ready", 100)
    add(collection, LONG, "long.md", run)
    assert (of(run).queued, of(run).state, of(run).percent, of(run).rate) == (1, "running", 0, None)
    extract_all()
    Document.objects.update(pages=60)
    document = Document.objects.get()
    indexing.index_batch(indexing.next_batch(document.chunk_count // 2))
    seen = of(run)
    assert (seen.indexing, seen.passages, seen.pages) == (1, document.chunk_count, 60)
    assert seen.passages_done == document.chunk_count // 2
    assert 0 < seen.pages_done <= 30
    assert 0 < seen.percent <= 50
    bad = add(collection, "bad", "bad.txt", run)
    claimed = pipeline.claim_next()
    assert claimed is not None and claimed.pk == bad.pk
    assert of(run).reading == 1
    pipeline.extract_document(claimed, Scripted(ExtractionError("damaged", "It is damaged.")))
    indexing.index_all()
    end = of(run)
    assert (end.ready, end.failed, end.state, end.percent) == (1, 1, "failed", 100)
    assert (end.pages_done, end.passages_done) == (60, document.chunk_count)


def test_unread_documents_count_by_their_size(collection: Collection, run: Run) -> None:
    add(collection, LONG, "first.md", run)
    extract_all()
    indexing.index_all()
    add(collection, LONG + "more", "second.md", run)
    assert 45 <= of(run).percent <= 55


def test_rate_and_time_left_follow_the_last_minute(collection: Collection, run: Run) -> None:
    add(collection, LONG, "long.md", run)
    extract_all()
    total = Chunk.objects.count()
    now = timezone.now()
    indexing.index_batch(indexing.next_batch(20))
    assert of(run).rate is None
    Run.objects.update(rate_at=now - timedelta(seconds=2), rate_since=now - timedelta(seconds=2))
    indexing.index_batch(indexing.next_batch(20))
    seen = of(run)
    assert seen.rate is not None and 5 < seen.rate <= 10
    assert seen.seconds_left == int((total - 40) / seen.rate)
    Run.objects.update(rate_at=now - timedelta(minutes=5))
    assert of(run).rate is None


def test_the_rate_forgets(run: Run) -> None:
    now = timezone.now()
    run.rate_since, run.rate_at, run.rate = now, now, 0.0
    for step in range(1, 61):
        run.rate_since, run.rate = index_progress.next_rate(run, 10, now + timedelta(seconds=step))
        run.rate_at = now + timedelta(seconds=step)
    assert run.rate == pytest.approx(10)
    for step in range(61, 241):
        run.rate_since, run.rate = index_progress.next_rate(run, 40, now + timedelta(seconds=step))
        run.rate_at = now + timedelta(seconds=step)
    assert run.rate == pytest.approx(40, rel=0.1)
    assert index_progress.next_rate(run, 5, now + timedelta(hours=1))[1] == 0.0


def test_the_number_of_queries_does_not_grow_with_the_runs(
    collection: Collection, django_assert_num_queries: object
) -> None:
    made = [services.start_run(collection=collection, kind=Run.Kind.UPLOAD) for _ in range(10)]
    made += [services.start_run(collection=collection, kind=Run.Kind.REEMBED) for _ in range(3)]
    for number, run in enumerate(made[:10]):
        add(collection, f"text {number}", f"{number}.txt", run)
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(run_progress(made)) == 13
