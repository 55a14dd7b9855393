import io
import json
import zipfile

import pytest

from ingestion.golden_sets import BadGoldenSet, create_set, default_set, delete_set, rename_set
from ingestion.golden_transfer import as_csv, as_json_lines, import_set, match_again, question_out
from ingestion.models import Collection, GoldenSet
from tests.ingestion.material import CHINESE, ENGLISH, add, ready

pytestmark = pytest.mark.django_db

CSV = """question,document,passage,answer
How much leave is there?,holidays.md,"Every employee has twenty-five  days",twenty-five
How much leave is there?,Holidays,,
Who painted the Mona Lisa?,,,
年假有多少天？,年假.md,不在里面的话,二十五天
What about pensions?,pensions.md,,
,holidays.md,,
"""


@pytest.fixture
def golden_set(collection: Collection) -> GoldenSet:
    ready(collection, ENGLISH, "holidays.md")
    ready(collection, CHINESE, "年假.md")
    return create_set(collection=collection, name="Leave")


def test_a_table_is_matched_line_by_line_and_nothing_is_lost(golden_set: GoldenSet) -> None:
    report = import_set(golden_set=golden_set, files=[("q.csv", CSV.encode())])
    assert (report.added, report.known, report.matched, report.unmatched) == (4, 1, 3, 1)
    told = [(each.number, each.document) for each in report.problems]
    assert told == [(5, "年假.md"), (6, "pensions.md"), (7, "")]
    leave, mona, _chinese, pensions = golden_set.questions.order_by("pk")
    passage, whole = leave.judgements.order_by("pk")
    assert passage.quote == "Every employee has twenty-five  days" and passage.end > passage.start
    assert (whole.document, whole.end) == (passage.document, 0)
    assert not mona.is_answerable
    assert pensions.judgements.get().named == "pensions.md"
    add(golden_set.collection, "# Pensions\n\nFrom sixty-seven on.\n", "pensions.md")
    assert match_again(golden_set=golden_set) == 1
    assert pensions.judgements.get().document is not None


def test_what_is_exported_comes_back_the_same(golden_set: GoldenSet) -> None:
    import_set(golden_set=golden_set, files=[("q.csv", CSV.encode())])
    exported = "".join(as_json_lines(golden_set)).encode()
    other = create_set(collection=golden_set.collection, name="Copy")
    import_set(golden_set=other, files=[("export.jsonl", exported)])
    assert [question_out(one)["judgements"] for one in golden_set.questions.order_by("pk")] == [
        question_out(one)["judgements"] for one in other.questions.order_by("pk")
    ]
    table = "".join(as_csv(golden_set)).encode()
    third = create_set(collection=golden_set.collection, name="Third")
    report = import_set(golden_set=third, files=[("export.csv", table)])
    assert (report.added, report.matched) == (4, 3)


def test_beir_comes_as_a_zip_or_as_two_files(golden_set: GoldenSet) -> None:
    queries = "\n".join(
        json.dumps(row)
        for row in (
            {"_id": "q1", "text": "How much leave?", "metadata": {"answers": ["25"]}},
            {"_id": "q2", "text": "Who won?", "metadata": {"answerable": False}},
            {"_id": "q3", "text": "Said nothing of"},
        )
    ).encode()
    qrels = b"query-id\tcorpus-id\tscore\nq1\tholidays.md\t2\nq1\tgone\t1\nq9\tholidays.md\t1\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data/queries.jsonl", queries)
        archive.writestr("data/qrels/test.tsv", qrels)
        archive.writestr("data/corpus.jsonl", "{}")
    report = import_set(golden_set=golden_set, files=[("beir.zip", packed.getvalue())])
    assert (report.added, report.matched, report.unmatched) == (2, 1, 1)
    assert [(each.document, each.question) for each in report.problems] == [
        ("gone", "How much leave?"),
        ("", "q9"),
    ]
    asked, unanswerable = golden_set.questions.order_by("pk")
    assert (asked.key, asked.answers, asked.judgements.first().gain) == ("q1", ["25"], 2)
    assert not unanswerable.is_answerable
    other = create_set(collection=golden_set.collection, name="Two files")
    apart = import_set(golden_set=other, files=[("queries.jsonl", queries), ("test.tsv", qrels)])
    assert (apart.added, apart.matched) == (2, 1)


def test_a_passage_alone_finds_its_document(golden_set: GoldenSet) -> None:
    row = {"question": "When do days expire?", "contexts": ["Unused days expire in March."]}
    import_set(golden_set=golden_set, files=[("ragas.jsonl", json.dumps(row).encode())])
    right = golden_set.questions.get().judgements.get()
    assert right.document is not None and right.document.name == "holidays.md"
    assert right.end > right.start


@pytest.mark.parametrize("data", [b"", b"name,city\na,b\n", b"{}", b"PK\x03\x04broken"])
def test_a_file_without_questions_is_refused(golden_set: GoldenSet, data: bytes) -> None:
    with pytest.raises(BadGoldenSet):
        import_set(golden_set=golden_set, files=[("x.csv", data)])


def test_names_are_unique_and_the_last_used_set_is_the_default(collection: Collection) -> None:
    first = default_set(collection=collection)
    assert default_set(collection=collection) == first
    second = create_set(collection=collection, name=" Second  one ")
    assert default_set(collection=collection) == second
    with pytest.raises(BadGoldenSet, match="Second one"):
        rename_set(golden_set=first, name="Second one")
    delete_set(golden_set=second)
    assert default_set(collection=collection) == first
