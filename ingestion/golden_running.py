"""The worker's part of runs of golden sets.

As for documents, the rows are the queue: a worker claims a run by a lease and renews it. Each question's
result is a row of its own, so whoever takes over a run goes on behind the last one.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, OperationalError
from django.utils import timezone

from ingestion import golden_trial, stopping
from ingestion.beir import Query
from ingestion.errors import IngestionError
from ingestion.finding import Found, FoundPassage, find
from ingestion.golden_config import Config
from ingestion.golden_figures import figures
from ingestion.golden_line import claim_next, end, held
from ingestion.golden_scoring import digest, score, targets_of
from ingestion.golden_trial import TrialFailed
from ingestion.leases import ClaimLost, Lease, release
from ingestion.models import Chunk, Collection, Document, GoldenQuestion, GoldenResult, GoldenRun
from ingestion.reranked import load_reranker
from ingestion.selectors import active_indexes
from search.errors import IndexUnavailable, SearchError

log = logging.getLogger(__name__)

State = GoldenRun.State
_LOOK_EVERY_S = 1.0
_PAUSE = timedelta(seconds=10)
_TOP = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """``hit`` is ``None`` where there is no gold answer to compare with."""

    refused: bool
    hit: bool | None


Judge = Callable[[Query, Found], Judged]
Pause = Callable[[float], object]


class _Stopped(Exception):
    """The process is to end; the run goes on later."""


def run_waiting(judge: Judge, pause: Pause = time.sleep) -> int:
    """Works at runs until none is waiting; returns how many. ``judge`` writes and judges an answer, ``pause``
    is called while workers build a trial index."""
    done = 0
    golden_trial.drop_orphans()
    while not stopping.is_asked() and (run := claim_next()) is not None:
        work_at(run, judge, pause)
        golden_trial.drop_orphans()
        done += 1
    return done


def work_at(run: GoldenRun, judge: Judge, pause: Pause = time.sleep) -> None:
    """Works at a claimed run until it has ended."""
    lease = Lease(lambda: held(run), run.pk)
    try:
        with lease.in_background():
            _work(run, lease, judge, pause)
    except (ClaimLost, IntegrityError) as error:
        if isinstance(error, IntegrityError) and held(run).exists():
            raise
        log.info("run %s is no longer ours", run.pk)
    except _Stopped:
        release(run, held(run))
    except (IndexUnavailable, OperationalError) as error:
        log.warning("run %s waits: %s", run.pk, error)
        release(run, held(run))
        GoldenRun.objects.filter(pk=run.pk, claim=None).update(lease_until=timezone.now() + _PAUSE)
    except (SearchError, IngestionError, TrialFailed) as error:
        end(held(run), State.FAILED, str(error))


def _work(run: GoldenRun, lease: Lease, judge: Judge, pause: Pause) -> None:
    config = Config.of(run.config)
    collection = run.golden_set.collection
    original: dict[str, str] = {}
    if config.needs_trial:
        collection = _trial(run, lease, pause)
        original = golden_trial.originals(collection)
    # Searches read them from here; nothing is saved.
    own = run.golden_set.collection
    collection.synonyms = own.synonyms if config.synonyms is None else config.synonyms
    collection.dense_weight = config.weight_instead_of(own.dense_weight)
    if not held(run).update(state=State.RUNNING, measured=_measured(collection)):
        raise ClaimLost(run.pk)
    notes = _ask(run, config, collection, original, lease, judge)
    results = list(run.results.select_related("question").defer("top"))
    end(
        held(run),
        State.DONE,
        figures=figures(results),
        done=len(results),
        measured=_measured(collection) | ({"notes": notes} if notes else {}),
    )


def _trial(run: GoldenRun, lease: Lease, pause: Pause) -> Collection:
    """The trial index, waited for while the workers build it."""
    if not held(run).update(state=State.BUILDING):
        raise ClaimLost(run.pk)
    trial = golden_trial.begin(run)
    golden_trial.copy_documents(run, trial, lease.keep)
    golden_trial.build(trial)
    while not golden_trial.is_built(trial):
        if stopping.is_asked():
            raise _Stopped
        done, total = golden_trial.progress(trial)
        lease.note(done=done, total=max(total, 1))
        lease.keep()
        pause(_LOOK_EVERY_S)
    return trial


def _ask(
    run: GoldenRun,
    config: Config,
    collection: Collection,
    original: dict[str, str],
    lease: Lease,
    judge: Judge,
) -> list[str]:
    """Searches every question that has no result yet; returns what was different from a usual search."""
    questions = run.golden_set.questions.prefetch_related("judgements__document").order_by("pk")
    left = list(questions.exclude(results__run=run))
    done = run.results.count()
    total = done + len(left)
    notes: dict[str, None] = {}
    if left:  # models and indexes are opened before anything is timed
        load_reranker()
        find(left[0].text, [collection], k=3 * config.k, mode=config.mode)
    for question in left:
        if stopping.is_asked():
            raise _Stopped
        found = find(question.text, [collection], k=3 * config.k, mode=config.mode)
        notes |= dict.fromkeys(found.notes)
        GoldenResult.objects.create(
            run=run, **_result(question, found, original, judge if config.answers else None)
        )
        done += 1
        lease.note(done=done, total=total)
        lease.keep()
    return list(notes)[:3]


def _result(
    question: GoldenQuestion, found: Found, original: dict[str, str], judge: Judge | None
) -> dict[str, object]:
    """The fields of a question's result."""
    targets = targets_of(question)
    scored = score(found.passages, targets, original)
    fields: dict[str, object] = {
        "question": question,
        "judged_by": digest(question),
        "is_judged": bool(targets),
        "rank": scored.rank,
        "scores": scored.values if targets else {},
        "top": [_shown(passage, original) for passage in found.passages[:_TOP]],
        "took_ms": found.took_ms,
    }
    if judge is not None:
        asked = Query(str(question.pk), question.text, {}, tuple(question.answers), question.is_answerable)
        judged = judge(asked, found)
        fields |= {"refused": judged.refused, "answer_hit": judged.hit}
    return fields


def _shown(passage: FoundPassage, original: dict[str, str]) -> dict[str, object]:
    return {
        "document": original.get(passage.document_id, passage.document_id),
        "title": passage.document[:200],
        "start": passage.start,
        "end": passage.end,
    }


def _measured(collection: Collection) -> dict[str, object]:
    """What is searched, in numbers."""
    generation = active_indexes([collection]).get(collection.pk)
    ready = Document.objects.filter(
        collection=collection, status=Document.Status.READY, replaces__isnull=True
    )
    found: dict[str, object] = {"documents": ready.count()}
    if generation is not None:
        found["passages"] = Chunk.objects.filter(generation=generation, indexed=True).count()
        found["embedding"] = generation.embedding
        found |= {"split": generation.split_options}
    return found
