"""Comparing both indexes with the database, and putting them right from it."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from ingestion import wake
from ingestion.models import Chunk, Document, Generation, Removal
from search import registry
from search.errors import IndexDamaged

_READY = Q(document__status=Document.Status.READY)


@dataclass(frozen=True, slots=True)
class Report:
    """Numbers of documents (ready), their chunks, chunks missing in an index, ids in an index that no
    chunk has, and how many of both were put right."""

    documents: int
    chunks: int
    missing_in_index: int
    orphans_in_index: int
    repaired: int


def verify(*, repair: bool = False) -> Report:
    """Compares every index with the database; one of another embedding model by its words only.

    With ``repair``, missing chunks are queued for indexing and orphans for removal; the caller has the
    index worker run, or runs ``indexing.index_all``. Raises ``search.errors.SearchError``.
    """
    chunks = missing = orphans = 0
    model = registry.embedder().fingerprint
    stored = _stored_indexes()  # before the database is read: a new collection is in both or in neither
    known = {generation.index_id: generation for generation in Generation.objects.all()}
    for index_id in stored - set(known):
        orphans += len(_vector_ids(index_id) | _lexical_ids(index_id))
        if repair:
            Removal.objects.create(index_id=index_id)
    for index_id, generation in known.items():
        rows = dict(Chunk.objects.filter(generation=generation).values_list("id", "indexed"))
        ready = set(Chunk.objects.filter(_READY, generation=generation).values_list("id", flat=True))
        in_vectors, in_words = _vector_ids(index_id), _lexical_ids(index_id, repair=repair)
        complete = in_vectors & in_words if generation.embedding == model else in_words
        lost = {id_ for id_ in ready if not rows.get(id_)} | (ready - complete)
        stray = (in_vectors | in_words) - set(rows)
        chunks, missing, orphans = chunks + len(ready), missing + len(lost), orphans + len(stray)
        if repair:
            _repair(index_id, sorted(lost), sorted(stray))
    documents = Document.objects.filter(status=Document.Status.READY).count()
    return Report(documents, chunks, missing, orphans, repaired=missing + orphans if repair else 0)


@transaction.atomic
def _repair(index_id: str, lost: list[str], stray: list[str]) -> None:
    for at in range(0, len(lost), 500):
        Chunk.objects.filter(id__in=lost[at : at + 500]).update(indexed=False)
    if stray:
        Removal.objects.create(index_id=index_id, ids=stray)
    transaction.on_commit(wake.indexer)


def _stored_indexes() -> set[str]:
    return set(registry.vector_index().indexes()) | set(registry.lexical_index().indexes())


def _vector_ids(index_id: str) -> set[str]:
    return set(registry.vector_index().ids(index_id))


def _lexical_ids(index_id: str, *, repair: bool = False) -> set[str]:
    """A damaged index holds nothing; ``repair`` makes room for a new one."""
    try:
        return set(registry.lexical_index().ids(index_id))
    except IndexDamaged:
        if repair:
            registry.lexical_index().drop(index_id)
        return set()
