"""Reads: what pages, the API and commands show of collections, documents and runs."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.prepared import Prepared, Slot, columns, instance
from ingestion.access import Person, collections_for
from ingestion.models import Chunk, Collection, Document, DocumentText, Generation, Run
from ingestion.page_labels import NAMED, page_name
from ingestion.tagging import folded

Status = Document.Status
IN_WORK = (Status.QUEUED, Status.PROCESSING)


# What is read of a passage that was found; each search reads some thirty.
_OF_CHUNK = columns(
    Chunk, "id", "document_id", "ordinal", "start", "end", "page", "heading", "text", "table", "edit_id"
)
_OF_DOCUMENT = columns(
    Document, "id", "collection_id", "name", "title", "mime", "dated_on", "chunk_count", "updated_at"
)
_OF_GENERATION = columns(Generation, "id", "collection_id", "embedding", "embedder", "state")
_OWN = Q(documents__replaces__isnull=True)


def _count(status: Sequence[str] | None = None) -> Count:
    return Count("documents", filter=_OWN & Q(documents__status__in=status) if status else _OWN)


def collection_cards(user: Person) -> QuerySet[Collection]:
    """What ``user`` may read, each with its counts, size in bytes and last change."""
    passages = (
        Document.objects.filter(collection=OuterRef("pk"), status=Status.READY)
        .order_by()
        .values("collection")
        .annotate(total=Sum("chunk_count"))
        .values("total")
    )
    return (
        collections_for(user)
        .select_related("owner")
        .annotate(
            document_count=_count(),
            ready_count=_count([Status.READY]),
            failed_count=_count([Status.FAILED]),
            work_count=Count("documents", filter=Q(documents__status__in=IN_WORK)),
            total_size=Coalesce(Sum("documents__size", filter=_OWN), Value(0), output_field=IntegerField()),
            last_change=Coalesce(Max("documents__updated_at"), F("created_at")),
            chunk_count=Coalesce(Subquery(passages, output_field=IntegerField()), Value(0)),
        )
        .order_by("name")
    )


def documents_of(
    collection: Collection, *, status: str = "", text: str = "", tag: str = ""
) -> QuerySet[Document]:
    """Newest first, each with its tags and its update; an unknown status or tag finds nothing."""
    documents = collection.documents.filter(replaces__isnull=True).select_related("run", "successor")
    documents = documents.prefetch_related("tags")
    if tag:
        documents = documents.filter(tags__folded=folded(tag))
    if status:
        documents = documents.filter(status=status)
    if text:
        documents = documents.filter(Q(name__icontains=text) | Q(title__icontains=text))
    return documents.order_by("-created_at", "name")


def status_counts(collection: Collection) -> dict[str, int]:
    """Every status with the number of documents in it, zeros included."""
    return status_and_update_counts(collection)[0]


def status_and_update_counts(collection: Collection) -> tuple[dict[str, int], int]:
    """``status_counts``, and how many ready documents are getting new content; one query."""
    own, update = (Count("pk", filter=Q(replaces__isnull=is_own)) for is_own in (True, False))
    rows = collection.documents.order_by().values_list("status").annotate(owned=own, updates=update)
    found = {status: (owned, updates) for status, owned, updates in rows}
    counts = {status: found.get(status, (0, 0))[0] for status in Status.values}
    return counts, sum(found.get(status, (0, 0))[1] for status in IN_WORK)


def recent_runs(user: Person) -> QuerySet[Run]:
    """Runs of collections that ``user`` may read, newest first."""
    runs = Run.objects.filter(collection__in=collections_for(user))
    return runs.select_related("collection", "started_by", "source").order_by("-created_at")


def document_text(document: Document) -> DocumentText | None:
    return DocumentText.objects.filter(document=document).first()


def texts_of(document_ids: Iterable[str]) -> dict[str, str]:
    """The extracted texts by their documents' ids, of those that have one."""
    ids = [UUID(each) for each in document_ids]
    rows = DocumentText.objects.filter(document__in=ids).values_list("document_id", "text")
    return {str(document_id): text for document_id, text in rows}


def chunk(document: Document, chunk_id: str) -> Chunk | None:
    return Chunk.objects.filter(document=document, id=chunk_id).first()


def chunks_between(document: Document, start: int, end: int) -> list[Chunk]:
    """The active passages that begin in ``text[start:end]``, in order."""
    active = Chunk.objects.filter(document=document, generation__state=Generation.State.ACTIVE)
    return list(active.filter(start__gte=start, start__lt=end).order_by("ordinal"))


def chunks_over(document: Document, start: int, end: int) -> list[Chunk]:
    """The active passages that share text with ``text[start:end]``, in order."""
    active = Chunk.objects.filter(document=document, generation__state=Generation.State.ACTIVE)
    return list(active.filter(start__lt=end, end__gt=start).order_by("ordinal"))


def generation_ids(collection: Collection) -> list[UUID]:
    """Every index that the collection ever had, the newest first."""
    return list(collection.generations.order_by("-created_at").values_list("pk", flat=True))


def still_there(documents: Iterable[UUID | str]) -> set[str]:
    """The ids of those that are not deleted."""
    found = Document.objects.filter(pk__in=list(documents)).order_by()
    return {str(pk) for pk in found.values_list("pk", flat=True)}


def page_names(chunks: Sequence[Chunk]) -> dict[str, str]:
    """By the chunks' ids, what people call their page: slide 3, a sheet by its name. A query at most."""
    named = {chunk.document_id for chunk in chunks if chunk.page and chunk.document.mime in NAMED}
    texts = DocumentText.objects.filter(document__in=named).values_list("document", "pages") if named else ()
    labels = {(document, page[0]): page[2] for document, pages in texts for page in pages}
    return {
        chunk.id: page_name(chunk.document.mime, chunk.page, labels.get((chunk.document_id, chunk.page), ""))
        if chunk.page
        else ""
        for chunk in chunks
    }


def page_labels(document: Document) -> dict[int | None, str]:
    """The labels of a document's pages by their numbers, without its text."""
    pages = DocumentText.objects.filter(document=document).values_list("pages", flat=True).first() or []
    return {page[0]: page[2] for page in pages}


def passages_by_id(
    ids: Sequence[str],
    *,
    within: QuerySet[Document] | None = None,
    collections: Iterable[Collection] = (),
) -> dict[str, Chunk]:
    """Chunks of ready documents with their document, whose collection is the one among ``collections``; ids
    that left are absent, and so are those whose documents are not ``within`` these, where there is such a
    limit."""
    if within is None:
        rows = _PASSAGES.rows(list(ids))
    else:
        rows = list(_passage_rows(list(ids)).filter(document__in=within))
    # A copy for each passage would cost more than the passage.
    known = {collection.pk: collection for collection in collections}
    documents: dict[UUID, Document] = {}
    found: dict[str, Chunk] = {}
    for row in rows:
        chunk = instance(Chunk, _OF_CHUNK, row[: len(_OF_CHUNK)])
        document = documents.get(chunk.document_id)
        if document is None:
            document = instance(Document, _OF_DOCUMENT, row[len(_OF_CHUNK) :])
            documents[document.pk] = document
            if document.collection_id in known:
                document.collection = known[document.collection_id]
        chunk.document = document
        found[chunk.id] = chunk
    return found


def read_days(documents: Iterable[Document]) -> None:
    """Reads with one query what the days of these depend on, which ``passages_by_id`` leaves out."""
    held: dict[UUID, list[Document]] = {}
    for document in documents:
        held.setdefault(document.pk, []).append(document)
    finished = Document.objects.filter(pk__in=held).order_by().values_list("pk", "finished_at")
    for pk, moment in finished:
        for document in held[pk]:
            document.finished_at = moment


def _passage_rows(ids: Sequence[str | Slot]) -> QuerySet[Chunk, Any]:
    chunks = Chunk.objects.filter(id__in=ids, document__status=Status.READY).order_by()
    return chunks.values_list(*_OF_CHUNK, *(f"document__{name}" for name in _OF_DOCUMENT))


_PASSAGES = Prepared(_passage_rows)


def documents_holding(chunk_ids: Iterable[str]) -> dict[str, str]:
    """The document's id of each chunk that is there, by the chunk's."""
    rows = Chunk.objects.filter(pk__in=list(chunk_ids)).order_by().values_list("pk", "document_id")
    return {chunk: str(document) for chunk, document in rows}


def active_indexes(collections: Sequence[Collection]) -> dict[UUID, Generation]:
    """The generation that is searched, for each collection's id that has one."""
    rows = _ACTIVE.rows([collection.pk for collection in collections])
    generations = [instance(Generation, _OF_GENERATION, row) for row in rows]
    return {generation.collection_id: generation for generation in generations}


_ACTIVE = Prepared(
    lambda collections: Generation.objects.filter(
        collection__id__in=collections, state=Generation.State.ACTIVE
    ).values_list(*_OF_GENERATION)
)
