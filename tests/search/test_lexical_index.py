"""The contract of ``LexicalIndex``, held against every back end, and what only tantivy can get wrong."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from search.errors import IndexUnavailable
from search.index.memory import MemoryLexicalIndex
from search.index.milvus_words import MilvusLexicalIndex
from search.index.tantivy import TantivyIndex
from search.protocols import LexicalIndex
from search.types import Chunk, Wanted

Make = Callable[..., Chunk]


@pytest.fixture(params=["memory", "tantivy", "milvus"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> LexicalIndex:
    if request.param == "memory":
        return MemoryLexicalIndex()
    if request.param == "tantivy":
        return TantivyIndex(tmp_path / "lexical")
    made = MilvusLexicalIndex(request.getfixturevalue("milvus_server").uri)
    for name in list(made.indexes()):
        made.drop(name)
    return made


def ranked(index: LexicalIndex, query: str, k: int = 10, name: str = "g1") -> list[str]:
    return [found.chunk_id for found in index.query(name, query, k)]


def test_english_and_chinese_are_found(index: LexicalIndex, chunk: Make) -> None:
    index.upsert(
        "g1",
        [
            chunk("en", "The harbour was silted up by sand from the river."),
            chunk("zh", "河流带来的泥沙填满了港池，贸易转移到了新码头。"),
            chunk("mixed", "该框架在2015年由Vue团队发布。"),
        ],
    )
    assert ranked(index, "Why did sands fill the harbours?") == ["en"]
    assert ranked(index, "港池為什麼被泥沙填滿？")[0] == "zh"
    assert ranked(index, "Vue 2015") == ["mixed"]
    (found, *_rest) = index.query("g1", "团队", 3)
    assert found.chunk_id == "mixed"
    assert found.score > 0


def test_title_and_heading_count(index: LexicalIndex, chunk: Make) -> None:
    index.upsert(
        "g1",
        [
            chunk("plain", "It is about nothing much at all."),
            chunk("titled", "It is about nothing much at all.", title="Beekeeping"),
            chunk("headed", "It is about nothing much at all.", heading="Hives › 越冬"),
        ],
    )
    assert ranked(index, "beekeeping") == ["titled"]
    assert ranked(index, "蜜蜂越冬") == ["headed"]


def test_k_bounds_and_orders(index: LexicalIndex, chunk: Make) -> None:
    index.upsert("g1", [chunk(f"c{n}", "honey " * n + "wax " * (9 - n)) for n in range(1, 9)])
    scores = [found.score for found in index.query("g1", "honey", 5)]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert index.query("g1", "honey", 0) == []


def test_kept_to_documents_and_terms_with_scores_as_they_are(index: LexicalIndex, chunk: Make) -> None:
    index.upsert(
        "g1",
        [
            chunk("a", "honey and wax", document="one"),
            chunk("b", "honey honey 带薪年假", title="Hives", document="two"),
            chunk("c", "honey", document="three"),
        ],
    )
    free = {found.chunk_id: found.score for found in index.query("g1", "honey", 9)}
    kept = {
        found.chunk_id: found.score for found in index.query("g1", "honey", 9, only=["one", "three", "x"])
    }
    assert kept == pytest.approx({key: free[key] for key in ("a", "c")})
    assert index.query("g1", "honey", 9, only=[]) == []
    (best,) = index.query("g1", "honey", 1, only={"three"})
    assert best.chunk_id == "c"
    (with_terms,) = index.query("g1", "honey", 9, required=["hive", "年假"])
    assert with_terms.chunk_id == "b"
    assert with_terms.score == pytest.approx(free["b"])
    without = {
        found.chunk_id: found.score for found in index.query("g1", "honey", 9, forbidden=["wax", "年假"])
    }
    assert without == pytest.approx({"c": free["c"]})
    assert index.query("g1", "honey", 9, required=["wax"], forbidden=["wax"]) == []


def test_many_indexes_together_find_what_each_finds(index: LexicalIndex, chunk: Make) -> None:
    names = [f"g{at}" for at in range(9)]
    for at, name in enumerate(names[:8]):
        texts = ["honey " * (n % 4 + 1) + "wax " * (at + n) + "propolis " * (n % 3) for n in range(1, 7)]
        index.upsert(name, [chunk(f"{at}c{n}", text, document=f"{at}d") for n, text in enumerate(texts)])
    own = {"g1": Wanted({"propoli": 2.0}), "g2": Wanted({"wax": 1.0})}
    everything: list[dict[str, Any]] = [
        {},
        {"only": {"1d", "3d"}},
        {"required": ["propoli"]},
        {"forbidden": ["wax"]},
    ]
    for more in everything:
        each = [
            (name, hit)
            for name in names
            for hit in index.query(name, "honey", 10, wanted=own.get(name), **more)
        ]
        scores = sorted((hit.score for _name, hit in each), reverse=True)[:10]
        together = index.query_many(names, "honey", 10, wanted=own, **more)
        assert [hit.score for _name, hit in together] == pytest.approx(scores)
        known = {(name, hit.chunk_id): hit.score for name, hit in each}
        assert all(known[name, hit.chunk_id] == pytest.approx(hit.score) for name, hit in together)
    assert index.query_many(names, "", 5) == []
    assert index.query_many(names, "honey", 0) == []
    assert index.query_many([], "honey", 5) == []
    assert {name for name, _hit in index.query_many(names, "", 5, wanted=own)} <= {"g1", "g2"}


def test_of_a_choice_only_the_best_way_counts(index: LexicalIndex, chunk: Make) -> None:
    index.upsert(
        "g1",
        [
            chunk("short", "k8s runs it here"),
            chunk("long", "kubernetes runs it here"),
            chunk("both", "k8s kubernetes runs it"),
            chunk("phrase", "container orchestration runs it"),
            chunk("other", "wax runs in there"),
        ],
    )
    ways = ({"k8s": 1.0}, {"kubernet": 0.7}, {"contain": 0.3, "orchestr": 0.3})
    found = {hit.chunk_id: hit.score for hit in index.query("g1", "", 9, wanted=Wanted({}, (ways,)))}
    alone = {hit.chunk_id: hit.score for hit in index.query("g1", "k8s", 9)}
    assert set(found) == {"short", "long", "both", "phrase"}
    assert found["both"] == pytest.approx(alone["both"])
    assert found["short"] == pytest.approx(alone["short"])
    assert found["short"] > found["long"] > 0
    more = {hit.chunk_id for hit in index.query("g1", "", 9, wanted=Wanted({"wax": 1.0}, (ways,)))}
    assert more == {*found, "other"}


def test_nothing_to_search_for(index: LexicalIndex, chunk: Make) -> None:
    assert ranked(index, "honey") == []
    index.upsert("g1", [chunk("a", "honey")])
    for query in ("", "  ", "!?。", "\x00", "propolis"):
        assert ranked(index, query) == []
    assert ranked(index, "x" * 10_000 + " honey") == ["a"]


def test_upsert_replaces_and_delete_forgets(index: LexicalIndex, chunk: Make) -> None:
    index.upsert("g1", [chunk("a", "honey"), chunk("b", "honey and wax")])
    index.upsert("g1", [chunk("a", "propolis", document="moved")])
    assert ranked(index, "honey") == ["b"]
    assert [found.chunk_id for found in index.query("g1", "propolis", 1, only={"moved"})] == ["a"]
    assert sorted(index.ids("g1")) == ["a", "b"]
    index.delete("g1", ["b", "ghost"])
    index.delete("g1", [])
    index.delete("unknown", ["b"])
    assert list(index.ids("g1")) == ["a"]
    assert index.count("g1") == 1


def test_the_same_id_twice_in_one_call_is_stored_once(index: LexicalIndex, chunk: Make) -> None:
    index.upsert("g1", [chunk("a", "honey"), chunk("a", "wax")])
    assert list(index.ids("g1")) == ["a"]
    assert ranked(index, "honey") == []
    assert ranked(index, "wax") == ["a"]


def test_indexes_are_apart_and_can_be_dropped(index: LexicalIndex, chunk: Make) -> None:
    index.upsert("g1", [chunk("a", "honey")])
    index.upsert("g2", [chunk("b", "honey")])
    assert list(index.indexes()) == ["g1", "g2"]
    index.drop("g1")
    index.drop("never-there")
    assert list(index.indexes()) == ["g2"]
    assert ranked(index, "honey") == []
    assert list(index.ids("g1")) == []
    assert ranked(index, "honey", name="g2") == ["b"]
    index.upsert("g1", [chunk("c", "honey")])
    assert ranked(index, "honey") == ["c"]


def test_document_frequencies(index: LexicalIndex, chunk: Make) -> None:
    index.upsert("g1", [chunk("a", "honey wax"), chunk("b", "honey honey", title="蜂蜜")])
    assert index.document_frequencies("g1", ["honey", "wax", "蜂蜜", "none"]) == {
        "honey": 2,
        "wax": 1,
        "蜂蜜": 1,
        "none": 0,
    }
    assert index.document_frequencies("unknown", ["honey"]) == {"honey": 0}
    assert index.count("unknown") == 0


def test_an_error_while_writing_leaves_the_index_as_it_was(tmp_path: Path, chunk: Make) -> None:
    index = TantivyIndex(tmp_path)
    index.upsert("g1", [chunk("a", "honey")])

    def broken() -> object:
        yield chunk("b", "wax")
        raise RuntimeError("the source failed")

    with pytest.raises(RuntimeError, match="the source failed"):
        index.upsert("g1", broken())  # type: ignore[arg-type]
    assert list(index.ids("g1")) == ["a"]
    index.upsert("g1", [chunk("c", "wax")])
    assert sorted(index.ids("g1")) == ["a", "c"]


OTHER_PROCESS = """
import sys
from search.index.tantivy import TantivyIndex
from search.types import Chunk
index = TantivyIndex(sys.argv[1])
for line in sys.stdin:
    action, _, rest = line.strip().partition(" ")
    if action == "write":
        index.upsert("g1", [Chunk(rest, "d", "honey")])
        print("written", flush=True)
    else:
        print(",".join(sorted(found.chunk_id for found in index.query("g1", "honey", 9))), flush=True)
"""


def test_processes_see_each_others_commits(tmp_path: Path, chunk: Make) -> None:
    index = TantivyIndex(tmp_path)
    index.upsert("g1", [chunk("a", "honey")])
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        source, sink = other.stdout, other.stdin
        assert source is not None
        assert sink is not None

        def tell(line: str) -> str:
            print(line, file=sink, flush=True)
            return str(source.readline()).strip()

        assert tell("read") == "a"
        index.upsert("g1", [chunk("b", "honey")])
        assert tell("read") == "a,b"
        assert tell("write c") == "written"
        assert sorted(ranked(index, "honey")) == ["a", "b", "c"]
        index.drop("g1")
        assert tell("read") == ""
        index.upsert("g1", [chunk("z", "honey")])
        assert tell("read") == "z"
        sink.close()


def test_a_second_writer_waits_and_then_says_why(tmp_path: Path, chunk: Make) -> None:
    first, second = TantivyIndex(tmp_path), TantivyIndex(tmp_path, lock_wait_s=0.1)

    def while_writing() -> object:
        with pytest.raises(IndexUnavailable, match="cannot be used"):
            second.upsert("g1", [chunk("b", "wax")])
        yield chunk("a", "honey")

    first.upsert("g1", while_writing())  # type: ignore[arg-type]
    second.upsert("g1", [chunk("b", "wax")])
    assert sorted(first.ids("g1")) == ["a", "b"]


def test_an_unusable_folder_is_said_in_a_sentence(tmp_path: Path, chunk: Make) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    index = TantivyIndex(blocked)
    for call in (index.ping, lambda: index.upsert("g1", [chunk("a", "honey")])):
        with pytest.raises(IndexUnavailable, match="cannot be used"):
            call()


def test_index_names_stay_inside_the_folder(tmp_path: Path) -> None:
    for name in ("../x", "a/b", "", ".."):
        with pytest.raises(ValueError, match="cannot name an index"):
            TantivyIndex(tmp_path).query(name, "honey", 1)
