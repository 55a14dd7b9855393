"""The API of collections, documents and search; names and shapes are those of the contract."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Router, Schema
from ninja.files import UploadedFile

from accounts import rate_limits
from accounts.roles import Action
from ingestion import access, selectors, services
from ingestion.errors import BadQuery, IngestionError
from ingestion.finding import Found, FoundPassage, find
from ingestion.intake import Taken, take_upload
from ingestion.models import Document, Run
from ingestion.ranked import Sort
from ingestion.suggesting import better_spelling
from search.filters import read_filters
from search.query_language import Asked, parse
from search.types import Mode

router = Router()
_PAGE = 100
_MAX_K = 100
_MAX_FILTERS = 10


class NewCollection(Schema):
    name: str
    slug: str = ""


class CollectionOut(Schema):
    id: str
    name: str
    slug: str


class FiltersIn(Schema):
    """Beside those in the query: of several sites or types one is enough, all tags are needed. Dates are
    2024, 2024-05, 2024-05-31, or 7d, 3m, 1y ago; ``before`` is the first day that does not count. Nothing of
    ``not_sites``, ``not_types`` and ``not_tags`` is found."""

    sites: list[str] = []
    types: list[str] = []
    tags: list[str] = []
    after: str = ""
    before: str = ""
    not_sites: list[str] = []
    not_types: list[str] = []
    not_tags: list[str] = []


class SearchIn(Schema):
    """``query`` may hold phrases in quotes, -exclusions and filters, as in the search box. ``offset`` is how
    many passages are passed over; ``page`` counts from 1, in steps of ``k``. ``explain`` adds to each hit
    what its place was decided by."""

    query: str
    collections: list[str] = []
    k: int = 10
    mode: Mode = "hybrid"
    tags: list[str] = []
    filters: FiltersIn = FiltersIn()
    sort: Sort = "relevance"
    offset: int = 0
    page: int = 1
    explain: bool = False


def document_out(document: Document) -> dict[str, Any]:
    """A document as the contract shows it; ``update`` is the state of new content on its way."""
    update = document.update
    return {
        "id": str(document.id),
        "name": document.name,
        "status": document.status,
        "progress": document.progress,
        "error": _(document.error) if document.error else None,
        "pages": document.pages,
        "chunks": document.chunk_count,
        "created_at": document.created_at.isoformat(),
    } | ({"update": _update_out(update)} if update else {})


def _update_out(update: Document) -> dict[str, Any]:
    error = _(update.error) if update.error else None
    return {"status": update.status, "progress": update.progress, "error": error}


def hit_out(passage: FoundPassage) -> dict[str, Any]:
    """A hit as the contract shows it, with its heading and collection. One that is ``edited`` by hand has a
    text of its own for the range; ``table`` is the header row of a table that it is cut out of, and
    ``similar`` are passages that say the same and ranked lower."""
    return {
        "chunk_id": passage.chunk_id,
        "document_id": passage.document_id,
        "document": passage.document,
        "text": passage.text,
        "score": passage.score,
        "page": passage.page,
        "heading": passage.heading,
        "edited": passage.is_edited,
        "table": passage.table,
        "start": passage.start,
        "end": passage.end,
        "highlights": [list(span) for span in passage.highlights],
        "url": passage.url,
        "collection": passage.collection_slug,
        "similar": [
            {
                "chunk_id": other.chunk_id,
                "document_id": other.document_id,
                "document": other.document,
                "page": other.page,
                "url": other.url,
            }
            for other in passage.similar
        ],
    }


def _why(passage: FoundPassage) -> dict[str, Any]:
    """What the passage was found and placed by: BM25, cosine, ``search.types.Signals``, what its collection
    has set for meaning, and the reranker's score, each ``None`` where that did not count."""
    signals = (
        {name: round(value, 4) for name, value in passage.signals._asdict().items()}
        if passage.signals
        else None
    )
    return {
        "lexical": passage.lexical,
        "dense": passage.dense,
        "signals": signals,
        "dense_weight": passage.dense_weight if passage.signals else None,
        "reranked": passage.reranked,
    }


def search_out(found: Found, next_offset: int, *, explain: bool = False) -> dict[str, Any]:
    """The answer to a search; ``notes`` is there only when something was different this time, and
    ``next_offset`` where further passages follow."""
    answer: dict[str, Any] = {
        "hits": [hit_out(passage) | (_why(passage) if explain else {}) for passage in found.passages],
        "took_ms": found.took_ms,
    }
    if found.more:
        answer["next_offset"] = next_offset
    return answer | ({"notes": found.notes} if found.notes else {})


@router.post("/collections", response={201: CollectionOut})
def create_collection(request: HttpRequest, payload: NewCollection) -> tuple[int, dict[str, str]]:
    if not request.user.is_authenticated:
        raise PermissionDenied
    collection = services.create_collection(owner=request.user, name=payload.name, slug=payload.slug)
    return 201, {"id": str(collection.id), "name": collection.name, "slug": collection.slug}


@router.post("/collections/{slug}/documents", response={202: dict[str, Any]})
def add_documents(
    request: HttpRequest, slug: str, file: File[list[UploadedFile]]
) -> tuple[int, dict[str, Any]]:
    """Queues every file by itself, and every member of an archive: one that is refused does not hold up
    the others."""
    collection = access.get_collection(request.user, slug, Action.EDIT)
    by = request.user if request.user.is_authenticated else None
    run = services.start_run(collection=collection, kind=Run.Kind.API, by=by)
    taken = [
        one
        for item in file
        for one in take_upload(collection=collection, file=item, name=item.name or "", by=by, run=run)
    ]
    refused = [one.refused for one in taken if one.refused is not None]
    if refused and len(refused) == len(taken):
        raise refused[0]
    return 202, {"documents": [_taken(one) for one in taken]}


def _taken(taken: Taken) -> dict[str, Any]:
    if taken.added is None:
        nothing = {"id": None, "status": "failed", "duplicate_of": None}
        return nothing | {"name": taken.name, "error": taken.error}
    document = taken.added.document
    return {
        "id": str(document.id),
        "name": taken.name,
        "status": document.status,
        "duplicate_of": str(document.id) if taken.added.is_duplicate else None,
    } | ({"updated": True} if taken.added.is_update else {})


@router.get("/collections/{slug}/documents")
def list_documents(request: HttpRequest, slug: str, status: str = "", page: int = 1) -> dict[str, Any]:
    collection = access.get_collection(request.user, slug)
    if status and status not in Document.Status.values:
        known = ", ".join(Document.Status.values)
        raise IngestionError(
            _("There is no status “%(status)s”. Use one of: %(known)s.") % {"status": status, "known": known}
        )
    pages = Paginator(selectors.documents_of(collection, status=status), _PAGE)
    found = pages.page(page).object_list if 1 <= page <= pages.num_pages else []
    return {"count": pages.count, "results": [document_out(document) for document in found]}


@router.get("/documents/{document_id}")
def get_document(request: HttpRequest, document_id: UUID) -> dict[str, Any]:
    return document_out(access.get_document(request.user, document_id))


@router.delete("/documents/{document_id}", response={204: None})
def delete_document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    services.delete_document(document=access.get_document(request.user, document_id, Action.EDIT))
    return HttpResponse(status=204)


@router.post("/search")
def search(request: HttpRequest, payload: SearchIn) -> dict[str, Any]:
    """Without ``collections`` it searches everything that the caller may read. ``did_you_mean`` is there
    where a word of the query is in none of them and a near one is; the hits are those of the query as it is.
    """
    rate_limits.take_for(request, "search")
    if payload.collections:
        collections = access.get_collections(request.user, payload.collections)
    else:
        collections = list(access.collections_for(request.user))
    k = max(1, min(payload.k, _MAX_K))
    offset = max(0, payload.offset) + k * (max(1, payload.page) - 1)
    found = find(
        _asked(payload), collections, k=k, mode=payload.mode, offset=offset, sort=payload.sort, fold=True
    )
    better = "" if offset else better_spelling(payload.query.strip(), found)
    return search_out(found, offset + k, explain=payload.explain) | (
        {"did_you_mean": better} if better else {}
    )


def _asked(payload: SearchIn) -> Asked:
    """The query with the filters beside it. Raises ``BadQuery`` where one of those means nothing."""
    today, given = timezone.localdate(), payload.filters
    named = [
        *(("site", name) for name in given.sites[:_MAX_FILTERS]),
        *(("type", name) for name in given.types[:_MAX_FILTERS]),
        *(("tag", name) for name in (*payload.tags, *given.tags)[:_MAX_FILTERS]),
        *(("-site", name) for name in given.not_sites[:_MAX_FILTERS]),
        *(("-type", name) for name in given.not_types[:_MAX_FILTERS]),
        *(("-tag", name) for name in given.not_tags[:_MAX_FILTERS]),
        *(("after", day) for day in [given.after] if day),
        *(("before", day) for day in [given.before] if day),
    ]
    filters, problems = read_filters(named, today=today)
    if problems:
        raise BadQuery(problems[0], code="bad_filter")
    return parse(payload.query, today=today).with_filters(filters)
