"""What has to leave: ids named in the outbox, chunks of cancelled documents, generations that ended."""

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ingestion.chunk_writing import SLICE, drop_slice
from ingestion.models import Chunk, Document, Generation, Removal
from search import registry

GRACE = timedelta(seconds=10)
_AT_MOST_S = 2.0


def clear() -> bool:
    """Clears for about two seconds at most; whether anything was done. Raises ``SearchError``."""
    until = time.monotonic() + _AT_MOST_S
    something = False
    while time.monotonic() < until:
        if not (_clear_cancelled() or _drop_ended() or _remove_next()):
            return something
        something = True
    return something


def is_waiting() -> bool:
    """Whether ``clear`` would find something."""
    return Removal.objects.exists() or _cancelled().exists() or _ended().exists()


def _cancelled() -> QuerySet[Document]:
    return Document.objects.filter(status=Document.Status.CANCELLED, chunk_count__gt=0)


@transaction.atomic
def _clear_cancelled() -> bool:
    """One slice of one document; a document that is retried meanwhile is left alone."""
    document = _cancelled().select_for_update().order_by().first()
    if document is None:
        return False
    if not drop_slice(document):
        _cancelled().filter(pk=document.pk).update(chunk_count=0, indexed_count=0)
    return True


def _ended() -> QuerySet[Generation]:
    """Generations that nobody searches any more; a search that has begun gets time to end."""
    state = Generation.State
    ended = Q(state__in=[state.FAILED, state.CANCELLED]) | Q(
        state=state.RETIRED, ended_at__lt=timezone.now() - GRACE
    )
    return Generation.objects.filter(ended, dropped_at__isnull=True)


def _drop_ended() -> bool:
    """One slice of one generation's chunks, or, when none is left, its indexes."""
    generation = _ended().order_by("ended_at").first()
    if generation is None:
        return False
    ids = list(Chunk.objects.filter(generation=generation).order_by().values_list("id", flat=True)[:SLICE])
    with transaction.atomic():
        if ids:
            Chunk.objects.filter(id__in=ids).delete()
        else:
            generation.builds.all().delete()
            Removal.objects.create(index_id=generation.index_id)
            Generation.objects.filter(pk=generation.pk).update(dropped_at=timezone.now())
    return True


def _remove_next() -> bool:
    """The oldest entry of the outbox. An id that the database knows again stays in its index."""
    removal = Removal.objects.order_by("pk").first()
    if removal is None:
        return False
    vectors, lexical = registry.vector_index(), registry.lexical_index()
    if not removal.ids:
        vectors.drop(removal.index_id)
        lexical.drop(removal.index_id)
    else:
        known = set(Chunk.objects.filter(id__in=removal.ids).values_list("id", flat=True))
        gone = [chunk_id for chunk_id in removal.ids if chunk_id not in known]
        if gone:
            vectors.delete(removal.index_id, gone)
            lexical.delete(removal.index_id, gone)
    removal.delete()
    return True
