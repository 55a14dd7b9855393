"""A document takes over its successor: in one transaction the new text and passages become its own.

Until that moment the old text is searched, from that moment on the new one. The document keeps its id, so
links to it and citations of it stay. See docs/decisions/012.
"""

import logging
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from ingestion import history, services, titles, wake
from ingestion.chunk_writing import drop_chunks
from ingestion.extract.kinds import WEB_PAGE
from ingestion.models import Chunk, Collection, Document, DocumentBuild, DocumentText, PassageEdit
from ingestion.passage_placing import mark_again

log = logging.getLogger(__name__)

_FORMER_IDS = 20
_TAKEN_OVER = (
    *("run_id", "name", "title", "language", "mime", "size", "sha256", "pages"),
    *("chunk_count", "indexed_count", "slow", "pages_read", "pages_total", "meta"),
)
_SAME_FILE = gettext_noop("Another document of this collection has the same content by now.")
Status, Step = Document.Status, Document.Step


def adopt(successor_id: UUID) -> bool:
    """The document takes the place of what its indexed successor holds; whether it could.

    Call it in the transaction that indexed the last passage, after everything else: the rows of the
    successor's passages and builds are renamed. Where another document has the same bytes by now, the
    successor fails with that reason; where either was cancelled or deleted meanwhile, nothing happens.
    """
    successor = _locked(successor_id)
    if successor is None or successor.replaces is None:
        return False
    original = successor.replaces
    old_bytes = original.sha256
    try:
        with transaction.atomic():
            _hand_over(successor, original)
            if old_bytes != successor.sha256:
                history.record([original.pk], history.Kind.REPLACED, by=successor.created_by)
            history.record_ready([original.pk])
            titles.note([original.pk])
    except IntegrityError:
        now = timezone.now()
        Document.objects.filter(pk=successor.pk).update(
            status=Status.FAILED,
            error_code="duplicate",
            error=_SAME_FILE,
            claim=None,
            lease_until=None,
            finished_at=now,
            updated_at=now,
        )
        history.record([successor.pk], history.Kind.FAILED, reason=_SAME_FILE)
        return False
    log.info("document %s took over %s", original.pk, successor.pk)
    transaction.on_commit(wake.indexer)
    transaction.on_commit(lambda: services.discard_unused([old_bytes]))
    return True


def _locked(successor_id: UUID) -> Document | None:
    """The successor with its document, as they are now; no generation begins or ends meanwhile."""
    indexed = Document.objects.filter(
        pk=successor_id, replaces__status=Status.READY, status=Status.PROCESSING, step=Step.INDEX
    )
    found = indexed.values_list("collection_id", "replaces_id").first()
    if found is None:
        return None
    list(Collection.objects.select_for_update().filter(pk=found[0]).values_list("pk"))
    both = Document.objects.select_for_update().filter(pk__in=[successor_id, found[1]])
    list(both.order_by("pk").values_list("pk"))
    return indexed.select_related("replaces", "created_by").first()


def _day(successor: Document, original: Document) -> date | None:
    """A page's day was found by the crawl, and does not come out of its file."""
    return successor.dated_on or (original.dated_on if successor.mime == WEB_PAGE else None)


def _hand_over(successor: Document, original: Document) -> None:
    """Builds first: who splits for one then notices that its claim is gone, and writes no more."""
    original.builds.all().delete()
    DocumentBuild.objects.filter(document=successor).update(document=original, claim=None, lease_until=None)
    drop_chunks(original)
    Chunk.objects.filter(document=successor).update(document=original)
    PassageEdit.objects.filter(document=successor).update(document=original)
    DocumentText.objects.filter(document=original).delete()
    DocumentText.objects.filter(document=successor).update(document=original)
    text = DocumentText.objects.filter(document=original).values_list("text", flat=True).first()
    mark_again(original, text or "")
    Document.objects.filter(pk=successor.pk).delete()
    now = timezone.now()
    former = [*original.former_ids, str(successor.pk)][-_FORMER_IDS:]
    Document.objects.filter(pk=original.pk).update(
        **{field: getattr(successor, field) for field in _TAKEN_OVER},
        former_ids=former,
        dated_on=_day(successor, original),
        attempts=0,
        error="",
        error_code="",
        finished_at=now,
        updated_at=now,
    )
