"""Writing a document's chunks, and taking them away, in slices that never hold the database for long."""

from collections.abc import Callable, Iterator, Sequence

from django.db import transaction

from ingestion.chunk_ids import chunk_id
from ingestion.models import Chunk, Document, Generation, Removal
from ingestion.splitting import Piece

SLICE = 1000
_HEADING = 300


def chunks_of(
    document: Document, generation: Generation, text: str, pieces: Sequence[Piece], turn: int
) -> Iterator[Chunk]:
    """One chunk for each piece, in line from ``turn`` on."""
    for ordinal, piece in enumerate(pieces):
        passage = piece.text if piece.edit else text[piece.start : piece.end]
        yield Chunk(
            id=chunk_id(generation.pk, document.pk, piece.start, passage),
            document=document,
            generation=generation,
            ordinal=ordinal,
            start=piece.start,
            end=piece.end,
            page=piece.page,
            heading=piece.heading[:_HEADING],
            text=passage,
            table=piece.table,
            edit_id=piece.edit,
            turn=turn + ordinal,
        )


def write_chunks(
    chunks: Iterator[Chunk], count: int, renew: Callable[[], None], finish: Callable[[], None]
) -> None:
    """Writes ``count`` chunks, a slice a transaction, the last one together with ``finish``.

    ``renew`` is called in each transaction before and raises where the work is no longer wanted; until
    ``finish`` has said otherwise nobody looks at what is written.
    """
    written = 0
    while count - written > SLICE:
        with transaction.atomic():
            renew()
            Chunk.objects.bulk_create([next(chunks) for _ in range(SLICE)], batch_size=SLICE)
        written += SLICE
    with transaction.atomic():
        finish()
        Chunk.objects.bulk_create(list(chunks), batch_size=SLICE)


def drop_chunks(document: Document, generation: Generation | None = None) -> None:
    """Deletes the document's chunks, of every generation or of one, and writes their ids to the outbox."""
    while drop_slice(document, generation):
        pass


@transaction.atomic
def drop_slice(document: Document, generation: Generation | None = None) -> bool:
    """Some of them; whether there were any."""
    chunks = Chunk.objects.filter(document=document).order_by()
    if generation is not None:
        chunks = chunks.filter(generation=generation)
    rows = list(chunks.values_list("id", "generation_id")[:SLICE])
    by_index: dict[str, list[str]] = {}
    for identity, generation_id in rows:
        by_index.setdefault(generation_id.hex, []).append(identity)
    Removal.objects.bulk_create(Removal(index_id=index_id, ids=ids) for index_id, ids in by_index.items())
    Chunk.objects.filter(id__in=[identity for identity, _generation in rows]).delete()
    return bool(rows)
