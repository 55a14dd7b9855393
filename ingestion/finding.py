"""Search as people use it: from a question and collections to passages with their text and place.

The caller has asked ``ingestion.access`` which collections may be read; nothing is checked here.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ingestion import selectors
from ingestion.errors import BadQuery
from ingestion.models import Chunk, Collection
from ingestion.searched import Searched
from ingestion.widening import Widened
from search import registry
from search.errors import SearchError
from search.evidence import Evidence, judge
from search.retrieval import Result, retrieve
from search.snippets import highlights, snippet
from search.types import Hit, Mode

log = logging.getLogger(__name__)

_EVIDENCE_PASSAGES = 8
_DEEPEST = 5000


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A hit with its text and place. ``start`` and ``end`` are character offsets in the document's
    text; ``highlights`` and ``snippet`` are ranges in ``text``. ``lexical`` (BM25) and ``dense``
    (cosine) are ``None`` where that side did not return it. ``similar`` are those folded into
    it (``ingestion.folding``), ``synonyms`` pairs of a word asked for and one that the text holds instead."""

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
    snippet: tuple[int, int]
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
    similar: tuple["FoundPassage", ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """``took_ms`` is wall-clock milliseconds, ``index_ids`` are what was searched. ``notes`` tell a person
    what was different this time. ``evidence`` is in 0..1; ``answerable`` is whether it passes the threshold."""

    passages: list[FoundPassage]
    took_ms: float
    notes: list[str]
    evidence: float
    answerable: bool
    index_ids: tuple[str, ...] = ()


def find(
    query: str,
    collections: Sequence[Collection],
    *,
    k: int = 10,
    mode: Mode = "hybrid",
    tags: Sequence[str] = (),
) -> Found:
    """The best ``k`` passages of ``collections``, of documents that have all the ``tags``.

    Raises ``BadQuery``, ``search.errors.SearchError``.
    """
    query = _checked(query)
    began = time.perf_counter()
    generations = selectors.active_indexes(collections)
    searched = Searched.of(generations.values())
    widened = Widened.of(query, collections, generations)
    search = partial(
        retrieve,
        query,
        searched.groups,
        mode=mode,
        vectors=registry.vector_index(),
        lexical=registry.lexical_index(),
        wanted=widened.wanted,
    )
    result, chunks = _readable(search, k, tags)
    names = selectors.page_names([chunk for _hit, chunk in chunks[:k]])
    passages = [_passage(chunk, hit, query, names[chunk.id], widened) for hit, chunk in chunks[:k]]
    evidence = _evidence(query, passages[:_EVIDENCE_PASSAGES], searched)
    notes = list(result.notes)
    if searched.lost:
        notes.append(
            _("Some collections were indexed with another embedding model; there, words alone count.")
        )
    took_ms = round((time.perf_counter() - began) * 1000, 1)
    return Found(passages, took_ms, notes, evidence.score, evidence.answerable, tuple(searched.index_ids))


def _readable(
    search: Callable[..., Result], k: int, tags: Sequence[str]
) -> tuple[Result, list[tuple[Hit, Chunk]]]:
    """The hits whose documents are ready and have the tags. The indexes may also hold passages of documents
    in work, or on their way out; where those crowd out others, it asks again for more."""
    asked = k
    while True:
        result = search(k=asked)
        chunks = selectors.passages_by_id([hit.chunk_id for hit in result.hits], tags=tags)
        found = [(hit, chunks[hit.chunk_id]) for hit in result.hits if hit.chunk_id in chunks]
        if len(found) >= k or len(result.hits) < asked or asked >= _DEEPEST:
            return result, found
        asked *= 8


def _checked(query: str) -> str:
    query = query.strip()
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
    return f"{reverse('document', args=[document_id])}?p={chunk_id}#p={chunk_id}"


def _passage(chunk: Chunk, hit: Hit, query: str, page_name: str, widened: Widened) -> FoundPassage:
    marked = widened.marked(query, hit.index_id)
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
        highlights=highlights(chunk.text, marked),
        snippet=snippet(chunk.text, marked),
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
        synonyms=widened.in_text(chunk.text, hit.index_id),
    )
