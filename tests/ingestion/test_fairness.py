import pytest

from accounts.models import User
from ingestion import fairness, indexing, pipeline, services
from ingestion.models import Collection, Document, Run
from ingestion.places import Places
from tests.ingestion.material import add, extract_all
from tests.ingestion.scripted import Scripted, text_of

pytestmark = pytest.mark.django_db


def bring(collection: Collection, count: int, name: str, text: str = "Words about {number}.") -> Run:
    """A run of ``count`` documents of its own."""
    run = services.start_run(collection=collection, kind=Run.Kind.UPLOAD)
    for number in range(count):
        add(collection, f"{name} " + text.format(number=number), f"{name}-{number}.txt", run)
    return run


def order_read(most: int = 100) -> list[str]:
    names = []
    while len(names) < most and (document := pipeline.claim_next()):
        names.append(document.name)
    return names


def test_runs_take_turns_and_a_late_one_does_not_wait_for_the_others(collection: Collection) -> None:
    bring(collection, 6, "many")
    assert order_read(3) == ["many-0.txt", "many-1.txt", "many-2.txt"]
    bring(collection, 2, "few")
    assert order_read() == ["few-0.txt", "many-3.txt", "few-1.txt", "many-4.txt", "many-5.txt"]


def test_a_large_file_counts_for_many_small_ones(collection: Collection) -> None:
    bring(collection, 2, "large", "{number}" * 300_000)
    bring(collection, 5, "small")
    names = order_read()
    assert names.index("small-4.txt") < names.index("large-1.txt")


def test_retried_documents_do_not_push_in_front(collection: Collection) -> None:
    run = bring(collection, 60, "failed")
    Document.objects.update(status="failed")
    assert services.retry_documents(Document.objects.filter(run=run)) == 60
    order_read(20)
    bring(collection, 1, "new")
    assert "new-0.txt" in order_read(21)


def passages(count: int) -> str:
    return "\n\n".join(f"## Part {n}\n\n{'Words that fill a passage. ' * 40}" for n in range(count))


def test_a_short_document_is_indexed_beside_a_long_one(collection: Collection) -> None:
    bring(collection, 1, "long", passages(400))
    extract_all()
    indexing.index_batch(indexing.next_batch(100))
    bring(collection, 1, "short", passages(2))
    extract_all()
    indexing.index_batch(indexing.next_batch(20))
    assert {document.name: document.status for document in Document.objects.all()} == {
        "long-0.txt": "processing",
        "short-0.txt": "ready",
    }


def test_short_documents_of_the_same_run_do_not_wait_for_a_long_one(collection: Collection) -> None:
    run = bring(collection, 1, "long", passages(400))
    extract_all()
    add(collection, passages(1), "short.md", run)
    extract_all()
    assert "short.md" in {chunk.document.name for chunk in indexing.next_batch(10)}


def test_a_run_that_was_busy_before_gets_no_worse_place(collection: Collection) -> None:
    busy = bring(collection, 5, "busy")
    order_read()
    bring(collection, 5, "other")
    add(collection, "again", "again.txt", busy)
    assert order_read(3) == ["other-0.txt", "other-1.txt", "again.txt"]


def test_the_clock_never_goes_back(db: None) -> None:
    fairness.served(fairness.READING, 7)
    fairness.served(fairness.READING, 3)
    assert fairness.clock(fairness.READING) == 7
    assert fairness.clock(fairness.INDEXING) == 0


# Places


def test_one_place_is_kept_for_short_documents() -> None:
    places = Places(3)
    taken = [places.take() for _ in range(4)]
    assert [place and place.quick for place in taken] == [False, False, True, None]
    assert taken[0] is not None
    places.give_back(taken[0])
    assert places.take() == taken[0]


def test_a_single_place_takes_everything() -> None:
    place = Places(1).take()
    assert place is not None and not place.quick


def test_the_quick_place_leaves_long_documents_to_the_others(collection: Collection, owner: User) -> None:
    long, short = add(collection, "long"), add(collection, "short")
    Document.objects.filter(pk=long.pk).update(size=pipeline.LARGE_BYTES + 1)
    first = pipeline.claim_next(quick=True)
    assert first is not None and first.pk == short.pk
    assert pipeline.claim_next(quick=True) is None
    second = pipeline.claim_next()
    assert second is not None and second.pk == long.pk


def test_a_document_that_turns_out_slow_leaves_the_quick_place(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = add(collection, "slow")
    claimed = pipeline.claim_next(quick=True)
    assert claimed is not None
    add(collection, "waits")
    monkeypatch.setattr(pipeline, "QUICK_S", -1)
    monkeypatch.setattr("ingestion.leases._EVERY_S", -1)
    pipeline.extract_document(claimed, Scripted(text_of("done"), patient=False), quick=True)
    slow.refresh_from_db()
    assert (slow.status, slow.slow, slow.attempts) == ("queued", True, 0)
    waits = pipeline.claim_next(quick=True)
    assert waits is not None and waits.pk != slow.pk
    assert pipeline.claim_next(quick=True) is None
    again = pipeline.claim_next()
    assert again is not None and again.pk == slow.pk


def test_a_slow_document_stays_where_nobody_waits(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = add(collection, "slow")
    claimed = pipeline.claim_next(quick=True)
    assert claimed is not None
    monkeypatch.setattr(pipeline, "QUICK_S", -1)
    monkeypatch.setattr("ingestion.leases._EVERY_S", -1)
    pipeline.extract_document(claimed, Scripted(text_of("done"), patient=False), quick=True)
    slow.refresh_from_db()
    assert (slow.status, slow.step) == ("processing", "index")
