import json
from pathlib import Path

import pytest

from chat.evaluating import AnswerTally, holds_gold
from ingestion import beir, indexing, services
from ingestion.beir import BadDataset, Query
from ingestion.evaluating import evaluate, percentile
from ingestion.finding import find
from ingestion.intake import take
from ingestion.models import Collection, Run
from tests.ingestion.material import extract_all

CORPUS = [
    {"_id": "d1", "title": "Leave", "text": "Every employee has twenty-five days of paid leave each year."},
    {"_id": "d2", "title": "Ferry", "text": "The ferry to Skerry Island leaves at seven in the morning."},
    {"_id": "d3", "title": "", "text": "港务局在一九八七年修复了潮位站。"},
]
QUERIES = [
    ("q1", "How many days of paid leave are there?", "d1", ["twenty-five"], True),
    ("q2", "潮位站是哪一年修复的？", "d3", ["一九八七年"], True),
    ("q3", "Who painted the Mona Lisa?", None, [], False),
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text("\n".join(json.dumps(row) for row in CORPUS))
    rows = [
        {"_id": identity, "text": text, "metadata": {"answers": answers, "answerable": answerable}}
        for identity, text, _document, answers, answerable in QUERIES
    ]
    (tmp_path / "queries.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    judged = [f"{query}\t{document}\t1" for query, _text, document, *_ in QUERIES if document]
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "\n".join(judged))
    return tmp_path


def test_reading_beir(dataset: Path) -> None:
    read = beir.read(dataset)
    assert [query.id for query in read.queries] == ["q1", "q2", "q3"]
    assert read.queries[0].relevant == {"d1": 1}
    assert (read.queries[2].relevant, read.queries[2].answerable) == ({}, False)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("queries.jsonl", '{"_id": "q1"}', "queries.jsonl, line 1"),
        ("queries.jsonl", "not json", "queries.jsonl, line 1"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\n", "test.tsv, line 2"),
    ],
)
def test_a_broken_dataset_is_named(dataset: Path, name: str, content: str, complaint: str) -> None:
    (dataset / name).write_text(content)
    with pytest.raises(BadDataset, match=complaint):
        beir.read(dataset)


def test_a_folder_without_queries_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match=r"corpus\.jsonl"):
        beir.read(tmp_path)


@pytest.mark.django_db
def test_a_corpus_is_measured(collection: Collection, dataset: Path) -> None:
    run = services.start_run(collection=collection, kind=Run.Kind.COMMAND)
    taken = list(take([dataset / "corpus.jsonl"], collection=collection, by=collection.owner, run=run))
    assert [item.added.document.external_id for item in taken if item.added] == ["d1", "d2", "d3"]
    extract_all()
    indexing.index_all()
    tally = AnswerTally()
    scores = evaluate(beir.read(dataset).queries, collection, on_each=tally.add)
    assert (scores.queries, scores.documents) == (3, 3)
    assert scores.ndcg_at_10 == scores.recall_at_1 == scores.mrr_at_10 == 1.0
    assert tally.result() == {
        "answer_hit": 1.0,
        "answer_hit_of_all": 1.0,
        "answer_hit_unrefused": 1.0,
        "refusal": {"answerable_refused": 0.0, "unanswerable_refused": 1.0},
    }
    text = "Which opera of Rusalka did Dvořák leave in 1987?"
    wrongly_refused = Query("q4", text, {"d1": 1}, ("twenty-five",), answerable=True)
    tally.add(wrongly_refused, find(wrongly_refused.text, [collection]))
    assert tally.result() == {
        "answer_hit": 1.0,
        "answer_hit_of_all": 0.6667,
        "answer_hit_unrefused": 1.0,
        "refusal": {"answerable_refused": 0.3333, "unanswerable_refused": 1.0},
    }


def test_gold_answers_are_compared_without_case_width_and_punctuation() -> None:
    assert holds_gold(["It was in １９８７ , they say."], ("1987",))
    assert holds_gold(["卡万·肖特"], ("卡万 肖特",))
    assert not holds_gold(["It was in 1988."], ("1987",))
    assert not holds_gold(["anything"], ("...",))


def test_percentiles_are_nearest_ranks() -> None:
    assert percentile([], 50) == 0.0
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 95) == 95.0
