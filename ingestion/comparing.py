"""One generation's indexes against the database, and putting them right from it."""

from dataclasses import dataclass

from django.db import transaction

from ingestion import fairness, wake
from ingestion.generations import embedder_of
from ingestion.models import Chunk, Document, Generation, Removal
from search import registry
from search.errors import IndexDamaged, ModelUnavailable

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """``chunks`` are those that should be in the indexes; ``missing`` those that are not in both, and
    ``stray`` the ids in an index that no chunk has."""

    chunks: int
    missing: tuple[str, ...]
    stray: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.missing)} of {self.chunks} missing, {len(self.stray)} too many"


def compare(generation: Generation, *, repair: bool = False) -> Difference:
    """Compares the chunks of ready documents; of documents in work those of a building generation too.

    An index whose embedding model is not there any more counts by its words only. With ``repair`` a
    damaged word index makes room for a new one. Raises ``search.errors.SearchError``.
    """
    index_id = generation.index_id
    rows = dict(Chunk.objects.filter(generation=generation).values_list("id", "indexed"))
    if generation.state == Generation.State.BUILDING:
        wanted = set(rows)
    else:
        ready = Chunk.objects.filter(generation=generation, document__status=Document.Status.READY)
        wanted = set(ready.values_list("id", flat=True))
    in_vectors = vector_ids(index_id)
    in_words = lexical_ids(index_id, repair=repair)
    complete = in_vectors & in_words if _has_model(generation) else in_words
    lost = {id_ for id_ in wanted if not rows.get(id_)} | (wanted - complete)
    stray = (in_vectors | in_words) - set(rows)
    return Difference(len(wanted), tuple(sorted(lost)), tuple(sorted(stray)))


def _has_model(generation: Generation) -> bool:
    try:
        embedder_of(generation)
    except ModelUnavailable:
        return False
    return True


@transaction.atomic
def repair(generation: Generation, difference: Difference) -> None:
    """Queues what is missing for indexing, at the line's present place, and what is too much for removal."""
    turn = fairness.clock(fairness.INDEXING)
    for at in range(0, len(difference.missing), _AT_ONCE):
        Chunk.objects.filter(id__in=difference.missing[at : at + _AT_ONCE]).update(
            indexed=False, turn=turn + at
        )
    if difference.stray:
        Removal.objects.create(index_id=generation.index_id, ids=list(difference.stray))
    transaction.on_commit(wake.indexer)


def vector_ids(index_id: str) -> set[str]:
    return set(registry.vector_index().ids(index_id))


def lexical_ids(index_id: str, *, repair: bool = False) -> set[str]:
    """A damaged index holds nothing; ``repair`` makes room for a new one."""
    try:
        return set(registry.lexical_index().ids(index_id))
    except IndexDamaged:
        if repair:
            registry.lexical_index().drop(index_id)
        return set()
