"""Reading short documents, some at once: they are claimed, stored and handed on in a few statements for all.

Of a short document the statements around it cost more than its reading. What is not as simple as it looked,
or takes long, goes on alone.
"""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import takewhile
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ingestion import chunk_writing, fairness
from ingestion.chunk_writing import chunks_of
from ingestion.generations import active_generation, current_split_settings
from ingestion.handing_on import Read, hand_on, held
from ingestion.leases import ClaimLost, Lease, Overtaken, release, take_all
from ingestion.models import Chunk, Collection, Document, Generation, PassageEdit
from ingestion.passage_placing import WANTED
from ingestion.pipeline import Extractor, ending, extract, impatience, split_text, store, waiting
from ingestion.splitting import SplitSettings

log = logging.getLogger(__name__)

MOST = 32
SHORT_BYTES = 32 * 1024
BATCH_S = 1.0
Status, Step = Document.Status, Document.Step


def claim(*, quick: bool = False) -> list[Document]:
    """Takes the documents that are next in line, as far as they are short and come for the first time; none
    where that are fewer than two.

    One that was tried before is read alone, so that only what kills its worker fails for it.
    """
    line = waiting(quick=quick).only("id", "turn", "attempts", "size", "chunk_count", "replaces_id")[:MOST]
    short = list(takewhile(_is_simple, line))
    if len(short) < 2:
        return []
    ids = [document.pk for document in short]
    with transaction.atomic():
        free = waiting(quick=quick).filter(pk__in=ids, attempts=0)
        if connection.features.has_select_for_update_skip_locked:
            # Another worker may be taking some of them at this moment: those are its own.
            free = Document.objects.filter(pk__in=list(_locked(free)))
        token, taken = take_all(
            free, status=Status.PROCESSING, updated_at=timezone.now(), pages_read=0, pages_total=0
        )
    if not taken:
        return []
    fairness.served(fairness.READING, max(document.turn for document in short))
    mine = Document.objects.filter(claim=token).select_related("collection", "run")
    return list(mine.order_by("turn", "created_at"))


def _locked(documents: QuerySet[Document]) -> QuerySet[Document, UUID]:
    return documents.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)


def read(documents: Sequence[Document], extractor: Extractor, *, quick: bool = False) -> None:
    """Reads claimed documents and hands them to the index worker, or fails them, each for itself. After
    ``BATCH_S`` seconds what is read is stored, and the rest goes back into the line."""
    _Batch(documents, extractor, quick).work()


def _is_simple(document: Document) -> bool:
    is_new = document.attempts == 0 and not document.chunk_count and document.replaces_id is None
    return is_new and document.size <= SHORT_BYTES


class _Batch:
    def __init__(self, documents: Sequence[Document], extractor: Extractor, quick: bool) -> None:
        self._claim = documents[0].claim
        self._waiting = deque(documents)
        self._read: list[Read] = []
        self._extractor = extractor
        self._quick = quick
        self._began = time.monotonic()
        self._ways: dict[UUID, tuple[Generation, SplitSettings]] = {}

    def work(self) -> None:
        try:
            self._work()
        finally:
            # What is left of the claim that they share, after an error that nobody expected, must not wait
            # for its lease. Each is tried alone then.
            left = Document.objects.filter(claim=self._claim, status=Status.PROCESSING, step=Step.EXTRACT)
            left.update(status=Status.QUEUED, claim=None, lease_until=None)

    def _work(self) -> None:
        while self._waiting:
            document = self._waiting.popleft()
            with ending(document):
                read = self._one(document)  # first: meanwhile the list may be settled, and become another
                self._read.append(read)
            if time.monotonic() - self._began > BATCH_S:
                self._settle()
        self._settle()

    def _one(self, document: Document) -> Read:
        lease = Lease(lambda: held(document), document.pk, self._long)
        extracted = extract(document, self._extractor, lease)
        generation, chosen = self._way(document.collection)
        pieces = split_text(extracted, chosen, lease)
        return Read(document, generation, extracted, pieces, lease.seconds)

    def _way(self, collection: Collection) -> tuple[Generation, SplitSettings]:
        """The collection's index, and how its text is cut."""
        if collection.pk not in self._ways:
            generation = active_generation(collection)
            self._ways[collection.pk] = generation, current_split_settings(generation)
        return self._ways[collection.pk]

    def _long(self, seconds: float) -> None:
        """One takes so long that the others must not wait for it."""
        self._settle()
        if self._quick:
            impatience(seconds)

    def _settle(self) -> None:
        reads, self._read = self._read, []
        _store(reads)
        while self._waiting:
            document = self._waiting.popleft()
            release(document, held(document), status=Status.QUEUED)


def _store(reads: Sequence[Read]) -> None:
    groups: dict[UUID, list[Read]] = defaultdict(list)
    for each in reads:
        groups[each.generation.pk].append(each)
    for group in groups.values():
        try:
            _store_group(group)
        except (ClaimLost, Overtaken, OperationalError) as error:
            log.info("%d documents are stored one by one: %r", len(group), error)
            for each in group:
                _store_alone(each)


def _store_alone(read: Read) -> None:
    document = read.document
    with ending(document):
        generation = active_generation(document.collection)
        store(document, generation, read.extracted, Lease(lambda: held(document), document.pk))


def _store_group(reads: Sequence[Read]) -> None:
    """Of one generation. Raises where one of them cannot be stored like this; then none is."""
    turns = _turns(reads)
    ids = [each.document.pk for each in reads]
    with transaction.atomic():
        hand_on(reads)
        if PassageEdit.objects.filter(document__in=ids, state__in=WANTED).exists():
            raise Overtaken(reads[0].generation.pk)
        chunks = [chunk for each in reads for chunk in _chunks(each, turns[each.document.pk])]
        Chunk.objects.bulk_create(chunks, batch_size=chunk_writing.SLICE)


def _chunks(read: Read, turn: int) -> Iterator[Chunk]:
    return chunks_of(read.document, read.generation, read.extracted.text, read.pieces, turn)


def _turns(reads: Sequence[Read]) -> dict[UUID, int]:
    """Where the chunks of each document begin in the line, by its id."""
    by_run: dict[UUID | None, list[Read]] = defaultdict(list)
    for each in reads:
        by_run[each.document.run_id].append(each)
    turns: dict[UUID, int] = {}
    for run, group in by_run.items():
        begins = fairness.indexing_turns(run, [len(each.pieces) for each in group])
        turns |= {each.document.pk: begin for each, begin in zip(group, begins, strict=True)}
    return turns
