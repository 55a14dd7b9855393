import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from ingestion.extract.archive import is_archive, members
from ingestion.extract.types import ExtractionError
from tests import fixtures
from tests.ingestion.extract.conftest import Write


def unpacked(path: Path, **limits: int) -> dict[str, bytes]:
    return {member.name: member.path.read_bytes() for member in members(path, **limits) if not member.error}


def failed(path: Path) -> dict[str, str]:
    return {member.name: member.error.code for member in members(path) if member.error}


def test_gives_each_file_with_its_folder(write: Write) -> None:
    path = write("a.zip", fixtures.zip_of({"a.txt": "one", "sub/b.md": "two", "sub/": "", "empty.txt": ""}))
    assert unpacked(path) == {"a.txt": b"one", "sub/b.md": b"two"}


def test_names_cannot_leave_the_folder(write: Write) -> None:
    hostile = ("../../etc/passwd", "/abs/file.txt", "..\\win\\evil.txt", "C:\\x\\y.txt", "a/\x07b.txt")
    names = unpacked(write("a.zip", fixtures.zip_of(dict.fromkeys(hostile, "x"))))
    assert set(names) == {"etc/passwd", "abs/file.txt", "win/evil.txt", "x/y.txt", "a/_b.txt"}


def test_links_and_litter_are_left_out(write: Write) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("__MACOSX/._a.txt", "litter")
        archive.writestr("a.txt", "kept")
    assert unpacked(write("a.zip", out.getvalue())) == {"a.txt": b"kept"}


def test_chinese_names_from_windows_are_read(write: Write) -> None:
    raw = bytearray(fixtures.zip_of({"AAAA.txt": "x"}))
    name = "港口".encode("gb18030")
    assert unpacked(write("a.zip", bytes(raw).replace(b"AAAA", name))) == {"港口.txt": b"x"}


def test_an_archive_inside_is_unpacked_once(write: Write) -> None:
    innermost = fixtures.zip_of({"c.txt": "three"})
    inner = fixtures.zip_of({"b.txt": "two", "deep.zip": innermost})
    found = unpacked(write("a.zip", fixtures.zip_of({"a.txt": "one", "in.zip": inner})))
    assert found == {"a.txt": b"one", "in.zip/b.txt": b"two", "in.zip/deep.zip": innermost}


@pytest.mark.parametrize("wrap", [False, True])
def test_a_bomb_is_stopped(write: Write, wrap: bool) -> None:
    bomb = fixtures.zip_bomb()
    content = fixtures.zip_of({"in.zip": bomb}) if wrap else bomb
    with pytest.raises(ExtractionError, match="far more data") as caught:
        unpacked(write("a.zip", content))
    assert caught.value.code == "archive"


def test_the_total_is_bounded_whatever_the_directory_says(write: Write) -> None:
    path = write("a.zip", fixtures.zip_of({f"{number}.bin": bytes(range(256)) * 40 for number in range(20)}))
    with pytest.raises(ExtractionError) as caught:
        unpacked(path, max_total_bytes=100_000)
    assert caught.value.code == "archive"


def test_the_number_of_files_is_bounded(write: Write) -> None:
    path = write("a.zip", fixtures.zip_of({f"{number}.txt": "x" for number in range(5)}))
    with pytest.raises(ExtractionError, match="smaller archives") as caught:
        unpacked(path, max_files=4)
    assert caught.value.code == "too_large"


def test_a_locked_archive_says_so(write: Write) -> None:
    data = bytearray(fixtures.zip_of({"a.txt": "text"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ExtractionError, match="password") as caught:
        unpacked(write("a.zip", bytes(data)))
    assert caught.value.code == "encrypted"


def test_a_damaged_archive_says_so(write: Write) -> None:
    with pytest.raises(ExtractionError) as caught:
        unpacked(write("a.zip", fixtures.zip_of({"a.txt": "text " * 500})[:90]))
    assert caught.value.code == "damaged"


def test_a_damaged_member_fails_alone(write: Write) -> None:
    data = bytearray(fixtures.zip_of({"a.txt": "text " * 500, "b.txt": "kept"}))
    data[45:50] = b"\xff" * 5
    path = write("a.zip", bytes(data))
    assert (unpacked(path), failed(path)) == ({"b.txt": b"kept"}, {"a.txt": "damaged"})


def test_a_locked_member_fails_alone(write: Write) -> None:
    data = bytearray(fixtures.zip_of({"a.txt": "locked", "b.txt": "kept"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path = write("a.zip", bytes(data))
    assert (unpacked(path), failed(path)) == ({"b.txt": b"kept"}, {"a.txt": "encrypted"})


def test_a_damaged_archive_in_an_archive_fails_alone(write: Write) -> None:
    inner = fixtures.tar_of({"c.txt": b"x" * 3000}, "w:gz")[:60]
    path = write("a.zip", fixtures.zip_of({"in.tgz": inner, "b.txt": "kept"}))
    assert unpacked(path) == {"b.txt": b"kept"}
    assert list(failed(path)) == ["in.tgz"] or list(failed(path)) == ["in.tgz/in.tgz"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_archives_are_unpacked_without_links(
    write: Write, mode: Literal["w", "w:gz", "w:bz2", "w:xz"]
) -> None:
    path = write("a.bin", fixtures.tar_of({"sub/a.txt": b"one", "../../up.txt": b"two", "empty": b""}, mode))
    assert unpacked(path) == {"sub/a.txt": b"one", "up.txt": b"two"}


def test_links_in_a_tar_are_left_out(write: Write) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo("link")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert unpacked(write("a.tar", out.getvalue())) == {}


def test_a_tar_that_is_cut_off_gives_what_came_before(write: Write) -> None:
    data = fixtures.tar_of({"a.txt": b"one", "b.txt": b"two" * 5000})
    path = write("a.tar", data[:4000])
    found = []
    with pytest.raises(ExtractionError) as caught:
        for member in members(path):
            found.append((member.name, member.error.code if member.error else ""))
    assert found == [("a.txt", ""), ("b.txt", "damaged")]
    assert caught.value.code == "damaged"


def test_a_single_packed_file_loses_only_its_suffix(write: Write) -> None:
    path = write("a.gz", gzip.compress(b"one"))
    assert [(item.name, item.path.read_bytes()) for item in members(path, name="sub/note.txt.gz")] == [
        ("note.txt", b"one")
    ]


def test_a_packed_bomb_is_stopped(write: Write) -> None:
    with pytest.raises(ExtractionError, match="far more data"):
        unpacked(write("a.gz", gzip.compress(b"a" * (64 << 20), 9)))


def test_office_files_are_no_archives(write: Write) -> None:
    assert is_archive(write("a", fixtures.docx()), "a.zip") is False
    assert is_archive(write("a", fixtures.zip_of({"a.txt": "x"})), "a.docx") is True
    assert is_archive(write("a", b"PK\x03\x04 broken"), "a.zip") is False


def test_nothing_stays_on_disk(write: Write) -> None:
    paths = [member.path for member in members(write("a.zip", fixtures.zip_of({"a.txt": "x", "b.txt": "y"})))]
    assert paths and not any(path.exists() for path in paths)
