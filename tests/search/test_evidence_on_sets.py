"""The decision on real questions: most that can be answered pass, most others do not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from search.coverage import Coverage
from search.embedding.model_files import locate_multilingual
from search.embedding.multilingual import MultilingualEmbedder
from search.errors import ModelUnavailable
from search.evidence import judge
from search.index.memory import MemoryVectorIndex
from search.index.tantivy import TantivyIndex
from search.protocols import LexicalIndex
from search.retrieval import Group, retrieve
from search.types import Chunk


class NoTrust:
    def trust(self, query: str) -> float:
        return 0.0

    def noise(self) -> float:
        return 0.0


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())


def _indexed(folder: Path, tmp_path: Path) -> tuple[dict[str, str], LexicalIndex]:
    texts = {row["_id"]: row["text"] for row in _lines(folder / "corpus.jsonl")}
    index = TantivyIndex(tmp_path)
    index.upsert("g", [Chunk(key, key, text) for key, text in texts.items()])
    return texts, index


def _shares(refused: list[tuple[str, bool]]) -> dict[str, float]:
    kinds: dict[str, list[bool]] = {}
    for kind, was_refused in refused:
        kinds.setdefault(kind, []).append(was_refused)
    return {kind: sum(answers) / len(answers) for kind, answers in kinds.items()}


@pytest.fixture(params=["refusal-en", "refusal-zh"])
def folder(youju_data: Path, request: pytest.FixtureRequest) -> Path:
    place: Path = youju_data / request.param
    if not place.is_dir():
        pytest.skip(f"{place} is not there")
    return place


def test_by_words_alone(folder: Path, tmp_path: Path) -> None:
    texts, index = _indexed(folder, tmp_path)
    refused = []
    for row in _lines(folder / "queries.jsonl"):
        found = index.query("g", row["text"], 8)
        verdict = judge(
            row["text"],
            [texts[item.chunk_id] for item in found],
            [],
            bm25=[item.score for item in found],
            index_ids=["g"],
            lexical=index,
            coverage=NoTrust(),
        )
        refused.append((row["metadata"]["kind"], not verdict.answerable))
    share = _shares(refused)
    assert share["answerable"] <= 0.06
    assert share["near_topic"] >= 0.65
    assert share["off_topic"] >= (0.98 if folder.name == "refusal-en" else 0.9)


def test_with_the_multilingual_model(folder: Path, tmp_path: Path) -> None:
    try:
        locate_multilingual()
    except ModelUnavailable as error:
        pytest.skip(str(error))
    texts, index = _indexed(folder, tmp_path)
    embedder = MultilingualEmbedder(tmp_path)
    coverage = Coverage(embedder)
    vectors = MemoryVectorIndex()
    vectors.upsert("g", list(texts), list(texts), embedder.embed(list(texts.values())))
    refused = []
    # Of the half that nothing was learned on, every second question.
    for row in list(_lines(folder / "queries.jsonl"))[1::4]:
        hits = retrieve(
            row["text"], [Group(("g",), embedder, coverage)], k=8, mode="hybrid", vectors=vectors,
            lexical=index,
        ).hits  # fmt: skip
        verdict = judge(
            row["text"],
            [texts[hit.chunk_id] for hit in hits],
            [hit.dense for hit in hits],
            bm25=[hit.lexical for hit in hits],
            index_ids=["g"],
            lexical=index,
            coverage=coverage,
            embedding=embedder.fingerprint,
        )
        refused.append((row["metadata"]["kind"], not verdict.answerable))
    share = _shares(refused)
    assert share["answerable"] <= 0.07
    assert share["near_topic"] >= 0.72
    assert share["off_topic"] >= 0.95
