"""What only Milvus can get wrong; the contracts are in test_vector_index.py and test_lexical_index.py."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from search import analysis
from search.errors import IndexUnavailable
from search.index.milvus import MilvusVectorIndex
from search.index.milvus_server import MilvusServer as Door
from search.index.milvus_words import MilvusLexicalIndex
from search.index.tantivy import TantivyIndex
from search.types import Chunk
from tests.search.conftest import MilvusServer, free_port

Make = Callable[..., Chunk]

NORTH, EAST = np.array([[0.0, 1.0]], dtype=np.float32), np.array([[1.0, 0.0]], dtype=np.float32)
SENTENCES = (
    "The harbour was silted up by sand from the river, so trade moved to a new wharf.",
    "河流带来的泥沙填满了港池，贸易转移到了新码头。",
    "Employees take paid annual leave after one year; unused days lapse in March.",
    "员工入职满一年后享有带薪年假，未休完的假期在三月失效。",
    "A river carries sand, and sand fills harbours.",
    "The new harbour opened in March with a long wharf for trade.",
)
QUESTIONS = (
    "Why did sand fill the harbour?",
    "港池为什么被泥沙填满",
    "annual leave in March",
    "带薪年假",
    "wharf",
)


@pytest.fixture
def name() -> str:
    return f"g-{uuid.uuid4().hex}"


def wait_for(index: MilvusLexicalIndex | MilvusVectorIndex) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return index.ping()
        except IndexUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_scores_are_those_of_tantivy(
    milvus_server: MilvusServer, tmp_path: Path, name: str, chunk: Make
) -> None:
    chunks = [
        chunk(f"c{at}", text, title=("Harbours", "年假", "")[at % 3], heading=("", "Trade › 港口")[at % 2])
        for at, text in enumerate(SENTENCES)
    ]
    milvus, tantivy = MilvusLexicalIndex(milvus_server.uri), TantivyIndex(tmp_path)
    for index in (milvus, tantivy):
        index.upsert(name, chunks)
    for question in QUESTIONS:
        ours = {found.chunk_id: found.score for found in milvus.query(name, question, 9)}
        theirs = {found.chunk_id: found.score for found in tantivy.query(name, question, 9)}
        assert ours == pytest.approx(theirs, rel=0.02)


def test_counts_follow_replacements_deletions_and_repeats(
    milvus_server: MilvusServer, name: str, chunk: Make
) -> None:
    mine, theirs = MilvusLexicalIndex(milvus_server.uri), MilvusLexicalIndex(milvus_server.uri)
    batch = [chunk("a", "honey wax", title="Hive"), chunk("b", "honey"), chunk("empty", "!?")]
    for _attempt in range(2):
        mine.upsert(name, batch)
    terms = ["honey", "wax", "hive", "propoli"]
    assert mine.document_frequencies(name, terms) == {"honey": 2, "wax": 1, "hive": 1, "propoli": 0}
    mine.upsert(name, [chunk("a", "propolis")])
    mine.delete(name, ["b", 'ghost\'s "id"'])
    assert mine.document_frequencies(name, terms) == {"honey": 0, "wax": 0, "hive": 0, "propoli": 1}
    assert (mine.count(name), theirs.count(name)) == (2, 2)
    assert theirs.document_frequencies(name, terms) == {"honey": 0, "wax": 0, "hive": 0, "propoli": 1}
    assert sorted(theirs.ids(name)) == ["a", "empty"]


def test_what_another_process_drops_is_made_anew(milvus_server: MilvusServer, name: str, chunk: Make) -> None:
    words, others = MilvusLexicalIndex(milvus_server.uri), MilvusLexicalIndex(milvus_server.uri)
    vectors, other_vectors = MilvusVectorIndex(milvus_server.uri), MilvusVectorIndex(milvus_server.uri)
    words.upsert(name, [chunk("a", "honey")])
    vectors.upsert(name, ["a"], ["d"], NORTH)
    others.drop(name)
    other_vectors.drop(name)
    assert vectors.query(name, NORTH[0], 3) == []
    assert words.query(name, "honey", 3) == []
    words.upsert(name, [chunk("b", "honey")])
    vectors.upsert(name, ["b"], ["d"], EAST)
    assert [found.chunk_id for found in others.query(name, "honey", 3)] == ["b"]
    assert list(other_vectors.ids(name)) == list(others.ids(name)) == ["b"]


def test_a_restart_of_the_server_is_survived(
    milvus_server: MilvusServer, tmp_path: Path, name: str, chunk: Make
) -> None:
    server = MilvusServer(tmp_path)
    server.start()
    try:
        words, vectors = MilvusLexicalIndex(server.uri), MilvusVectorIndex(server.uri)
        words.upsert(name, [chunk("a", "honey")])
        vectors.upsert(name, ["a"], ["d"], NORTH)
        server.stop()
        with pytest.raises(IndexUnavailable, match="does not answer"):
            vectors.query(name, NORTH[0], 3)
        with pytest.raises(IndexUnavailable, match="does not answer"):
            words.ping()
        with pytest.raises(IndexUnavailable, match="a moment ago"):
            words.query(name, "honey", 3)
        server.start()
        for index in (words, vectors):
            wait_for(index)
        assert [found.chunk_id for found in words.query(name, "honey", 3)] == ["a"]
        assert [found.chunk_id for found in vectors.query(name, NORTH[0], 3)] == ["a"]
    finally:
        server.stop()


def test_no_server_and_no_address_are_said(name: str, chunk: Make) -> None:
    for unset in (MilvusVectorIndex(""), MilvusLexicalIndex("")):
        with pytest.raises(IndexUnavailable, match="Set MILVUS_URI") as caught:
            unset.ping()
        assert not caught.value.permanent
    with pytest.raises(ValueError, match="no address of Milvus"):
        Door("milvus:19530")
    with pytest.raises(IndexUnavailable, match="does not answer"):
        MilvusLexicalIndex(f"http://127.0.0.1:{free_port()}").ping()
    with pytest.raises(ValueError, match="cannot name an index"):
        MilvusVectorIndex("http://127.0.0.1:1").drop("../x")


def test_keys_of_terms_fit_the_dimensions_of_milvus() -> None:
    from search.index.milvus_terms import dimension, fields_of, key_of

    keys = [key_of(term) for term in analysis.tokens(" ".join(SENTENCES))]
    at = {dimension(key, field) for key in keys for field in range(3)}
    assert max(at) <= 2**32 - 2
    assert fields_of(at) == [set(keys)] * 3
