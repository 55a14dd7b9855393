"""The contract of ``VectorIndex``, held against every back end, and what only Chroma can get wrong."""

import uuid
from pathlib import Path

import numpy as np
import pytest

from search.errors import IndexUnavailable
from search.index.chroma import ChromaIndex
from search.index.memory import MemoryVectorIndex
from search.index.milvus import MilvusVectorIndex
from search.index.mirrored import MirroredChromaIndex
from search.protocols import VectorIndex, Vectors
from tests.search.conftest import ChromaServer, free_port

NORTH, EAST, NORTH_EAST = [0.0, 1.0], [1.0, 0.0], [0.6, 0.8]


def rows(*vectors: list[float]) -> Vectors:
    return np.array(vectors, dtype=np.float32)


@pytest.fixture
def name() -> str:
    return f"g-{uuid.uuid4().hex}"


@pytest.fixture(params=["memory", "chroma", "mirrored", "milvus"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> VectorIndex:
    if request.param == "memory":
        return MemoryVectorIndex()
    if request.param == "milvus":
        return MilvusVectorIndex(request.getfixturevalue("milvus_server").uri)
    server: ChromaServer = request.getfixturevalue("chroma_server")
    if request.param == "mirrored":
        return MirroredChromaIndex(server.url, mirrors=tmp_path / "mirrors")
    return ChromaIndex(server.url)


def test_nearest_first_with_cosines_and_documents(index: VectorIndex, name: str) -> None:
    index.upsert(name, ["n", "e", "ne"], ["d1", "d2", "d3"], rows(NORTH, EAST, NORTH_EAST))
    found = index.query(name, rows(NORTH)[0], 10)
    assert [item.chunk_id for item in found] == ["n", "ne", "e"]
    assert [item.score for item in found] == pytest.approx([1.0, 0.8, 0.0], abs=1e-5)
    assert [item.chunk_id for item in index.query(name, rows(NORTH)[0], 1)] == ["n"]


def test_only_some_documents(index: VectorIndex, name: str) -> None:
    ids = [f"c{number}" for number in range(300)]
    angles = np.linspace(0, np.pi / 2, len(ids))
    vectors = np.stack([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
    index.upsert(name, ids, [f"d{number // 10}" for number in range(300)], vectors)
    found = index.query(name, rows(NORTH)[0], 12, only={"d29", "d28", "elsewhere"})
    assert [item.chunk_id for item in found] == [f"c{number}" for number in range(280, 292)]
    assert found[0].score == pytest.approx(float(vectors[280][1]), abs=1e-5)
    assert index.query(name, rows(NORTH)[0], 5, only=[]) == []
    assert index.query(name, rows(NORTH)[0], 5, only=["elsewhere"]) == []
    assert len(index.query(name, rows(NORTH)[0], 5, only=[f"d{number}" for number in range(2000)])) == 5


def test_upsert_replaces_vector_and_document(index: VectorIndex, name: str) -> None:
    index.upsert(name, ["a"], ["old"], rows(NORTH))
    index.upsert(name, ["a"], ["new"], rows(EAST))
    (found,) = index.query(name, rows(EAST)[0], 5, only={"new"})
    assert index.query(name, rows(EAST)[0], 5, only={"old"}) == []
    assert found.score == pytest.approx(1.0, abs=1e-5)
    assert list(index.ids(name)) == ["a"]


def test_delete_ignores_what_is_unknown(index: VectorIndex, name: str) -> None:
    index.delete(name, ["ghost"])
    index.upsert(name, ["a", "b"], ["d", "d"], rows(NORTH, EAST))
    index.delete(name, ["a", "ghost"])
    index.delete(name, [])
    assert list(index.ids(name)) == ["b"]


def test_unknown_index_is_empty(index: VectorIndex, name: str) -> None:
    assert index.query(name, rows(NORTH)[0], 3) == []
    assert list(index.ids(name)) == []
    index.drop(name)
    assert name not in set(index.indexes())


def test_indexes_are_apart_and_can_be_dropped(index: VectorIndex, name: str) -> None:
    other = f"{name}-2"
    index.upsert(name, ["a"], ["d"], rows(NORTH))
    index.upsert(other, ["b"], ["d"], rows(NORTH))
    assert {name, other} <= set(index.indexes())
    index.drop(name)
    assert list(index.ids(name)) == []
    assert list(index.ids(other)) == ["b"]
    index.upsert(name, ["c"], ["d"], rows(EAST))
    assert [item.chunk_id for item in index.query(name, rows(EAST)[0], 3)] == ["c"]


def test_many_at_once(index: VectorIndex, name: str) -> None:
    ids = [f"c{number}" for number in range(2500)]
    angles = np.linspace(0, np.pi / 2, len(ids))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    index.upsert(name, ids, ids, vectors)
    assert set(index.ids(name)) == set(ids)
    assert len(index.query(name, vectors[7], 20)) == 20
    index.delete(name, ids[:2000])
    assert set(index.ids(name)) == set(ids[2000:])


def test_many_indexes_together_find_what_each_finds(index: VectorIndex, name: str) -> None:
    numbers = np.random.default_rng(7)
    names = [f"{name}-{number}" for number in range(11)]
    for at, one in enumerate(names[:10]):
        vectors = numbers.normal(size=(20, 8)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        ids = [f"{at}c{number}" for number in range(20)]
        index.upsert(one, ids, [f"{at}d{number // 5}" for number in range(20)], vectors)
    index.upsert(names[0], ["0c1"], ["0d9"], -numbers.normal(size=(1, 8)).astype(np.float32))
    index.delete(names[1], ["1c3", "1c4"])
    question = numbers.normal(size=8).astype(np.float32)
    question /= np.linalg.norm(question)
    for only in (None, {"0d9", "1d0", "4d2"}, {"elsewhere"}, ()):
        each = [(one, hit) for one in names for hit in index.query(one, question, 30, only=only)]
        each.sort(key=lambda item: -item[1].score)
        together = index.query_many(names, question, 30, only=only)
        assert [(one, hit.chunk_id) for one, hit in together] == [
            (one, hit.chunk_id) for one, hit in each[:30]
        ]
        scores = [hit.score for _one, hit in each[:30]]
        assert [hit.score for _one, hit in together] == pytest.approx(scores, abs=1e-5)
    index.drop(names[2])
    assert names[2] not in {one for one, _hit in index.query_many(names, question, 200)}
    assert index.query_many(names, question, 0) == []
    assert index.query_many([], question, 5) == []


def test_lengths_must_agree(index: VectorIndex, name: str) -> None:
    with pytest.raises(ValueError, match="same length"):
        index.upsert(name, ["a", "b"], ["d"], rows(NORTH))


def test_ping(index: VectorIndex) -> None:
    index.ping()
    assert isinstance(list(index.indexes()), list)


def test_chroma_handle_survives_a_drop_by_another_process(chroma_server: ChromaServer, name: str) -> None:
    mine, theirs = ChromaIndex(chroma_server.url), ChromaIndex(chroma_server.url)
    mine.upsert(name, ["a"], ["d"], rows(NORTH))
    theirs.drop(name)
    assert mine.query(name, rows(NORTH)[0], 3) == []
    theirs.upsert(name, ["b"], ["d"], rows(NORTH))
    assert [item.chunk_id for item in mine.query(name, rows(NORTH)[0], 3)] == ["b"]
    theirs.drop(name)
    mine.upsert(name, ["c"], ["d"], rows(NORTH))
    assert list(theirs.ids(name)) == ["c"]


def test_chroma_survives_a_restart_of_the_server(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    server = ChromaServer(tmp_path_factory.mktemp("restart"))
    server.start()
    try:
        index = ChromaIndex(server.url)
        index.upsert(name, ["a"], ["d"], rows(NORTH))
        server.stop()
        with pytest.raises(IndexUnavailable, match="does not answer"):
            index.query(name, rows(NORTH)[0], 3)
        with pytest.raises(IndexUnavailable, match="does not answer"):
            index.ping()
        server.start()
        assert [item.chunk_id for item in index.query(name, rows(NORTH)[0], 3)] == ["a"]
    finally:
        server.stop()


def test_no_server_is_said_in_a_sentence(name: str) -> None:
    unset = ChromaIndex("")
    for call in (unset.ping, lambda: unset.query(name, rows(NORTH)[0], 3), lambda: list(unset.indexes())):
        with pytest.raises(IndexUnavailable, match="vector server is not running") as caught:
            call()
        assert not caught.value.permanent
    absent = ChromaIndex(f"http://127.0.0.1:{free_port()}")
    for call in (absent.ping, lambda: absent.upsert(name, ["a"], ["d"], rows(NORTH))):
        with pytest.raises(IndexUnavailable, match="does not answer") as caught:
            call()
        assert "127.0.0.1" not in str(caught.value), "everybody may read it"
