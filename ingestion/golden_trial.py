"""A trial index: the collection's documents, cut or embedded otherwise, in a hidden copy.

The copy shares the files and has the text anew, so the usual build of a generation makes its index from the
stored text, beside everything else, and nothing that is searched is touched. It is removed with its run.
"""

import logging
from collections.abc import Callable

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from ingestion import services
from ingestion.golden_config import Config
from ingestion.models import (
    Collection,
    Document,
    DocumentBuild,
    DocumentText,
    Generation,
    GoldenRun,
    PassageEdit,
)
from ingestion.passage_placing import WANTED
from ingestion.reasons import shown
from ingestion.reembedding import start_reembedding

log = logging.getLogger(__name__)

_PREFIX = "trial-"
_AT_ONCE = 100
_COPIED = ("name", "title", "language", "mime", "size", "sha256", "pages", "meta", "created_by_id")
State = Generation.State


class TrialFailed(Exception):
    """The index cannot be made; the message says why."""


def begin(run: GoldenRun) -> Collection:
    """The hidden collection of ``run``, made with its settings where there is none yet."""
    if run.trial is not None:
        return run.trial
    original = run.golden_set.collection
    own = {name: getattr(original, name) for name in ("chunk_tokens", "chunk_overlap", "split_preset")}
    wanted = own | {"embedding": original.embedding} | Config.of(run.config).build
    with transaction.atomic():
        trial = services.create_collection(
            owner=original.owner, name=original.name, slug=f"{_PREFIX}{run.pk}", is_scratch=True
        )
        services.update_collection(collection=trial, **wanted)
        GoldenRun.objects.filter(pk=run.pk).update(trial=trial)
    run.trial = trial
    return trial


def copy_documents(run: GoldenRun, trial: Collection, keep: Callable[[], object] = bool) -> None:
    """Copies those that are not in the copy yet, a few at a time. ``keep`` is called after each part."""
    copied = Document.objects.filter(collection=trial).values("external_id")
    known = set(copied.values_list("external_id", flat=True))
    ready = Document.objects.filter(
        collection_id=run.golden_set.collection_id, status=Document.Status.READY, replaces__isnull=True
    ).order_by("pk")
    left = [pk for pk in ready.values_list("pk", flat=True) if str(pk) not in known]
    for at in range(0, len(left), _AT_ONCE):
        _copy([*Document.objects.filter(pk__in=left[at : at + _AT_ONCE])], trial)
        keep()


@transaction.atomic
def _copy(originals: list[Document], trial: Collection) -> None:
    step, status = Document.Step.DONE, Document.Status.READY
    copies = {
        one.pk: Document(
            collection=trial,
            external_id=str(one.pk),
            status=status,
            step=step,
            **{name: getattr(one, name) for name in _COPIED},
        )
        for one in originals
    }
    Document.objects.bulk_create(copies.values())
    texts = DocumentText.objects.filter(document__in=copies)
    DocumentText.objects.bulk_create(
        DocumentText(document=copies[text.document_id], text=text.text, pages=text.pages) for text in texts
    )
    edits = list(PassageEdit.objects.filter(document__in=copies, state__in=WANTED))
    for edit in edits:
        edit.document = copies[edit.document_id]
        edit.pk = PassageEdit().pk
        edit._state.adding = True
    PassageEdit.objects.bulk_create(edits)


def build(trial: Collection) -> None:
    """Begins the index where that was not done yet."""
    if not trial.generations.filter(run__isnull=False).exists():
        start_reembedding(trial)


def is_built(trial: Collection) -> bool:
    """Raises ``TrialFailed``."""
    generation = trial.generations.filter(run__isnull=False).order_by("-created_at").first()
    if generation is None:
        return False
    if generation.state in {State.FAILED, State.CANCELLED}:
        raise TrialFailed(shown(generation.error))
    return generation.state == State.ACTIVE


def progress(trial: Collection) -> tuple[int, int]:
    """Documents that are in the new index, and all."""
    builds = DocumentBuild.objects.filter(generation__collection=trial)
    return builds.filter(step=DocumentBuild.Step.DONE).count(), builds.count()


def originals(trial: Collection) -> dict[str, str]:
    """By the ids of copies, those of the documents themselves."""
    rows = Document.objects.filter(collection=trial).values_list("pk", "external_id")
    return {str(pk): original for pk, original in rows}


def orphans() -> QuerySet[Collection]:
    """Copies that no run in work needs."""
    needed = GoldenRun.objects.filter(trial=OuterRef("pk"), state__in=["building", "running"])
    return Collection.objects.filter(~Exists(needed), is_scratch=True, slug__startswith=_PREFIX)


def drop_orphans() -> int:
    """Removes them with their indexes; returns how many."""
    found = list(orphans())
    for trial in found:
        trial.generations.filter(state=State.BUILDING).update(state=State.CANCELLED, ended_at=F("created_at"))
        services.delete_collection(collection=trial)
        log.info("trial index %s removed", trial.slug)
    return len(found)
