"""Mirrors of vectors: what the contract in ``test_vector_index`` does not see."""

import errno
import os
import uuid
from pathlib import Path

import numpy as np
import pytest

from search.errors import IndexUnavailable
from search.index import mirror, mirror_file, mirrored
from search.index.chroma import ChromaIndex
from search.index.mirror import Mirrors
from search.index.mirrored import MirroredChromaIndex
from search.protocols import Vectors
from tests.search.conftest import ChromaServer


def some(count: int, dimension: int = 8, seed: int = 1) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def names(count: int, first: int = 0) -> list[str]:
    return [f"c{number}" for number in range(first, first + count)]


def known(mirrors: Mirrors, index_id: str = "g") -> set[str] | None:
    view = mirrors.view(index_id)
    return None if view is None else view.known


@pytest.fixture
def filled(tmp_path: Path) -> Mirrors:
    mirrors = Mirrors(tmp_path)
    with mirrors.writing():
        mirrors.put("g", names(10), names(10), some(10))
    return mirrors


def test_a_record_that_a_crash_tore_is_left_out_and_written_over(filled: Mirrors, tmp_path: Path) -> None:
    reader, file = Mirrors(tmp_path), tmp_path / "g.vectors"
    filled.add("g", names(2, 10), names(2), some(2))
    os.truncate(file, file.stat().st_size - 30)
    assert known(reader) == known(Mirrors(tmp_path)) == set(names(11))
    filled.add("g", ["c11", "c12"], ["d", "d"], some(2, seed=5))
    view = reader.view("g")
    assert view is not None
    assert view.known == set(names(13))
    assert np.allclose(view.matrix[view.rows[b"c12"]], some(2, seed=5)[1])


def test_what_is_damaged_is_as_good_as_missing(filled: Mirrors, tmp_path: Path) -> None:
    file = tmp_path / "g.vectors"
    content = file.read_bytes()
    for damaged in (
        content[:5],
        b"x" + content[1:],
        content[:-200] + bytes(200),
        content[:700] + b"?" + content[701:],
    ):
        file.write_bytes(damaged)
        assert known(Mirrors(tmp_path)) is None
    with pytest.raises(mirror_file.Unfit):
        Mirrors(tmp_path).add("g", ["x"], ["d"], some(1))
    Mirrors(tmp_path).remove("g", ["c1"])
    assert not file.exists()


def test_other_processes_see_what_was_added_removed_and_written_anew(
    filled: Mirrors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "MOST_DEAD", 20)
    reader, file = Mirrors(tmp_path), tmp_path / "g.vectors"
    assert known(reader) == set(names(10))
    filled.remove("g", ["c3", "ghost"])
    assert known(reader) == set(names(10)) - {"c3"}
    size = file.stat().st_size
    for turn in range(6):
        filled.add("g", names(9, 5), names(9), some(9, seed=turn))
    assert file.stat().st_size < size + 6 * 9 * (size // 11)
    view = reader.view("g")
    assert view is not None
    assert view.known == (set(names(14)) - {"c3"})
    assert np.allclose(view.matrix[view.rows[b"c7"]], some(9, seed=5)[2])
    filled.drop("g")
    assert known(reader) is None


def test_no_more_files_are_open_than_allowed(tmp_path: Path) -> None:
    mirrors = Mirrors(tmp_path)
    mirrors._most_open = 3
    for number in range(6):
        with mirrors.writing():
            mirrors.put(f"g{number}", names(2), names(2), some(2))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _turn in range(3):
        assert all(known(mirrors, f"g{number}") for number in range(6))
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 3


def test_a_full_disk_is_said_and_leaves_what_was_there(
    filled: Mirrors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int, _content: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(mirror_file.os, "write", full)
        with pytest.raises(IndexUnavailable, match="No space left"):
            filled.add("g", ["x"], ["d"], some(1))
    assert known(Mirrors(tmp_path)) == set(names(10))
    filled.add("g", ["x"], ["d"], some(1))
    assert known(filled) == {*names(10), "x"}


def test_ids_that_are_too_long_are_not_mirrored(filled: Mirrors) -> None:
    with pytest.raises(mirror_file.Unfit):
        filled.add("g", ["x" * 65], ["d"], some(1))
    with filled.writing():
        filled.put("g", ["x" * 65], ["d"], some(1))
    assert filled.is_refused("g")


@pytest.fixture
def index(
    chroma_server: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> MirroredChromaIndex:
    """Whose mirrors are read by every search of several indexes."""
    monkeypatch.setattr(mirrored, "FEW", 0)
    return MirroredChromaIndex(chroma_server.url, mirrors=tmp_path / "mirrors")


@pytest.fixture
def name() -> str:
    return f"m-{uuid.uuid4().hex}"


def found(index: ChromaIndex, name: str, row: Vectors) -> list[str]:
    return [hit.chunk_id for _name, hit in index.query_many([name], row, 5)]


def test_an_index_that_grows_too_large_loses_its_mirror_and_gets_it_back(
    index: MirroredChromaIndex, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (mirror, mirrored):
        monkeypatch.setattr(module, "MOST_PASSAGES", 15)
    file, note = tmp_path / "mirrors" / f"{name}.vectors", tmp_path / "mirrors" / f"{name}.large"
    index.upsert(name, names(10), names(10), some(10))
    index.upsert(name, names(10), names(10), some(10))
    assert file.exists()
    index.upsert(name, names(10, 10), names(10), some(10, seed=2))
    assert note.exists()
    assert not file.exists()
    assert found(index, name, some(10)[4])[0] == "c4"
    assert not index.mend(name)
    assert not index.mend(name, thoroughly=True)
    index.delete(name, names(8))
    assert index.mend(name, thoroughly=True)
    assert known(index._mirrors, name) == set(names(12, 8))
    assert not note.exists()
    index.drop(name)
    assert not file.exists()


def test_an_index_without_a_mirror_is_asked_itself_and_can_be_given_one(
    index: MirroredChromaIndex, chroma_server: ChromaServer, name: str
) -> None:
    ChromaIndex(chroma_server.url).upsert(name, names(6), ["one", "two"] * 3, some(6))
    assert found(index, name, some(6)[2])[0] == "c2"
    assert index.mend(name)
    assert not index.mend(name)
    assert not index.mend(name, thoroughly=True)
    ChromaIndex(chroma_server.url).drop(name)
    assert found(index, name, some(6)[2])[0] == "c2"
    hits = index.query_many([name], some(6)[2], 9, only={"two"})
    assert {hit.chunk_id for _name, hit in hits} == {"c1", "c3", "c5"}
    assert index.mend(name, thoroughly=True)
    assert found(index, name, some(6)[2]) == []
    index.upsert(name, names(2), names(2), some(2, dimension=4))
    assert found(index, name, some(2, dimension=4)[1])[0] == "c1"


def test_a_mirror_that_is_missing_is_made_with_the_next_passages(
    index: MirroredChromaIndex, chroma_server: ChromaServer, name: str, tmp_path: Path
) -> None:
    ChromaIndex(chroma_server.url).upsert(name, names(6), names(6), some(6))
    index.upsert(name, ["x"], ["d"], some(1, seed=4))
    assert known(index._mirrors, name) == {*names(6), "x"}
    file = tmp_path / "mirrors" / f"{name}.vectors"
    file.write_bytes(b"damaged")
    index.delete(name, ["c1"])
    assert found(index, name, some(6)[2])[0] == "c2"
    index.upsert(name, ["y"], ["d"], some(1, seed=6))
    assert known(index._mirrors, name) == ({*names(6), "x", "y"} - {"c1"})
