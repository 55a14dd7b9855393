"""Better spellings out of what an index holds, in English and Chinese."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from search.edits import distance
from search.index.memory import MemoryLexicalIndex
from search.index.tantivy import TantivyIndex
from search.protocols import LexicalIndex
from search.query_language import parse
from search.spelling import corrected
from search.types import Chunk, Wanted

TEXTS = (
    "Kubernetes runs containers. The libraries of Kubernetes are written in Go.",
    "An environment variable names the folder. Environments differ.",
    "Receptors bind proteins; a receptor of the cell.",
    "搜索引擎找到文档。一个搜索引擎有索引。",
    "全文搜索引擎与向量搜索引擎一起工作。",
    "繁體的搜索引擎也一樣。",
)


@pytest.fixture(params=["memory", "tantivy"])
def correct(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    index: LexicalIndex = MemoryLexicalIndex() if request.param == "memory" else TantivyIndex(tmp_path)
    index.upsert("g", [Chunk(str(at), "d", text) for at, text in enumerate(TEXTS)])

    def frequencies(terms: Sequence[str]) -> dict[str, int]:
        return index.document_frequencies("g", terms)

    def passages(terms: Mapping[str, float]) -> list[str]:
        return [TEXTS[int(hit.chunk_id)] for hit in index.query("g", "", 5, wanted=Wanted(terms))]

    def correct(query: str) -> str:
        apart = parse(query, today=date(2024, 5, 31)).apart
        return corrected(query, frequencies, passages, apart=apart)

    return correct


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kuberentes", "Kubernetes"),
        ("Kubernets libaries", "Kubernets libraries"),
        ("which enviroment variable?", "which environment variable?"),
        ("kubrentes", "Kubernetes"),
        ("receptro of a cell", "receptor of a cell"),
        ("搜索引敬", "搜索引擎"),
        ("什么是搜素引擎", "什么是搜索引擎"),
        ("搜索擎引", "搜索引擎"),
        ("kuberentes 搜索引敬", "Kubernetes 搜索引擎"),
        ('"kuberentes runs" -receptro', '"Kubernetes runs" -receptro'),
        ("“搜素引擎” 类型：pdf -文挡", "“搜索引擎” 类型：pdf -文挡"),
        ("title: kuberentes", "title: Kubernetes"),
        (
            'kuberentes -"receptro cell" site:receptro.org tag:"receptro cell" -type:pdf',
            'Kubernetes -"receptro cell" site:receptro.org tag:"receptro cell" -type:pdf',
        ),
    ],
)
def test_a_slip_is_mended_with_a_word_as_it_is_written(
    correct: Callable[[str], str], typed: str, meant: str
) -> None:
    assert correct(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "kubernetes library",
        "zzzqqq xxyyzz",
        "the and of",
        "site:kuberentes -receptro",
        "K9S go1 goo",
        "搜索引擎的索引",
        "量子纠缠",
        "搜索火车票",
        "",
    ],
)
def test_what_is_known_foreign_or_no_word_is_left_alone(correct: Callable[[str], str], typed: str) -> None:
    assert correct(typed) == ""


def test_how_many_slips_lie_between_two_words() -> None:
    assert distance("receptro", "receptor") == 1
    assert distance("enviroment", "environment") == 1
    assert distance("restaraunt", "restaurant") == 2
    assert distance("", "abc") == 3
