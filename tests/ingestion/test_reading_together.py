from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion import indexing, leases, pipeline, reading_together, services
from ingestion.extract.types import Extracted, ExtractionError, Limits
from ingestion.models import Chunk, Collection, Document, DocumentText, Generation
from ingestion.verifying import verify
from tests.ingestion.material import ENGLISH, add, extract_all, warm_extractor
from tests.ingestion.scripted import text_of

pytestmark = pytest.mark.django_db


class ByName:
    """Says what each document holds, and does ``first`` while it reads the one of that name."""

    def __init__(self, fails: str = "", slow: str = "", first: Callable[[], object] | None = None) -> None:
        self.fails, self.slow, self.first, self.read = fails, slow, first, []  # type: ignore[var-annotated]

    def extract(
        self, path: Path, name: str, limits: Limits, on_wait: Any = None, on_pages: Any = None
    ) -> Extracted:
        self.read.append(name)
        if name == self.slow:
            assert self.first is not None
            self.first()
            on_wait()
        if name == self.fails:
            raise ExtractionError("damaged", "It is damaged.")
        return text_of(f"What {name} says.")


@pytest.fixture
def four(collection: Collection) -> list[Document]:
    return [add(collection, f"{ENGLISH}{number}", f"{number}.md") for number in range(4)]


def texts() -> dict[str, str]:
    return dict(DocumentText.objects.values_list("document__name", "text"))


def states() -> dict[str, tuple[str, str]]:
    return {
        name: (status, step) for name, status, step in Document.objects.values_list("name", "status", "step")
    }


def test_short_documents_are_claimed_together_and_each_keeps_its_own(four: list[Document]) -> None:
    claimed = reading_together.claim()
    assert [document.name for document in claimed] == ["0.md", "1.md", "2.md", "3.md"]
    assert not reading_together.claim()
    assert pipeline.claim_next() is None
    reading_together.read(claimed, warm_extractor())
    assert set(states().values()) == {("processing", "index")}
    indexing.index_all()
    assert set(states().values()) == {("ready", "done")}
    assert all(text.endswith(name[0]) for name, text in texts().items())
    turns = list(Chunk.objects.order_by("turn").values_list("turn", flat=True))
    assert turns == list(range(turns[0], turns[0] + len(turns)))
    kinds = [event.kind for event in four[3].events.order_by("pk")]
    assert kinds == ["added", "read", "ready"]


def test_long_ones_and_those_tried_before_are_read_alone(four: list[Document]) -> None:
    Document.objects.filter(pk=four[2].pk).update(size=reading_together.SHORT_BYTES + 1)
    assert [document.name for document in reading_together.claim()] == ["0.md", "1.md"]
    pipeline.release_all()  # the worker was killed
    assert reading_together.claim() == []
    alone = pipeline.claim_next()
    assert alone is not None
    assert alone.name == "0.md"


def test_one_that_fails_fails_alone(four: list[Document]) -> None:
    reading_together.read(reading_together.claim(), ByName(fails="1.md"))
    assert states()["1.md"][0] == "failed"
    assert sorted(texts()) == ["0.md", "2.md", "3.md"]


def test_one_that_is_cancelled_meanwhile_is_left_out(four: list[Document]) -> None:
    def cancel() -> None:
        services.cancel_document(document=four[1])

    reading_together.read(reading_together.claim(), ByName(slow="3.md", first=cancel))
    assert states()["1.md"][0] == "cancelled"
    assert sorted(texts()) == ["0.md", "2.md", "3.md"]
    indexing.index_all()
    report = verify()
    assert (report.documents, report.missing_in_index, report.orphans_in_index) == (3, 0, 0)


def test_nothing_waits_for_one_that_takes_long(four: list[Document], monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is read, those before it are stored, and those behind it are free for others."""
    seen: list[dict[str, tuple[str, str]]] = []
    keep = leases.Lease.keep

    def kept(lease: leases.Lease) -> None:
        if extractor.read[-1] == "2.md":
            lease._next = lease._began  # as if two seconds had passed
        keep(lease)
        seen.append(states())

    monkeypatch.setattr(leases.Lease, "keep", kept)
    extractor = ByName(slow="2.md", first=seen.clear)
    reading_together.read(reading_together.claim(), extractor)
    assert seen[0] == {
        "0.md": ("processing", "index"),
        "1.md": ("processing", "index"),
        "2.md": ("processing", "extract"),
        "3.md": ("queued", "extract"),
    }
    assert extractor.read == ["0.md", "1.md", "2.md"]
    assert states()["2.md"] == ("processing", "index")
    assert Document.objects.get(name="3.md").attempts == 0


def test_the_first_one_may_take_long(four: list[Document], monkeypatch: pytest.MonkeyPatch) -> None:
    keep = leases.Lease.keep

    def kept(lease: leases.Lease) -> None:
        if extractor.read[-1] == "0.md":
            lease._next = lease._began
        keep(lease)

    monkeypatch.setattr(leases.Lease, "keep", kept)
    extractor = ByName(slow="0.md", first=lambda: None)
    while some := reading_together.claim():
        reading_together.read(some, extractor)
    extract_all()
    indexing.index_all()
    assert set(states().values()) == {("ready", "done")}


def test_an_index_that_ends_meanwhile_is_no_loss(four: list[Document], collection: Collection) -> None:
    def end() -> None:
        Generation.objects.filter(collection=collection).update(state=Generation.State.RETIRED)

    reading_together.read(reading_together.claim(), ByName(slow="3.md", first=end))
    extract_all()
    indexing.index_all()
    assert set(states().values()) == {("ready", "done")}
    assert {generation.state for generation in Generation.objects.filter(chunks__isnull=False)} == {"active"}


def test_a_slip_of_ours_leaves_none_behind(four: list[Document], monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw: what was claimed is free again, and tried one by one."""

    def slips() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reading_together.read(reading_together.claim(), ByName(slow="2.md", first=slips))
    assert set(states().values()) == {("queued", "extract")}
    assert not Document.objects.exclude(attempts=1).exists()
    extract_all()
    indexing.index_all()
    assert set(states().values()) == {("ready", "done")}
