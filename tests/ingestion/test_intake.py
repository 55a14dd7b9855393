"""Archives from the command line, the browser and the service become documents of their own."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from ingestion import services
from ingestion.intake import path_name, take, take_upload
from ingestion.models import Collection, Run
from tests import fixtures
from tests.conftest import signed_in
from tests.ingestion.material import extract_all


@pytest.fixture
def run(collection: Collection) -> Run:
    return services.start_run(collection=collection, kind=Run.Kind.UPLOAD)


def names(collection: Collection) -> list[str]:
    return sorted(collection.documents.values_list("name", flat=True))


def upload(collection: Collection, run: Run, name: str, content: bytes) -> list[str]:
    taken = take_upload(
        collection=collection, file=SimpleUploadedFile(name, content), name=name, by=collection.owner, run=run
    )
    return [item.name for item in taken]


@pytest.mark.parametrize("name", ["files.zip", "download"])
def test_an_uploaded_archive_becomes_documents_with_their_paths(
    collection: Collection, run: Run, name: str
) -> None:
    packed = fixtures.zip_of({"a.md": "# One", "sub/b.md": "# Two", "sub/c.docx": fixtures.docx()})
    assert upload(collection, run, name, packed) == ["a.md", "sub/b.md", "sub/c.docx"]
    assert names(collection) == ["a.md", "sub/b.md", "sub/c.docx"]
    extract_all()
    assert set(collection.documents.values_list("mime", flat=True)) >= {"text/markdown"}
    assert not collection.documents.filter(status="failed").exists()


def test_an_archive_in_an_archive_is_a_folder(collection: Collection, run: Run) -> None:
    inner = fixtures.tar_of({"notes/b.md": b"# Two"}, "w:gz")
    upload(collection, run, "a.zip", fixtures.zip_of({"a.md": "# One", "in.tgz": inner}))
    assert names(collection) == ["a.md", "in.tgz/notes/b.md"]


def test_members_that_cannot_be_unpacked_are_seen_with_their_reason(collection: Collection, run: Run) -> None:
    data = bytearray(fixtures.zip_of({"sub/a.txt": "text " * 500, "b.txt": "kept"}))
    data[49:54] = b"\xff" * 5
    upload(collection, run, "a.zip", bytes(data))
    failed = collection.documents.get(name="sub/a.txt")
    assert (failed.status, failed.error_code) == ("failed", "damaged")
    assert "damaged" in failed.error
    assert collection.documents.get(name="b.txt").status == "queued"
    upload(collection, run, "a.zip", bytes(data))
    assert collection.documents.count() == 2


def test_a_bomb_is_one_failed_document(collection: Collection, run: Run) -> None:
    upload(collection, run, "bomb.zip", fixtures.zip_bomb())
    document = collection.documents.get()
    assert (document.name, document.status, document.error_code) == ("bomb.zip", "failed", "archive")


def test_a_locked_archive_is_one_failed_document(collection: Collection, run: Run) -> None:
    data = bytearray(fixtures.zip_of({"a.txt": "text"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    upload(collection, run, "a.zip", bytes(data))
    assert "password" in collection.documents.get(name="a.zip", status="failed").error


def test_an_archive_without_files_is_refused(collection: Collection, run: Run) -> None:
    taken = take_upload(
        collection=collection,
        file=SimpleUploadedFile("a.zip", fixtures.zip_of({"folder/": ""})),
        name="a.zip",
        by=None,
        run=run,
    )
    assert taken[0].refused is not None and taken[0].refused.code == "empty"


def test_a_damaged_archive_is_kept_as_it_is_and_fails_when_read(collection: Collection, run: Run) -> None:
    upload(collection, run, "a.zip", fixtures.zip_of({"a.txt": "text " * 500})[:90])
    extract_all()
    document = collection.documents.get()
    assert (document.name, document.status, document.error_code) == ("a.zip", "failed", "damaged")


def test_the_command_line_finds_archives_by_their_content(
    collection: Collection, run: Run, owner: User, tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "packed.dat").write_bytes(fixtures.tar_of({"x/a.md": b"# One"}))
    (tmp_path / "b.md").write_text("# Two")
    taken = list(take([tmp_path], collection=collection, by=owner, run=run))
    assert [item.name for item in taken] == ["b.md", "x/a.md"]
    assert names(collection) == ["b.md", "x/a.md"]


def test_a_long_path_keeps_its_end() -> None:
    name = path_name("/".join(["folder" * 10] * 9) + "/report.pdf")
    assert len(name) <= 255 and name.endswith("/report.pdf")
    assert path_name("a/../b\x00.txt") == "a/unnamed/b.txt"


def test_the_browser_hears_what_became_of_an_archive(owner: User, collection: Collection) -> None:
    client = signed_in(owner)
    data = bytearray(fixtures.zip_of({"a.txt": "text " * 500, "b.txt": "kept", "c.txt": "kept too"}))
    data[45:50] = b"\xff" * 5
    answer = client.post(
        f"/collections/{collection.slug}/upload/",
        {"file": SimpleUploadedFile("a.zip", bytes(data))},
        headers={"X-Requested-With": "fetch"},
    )
    assert answer.status_code == 202
    assert answer.json()["detail"].startswith("2 files added. a.txt: This file of the archive is damaged")
    assert answer.json()["duplicate"] is False


def bring(collection: Collection, name: str, content: bytes) -> list[tuple[str, bool, bool]]:
    """One upload of its own run: name, whether a duplicate, whether an update."""
    run = services.start_run(collection=collection, kind=Run.Kind.UPLOAD)
    file = SimpleUploadedFile("file", content)
    taken = take_upload(collection=collection, file=file, name=name, by=collection.owner, run=run)
    return [(item.name, item.added.is_duplicate, item.added.is_update) for item in taken if item.added]


def test_a_newer_version_updates_the_document_of_its_path(collection: Collection) -> None:
    assert bring(collection, "a.md", b"# One") == [("a.md", False, False)]
    assert bring(collection, "a.md", b"# One") == [("a.md", True, False)]
    assert bring(collection, "a.md", b"# Two") == [("a.md", False, True)]
    assert bring(collection, "other/a.md", b"# Three") == [("other/a.md", False, False)]
    assert names(collection) == ["a.md", "other/a.md"]


def test_a_name_that_two_documents_have_updates_neither(collection: Collection, run: Run) -> None:
    upload(collection, run, "a.md", b"# One")
    upload(collection, run, "a.md", b"# Two")
    assert names(collection) == ["a.md", "a.md"]
    assert bring(collection, "a.md", b"# Three") == [("a.md", False, False)]


def test_members_of_an_archive_are_known_by_its_name_too(collection: Collection) -> None:
    bring(collection, "README.md", b"# By itself")
    bring(collection, "one.zip", fixtures.zip_of({"README.md": "# Of one"}))
    bring(collection, "two.zip", fixtures.zip_of({"README.md": "# Of two"}))
    assert names(collection) == ["README.md"] * 3
    newer = fixtures.zip_of({"README.md": "# Of one, newer"})
    assert bring(collection, "one.zip", newer) == [("README.md", False, True)]


def test_files_of_a_folder_are_known_by_their_paths(collection: Collection, tmp_path: Path) -> None:
    for name in ("a/index.md", "b/index.md"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(f"# {name}")

    def ingest() -> list[bool]:
        run = services.start_run(collection=collection, kind=Run.Kind.COMMAND)
        taken = take([tmp_path], collection=collection, by=collection.owner, run=run)
        return [item.added.is_update for item in taken if item.added]

    assert ingest() == [False, False]
    (tmp_path / "b/index.md").write_text("# Newer")
    assert ingest() == [False, True]
    assert names(collection) == ["a/index.md", "b/index.md"]
