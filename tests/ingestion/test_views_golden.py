import io

import pytest
from django.urls import reverse

from accounts.models import User
from chat.evaluating import judge
from ingestion import golden_runs, indexing
from ingestion.golden_config import Config
from ingestion.golden_matching import place_of
from ingestion.golden_running import run_waiting
from ingestion.golden_sets import Right, add_question, create_set
from ingestion.models import Chunk, Collection, GoldenRun, GoldenSet
from tests.conftest import signed_in
from tests.ingestion.material import CHINESE, ENGLISH, extract_all, ready

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def golden_set(collection: Collection) -> GoldenSet:
    document = ready(collection, ENGLISH, "holidays.md")
    ready(collection, CHINESE, "年假.md")
    made = create_set(collection=collection, name="Office", by=collection.owner)
    place = place_of(document, "twenty-five days")
    assert place is not None
    right = Right(document, "", *place, quote="twenty-five days")
    add_question(golden_set=made, text="How many days of leave?", answers=["twenty-five"], rights=[right])
    return made


def finished(golden_set: GoldenSet, **config: object) -> GoldenRun:
    run = golden_runs.start_run(golden_set=golden_set, config=Config(**config))  # type: ignore[arg-type]
    run_waiting(judge, pause=work)
    return GoldenRun.objects.get(pk=run.pk)


def work(_seconds: float) -> None:
    extract_all()
    indexing.index_all()


def test_who_may_see_and_who_may_change(
    golden_set: GoldenSet, owner: User, teammate: User, stranger: User
) -> None:
    run = finished(golden_set)
    question = golden_set.questions.get()
    seen = [
        golden_set.get_absolute_url(),
        reverse("golden-live", args=[golden_set.pk]),
        reverse("golden-export", args=[golden_set.pk, "csv"]),
        reverse("golden-run", args=[run.pk]),
        reverse("golden-compare", args=[golden_set.pk]) + f"?before={run.pk}&after={run.pk}",
    ]
    changed = [
        reverse(f"golden-{name}", args=[golden_set.pk])
        for name in ("rename", "import", "match", "start", "question-add", "delete")
    ]
    changed += [reverse("golden-remove", args=[golden_set.pk, question.pk])]
    changed += [reverse("golden-run-action", args=[run.pk, "delete"])]
    for address in seen:
        told = [signed_in(who).get(address).status_code for who in (owner, teammate, stranger, None)]
        assert told == [200, 200, 404, 302], address
    for address in changed:
        told = [signed_in(who).post(address).status_code for who in (teammate, stranger, None)]
        assert told == [403, 404, 302], address
    assert golden_set.get_absolute_url() in signed_in(teammate).get("/evaluation/").content.decode()
    assert golden_set.get_absolute_url() not in signed_in(stranger).get("/evaluation/").content.decode()


def test_a_set_is_made_filled_and_run_from_the_pages(collection: Collection, owner: User) -> None:
    ready(collection, ENGLISH, "holidays.md")
    client = signed_in(owner)
    assert "No golden set yet" in client.get("/evaluation/").content.decode()
    made = client.post("/evaluation/", {"collection": "handbook", "name": "Office"})
    golden_set = GoldenSet.objects.get()
    assert made.headers["Location"] == golden_set.get_absolute_url()
    assert client.post("/evaluation/", {"collection": "handbook", "name": "Office"}).status_code == 422
    file = io.BytesIO(b"question,document\nHow many days of leave?,holidays.md\nAnd pensions?,pensions.md\n")
    file.name = "q.csv"
    report = client.post(reverse("golden-import", args=[golden_set.pk]), {"import-upload": file})
    assert report.status_code == 200 and "pensions.md" in report.content.decode()
    assert golden_set.questions.count() == 2
    start = reverse("golden-start", args=[golden_set.pk])
    assert client.post(start, {"mode": "lexical", "split_preset": "", "embedding": ""}).status_code == 302
    page = client.get(golden_set.get_absolute_url()).content.decode()
    assert "hx-trigger" in page and "Words only" in page
    assert not Config.of(GoldenRun.objects.get().config).needs_trial
    run_waiting(judge)
    live = client.get(reverse("golden-live", args=[golden_set.pk]) + "?n=1", **HTMX)
    assert live.headers["HX-Refresh"] == "true"
    assert "1.000" in client.get(golden_set.get_absolute_url()).content.decode()


def test_questions_are_judged_by_document_and_by_words(golden_set: GoldenSet, owner: User) -> None:
    client = signed_in(owner)
    added = client.post(
        reverse("golden-question-add", args=[golden_set.pk]),
        {"text": "When do days expire?", "answers": "March", "is_answerable": "on"},
    )
    question = golden_set.questions.get(text__startswith="When")
    assert added.headers["Location"] == reverse("golden-question", args=[golden_set.pk, question.pk])
    right = reverse("golden-right", args=[golden_set.pk, question.pk])
    assert client.post(right, {"right-document": "nowhere.md"}).status_code == 422
    assert client.post(right, {"right-document": "Holidays", "right-quote": "not in it"}).status_code == 422
    assert client.post(right, {"right-quote": "Unused days expire in March."}).status_code == 302
    judged = question.judgements.get()
    assert judged.document is not None and judged.end > 0
    page = client.get(added.headers["Location"]).content.decode()
    assert "Unused days expire in March." in page
    client.post(reverse("golden-remove", args=[golden_set.pk, question.pk]), {"judgement": judged.pk})
    assert not question.judgements.exists()


def test_a_search_result_becomes_the_right_passage_with_a_click(
    golden_set: GoldenSet, owner: User, teammate: User
) -> None:
    chunk = Chunk.objects.get(document__name="holidays.md")
    mark = reverse("golden-mark")
    results = signed_in(owner).get("/?q=unused+days", **HTMX).content.decode()
    assert mark in results
    assert mark not in signed_in(teammate).get("/?q=unused+days", **HTMX).content.decode()
    posted = {"q": "What of unused days?", "chunk": chunk.pk}
    assert signed_in(teammate).post(mark, posted, **HTMX).status_code == 403
    for _twice in range(2):
        assert "Office" in signed_in(owner).post(mark, posted, **HTMX).content.decode()
    judged = golden_set.questions.get(text="What of unused days?").judgements.get()
    assert (judged.document_id, judged.start, judged.end) == (chunk.document_id, chunk.start, chunk.end)


def test_runs_are_compared_question_by_question(golden_set: GoldenSet, owner: User) -> None:
    before, after = finished(golden_set), finished(golden_set, mode="lexical", answers=True)
    result = after.results.get()
    result.rank, result.scores = 0, dict.fromkeys(result.scores, 0.0)
    result.save()
    client = signed_in(owner)
    page = client.get(golden_set.get_absolute_url()).content.decode()
    assert "plot-mark" in page and "−1.000" in page and "baseline" in page
    address = reverse("golden-compare", args=[golden_set.pk])
    page = client.get(f"{address}?before={before.pk}&after={after.pk}").content.decode()
    assert "Worse, and more than chance" in page
    assert "How many days of leave?" in page and "not found" in page
    assert client.get(f"{address}?before=x&after={after.pk}").status_code == 404


def test_a_setting_is_tried_before_it_is_saved(golden_set: GoldenSet, owner: User, teammate: User) -> None:
    collection = golden_set.collection
    client = signed_in(owner)
    settings = {"name": "Handbook", "visibility": "private", "golden_set": str(golden_set.pk)}
    address = reverse("collection-try", args=[collection.slug])
    assert (
        str(golden_set.pk) in client.get(reverse("collection-settings", args=["handbook"])).content.decode()
    )
    same = client.post(address, settings, **HTMX).content.decode()
    assert "nothing to compare" in same
    settings |= {"chunk_tokens": "60", "chunk_overlap": "0"}
    assert signed_in(teammate).post(address, settings, **HTMX).status_code == 403
    assert "every 2s" in client.post(address, settings, **HTMX).content.decode()
    after, before = GoldenRun.objects.order_by("-created_at")
    assert after.config["chunk_tokens"] == 60 and before.config["chunk_tokens"] is None
    run_waiting(judge, pause=work)
    state = client.get(f"{address}?before={before.pk}&after={after.pk}", **HTMX).content.decode()
    assert "every 2s" not in state and "Nothing is saved yet" in state and "nDCG@10" in state
    again = client.post(address, settings, **HTMX).content.decode()
    assert "Nothing is saved yet" in again and GoldenRun.objects.count() == 2
    collection.refresh_from_db()
    assert collection.chunk_tokens == 0


def test_synonyms_are_tried_before_they_are_saved(golden_set: GoldenSet, owner: User, teammate: User) -> None:
    document = golden_set.questions.get().judgements.get().document
    assert document is not None
    add_question(golden_set=golden_set, text="vacation", rights=[Right(document)])
    client, address = signed_in(owner), reverse("collection-try", args=["handbook"])
    assert address in client.get(reverse("collection-synonyms", args=["handbook"])).content.decode()
    typed = {"synonyms": "vacation => leave", "golden_set": str(golden_set.pk)}
    assert signed_in(teammate).post(address, typed, **HTMX).status_code == 403
    assert "every 2s" in client.post(address, typed, **HTMX).content.decode()
    after, before = GoldenRun.objects.order_by("-created_at")
    run_waiting(judge)
    found = [run.results.get(question__text="vacation").rank for run in (before, after)]
    assert found == [0, 1]
    golden_set.collection.refresh_from_db()
    assert golden_set.collection.synonyms == ""
    same = client.post(address, typed | {"synonyms": ""}, **HTMX).content.decode()
    assert "nothing to compare" in same
    plain = client.post(address, typed | {"synonyms": ""})
    assert plain.status_code == 200 and "nothing to compare" in plain.content.decode()
