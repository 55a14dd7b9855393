"""A collection follows a folder, and loses nothing when that cannot be read."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import timezone

from ingestion import indexing, pipeline, services, source_files, sources, syncing
from ingestion.finding import find
from ingestion.models import Collection, Document, Run, Source, SourceItem
from ingestion.sources import BadSource
from ingestion.verifying import verify
from tests import fixtures
from tests.ingestion.material import add, extract_all
from tests.ingestion.test_reembedding import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "watched"
    write(made / "heron.md", "The heron stands in the reeds.")
    write(made / "deep/badger.md", "The badger digs under the hill.")
    with override_settings(SOURCE_ROOTS=[str(tmp_path)]):
        yield made


@pytest.fixture
def source(collection: Collection, folder: Path) -> Source:
    return sources.add_folder_source(
        collection=collection, by=collection.owner, name="", root=str(folder.parent), path="watched"
    )


def write(path: Path, text: str | bytes) -> None:
    """With a time of change that no file had before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    write.clock += 10**9  # type: ignore[attr-defined]
    os.utime(path, ns=(write.clock, write.clock))  # type: ignore[attr-defined]


write.clock = 10**18  # type: ignore[attr-defined]


def sync(source: Source) -> Source:
    sources.sync_now(source=source)
    assert syncing.sync_due(Source.Kind.FOLDER) == 1
    source.refresh_from_db()
    return source


def outcomes(source: Source) -> dict[str, str]:
    return dict(source.items.values_list("path", "outcome"))


def searchable(collection: Collection, query: str) -> set[str]:
    """The names of the documents that are found."""
    found = {passage.document_id for passage in find(query, [collection], mode="lexical").passages}
    return set(Document.objects.filter(pk__in=found).values_list("name", flat=True))


def names(collection: Collection) -> set[str]:
    return set(collection.documents.filter(replaces=None).values_list("name", flat=True))


def test_files_become_documents_named_by_their_paths(source: Source, collection: Collection) -> None:
    assert (source.name, source.is_due) == ("watched", True)
    assert syncing.sync_due(Source.Kind.FOLDER) == 1
    source.refresh_from_db()
    assert (source.last_outcome, source.last_error) == ("ok", "")
    assert source.next_at is not None
    assert timedelta(minutes=59) < source.next_at - timezone.now() < timedelta(minutes=61)
    assert outcomes(source) == {"heron.md": "new", "deep/badger.md": "new"}
    work()
    assert searchable(collection, "heron") == {"heron.md"}
    assert names(collection) == {"heron.md", "deep/badger.md"}
    run = Run.objects.get(source=source)
    assert (run.kind, run.documents.count(), source.last_run) == ("sync", 2, run)


def test_an_unchanged_folder_changes_nothing(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(source)
    os.utime(folder / "heron.md", ns=(5, 5))
    sync(source)
    assert set(outcomes(source).values()) == {"unchanged"}

    def opened(*_arguments: object) -> None:
        raise AssertionError("an unchanged file was opened")

    monkeypatch.setattr(source_files.folders, "open_file", opened)
    sync(source)
    assert Run.objects.filter(source=source).count() == 1
    assert Document.objects.count() == 2


def test_a_changed_file_updates_its_document(source: Source, folder: Path, collection: Collection) -> None:
    sync(source)
    work()
    before = Document.objects.get(name="heron.md").pk
    write(folder / "heron.md", "The otter swims in the lake.")
    sync(source)
    assert outcomes(source)["heron.md"] == "changed"
    assert searchable(collection, "heron") == {"heron.md"}
    work()
    after = Document.objects.get(name="heron.md")
    assert (after.pk, after.status) == (before, "ready")
    assert searchable(collection, "otter") == {"heron.md"}
    assert Document.objects.count() == 2


def test_a_file_that_went_takes_its_document_along(
    source: Source, folder: Path, collection: Collection
) -> None:
    sync(source)
    work()
    (folder / "heron.md").unlink()
    sync(source)
    assert outcomes(source) == {"heron.md": "gone", "deep/badger.md": "unchanged"}
    assert names(collection) == {"deep/badger.md"}
    sync(source)
    assert outcomes(source) == {"deep/badger.md": "unchanged"}
    write(folder / "heron.md", "The heron is back.")
    sync(source)
    work()
    assert searchable(collection, "heron") == {"heron.md"}
    assert verify().orphans_in_index == 0


def test_a_moved_file_keeps_its_document(source: Source, folder: Path, collection: Collection) -> None:
    sync(source)
    work()
    document = Document.objects.get(name="heron.md")
    (folder / "birds").mkdir()
    (folder / "heron.md").rename(folder / "birds/grey.md")
    sync(source)
    document.refresh_from_db()
    assert (document.name, document.status) == ("birds/grey.md", "ready")
    assert names(collection) == {"birds/grey.md", "deep/badger.md"}
    (folder / "birds/grey.md").unlink()
    sync(source)
    assert names(collection) == {"deep/badger.md"}


def test_a_folder_that_is_missing_or_suddenly_empty_removes_nothing(
    source: Source, folder: Path, collection: Collection
) -> None:
    sync(source)
    away = folder.rename(folder.parent / "away")
    assert (sync(source).last_outcome, source.last_error) == ("failed", syncing.UNAVAILABLE)
    folder.mkdir()
    assert (sync(source).last_outcome, source.last_error) == ("failed", syncing.ALL_GONE)
    assert len(names(collection)) == 2
    with override_settings(SOURCE_ROOTS=[]):
        assert sync(source).last_error == syncing.NOT_ALLOWED
    folder.rmdir()
    away.rename(folder)
    assert sync(source).last_outcome == "ok"
    assert len(names(collection)) == 2
    shutil.rmtree(folder)
    folder.mkdir()
    sources.sync_now(source=source, may_empty=True)
    syncing.sync_due(Source.Kind.FOLDER)
    source.refresh_from_db()
    assert (source.last_outcome, source.may_empty) == ("ok", False)
    assert names(collection) == set()


def test_a_scan_that_did_not_see_everything_removes_nothing(
    source: Source, folder: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(source)
    real = syncing.folders.scan

    def partly(*arguments: object) -> object:
        found = real(*arguments)  # type: ignore[arg-type]
        found.files.pop("heron.md")
        found.unread.append("closed")
        return found

    monkeypatch.setattr(syncing.folders, "scan", partly)
    write(folder / "new.md", "Something new.")
    assert (sync(source).last_outcome, source.last_error) == ("problems", syncing.INCOMPLETE)
    assert names(collection) == {"heron.md", "deep/badger.md", "new.md"}


def test_what_was_uploaded_by_hand_is_not_removed(
    source: Source, folder: Path, collection: Collection
) -> None:
    same = add(collection, "The heron stands in the reeds.", "by-hand.md")
    known = add(collection, "An older text of the badger.", "deep/badger.md")
    Document.objects.filter(pk=known.pk).update(name="deep/badger.md")
    work()
    sync(source)
    assert outcomes(source) == {"heron.md": "duplicate", "deep/badger.md": "changed"}
    assert set(source.items.values_list("document", flat=True)) == {same.pk, known.pk}
    work()
    known.refresh_from_db()
    assert searchable(collection, "digs under") == {"deep/badger.md"}
    (folder / "heron.md").unlink()
    (folder / "deep/badger.md").unlink()
    write(folder / "other.md", "Another file.")
    sync(source)
    assert names(collection) == {"by-hand.md", "deep/badger.md", "other.md"}


def test_two_files_with_the_same_content_share_a_document_until_one_changes(
    source: Source, folder: Path, collection: Collection
) -> None:
    write(folder / "copy.md", "The heron stands in the reeds.")
    sync(source)
    work()
    assert sorted(outcomes(source).values()) == ["duplicate", "new", "new"]
    assert len(names(collection)) == 2
    write(folder / "copy.md", "The otter swims in the lake.")
    sync(source)
    work()
    assert len(names(collection)) == 3
    assert len(searchable(collection, "heron")) == 1
    (folder / "heron.md").unlink()
    sync(source)
    work()
    assert searchable(collection, "heron reeds") == set()
    assert len(names(collection)) == 2


def test_a_file_that_becomes_another_ones_copy_lets_its_document_go(
    source: Source, folder: Path, collection: Collection
) -> None:
    sync(source)
    work()
    write(folder / "deep/badger.md", "The heron stands in the reeds.")
    sync(source)
    work()
    assert outcomes(source)["deep/badger.md"] == "duplicate"
    assert names(collection) == {"heron.md"}


def test_a_document_deleted_here_stays_away_until_its_file_changes(
    source: Source, folder: Path, collection: Collection
) -> None:
    sync(source)
    services.delete_document(document=Document.objects.get(name="heron.md"))
    sync(source)
    assert names(collection) == {"deep/badger.md"}
    write(folder / "heron.md", "The heron flies away.")
    sync(source)
    assert names(collection) == {"deep/badger.md", "heron.md"}


def test_files_that_cannot_be_taken_say_why(source: Source, folder: Path, collection: Collection) -> None:
    write(folder / "empty.md", "")
    write(folder / "files.zip", fixtures.zip_of({"a.md": "# A"}))
    write(folder / "large.md", "x" * (1024 * 1024 + 1))
    with override_settings(MAX_UPLOAD_MB=1):
        sync(source)
    reasons = dict(source.items.filter(outcome="failed").values_list("path", "reason"))
    assert reasons == {
        "empty.md": source_files.EMPTY,
        "files.zip": source_files.ARCHIVE,
        "large.md": source_files.TOO_LARGE,
    }
    assert (source.last_outcome, source.last_error) == ("problems", syncing.SOME_FAILED)
    assert names(collection) == {"heron.md", "deep/badger.md"}
    write(folder / "empty.md", "No longer empty.")
    sync(source)
    assert outcomes(source)["empty.md"] == "new"
    assert outcomes(source)["large.md"] == "new"


def test_a_file_that_is_written_meanwhile_is_taken_next_time(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = source_files.storage.store

    def slowly(file: object) -> object:
        stored = real(file)  # type: ignore[arg-type]
        write(folder / "heron.md", "The heron is being written.")
        return stored

    with monkeypatch.context() as patched:
        patched.setattr(source_files.storage, "store", slowly)
        sync(source)
    assert source.items.get(path="heron.md").reason == source_files.IN_FLUX
    sync(source)
    assert outcomes(source)["heron.md"] == "new"


def test_patterns_and_their_change(source: Source, folder: Path, collection: Collection) -> None:
    write(folder / "note.txt", "A note.")
    sync(source)
    assert len(names(collection)) == 3
    sources.change_folder_source(
        source=source,
        name="Notes",
        root=str(folder.parent),
        path="watched",
        include="*.md",
        exclude="deep",
        interval=0,
    )
    syncing.sync_due(Source.Kind.FOLDER)
    source.refresh_from_db()
    assert names(collection) == {"heron.md"}
    assert (source.next_at, source.is_due) == (None, False)
    assert syncing.sync_due(Source.Kind.FOLDER) == 0


@pytest.mark.parametrize("path", ["..", "../..", "watched/../..", "missing", "watched/heron.md"])
def test_only_folders_below_the_roots_can_be_sources(collection: Collection, folder: Path, path: str) -> None:
    with pytest.raises(BadSource):
        sources.add_folder_source(
            collection=collection, by=collection.owner, name="", root=str(folder.parent), path=path
        )
    with pytest.raises(BadSource):
        sources.add_folder_source(collection=collection, by=collection.owner, name="", root="/etc")


def test_two_never_look_at_once_and_a_killed_one_is_resumed(source: Source, collection: Collection) -> None:
    held = syncing.claim_next(Source.Kind.FOLDER)
    assert held == source
    assert held.is_running
    assert syncing.claim_next(Source.Kind.FOLDER) is None
    files = source_files.Files(held, None)
    found = syncing.folders.scan(held.folder.root, held.folder.path, [], [])
    files.take("heron.md", found.files["heron.md"], None)
    Source.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert syncing.sync_due(Source.Kind.FOLDER) == 1
    assert Run.objects.filter(source=source).count() == 1
    assert len(names(collection)) == 2
    syncing.sync(held)
    assert Document.objects.count() == 2
    source.refresh_from_db()
    assert (source.claim, source.attempts, source.last_outcome) == (None, 0, "ok")


def test_a_source_that_kills_its_worker_waits_for_its_next_turn(source: Source) -> None:
    for _attempt in range(3):
        assert syncing.claim_next(Source.Kind.FOLDER) is not None
        Source.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert syncing.claim_next(Source.Kind.FOLDER) is None
    source.refresh_from_db()
    assert (source.last_outcome, source.last_error) == ("failed", syncing.KEEPS_STOPPING)
    assert not source.is_due


def test_a_paused_source_waits_and_so_do_its_documents(source: Source, collection: Collection) -> None:
    other = add(collection, "Uploaded by hand.", "hand.md")
    sync(source)
    sources.set_paused(source=source, paused=True)
    assert {document.name for document in pipeline.waiting()} == {other.name}
    work()
    other.refresh_from_db()
    assert other.status == "ready"
    assert collection.documents.filter(status="ready").count() == 1
    sources.sync_now(source=source)
    assert syncing.claim_next(Source.Kind.FOLDER) is None
    sources.set_paused(source=source, paused=False)
    work()
    assert collection.documents.filter(status="ready").count() == 3
    assert syncing.sync_due(Source.Kind.FOLDER) == 1


def test_passages_of_a_paused_source_are_not_indexed(source: Source) -> None:
    sync(source)
    extract_all()
    sources.set_paused(source=source, paused=True)
    assert not indexing.waiting().exists()
    sources.set_paused(source=source, paused=False)
    assert indexing.waiting().count() == 2


def test_pausing_stops_a_scan_that_goes_on(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    held = syncing.claim_next(Source.Kind.FOLDER)
    assert held is not None
    sources.set_paused(source=source, paused=True)
    syncing.sync(held)
    source.refresh_from_db()
    assert (source.last_at, source.paused) == (None, True)


@pytest.mark.parametrize(("with_documents", "left"), [(False, 3), (True, 1)])
def test_a_source_is_removed(
    source: Source, collection: Collection, folder: Path, with_documents: bool, left: int
) -> None:
    add(collection, "Uploaded by hand.", "hand.md")
    sync(source)
    assert sources.delete_source(source=source, with_documents=with_documents) == 3 - left
    assert len(names(collection)) == left
    assert not SourceItem.objects.exists()
    assert (folder / "heron.md").exists()
