"""The API of golden sets: making and filling them, running configurations, and what came out."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import File, Router, Schema
from ninja.files import UploadedFile
from pydantic import ConfigDict, Field

from accounts.models import User
from accounts.roles import Action
from ingestion import access, golden_runs, golden_selectors, golden_sets, golden_transfer
from ingestion.golden_config import DEEPEST, Config
from ingestion.golden_figures import Comparison, Moved, compare
from ingestion.golden_files import MOST_BYTES
from ingestion.golden_matching import Matcher
from ingestion.golden_sets import BadGoldenSet
from ingestion.models import GoldenResult, GoldenRun, GoldenSet
from ingestion.reasons import shown
from search.types import Mode

router = Router(tags=["evaluation"])
_PAGE = 100


class NewSet(Schema):
    name: str


class SetOut(Schema):
    id: UUID
    name: str
    collection: str
    questions: int
    open: int = Field(description="Answerable questions for which no document is known; they do not count.")
    created_at: datetime


class RightIn(Schema):
    document: str = Field("", description="Its id, external id, name, title or address.")
    passage: str = Field("", description="The words that answer; empty where any passage is right.")


class QuestionIn(Schema):
    question: str
    answers: list[str] = []
    answerable: bool = True
    judgements: list[RightIn] = []


class RunIn(Schema):
    """What is left out stays as it is in the index that is searched; the last four need a trial index."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("", max_length=120)
    mode: Mode = "hybrid"
    k: int = Field(10, ge=10, le=DEEPEST, description="Documents to look at.")
    answers: bool = Field(False, description="Also write the answers and judge them.")
    synonyms: str | None = Field(None, max_length=100_000, description="Instead of the collection's.")
    dense_weight: float | None = Field(
        None,
        ge=-1,
        le=1,
        description="What meaning counts, 0 to 1, instead of the collection's; -1 is automatic.",
    )
    chunk_tokens: int | None = Field(None, ge=0, le=2000, description="0 is the site's default.")
    chunk_overlap: int | None = Field(None, ge=0, le=1000)
    split_preset: str | None = None
    embedding: str | None = Field(None, description="A model's name; empty is the site's default.")


class RunOut(Schema):
    id: UUID
    golden_set: UUID
    label: str
    config: dict[str, Any]
    state: Literal["queued", "building", "running", "done", "failed", "cancelled"]
    done: int
    total: int
    error: str | None
    figures: dict[str, Any] | None = Field(description="As manage.py evaluate prints them; margin is 95 %.")
    measured: dict[str, Any]
    created_at: datetime
    ended_at: datetime | None


def _set_out(golden_set: GoldenSet) -> dict[str, Any]:
    return {
        "id": golden_set.pk,
        "name": golden_set.name,
        "collection": golden_set.collection.slug,
        "questions": golden_set.questions.count(),
        "open": golden_selectors.open_count(golden_set),
        "created_at": golden_set.created_at,
    }


def _run_out(run: GoldenRun) -> dict[str, Any]:
    names = ("config", "state", "done", "total", "measured", "created_at", "ended_at")
    own = {name: getattr(run, name) for name in names}
    return own | {
        "id": run.pk,
        "label": golden_runs.run_name(run),
        "golden_set": run.golden_set_id,
        "error": shown(run.error) if run.error else None,
        "figures": run.figures or None,
    }


@router.get("/collections/{slug}/golden-sets", response=dict[str, list[SetOut]], summary="Golden sets")
def list_sets(request: HttpRequest, slug: str) -> dict[str, Any]:
    collection = access.get_collection(request.user, slug)
    sets = collection.golden_sets.select_related("collection").order_by("created_at")
    return {"results": [_set_out(each) for each in sets]}


@router.post("/collections/{slug}/golden-sets", response={201: SetOut}, summary="Make a golden set")
def make_set(request: HttpRequest, slug: str, payload: NewSet) -> tuple[int, dict[str, Any]]:
    collection = access.get_collection(request.user, slug, Action.EDIT)
    made = golden_sets.create_set(collection=collection, name=payload.name, by=_person(request))
    return 201, _set_out(made)


@router.get("/golden-sets/{set_id}", response=SetOut, summary="A golden set")
def get_set(request: HttpRequest, set_id: UUID) -> dict[str, Any]:
    return _set_out(golden_selectors.get_set(request.user, set_id))


@router.delete("/golden-sets/{set_id}", response={204: None}, summary="Delete a golden set")
def delete_set(request: HttpRequest, set_id: UUID) -> HttpResponse:
    golden_sets.delete_set(golden_set=golden_selectors.get_set(request.user, set_id, Action.EDIT))
    return HttpResponse(status=204)


@router.post("/golden-sets/{set_id}/import", summary="Import questions")
def bring(request: HttpRequest, set_id: UUID, file: File[list[UploadedFile]]) -> dict[str, Any]:
    """CSV, JSON lines or BEIR. Every line that could not be used, or not wholly, is in ``problems``."""
    golden_set = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    if sum(each.size or 0 for each in file) > MOST_BYTES:
        raise BadGoldenSet(_("The files are larger than 32 MB together. Split them."), code="too_large")
    files = [(str(each.name), each.read()) for each in file]
    return golden_transfer.report_out(golden_transfer.import_set(golden_set=golden_set, files=files))


@router.get("/golden-sets/{set_id}/questions", summary="Questions and what is right for them")
def questions(request: HttpRequest, set_id: UUID, page: int = 1) -> dict[str, Any]:
    golden_set = golden_selectors.get_set(request.user, set_id)
    pages = Paginator(golden_selectors.questions_of(golden_set), _PAGE)
    found = pages.page(page).object_list if 1 <= page <= pages.num_pages else []
    return {"count": pages.count, "results": [golden_transfer.question_out(each) for each in found]}


@router.post("/golden-sets/{set_id}/questions", response={201: dict[str, Any]}, summary="Add a question")
def add_question(request: HttpRequest, set_id: UUID, payload: QuestionIn) -> tuple[int, dict[str, Any]]:
    """One that the set has already gets the further passages and answers."""
    golden_set = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    matcher = Matcher(golden_set.collection, (each.document for each in payload.judgements))
    rights = [matcher.match(each.document, each.passage)[0] for each in payload.judgements]
    question, _is_new = golden_sets.add_question(
        golden_set=golden_set,
        text=payload.question,
        answers=payload.answers,
        is_answerable=payload.answerable,
        rights=rights,
    )
    return 201, golden_transfer.question_out(question)


@router.get("/golden-sets/{set_id}/runs", response=dict[str, list[RunOut]], summary="Runs, newest first")
def list_runs(request: HttpRequest, set_id: UUID) -> dict[str, Any]:
    golden_set = golden_selectors.get_set(request.user, set_id)
    return {"results": [_run_out(run) for run in golden_set.runs.order_by("-created_at")[:_PAGE]]}


@router.post("/golden-sets/{set_id}/runs", response={202: RunOut}, summary="Run a configuration")
def start_run(request: HttpRequest, set_id: UUID, payload: RunIn) -> tuple[int, dict[str, Any]]:
    """It is done in the background; look at the run for its state and figures."""
    golden_set = golden_selectors.get_set(request.user, set_id, Action.EDIT)
    config = Config.of(payload.dict(exclude={"label"}))
    run = golden_runs.start_run(
        golden_set=golden_set, config=config, label=payload.label, by=_person(request)
    )
    return 202, _run_out(run)


@router.get("/golden-runs/{run_id}", response=RunOut, summary="A run and its figures")
def get_run(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    return _run_out(golden_selectors.get_run(request.user, run_id))


@router.post("/golden-runs/{run_id}/cancel", response=RunOut, summary="Stop a run")
def cancel_run(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    golden_runs.cancel_run(run=golden_selectors.get_run(request.user, run_id, Action.EDIT))
    return _run_out(golden_selectors.get_run(request.user, run_id))


@router.delete("/golden-runs/{run_id}", response={204: None}, summary="Delete a run")
def delete_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    golden_runs.delete_run(run=golden_selectors.get_run(request.user, run_id, Action.EDIT))
    return HttpResponse(status=204)


@router.get("/golden-runs/{run_id}/results", summary="What was found for each question, the hardest first")
def results(request: HttpRequest, run_id: UUID, page: int = 1) -> dict[str, Any]:
    run = golden_selectors.get_run(request.user, run_id)
    pages = Paginator(golden_selectors.results_of(run), _PAGE)
    found = pages.page(page).object_list if 1 <= page <= pages.num_pages else []
    return {"count": pages.count, "results": [_result_out(each) for each in found]}


def _result_out(result: GoldenResult) -> dict[str, Any]:
    names = ("rank", "scores", "top", "took_ms", "refused", "answer_hit")
    own = {name: getattr(result, name) for name in names}
    question = result.question
    return own | {"id": question.key or str(question.pk), "question": question.text}


@router.get("/golden-runs/{run_id}/compare", summary="Against another run, question by question")
def comparison(request: HttpRequest, run_id: UUID, baseline: UUID) -> dict[str, Any]:
    """Each difference with its 95 % interval: ``verdict`` is noise where that holds 0."""
    after = golden_selectors.get_run(request.user, run_id)
    before = golden_selectors.get_run(request.user, baseline)
    return _comparison_out(compare(before, after))


def _comparison_out(found: Comparison) -> dict[str, Any]:
    return {
        "questions": found.questions,
        "left_out": found.left_out,
        "differences": [asdict(each) | {"verdict": each.verdict} for each in found.differences],
        "better": [_moved_out(each) for each in found.better],
        "worse": [_moved_out(each) for each in found.worse],
    }


def _moved_out(moved: Moved) -> dict[str, Any]:
    return {"question": moved.question.text, "before": moved.before, "after": moved.after, "by": moved.by}


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
