from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat.evaluating import judge
from ingestion import golden_line, golden_running, golden_trial, indexing
from ingestion.beir import Query
from ingestion.finding import Found, find
from ingestion.golden_config import Config
from ingestion.golden_figures import compare
from ingestion.golden_matching import place_of
from ingestion.golden_running import Judged, run_waiting
from ingestion.golden_runs import cancel_run, start_run
from ingestion.golden_sets import BadGoldenSet, Right, add_question, create_set, edit_question
from ingestion.models import Chunk, Collection, Document, GoldenRun, GoldenSet
from search import registry
from tests.ingestion.material import CHINESE, ENGLISH, extract_all, ready

pytestmark = pytest.mark.django_db
FERRY = "# Ferry\n\n" + "\n\n".join(f"## Part {n}\n\n{'Filler of no use. ' * 60}" for n in range(4))
FERRY += "\n\n## Times\n\nThe ferry to Skerry Island leaves at seven in the morning.\n"


def nobody_answers(_query: Query, _found: Found) -> Judged:
    raise AssertionError("no answers were asked for")


@pytest.fixture
def golden_set(collection: Collection) -> GoldenSet:
    holidays, chinese = ready(collection, ENGLISH, "holidays.md"), ready(collection, CHINESE, "年假.md")
    ferry = ready(collection, FERRY, "ferry.md")
    made = create_set(collection=collection, name="Office")
    quote = "leaves at seven in the morning"
    place = place_of(ferry, quote)
    assert place is not None
    for text, answers, right in (
        ("How many days of paid leave?", ["twenty-five"], Right(holidays)),
        ("带薪年假有多少天？", ["二十五天"], Right(chinese)),
        ("When does the ferry leave?", ["seven"], Right(ferry, "", *place, quote=quote)),
    ):
        add_question(golden_set=made, text=text, answers=answers, rights=[right])
    add_question(golden_set=made, text="Who painted the Mona Lisa?", is_answerable=False)
    return made


def begin(golden_set: GoldenSet, **config: Any) -> GoldenRun:
    return start_run(golden_set=golden_set, config=Config(**config))


def fresh(run: GoldenRun) -> GoldenRun:
    return GoldenRun.objects.get(pk=run.pk)


def test_a_run_is_measured_question_by_question(golden_set: GoldenSet) -> None:
    run = begin(golden_set, answers=True)
    assert run_waiting(judge) == 1
    run = fresh(run)
    assert (run.state, run.done, run.total, run.percent) == ("done", 4, 4, 100)
    told = run.figures
    assert (told["questions"], told["judged"]) == (4, 3)
    assert told["ndcg@10"] == told["recall@1"] == told["mrr@10"] == 1.0
    assert (told["answer_hit"], told["answerable_refused"], told["unanswerable_refused"]) == (1.0, 0.0, 1.0)
    assert run.measured["documents"] == 3
    ferry = run.results.get(question__text__startswith="When")
    assert (ferry.rank, ferry.top[0]["title"]) == (1, "Ferry")


def test_a_passage_is_right_only_where_it_shares_the_place(golden_set: GoldenSet) -> None:
    """The other passages of the same document count as one that is not relevant."""
    question = golden_set.questions.get(text__startswith="When")
    judgement = question.judgements.get()
    judgement.start, judgement.end, judgement.quote = 9, 27, "## Part 0\n\nFiller o"
    judgement.save()
    run = begin(golden_set, mode="lexical")
    run_waiting(nobody_answers)
    result = run.results.get(question=question)
    assert result.rank != 1 and result.scores["recall@1"] == 0.0


def test_what_a_lost_worker_left_is_gone_on_with(golden_set: GoldenSet) -> None:
    run = begin(golden_set)
    claimed = golden_line.claim_next()
    assert claimed is not None and golden_line.claim_next() is None

    class Killed(BaseException):
        pass

    asked = []

    def dies_at_the_third(query: Query, found: Found) -> Judged:
        asked.append(query.text)
        if len(asked) == 3:
            raise Killed
        return judge(query, found)

    GoldenRun.objects.update(config=Config(answers=True).stored())
    claimed.refresh_from_db()
    with pytest.raises(Killed):
        golden_running.work_at(claimed, dies_at_the_third)
    assert (fresh(run).state, run.results.count()) == ("running", 2)
    assert not golden_line.waiting().exists()
    GoldenRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    first = set(run.results.values_list("pk", flat=True))
    assert run_waiting(judge) == 1
    assert fresh(run).state == "done"
    assert first < set(run.results.values_list("pk", flat=True)) and run.results.count() == 4
    claimed.refresh_from_db()


def test_a_run_that_stops_its_worker_again_and_again_fails(golden_set: GoldenSet) -> None:
    run = begin(golden_set)
    GoldenRun.objects.update(attempts=3)
    assert run_waiting(nobody_answers) == 0
    assert (fresh(run).state, fresh(run).error) == ("failed", golden_line.KEEPS_STOPPING)


def test_a_cancelled_run_writes_nothing_more(golden_set: GoldenSet) -> None:
    run = begin(golden_set)
    claimed = golden_line.claim_next()
    assert claimed is not None
    assert cancel_run(run=run) and not cancel_run(run=run)
    golden_running.work_at(claimed, nobody_answers)
    assert (fresh(run).state, fresh(run).figures, run.results.count()) == ("cancelled", {}, 0)


def test_other_passages_are_tried_in_a_trial_index_that_goes_again(golden_set: GoldenSet) -> None:
    collection = golden_set.collection
    before = Chunk.objects.count()

    def work(_seconds: float) -> None:
        extract_all()
        indexing.index_all()

    run = begin(golden_set, chunk_tokens=60, chunk_overlap=0)
    now = begin(golden_set)
    assert run_waiting(nobody_answers, pause=work) == 2
    run = fresh(run)
    assert (run.state, run.trial) == ("done", None)
    assert run.figures["ndcg@10"] == 1.0
    assert run.measured["split"]["tokens"] == 60
    assert run.measured["passages"] > before
    ferry = run.results.get(question__text__startswith="When")
    assert ferry.top[0]["document"] == str(Document.objects.get(name="ferry.md").pk)
    indexing.index_all()
    assert Collection.objects.get() == collection
    assert Chunk.objects.count() == before == fresh(now).measured["passages"]
    assert len([*registry.lexical_index().indexes()]) == 1
    assert find("ferry", [collection]).passages


def test_the_trial_of_a_deleted_run_is_removed(golden_set: GoldenSet) -> None:
    run = begin(golden_set, chunk_tokens=60)
    claimed = golden_line.claim_next()
    assert claimed is not None
    golden_trial.copy_documents(claimed, golden_trial.begin(claimed))
    GoldenRun.objects.filter(pk=run.pk).update(state="building")
    assert not golden_trial.orphans().exists()
    golden_set.delete()
    assert golden_line.is_waiting()
    assert run_waiting(nobody_answers) == 0
    assert Collection.objects.count() == 1
    assert Document.objects.count() == 3


def test_a_run_that_could_tell_nothing_is_not_begun(collection: Collection, owner: User) -> None:
    empty = create_set(collection=collection, name="Empty")
    with pytest.raises(BadGoldenSet, match="no questions"):
        start_run(golden_set=empty, config=Config(), by=owner)
    add_question(golden_set=empty, text="Anything?")
    with pytest.raises(BadGoldenSet, match="no documents"):
        start_run(golden_set=empty, config=Config(), by=owner)


def test_two_runs_are_compared_where_they_judged_alike(golden_set: GoldenSet) -> None:
    before = begin(golden_set, mode="hybrid")
    run_waiting(nobody_answers)
    holidays = golden_set.questions.get(text__startswith="How")
    edit_question(question=holidays, text="How many days off?", answers=[], is_answerable=True)
    after = begin(golden_set, mode="hybrid")
    run_waiting(nobody_answers)
    worse = after.results.get(question__text__startswith="带薪")
    worse.rank, worse.scores = 3, {**worse.scores, "ndcg@10": 0.5}
    worse.save()
    found = compare(before, after)
    assert (found.questions, found.left_out) == (2, 1)
    assert [(each.question.text, each.before, each.after) for each in found.worse] == [
        ("带薪年假有多少天？", 1, 3)
    ]
    assert found.better == ()
    chief = found.chief
    assert chief is not None and (chief.by, chief.verdict) == (-0.25, "noise")
    assert compare(before, after) == found
