"""Building a collection's index anew beside the one that is searched, and putting it in its place.

The text is stored, so nothing is read again: each document is split and embedded for the new generation
by the same workers. Documents that come or change meanwhile go into both. When every document is in and
the indexes hold exactly what the database says, one transaction makes the new generation the active one.
Until then the old one serves, whatever happens here.
"""

import logging

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from ingestion import comparing, titles, wake
from ingestion.adopting import adopt
from ingestion.errors import BadCollection
from ingestion.generations import active_generation, embedder_of, fingerprints, recipe
from ingestion.models import Collection, Document, DocumentBuild, Generation, Removal, Run
from ingestion.reasons import with_detail
from search.errors import ModelUnavailable

log = logging.getLogger(__name__)

MAX_REPAIRS = 3
_AT_ONCE = 1000
State, Build = Generation.State, DocumentBuild.Step
_INCOMPLETE = gettext_noop("The new index stayed incomplete after several repairs. Start again.")
_NO_MODEL = gettext_noop(
    "The embedding model of the new index cannot be used. Correct it or choose another one, then start again."
)
_MODEL_KILLS = gettext_noop(
    "The worker stopped each time it loaded the embedding model, which may need more memory than there is. "
    "Choose another one."
)


def needs_reembedding(collection: Collection) -> bool:
    """Whether the index that is searched was made with another embedding model or splitter than are set."""
    active = active_generation(collection)
    return any(getattr(active, name) != value for name, value in fingerprints(collection).items())


def start_reembedding(collection: Collection, by: User | None = None) -> Run:
    """Begins a generation with what the site and the collection are set to now.

    Raises ``BadCollection`` where one is being built already, ``ModelUnavailable`` where the embedding
    model that is set is missing.
    """
    made = recipe(collection)
    try:
        with transaction.atomic():
            Collection.objects.select_for_update().get(pk=collection.pk)
            active_generation(collection)
            run = Run.objects.create(collection=collection, kind=Run.Kind.REEMBED, started_by=by)
            generation = Generation.objects.create(collection=collection, run=run, **made)
            _enlist(generation)
            transaction.on_commit(wake.parser)
            transaction.on_commit(wake.indexer)
    except IntegrityError as error:
        raise BadCollection(
            _("A new index of this collection is being built already. Wait for it, or cancel it first."),
            code="already_building",
        ) from error
    return run


def cancel_reembedding(collection: Collection, run: Run | None = None) -> bool:
    """Stops the build, or only that of ``run``; the index that is searched stays. Returns whether there
    was one."""
    generations = collection.generations.all()
    return bool(_end(generations if run is None else generations.filter(run=run), State.CANCELLED))


def has_failed(run: Run) -> bool:
    """Whether this run's generation failed or was cancelled."""
    return Generation.objects.filter(run=run, state__in=[State.FAILED, State.CANCELLED]).exists()


def _end(generations: QuerySet[Generation], state: str, error: str = "") -> int:
    with transaction.atomic():
        changed = generations.filter(state=State.BUILDING).update(
            state=state, error=error, ended_at=timezone.now()
        )
        if changed:
            transaction.on_commit(wake.indexer)
    return changed


def fail_build(generation: Generation, reason: str) -> None:
    """Gives the new generation up, with a reason (English, translated when shown)."""
    _end(Generation.objects.filter(pk=generation.pk), State.FAILED, reason)


def fail_for_model(generation: Generation, detail: str = "", *, kills: bool = False) -> None:
    """Gives it up because its embedding model cannot be used, or ``kills`` the worker that loads it."""
    fail_build(generation, with_detail(_MODEL_KILLS if kills else _NO_MODEL, detail))


def _belonging(generation: Generation) -> QuerySet[Document]:
    """Documents whose chunks are in the active generation, or on their way into it."""
    in_work = Q(status=Document.Status.PROCESSING, step=Document.Step.INDEX)
    return Document.objects.filter(
        in_work | Q(status=Document.Status.READY), collection_id=generation.collection_id
    )


def _enlist(generation: Generation) -> int:
    """Makes the rows of documents that are not in the build yet; returns how many."""
    missing = _belonging(generation).exclude(builds__generation=generation).order_by("created_at")
    made = 0
    while ids := list(missing.values_list("pk", flat=True)[:_AT_ONCE]):
        rows = [DocumentBuild(generation=generation, document_id=pk) for pk in ids]
        DocumentBuild.objects.bulk_create(rows, ignore_conflicts=True)
        made += len(rows)
    return made


def finish_complete() -> bool:
    """Puts in place what is complete; whether anything changed. Only for the holder of the index lock.

    A generation whose embedding model is gone cannot be completed any more, and fails.
    """
    changed = False
    for generation in Generation.objects.filter(state=State.BUILDING).select_related("run"):
        missing = _missing_model(generation)
        if missing:
            fail_for_model(generation, missing)
            changed = True
        elif not generation.builds.exclude(step=Build.DONE).exists():
            changed |= _finish(generation)
    return changed


def _missing_model(generation: Generation) -> str:
    """Why its model is not there, or nothing."""
    try:
        embedder_of(generation)
    except ModelUnavailable as error:
        return str(error)
    return ""


def _finish(generation: Generation) -> bool:
    if _enlist(generation):
        wake.parser()
        return True
    if _is_being_cleared(generation):
        return True
    difference = comparing.compare(generation)
    if difference.missing or difference.stray:
        if generation.repairs >= MAX_REPAIRS:
            fail_build(generation, _INCOMPLETE)
            return True
        log.warning("generation %s: %s, repairing", generation.pk, difference)
        Generation.objects.filter(pk=generation.pk).update(repairs=F("repairs") + 1)
        _reopen(generation, difference)
        return True
    return _swap(generation)


def _is_being_cleared(generation: Generation) -> bool:
    """Whether chunks are still on their way out, so that a comparison would find them."""
    cancelled = Document.objects.filter(
        collection_id=generation.collection_id, status=Document.Status.CANCELLED, chunk_count__gt=0
    )
    return cancelled.exists() or Removal.objects.filter(index_id=generation.index_id).exists()


@transaction.atomic
def _reopen(generation: Generation, difference: comparing.Difference) -> None:
    comparing.repair(generation, difference)
    lost = generation.chunks.filter(indexed=False).values("document")
    generation.builds.filter(document__in=lost).update(step=Build.INDEX)


@transaction.atomic
def _swap(generation: Generation) -> bool:
    """The new generation takes the place of the old one, and its counts become the documents'."""
    collection = Collection.objects.select_for_update().get(pk=generation.collection_id)
    now = timezone.now()
    current = Generation.objects.select_for_update().filter(pk=generation.pk, state=State.BUILDING)
    late = generation.builds.exclude(step=Build.DONE).exists()
    late = late or _belonging(generation).exclude(builds__generation=generation).exists()
    if late or not current.exists():
        return True
    collection.generations.filter(state=State.ACTIVE).update(state=State.RETIRED, ended_at=now)
    current.update(state=State.ACTIVE)
    count = generation.builds.filter(document=OuterRef("pk")).values("chunk_count")
    _belonging(generation).update(chunk_count=Subquery(count), indexed_count=Subquery(count), updated_at=now)
    in_work = _belonging(generation).filter(status=Document.Status.PROCESSING)
    successors = list(in_work.filter(replaces__isnull=False).order_by("pk").values_list("pk", flat=True))
    own = list(in_work.filter(replaces__isnull=True).values_list("pk", flat=True))
    in_work.filter(replaces__isnull=True).update(
        status=Document.Status.READY, step=Document.Step.DONE, claim=None, lease_until=None, finished_at=now
    )
    titles.note(own)
    for successor in successors:
        adopt(successor)
    transaction.on_commit(wake.indexer)
    return True


def is_complete() -> bool:
    """Whether a generation only waits for being put in place, or can no longer be."""
    building = Generation.objects.filter(state=State.BUILDING)
    open_builds = DocumentBuild.objects.filter(generation=OuterRef("pk")).exclude(step=Build.DONE)
    if building.filter(~Exists(open_builds)).exists():
        return True
    return any(_missing_model(generation) for generation in building)
