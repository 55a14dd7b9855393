"""Fusion, and retrieval over the real in-memory indexes."""

import json
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from search.coverage import MAX_WEIGHT, Coverage
from search.embedding.hashed import HashedEmbedder
from search.errors import IndexUnavailable, ModelUnavailable
from search.fusion import Found, Opinion, merge
from search.index.chroma import ChromaIndex
from search.index.memory import MemoryLexicalIndex, MemoryVectorIndex
from search.index.tantivy import TantivyIndex
from search.metrics import ndcg
from search.protocols import Embedder, LexicalIndex, VectorIndex, Vectors
from search.retrieval import Group, Result, retrieve
from search.types import Candidate, Chunk, Hit, Mode

PASSAGES = {
    "salt": "Salt from the marshes made the merchants rich.",
    "fire": "A baker's oven set fire to the old quarter in 1684.",
    "sand": "Sand filled the basin, so ships avoided the harbour.",
    "盐": "盐沼产的盐给经商的家族带来了财富。",
    "火": "1684年，面包师的炉子点燃了老城区。",
    "沙": "泥沙填满了港池，船只不再来这个港口。",
}


def fuse(lexical: Found, dense: Found, dense_weight: float, k: int, *, noise: float = -1.0) -> list[Hit]:
    """``merge`` where all vectors are of one model."""
    indexes = {index_id for index_id, _found in (*lexical, *dense)}
    return merge(lexical, [Opinion(indexes, dense, dense_weight, noise)], k)


class Fixed:
    """Trusts vectors by the same weight for every question."""

    def __init__(self, weight: float) -> None:
        self._weight = weight

    def dense_weight(self, query: str) -> float:
        return self._weight

    def trust(self, query: str) -> float:
        return min(1.0, 2.5 * self._weight)

    def noise(self) -> float:
        return 0.0

    def scaled(self, cosine: float) -> float:
        return cosine

    def standard(self, cosine: float) -> float:
        return cosine


class Noise:
    """Unit vectors that have nothing to do with the text: a model that knows no language."""

    fingerprint, dimension = "noise", 16

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = [np.random.default_rng(crc32(text.encode())).normal(size=16) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)

    embed_queries = embed


class NoModel:
    fingerprint, dimension = "none", 2

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise ModelUnavailable("the model is missing")

    embed_queries = embed


def candidates(*pairs: tuple[str, float]) -> list[tuple[str, Candidate]]:
    return [("g", Candidate(key, score)) for key, score in pairs]


def test_fusion_weighs_both_sides() -> None:
    words = candidates(("a", 10.0), ("b", 5.0))
    vectors = candidates(("b", 0.9), ("c", 0.5), ("a", 0.4))
    hits = fuse(words, vectors, 0.4, 10)
    assert [hit.chunk_id for hit in hits] == ["b", "a", "c"]
    by_id = {hit.chunk_id: hit for hit in hits}
    assert by_id["b"].score == pytest.approx(0.6 * 0.5 + 0.4 * 1.0)
    assert by_id["a"].score == pytest.approx(0.6)
    assert by_id["c"].score == pytest.approx(0.4 * 0.2)
    assert (by_id["b"].lexical, by_id["b"].dense) == (5.0, 0.9)
    assert by_id["c"].lexical is None


def test_what_only_vectors_found_must_rise_above_the_noise() -> None:
    words = [("g", Candidate("worded", 4.0))]
    vectors = [
        ("g", Candidate("worded", 0.1)),
        ("g", Candidate("near", 0.5)),
        ("g", Candidate("far", 0.1)),
    ]
    assert [hit.chunk_id for hit in fuse(words, vectors, 0.4, 10, noise=0.2)] == ["worded", "near"]
    assert len(fuse(words, vectors, 0.4, 10)) == 3


def test_an_index_of_another_model_is_searched_by_words_only() -> None:
    vectors, lexical = MemoryVectorIndex(), MemoryLexicalIndex()
    model = HashedEmbedder()
    for index_id in ("own", "foreign"):
        chunk = Chunk(f"{index_id}-1", "d", "The harbour office opens at eight.")
        lexical.upsert(index_id, [chunk])
        vectors.upsert(index_id, [chunk.id], ["d"], model.embed([chunk.text]))
    result = retrieve(
        "When does the harbour office open?",
        [Group(("own",), model, Fixed(0.4)), Group(("foreign",))],
        k=5,
        mode="hybrid",
        vectors=vectors,
        lexical=lexical,
    )
    seen = {hit.index_id: hit for hit in result.hits}
    assert seen["own"].dense is not None
    assert seen["foreign"].dense is None
    assert seen["foreign"].lexical is not None


def test_fusion_breaks_ties_by_id_and_takes_any_input() -> None:
    tied = candidates(("b", 1.0), ("a", 1.0), ("c", 1.0))
    assert [hit.chunk_id for hit in fuse(tied, [], 0.0, 2)] == ["a", "b"]
    assert [hit.chunk_id for hit in fuse([], tied, 1.0, 9)] == ["a", "b", "c"]
    assert fuse([], [], 0.5, 5) == []
    assert fuse(tied, [], 0.0, 0) == []


def filled(embedder: Embedder, name: str = "g") -> tuple[MemoryVectorIndex, MemoryLexicalIndex]:
    vectors, lexical = MemoryVectorIndex(), MemoryLexicalIndex()
    keys = list(PASSAGES)
    vectors.upsert(name, keys, [f"doc-{key}" for key in keys], embedder.embed(list(PASSAGES.values())))
    lexical.upsert(name, [Chunk(key, f"doc-{key}", text) for key, text in PASSAGES.items()])
    return vectors, lexical


def ask(
    query: str,
    mode: Mode = "hybrid",
    *,
    embedder: Embedder,
    vectors: VectorIndex,
    lexical: LexicalIndex,
    weight: float = MAX_WEIGHT,
    indexes: Sequence[str] = ("g",),
    k: int = 10,
) -> Result:
    return retrieve(
        query,
        [Group(tuple(indexes), embedder, Fixed(weight))],
        k=k,
        mode=mode,
        vectors=vectors,
        lexical=lexical,
    )


def test_each_mode_uses_its_side() -> None:
    embedder = HashedEmbedder()
    vectors, lexical = filled(embedder)
    for mode, words, nearest in (("lexical", True, False), ("dense", False, True), ("hybrid", True, True)):
        result = ask("merchants and salt", mode, embedder=embedder, vectors=vectors, lexical=lexical)  # type: ignore[arg-type]
        assert result.hits[0].chunk_id == "salt"
        assert (result.hits[0].lexical is not None, result.hits[0].dense is not None) == (words, nearest)
        assert not result.degraded


def test_a_mixed_collection_answers_in_the_language_of_the_question() -> None:
    embedder = HashedEmbedder()
    vectors, lexical = filled(embedder)
    for query, best in (("Which ships avoid the harbour?", "sand"), ("老城区是被什么点燃的？", "火")):
        result = ask(query, embedder=embedder, vectors=vectors, lexical=lexical, weight=0.0)
        assert result.hits[0].chunk_id == best


def test_an_untrusted_model_changes_nothing() -> None:
    noise = Noise()
    vectors, lexical = filled(noise)
    for query in ("salt and fire", "盐沼的财富", "港口泥沙"):
        hybrid = ask(query, embedder=noise, vectors=vectors, lexical=lexical, weight=0.0)
        words = ask(query, "lexical", embedder=noise, vectors=vectors, lexical=lexical)
        assert hybrid.hits == words.hits
        assert words.hits


def test_noise_is_found_out_by_the_probe() -> None:
    coverage = Coverage(Noise())
    assert coverage.dense_weight("Which ships avoid the harbour?") == 0.0
    assert coverage.dense_weight("哪场灾难毁掉了老城区？") == 0.0


def test_several_indexes_are_ranked_together() -> None:
    embedder = HashedEmbedder()
    vectors, lexical = filled(embedder, "one")
    extra = "Salt, salt and more salt for the merchants."
    lexical.upsert("two", [Chunk("more", "doc-more", extra)])
    vectors.upsert("two", ["more"], ["doc-more"], embedder.embed([extra]))
    indexes = ("one", "two", "one", "unknown")
    result = ask("merchants salt", embedder=embedder, vectors=vectors, lexical=lexical, indexes=indexes)
    found = {(hit.index_id, hit.chunk_id) for hit in result.hits}
    assert {("one", "salt"), ("two", "more")} <= found
    assert len(found) == len(result.hits)
    again = ask("merchants salt", embedder=embedder, vectors=vectors, lexical=lexical, indexes=indexes)
    assert again == result


def test_nothing_asked_nothing_found() -> None:
    embedder = HashedEmbedder()
    vectors, lexical = filled(embedder)
    assert ask("   ", embedder=embedder, vectors=vectors, lexical=lexical) == Result()
    assert ask("salt", embedder=embedder, vectors=vectors, lexical=lexical, indexes=()) == Result()
    assert ask("salt", embedder=embedder, vectors=vectors, lexical=lexical, k=0) == Result()


def test_hybrid_goes_on_without_the_vector_server() -> None:
    embedder = HashedEmbedder()
    _vectors, lexical = filled(embedder)
    result = ask("merchants salt", embedder=embedder, vectors=ChromaIndex(""), lexical=lexical)
    assert result.hits[0].chunk_id == "salt"
    assert result.degraded
    assert "vector server is not running" in result.notes[0]
    with pytest.raises(IndexUnavailable):
        ask("merchants salt", "dense", embedder=embedder, vectors=ChromaIndex(""), lexical=lexical)


def test_hybrid_goes_on_without_a_model_or_without_words(tmp_path: Path) -> None:
    embedder = HashedEmbedder()
    vectors, lexical = filled(embedder)
    without_model = ask("merchants salt", embedder=NoModel(), vectors=vectors, lexical=lexical)
    assert without_model.hits[0].chunk_id == "salt"
    assert "the model is missing" in without_model.notes[0]

    (tmp_path / "g").write_text("in the way")
    broken = TantivyIndex(tmp_path)
    without_words = ask("merchants salt", embedder=embedder, vectors=vectors, lexical=broken)
    assert without_words.hits[0].chunk_id == "salt"
    assert without_words.degraded
    with pytest.raises(IndexUnavailable):
        ask("merchants salt", embedder=NoModel(), vectors=vectors, lexical=broken)


class Hanging(MemoryVectorIndex):
    """Answers when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def query(
        self, index_id: str, vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[Candidate]:
        self.let_go.wait(60)
        return super().query(index_id, vector, k, only=only)


def test_a_vector_server_that_hangs_does_not_hold_up_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.retrieval.TIMEOUT_S", 0.1)
    embedder, hanging = HashedEmbedder(), Hanging()
    _vectors, lexical = filled(embedder)
    result = ask("merchants salt", embedder=embedder, vectors=hanging, lexical=lexical)
    hanging.let_go.set()
    assert result.hits[0].chunk_id == "salt"
    assert "did not answer" in result.notes[0]


@pytest.mark.parametrize(
    ("name", "lowest"),
    [("xquad-zh", 0.96), ("drcd-dev-simplified-queries", 0.965), ("xquad-en", 0.96), ("squad2-dev", 0.89)],
)
def test_words_alone_reach_the_measured_quality(
    youju_data: Path, name: str, lowest: float, tmp_path: Path
) -> None:
    folder = youju_data / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    index = TantivyIndex(tmp_path)
    rows = map(json.loads, (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines())
    index.upsert("g", [Chunk(row["_id"], row["_id"], row["text"], row.get("title") or "") for row in rows])
    relevant: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, gain = line.split("\t")
        relevant.setdefault(query, {})[document] = float(gain)
    texts = {
        row["_id"]: row["text"]
        for row in map(json.loads, (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines())
    }
    scores = [
        ndcg([found.chunk_id for found in index.query("g", texts[query], 10)], wanted, 10)
        for query, wanted in relevant.items()
    ]
    assert sum(scores) / len(scores) >= lowest
