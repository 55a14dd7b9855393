"""What a watched folder holds, and that nothing leads out of it."""

import os
from pathlib import Path

import pytest

from ingestion.folders import (
    FolderUnavailable,
    Scan,
    State,
    difference,
    open_file,
    patterns,
    scan,
    state_of,
    subfolders,
    wants,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    for name in (
        "a.md",
        "notes/b.MD",
        "notes/old/c.pdf",
        "年假/制度.txt",
        ".hidden/x.md",
        "notes/.secret.md",
    ):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return folder


def names(root: Path, path: str = "", include: str = "", exclude: str = "") -> list[str]:
    return sorted(scan(str(root), path, patterns(include), patterns(exclude)).files)


def test_every_file_but_hidden_ones(root: Path) -> None:
    assert names(root) == ["a.md", "notes/b.MD", "notes/old/c.pdf", "年假/制度.txt"]
    assert names(root, "notes") == ["b.MD", "old/c.pdf"]
    assert subfolders(str(root), "") == ["notes", "年假"]
    found = scan(str(root), "", [], [])
    assert found.is_complete
    assert found.files["a.md"].size == len("a.md")


@pytest.mark.parametrize(
    ("path", "include", "exclude", "expected"),
    [
        ("a.md", "*.md", "", True),
        ("x/y/a.MD", "*.md", "", True),
        ("a.mdx", "*.md", "", False),
        ("x/a.md", "/*.md", "", False),
        ("a.md", "/*.md", "", True),
        ("x/a.md", "x/*.md", "", True),
        ("x/y/a.md", "x/*.md", "", False),
        ("x/y/a.md", "x/**/*.md", "", True),
        ("x/a.md", "x/**/*.md", "", True),
        ("x/y/a.md", "**/a.md", "", True),
        ("x/a.md", "", "drafts", True),
        ("x/drafts/a.md", "", "drafts", False),
        ("x/drafts/y/a.md", "", "drafts/", False),
        ("drafts/a.md", "*.md\n# a remark\n\n", "drafts/**", False),
        ("~$a.docx", "", "~$*", False),
        ("a1.md", "a[0-9].md", "", True),
        ("ab.md", "a[!0-9].md", "", True),
        ("a1.md", "a[!0-9].md", "", False),
        ("a.b", "a?b", "", True),
        ("a+b(1).md", "a+b(1).md", "", True),
    ],
)
def test_patterns(path: str, include: str, exclude: str, expected: bool) -> None:
    assert wants(path, patterns(include), patterns(exclude)) is expected


def test_excluded_folders_are_not_listed_at_all(root: Path) -> None:
    assert names(root, exclude="notes") == ["a.md", "年假/制度.txt"]


def test_links_lead_nowhere(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    (root / "file-link.md").symlink_to(outside / "secret.md")
    (root / "folder-link").symlink_to(outside)
    assert "secret" not in " ".join(names(root))
    assert not {"file-link.md", "folder-link"} & set(names(root))
    assert "folder-link" not in subfolders(str(root), "")
    for path in ("folder-link", "..", "../outside", "notes/../../outside"):
        with pytest.raises(FolderUnavailable):
            scan(str(root), path, [], [])
        with pytest.raises(FolderUnavailable), open_file(str(root), path, "secret.md"):
            pass
    with pytest.raises(OSError), open_file(str(root), "", "file-link.md"):
        pass
    with pytest.raises(FolderUnavailable), open_file(str(root), "", "folder-link/secret.md"):
        pass


def test_only_regular_files_are_opened(root: Path) -> None:
    os.mkfifo(root / "pipe.md")
    assert "pipe.md" not in names(root)
    with pytest.raises(OSError), open_file(str(root), "", "pipe.md"):
        pass
    with open_file(str(root), "notes", "b.MD") as file:
        assert file.read() == b"notes/b.MD"
        assert state_of(file) == scan(str(root), "notes", [], []).files["b.MD"]


def test_a_missing_folder_is_no_empty_folder(root: Path) -> None:
    for path in ("gone", "a.md"):
        with pytest.raises(FolderUnavailable):
            scan(str(root), path, [], [])
    with pytest.raises(FolderUnavailable):
        scan(str(root / "gone"), "", [], [])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_leaves_the_scan_incomplete(root: Path) -> None:
    (root / "notes").chmod(0)
    try:
        found = scan(str(root), "", [], [])
    finally:
        (root / "notes").chmod(0o755)
    assert (found.unread, found.is_complete) == (["notes"], False)


def test_names_that_are_no_text_are_told_apart(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.md")).write_text("x")
    found = scan(str(root), "", [], [])
    assert (found.unnamed, found.is_complete) == (["caf\ufffd.md"], True)


def test_too_many_files_are_cut(root: Path) -> None:
    found = scan(str(root), "", [], [], at_most=2)
    assert (len(found.files), found.is_cut, found.is_complete) == (2, True, False)
    assert Scan().is_complete


def test_the_difference() -> None:
    before = {"a": State(1, 1), "b": State(1, 1), "c": State(1, 1), "d": State(1, 1)}
    now = {"b": State(1, 1), "c": State(2, 1), "d": State(1, 2), "e": State(1, 1)}
    changes = difference(now, before)
    assert (changes.new, changes.touched, changes.gone) == (("e",), ("c", "d"), ("a",))
