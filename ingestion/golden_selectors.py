"""Reads of golden sets and their runs. What somebody may not read does not exist for them."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.roles import Action
from ingestion import access
from ingestion.access import Person
from ingestion.golden_figures import Difference, compare_chief
from ingestion.golden_line import IN_WORK
from ingestion.models import Collection, GoldenQuestion, GoldenResult, GoldenRun, GoldenSet

_RUNS = 12


def sets_for(user: Person) -> list[GoldenSet]:
    """Those that ``user`` may read, by collection, each with ``question_count``, ``waiting_count`` and
    ``last_run``, its last finished run."""
    counted = (
        GoldenSet.objects.filter(collection__in=access.collections_for(user))
        .select_related("collection")
        .annotate(
            question_count=Count("questions", distinct=True),
            work_count=Count("runs", filter=Q(runs__state__in=IN_WORK), distinct=True),
        )
        .order_by("collection__name", "created_at")
    )
    sets: list[GoldenSet] = list(counted)
    done = GoldenRun.objects.filter(golden_set__in=sets, state=GoldenRun.State.DONE).order_by("created_at")
    last = {run.golden_set_id: run for run in done}
    for each in sets:
        each.last_run = last.get(each.pk)  # type: ignore[attr-defined]
    return sets


def sets_of(collection: Collection) -> QuerySet[GoldenSet]:
    """Of one collection, the one that was added to last first; only those with questions."""
    return collection.golden_sets.filter(questions__isnull=False).distinct().order_by("-updated_at")


def get_set(user: Person, set_id: UUID, action: Action = Action.READ) -> GoldenSet:
    """As ``access.get_collection``."""
    found = GoldenSet.objects.select_related("collection").filter(pk=set_id).first()
    if found is None or not access.may(user, found.collection, Action.READ):
        raise Http404(_("There is no such golden set, or you may not read it."))
    if action is not Action.READ:
        access.get_collection(user, found.collection.slug, action)
    return found


def get_run(user: Person, run_id: UUID, action: Action = Action.READ) -> GoldenRun:
    """As ``get_set``."""
    run = GoldenRun.objects.select_related("golden_set__collection", "started_by").filter(pk=run_id).first()
    if run is None or not access.may(user, run.golden_set.collection, Action.READ):
        raise Http404(_("There is no such evaluation, or you may not see it."))
    if action is not Action.READ:
        access.get_collection(user, run.golden_set.collection.slug, action)
    return run


def runs_in_work(golden_set: GoldenSet) -> list[GoldenRun]:
    """In line first come first."""
    return list(golden_set.runs.filter(state__in=IN_WORK).order_by("created_at"))


def ended_runs(golden_set: GoldenSet) -> list[GoldenRun]:
    """The newest of those that ended, the newest first."""
    return list(golden_set.runs.exclude(state__in=IN_WORK).order_by("-created_at")[:_RUNS])


def questions_of(golden_set: GoldenSet, text: str = "", only: str = "") -> QuerySet[GoldenQuestion]:
    """With their judgements; ``only`` is "open" for those that nothing is known to answer."""
    questions = golden_set.questions.prefetch_related("judgements__document").order_by("pk")
    if text:
        questions = questions.filter(Q(text__icontains=text) | Q(judgements__named__icontains=text))
    if only == "open":
        questions = questions.filter(is_answerable=True).exclude(judgements__document__isnull=False)
    return questions.distinct()


def open_count(golden_set: GoldenSet) -> int:
    """Answerable questions for which no document of the collection is known."""
    return questions_of(golden_set, only="open").count()


def results_of(run: GoldenRun) -> QuerySet[GoldenResult]:
    """The hardest first: what was not found, then what stands furthest down."""
    order = ("-is_judged", "scores__ndcg@10", "question_id")
    return GoldenResult.objects.filter(run=run).select_related("question").order_by(*order)


def differences(baseline: GoldenRun | None, runs: Sequence[GoldenRun]) -> dict[UUID, Difference]:
    """How the chief figure of each finished run differs from that of ``baseline``, by the runs' ids."""
    if baseline is None:
        return {}
    others = [run for run in runs if run.state == GoldenRun.State.DONE and run.pk != baseline.pk]
    found = compare_chief(baseline, others)
    return {pk: difference for pk, difference in found.items() if difference is not None}
