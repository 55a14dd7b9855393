"""Search as people use it: from a question and collections to passages with their text and place.

The caller has asked ``ingestion.access`` which collections may be read; nothing is checked here.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache, partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ingestion import search_filters, selectors
from ingestion.errors import BadQuery
from ingestion.folding import LAST_OFFSET, Page, as_ranked, distinct
from ingestion.models import Chunk, Collection, Document
from ingestion.ranked import Ranked, Sort
from ingestion.search_filters import Narrowed
from ingestion.searched import Searched
from ingestion.widening import Widened
from search import registry
from search.errors import SearchError
from search.evidence import Evidence, judge
from search.matching import lone_terms, phrase_terms
from search.query_language import NOTHING, Asked
from search.retrieval import retrieve
from search.snippets import highlights, snippet
from search.types import EVERYWHERE, Bounds, Hit, Mode, Signals

log = logging.getLogger(__name__)

_EVIDENCE_PASSAGES = 8


def _nothing() -> Evidence:
    return Evidence(0.0, answerable=False)


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A hit with its text and place. ``start`` and ``end`` are character offsets in the document's
    text; ``highlights`` are ranges in ``text``, and mark what ``marked`` and ``phrases`` say. ``lexical``
    (BM25) and ``dense`` (cosine) are ``None`` where that side did not return it, ``words`` is BM25 as a share
    of the best. ``similar`` are those folded into it (``ingestion.folding``), ``synonyms`` pairs of a word
    asked for and one that the text holds instead, ``signals`` what its place in the order was decided by,
    ``reranked`` the reranker's score, ``dense_weight`` what its collection has set for meaning."""

    chunk_id: str
    document_id: str
    document: str
    text: str
    score: float
    page: int | None
    heading: str
    start: int
    end: int
    highlights: list[tuple[int, int]]
    url: str
    collection: str
    collection_slug: str
    index_id: str
    lexical: float | None
    dense: float | None
    updated: datetime
    table: str = ""
    is_edited: bool = False
    page_name: str = ""
    day: date | None = None
    passages_in_document: int = 0
    similar: tuple["FoundPassage", ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()
    words: float = 0.0
    signals: Signals | None = None
    reranked: float | None = None
    marked: str = ""
    phrases: tuple[str, ...] = ()
    name: str = ""
    dense_weight: float | None = None

    @property
    def snippet(self) -> tuple[int, int]:
        """The part to show where there is little room; cut when somebody wants it."""
        return snippet(self.text, self.marked, phrases=self.phrases)


@dataclass(frozen=True, slots=True)
class Found:
    """``took_ms`` is wall-clock milliseconds, ``index_ids`` are what was searched. ``notes`` tell a person
    what was different this time. ``weighed`` says how likely the passages can answer: it is asked when
    somebody wants to know. ``more``: further passages follow these. ``asked`` is how the question was
    understood."""

    passages: list[FoundPassage]
    took_ms: float
    notes: list[str]
    weighed: Callable[[], Evidence] = _nothing
    index_ids: tuple[str, ...] = ()
    more: bool = False
    asked: Asked = NOTHING

    @property
    def evidence(self) -> float:
        """0 (nothing speaks for an answer) to 1."""
        return self.weighed().score

    @property
    def answerable(self) -> bool:
        """Whether the evidence passes the threshold."""
        return self.weighed().answerable


def find(
    query: str | Asked,
    collections: Sequence[Collection],
    *,
    k: int = 10,
    mode: Mode = "hybrid",
    offset: int = 0,
    sort: Sort = "relevance",
    document: Document | None = None,
    fold: bool = False,
) -> Found:
    """The best ``k`` passages of ``collections`` behind the first ``offset``, or of only one ``document``.
    ``fold``: those that say the same as a better one are folded into it (``ingestion.folding``).

    A ``query`` that is a string is plain text, whatever signs are in it; who wants it read as people write it
    into a search box hands over ``search.query_language.parse(…)``. Raises ``BadQuery``,
    ``search.errors.SearchError``.
    """
    asked = query if isinstance(query, Asked) else Asked.plain(query)
    offset = max(0, min(offset, LAST_OFFSET))
    if asked.filters and not asked.text.strip():
        return _newest(asked, collections, k, offset)
    query = _checked(asked)
    began = time.perf_counter()
    narrow = search_filters.narrowed(collections, asked.filters, document)
    if narrow.is_empty:
        notes = [*asked.problems, *search_filters.why_none(collections, asked.filters)]
        took_ms = round((time.perf_counter() - began) * 1000, 1)
        return Found([], took_ms, notes, asked=asked)
    generations = selectors.active_indexes(collections)
    searched = Searched.of(generations.values(), collections)
    widened = Widened.of(query, collections, generations)
    ranked = _ranked(query, asked, collections, mode, narrow, searched, widened)
    page = (distinct if fold else as_ranked)(ranked, k, offset, sort)
    passages = _passages(page, asked, widened)
    held = widened.as_held(query, passages[0].synonyms) if passages else query
    notes = [*asked.problems, *page.notes]
    if fold and mode == "hybrid" and not page.result.degraded and searched.is_far(passages):
        notes.append(
            _("No passage holds a word of this. These are the nearest in meaning, perhaps far from it.")
        )
    if searched.lost:
        notes.append(
            _("Some collections were indexed with another embedding model; there, words alone count.")
        )
    took_ms = round((time.perf_counter() - began) * 1000, 1)
    return Found(
        passages,
        took_ms,
        notes,
        lru_cache(maxsize=1)(partial(_evidence, held, passages[:_EVIDENCE_PASSAGES], searched)),
        tuple(searched.index_ids),
        more=page.more,
        asked=asked,
    )


def _ranked(
    query: str,
    asked: Asked,
    collections: Sequence[Collection],
    mode: Mode,
    narrow: Narrowed,
    searched: Searched,
    widened: Widened,
) -> Ranked:
    search = partial(
        retrieve,
        query,
        searched.groups,
        mode=mode,
        vectors=registry.vector_index(),
        lexical=registry.lexical_index(),
        wanted=widened.wanted,
        bounds=_bounds(asked, narrow),
    )
    return Ranked(
        search,
        asked,
        narrow.within,
        collections,
        mode,
        searched.index_ids,
        searched.weights,
        frozenset(widened.by_index),
    )


def _newest(asked: Asked, collections: Sequence[Collection], k: int, offset: int) -> Found:
    """What passes filters without a question: each document once, at its beginning, the newest first."""
    began = time.perf_counter()
    chunks = search_filters.newest(collections, asked.filters, offset, k + 1)
    names = selectors.page_names([chunk for chunk, _index_id in chunks[:k]])
    passages = [
        _passage(chunk, Hit(chunk.id, index_id, 0.0), asked, names[chunk.id], Widened())
        for chunk, index_id in chunks[:k]
    ]
    notes = [*asked.problems]
    if not passages and not offset:
        notes += search_filters.why_none(collections, asked.filters)
    took_ms = round((time.perf_counter() - began) * 1000, 1)
    return Found(passages, took_ms, notes, more=len(chunks) > k, asked=asked)


def _bounds(asked: Asked, narrow: Narrowed) -> Bounds:
    if narrow.only is None and not asked.needs_text:
        return EVERYWHERE
    return Bounds(narrow.only, phrase_terms(asked.phrases), lone_terms(asked.excluded))


def _checked(asked: Asked) -> str:
    query = asked.text.strip()
    if not query:
        raise BadQuery(_("The question is empty. Type some words to search for."))
    if len(query) > settings.MAX_QUERY_CHARS:
        raise BadQuery(
            _("The question has %(length)d characters; at most %(limit)d are searched. Shorten it.")
            % {"length": len(query), "limit": settings.MAX_QUERY_CHARS},
            code="query_too_long",
        )
    return query


def _evidence(query: str, passages: list[FoundPassage], searched: Searched) -> Evidence:
    try:
        told = searched.on_one_scale(query, [(item.index_id, item.dense) for item in passages])
        return judge(
            query,
            [item.text for item in passages],
            told.cosines,
            contexts=[f"{item.document}\n{item.heading}\n{item.table}" for item in passages],
            bm25=[item.lexical for item in passages],
            index_ids=searched.index_ids,
            lexical=registry.lexical_index(),
            coverage=told.coverage,
            embedding=told.fingerprint,
        )
    except SearchError as error:
        log.warning("the evidence cannot be weighed: %s", error)
        return Evidence(0.0, answerable=bool(passages))


def passage_url(document_id: object, chunk_id: str) -> str:
    """The stable address of a passage: the part of the document that holds it, scrolled to it."""
    return f"{_document_url(str(document_id))}?p={chunk_id}#p={chunk_id}"


@lru_cache(maxsize=1024)
def _document_url(document_id: str) -> str:
    return reverse("document", args=[document_id])


def _passages(page: Page, asked: Asked, widened: Widened) -> list[FoundPassage]:
    folded = [item for similar in page.similar.values() for item in similar]
    names = selectors.page_names([chunk for _hit, chunk in (*page.shown, *folded)])
    found = [_passage(chunk, hit, asked, names[chunk.id], widened) for hit, chunk in page.shown]
    if not folded:
        return found
    similar = {
        chunk_id: tuple(_passage(chunk, hit, asked, names[chunk.id], widened) for hit, chunk in some)
        for chunk_id, some in page.similar.items()
    }
    return [replace(passage, similar=similar.get(passage.chunk_id, ())) for passage in found]


def _passage(chunk: Chunk, hit: Hit, asked: Asked, page_name: str, widened: Widened) -> FoundPassage:
    marked = widened.marked(asked.loose, hit.index_id)
    document = chunk.document
    return FoundPassage(
        chunk_id=chunk.id,
        document_id=str(document.id),
        document=document.shown_title,
        text=chunk.text,
        score=hit.score,
        page=chunk.page,
        heading=chunk.heading,
        start=chunk.start,
        end=chunk.end,
        highlights=highlights(chunk.text, marked, asked.phrases),
        url=passage_url(document.id, chunk.id),
        collection=document.collection.name,
        collection_slug=document.collection.slug,
        index_id=hit.index_id,
        lexical=hit.lexical,
        dense=hit.dense,
        updated=document.updated_at,
        table=chunk.table,
        is_edited=chunk.edit_id is not None,
        page_name=page_name,
        day=document.dated_on,
        passages_in_document=document.chunk_count,
        synonyms=widened.in_text(chunk.text, hit.index_id),
        marked=marked,
        phrases=asked.phrases,
        words=hit.words,
        signals=hit.signals,
        reranked=hit.reranked,
        name=document.name,
        dense_weight=document.collection.dense_weight,
    )
