import json
from pathlib import Path

import pytest

from search.evidence import THRESHOLD, evidence, judge, term_weights
from search.index.memory import MemoryLexicalIndex
from search.index.tantivy import TantivyIndex
from search.types import Chunk

TEXTS = {
    "salt": "Salt from the marshes, shipped to the Baltic, made the merchants of the town rich.",
    "fire": "In August 1684 a baker's oven set fire to the wooden lanes of the town.",
    "盐": "盐沼产的盐远销波罗的海，给经商的家族带来了财富。",
    "火": "1684年8月，面包师的炉子点燃了木头小巷。",
}


class Trust:
    def __init__(self, weight: float = 0.0) -> None:
        self._weight = weight

    def dense_weight(self, query: str) -> float:
        return self._weight

    def noise(self) -> float:
        return 0.0


@pytest.fixture
def lexical() -> MemoryLexicalIndex:
    index = MemoryLexicalIndex()
    index.upsert("g", [Chunk(key, key, text) for key, text in TEXTS.items()])
    return index


@pytest.mark.parametrize(
    ("query", "answerable"),
    [
        ("What made the merchants rich?", True),
        ("When did the baker's oven set fire to the lanes?", True),
        ("How many moons does Jupiter have?", False),
        ("什么点燃了木头小巷？", True),
        ("盐远销到哪里？", True),
        ("木星有多少颗卫星？", False),
    ],
)
def test_judge(lexical: MemoryLexicalIndex, query: str, answerable: bool) -> None:
    texts = [TEXTS[found.chunk_id] for found in lexical.query("g", query, 4)]
    result = judge(query, texts, [None] * len(texts), index_ids=["g"], lexical=lexical, coverage=Trust())
    assert result.answerable is answerable
    assert 0.0 <= result.score <= 1.0
    assert result.answerable == (result.score >= THRESHOLD)


def test_a_cosine_counts_only_where_the_model_is_trusted(lexical: MemoryLexicalIndex) -> None:
    weights = term_weights("What made the merchants rich?", ["g"], lexical)
    texts = [TEXTS["fire"]]
    assert evidence(texts, weights, cosine=0.9, coverage=0.0) == evidence(texts, weights)
    assert evidence(texts, weights, cosine=0.9, coverage=1.0) > evidence(
        texts, weights, cosine=0.2, coverage=1.0
    )


def test_rare_terms_weigh_more_and_unknown_ones_most(lexical: MemoryLexicalIndex) -> None:
    weights = term_weights("town salt jupiter", ["g", "g", "unknown"], lexical)
    assert weights["town"] < weights["salt"] < weights["jupit"]


def test_nothing_found_or_nothing_asked_is_no_evidence(lexical: MemoryLexicalIndex) -> None:
    weights = term_weights("salt", ["g"], lexical)
    assert evidence([], weights) == 0.0
    assert evidence(["salt"], {}) == 0.0
    assert term_weights("???", ["g"], lexical) == {}
    assert evidence(["salt"], weights) == 1.0


@pytest.mark.parametrize("name", ["refusal-en", "refusal-zh"])
def test_most_answerable_questions_pass_and_off_topic_ones_do_not(
    youju_data: Path, name: str, tmp_path: Path
) -> None:
    folder = youju_data / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = {row["_id"]: row["text"] for row in rows}
    index = TantivyIndex(tmp_path)
    index.upsert("g", [Chunk(key, key, text) for key, text in texts.items()])
    refused: dict[str, list[bool]] = {}
    for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        found = [texts[item.chunk_id] for item in index.query("g", query["text"], 5)]
        verdict = judge(query["text"], found, [], index_ids=["g"], lexical=index, coverage=Trust())
        refused.setdefault(query["metadata"]["kind"], []).append(not verdict.answerable)
    share = {kind: sum(answers) / len(answers) for kind, answers in refused.items()}
    assert share["answerable"] <= 0.07
    assert share["off_topic"] >= 0.92
    assert share["near_topic"] >= 0.55
