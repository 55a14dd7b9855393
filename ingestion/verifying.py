"""Comparing both indexes with the database, and putting them right from it."""

from dataclasses import dataclass

from ingestion import comparing
from ingestion.models import Document, Generation, Removal
from search import registry


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
    """Compares every index that is searched with the database; one of another embedding model by its
    words only. Indexes that are being built, or are on their way out, are left to their builder.

    With ``repair``, missing chunks are queued for indexing and orphans for removal; the caller has the
    index worker run, or runs ``indexing.index_all``. Raises ``search.errors.SearchError``.
    """
    chunks = missing = orphans = 0
    stored = _stored_indexes()  # before the database is read: a new collection is in both or in neither
    kept = Generation.objects.filter(dropped_at__isnull=True)
    known = {generation.index_id: generation for generation in kept}
    for index_id in stored - set(known):
        orphans += len(comparing.vector_ids(index_id) | comparing.lexical_ids(index_id))
        if repair:
            Removal.objects.create(index_id=index_id)
    for generation in known.values():
        if generation.state != Generation.State.ACTIVE:
            continue
        found = comparing.compare(generation, repair=repair)
        chunks, missing = chunks + found.chunks, missing + len(found.missing)
        orphans += len(found.stray)
        if repair:
            comparing.repair(generation, found)
            registry.vector_index().mend(generation.index_id, thoroughly=True)
    documents = Document.objects.filter(status=Document.Status.READY).count()
    return Report(documents, chunks, missing, orphans, repaired=missing + orphans if repair else 0)


def _stored_indexes() -> set[str]:
    return set(registry.vector_index().indexes()) | set(registry.lexical_index().indexes())
