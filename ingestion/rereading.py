"""New content for a document that is ready, while its present text goes on being searched.

A successor goes through the pipeline as any document does; ``ingestion.adopting`` ends it. A document
that has no text yet is simply given the new bytes and queued again.
"""

from typing import IO, Any

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ingestion import fairness, history, services, storage, wake
from ingestion.errors import IngestionError
from ingestion.models import Chunk, Collection, Document, DocumentBuild, Run
from ingestion.services import Added
from ingestion.storage import Stored

Status, Step = Document.Status, Document.Step


class CannotReplace(IngestionError):
    """The new content cannot become this document's."""

    code = "cannot_replace"


def reread_document(*, document: Document, by: User | None = None, run: Run | None = None) -> None:
    """Reads the stored file again with today's settings, as part of ``run`` or of one of its own.

    A document that failed or was cancelled is retried; one in work, or whose update is, is left alone.
    """
    update = _fresh(document).update
    if update is not None and update.sha256 == document.sha256:
        services.retry_document(document=update)
        return
    if document.status != Status.READY:
        services.retry_document(document=document)
        return
    run = run or services.start_run(collection=document.collection, kind=Run.Kind.REREAD, by=by)
    _succeed(document, Stored(document.sha256, document.size), document.name, by, run)


def replace_document(
    *,
    document: Document,
    file: "IO[bytes] | File[Any]",
    name: str,
    by: User | None = None,
    run: Run | None = None,
    announce: bool = True,
) -> Added:
    """Gives the document the content of ``file``, under the clean path ``name``.

    The same bytes as now are a duplicate, as are those of an update that is in work already. Raises
    ``RefusedFile``, and ``CannotReplace`` where another document of the collection has these bytes or the
    document is gone.
    """
    return replace_stored(
        document=document, stored=storage.store(file), name=name, by=by, run=run, announce=announce
    )


def bring_stored(
    *,
    collection: Collection,
    stored: Stored,
    name: str,
    by: User | None,
    run: Run,
    external_id: str = "",
) -> Added:
    """Takes stored bytes in under the clean path ``name``, without waking a worker.

    Where one document of the collection has this name, and the same ``external_id``, it gets the new
    content; a name that several have, or that this run brought before, makes another document. Bytes that
    are there already are a duplicate whatever their name.
    """
    twin = Document.objects.filter(collection=collection, sha256=stored.sha256).first()
    known = _namesake(collection, name, external_id, run)
    if known is not None and (twin is None or twin.owner_id == known.pk):
        return replace_stored(document=known, stored=stored, name=name, by=by, run=run, announce=False)
    return services.add_stored(
        collection=collection,
        stored=stored,
        name=name,
        by=by,
        run=run,
        external_id=external_id,
        announce=False,
    )


def _namesake(collection: Collection, name: str, external_id: str, run: Run) -> Document | None:
    same = Document.objects.filter(
        collection=collection, name=name, external_id=external_id, replaces__isnull=True
    )
    found = list(same.select_related("successor")[:2])
    if len(found) != 1 or run.pk in {found[0].run_id, found[0].update and found[0].update.run_id}:
        return None
    return found[0]


def replace_stored(
    *,
    document: Document,
    stored: Stored,
    name: str,
    by: User | None = None,
    run: Run | None = None,
    announce: bool = True,
) -> Added:
    """As ``replace_document``, for bytes that are stored already."""
    document = _fresh(document)
    twin = Document.objects.filter(collection_id=document.collection_id, sha256=stored.sha256).first()
    if twin is not None and twin.owner_id != document.pk:
        shown = Document.objects.get(pk=twin.owner_id)
        raise CannotReplace(
            _("This file is in the collection already, as “%(name)s”.") % {"name": shown.name},
            code="duplicate",
        )
    update = document.update
    if stored.sha256 == document.sha256:
        if update is not None and update.sha256 != stored.sha256:
            drop_update(document=document)
        services.retry_document(document=document)
        return Added(document, is_duplicate=True)
    if update is not None and update.sha256 == stored.sha256:
        services.retry_document(document=update)
        return Added(document, is_duplicate=False, is_update=True)
    run = run or services.start_run(collection=document.collection, kind=Run.Kind.UPLOAD, by=by)
    if document.status == Status.READY:
        _succeed(document, stored, name, by, run, announce=announce)
    else:
        _change_bytes(document, stored, name, run)
    document.refresh_from_db()
    return Added(document, is_duplicate=False, is_update=True)


def drop_update(*, document: Document) -> bool:
    """Gives the document's update up, in work or failed; its present text stays. Whether there was one."""
    update = Document.objects.filter(replaces=document).first()
    if update is not None:
        services.delete_document(document=update)
    return update is not None


def drop_updates(documents: QuerySet[Document]) -> int:
    """As ``drop_update``, for those of ``documents`` whose update is in work; returns how many."""
    in_work = Document.objects.filter(replaces__in=documents, status__in=[Status.QUEUED, Status.PROCESSING])
    found = list(in_work)
    for update in found:
        services.delete_document(document=update)
    return len(found)


def _fresh(document: Document) -> Document:
    """Raises ``CannotReplace`` where it is gone, or not a document of its own."""
    found = (
        Document.objects.select_related("collection", "successor")
        .filter(pk=document.pk, replaces__isnull=True)
        .first()
    )
    if found is None:
        raise CannotReplace(_("The document was deleted meanwhile."), code="document_gone")
    return found


def _succeed(
    document: Document, stored: Stored, name: str, by: User | None, run: Run, *, announce: bool = True
) -> None:
    """Queues a successor; one that was open makes room."""
    drop_update(document=document)
    try:
        with transaction.atomic():
            Document.objects.create(
                collection_id=document.collection_id,
                replaces=document,
                run=run,
                name=name,
                external_id=document.external_id,
                size=stored.size,
                sha256=stored.sha256,
                created_by=by,
                turn=fairness.reading_turn(run.pk, fairness.reading_cost(stored.size)),
            )
            history.record([document.pk], history.Kind.RETRIED, by=by)
            if announce:
                transaction.on_commit(wake.parser)
    except IntegrityError as error:
        raise CannotReplace(
            _("The document was changed by somebody else at this moment. Look again."), code="changed"
        ) from error


def _change_bytes(document: Document, stored: Stored, name: str, run: Run) -> None:
    """For a document that nobody can find yet: what was written of it goes, and it begins anew."""
    old_bytes = document.sha256
    try:
        with transaction.atomic():
            DocumentBuild.objects.filter(document=document).delete()
            Document.objects.filter(pk=document.pk).exclude(status=Status.READY).update(
                status=Status.QUEUED,
                step=Step.EXTRACT,
                run=run,
                name=name,
                size=stored.size,
                sha256=stored.sha256,
                title="",
                error="",
                error_code="",
                attempts=0,
                slow=False,
                lease_until=None,
                claim=None,
                finished_at=None,
                indexed_count=0,
                chunk_count=Chunk.objects.filter(document=document).count(),
                turn=fairness.reading_turn(run.pk, fairness.reading_cost(stored.size)),
                updated_at=timezone.now(),
            )
            history.record([document.pk], history.Kind.REPLACED)
            transaction.on_commit(wake.parser)
    except IntegrityError as error:
        raise CannotReplace(_("This file is in the collection already."), code="duplicate") from error
    services.discard_unused([old_bytes])
