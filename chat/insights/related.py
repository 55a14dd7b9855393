"""Documents on the same subject, in the collections that a person may read, without a language model.

By meaning: the nearest neighbours of a few central passages, whose vectors are those that their index was
made with. By words: the text's most telling terms, which works in every language. The two lists are merged by
rank (Cormack et al., "Reciprocal Rank Fusion", 2009); what is near in neither is not shown.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from chat.connections import release_connections
from chat.insights.made import Made, Task
from chat.insights.subjects import Subject
from chat.insights.telling_terms import central_places, counted, telling_terms
from ingestion import selectors
from ingestion.access import collections_for
from ingestion.embedding_cache import cache, embed_new, text_key
from ingestion.embedding_texts import embedding_text
from ingestion.finding import passage_url
from ingestion.models import Chunk, Document
from ingestion.searched import Searched
from ingestion.token_counts import counter_for
from search import analysis, registry
from search.errors import SearchError
from search.protocols import Embedder, Vectors
from search.retrieval import Group
from search.types import Candidate, Wanted
from search.types import Chunk as Passage

log = logging.getLogger(__name__)

SHOWN = 8
_CENTRAL = 5
_DEPTH = 40
_RANK = 20
# A document by words alone must hold so much of the telling terms' weight.
_LEAST_BY_WORDS = 0.3
_TERMS_SHOWN = 5


@dataclass(slots=True)
class _Near:
    """What speaks for a document: ``score`` by ranks, ``nearness`` the best cosine from noise, 0, to signal,
    1, and the passage that is nearest."""

    score: float = 0.0
    nearness: float = 0.0
    chunk_id: str = ""
    by: set[str] = field(default_factory=set)


def related(task: Task) -> Made:
    """``data["documents"]`` are the nearest first. Raises ``SearchError`` where no index can be asked."""
    task.work.take("reading")
    subject = task.subject
    generations = selectors.active_indexes(list(collections_for(task.person)))
    searched = Searched.of(generations.values())
    release_connections()
    texts = [passage.text for passage in subject.passages]
    counts = counted(texts, is_indexed=subject.document is not None)
    terms = telling_terms(counts, searched.index_ids, registry.lexical_index())
    places = central_places(texts, terms, _CENTRAL)
    own = str(subject.document.pk) if subject.document else ""
    task.work.take("searching")
    near: dict[str, _Near] = defaultdict(_Near)
    notes = _by_meaning(near, subject, places, searched.groups, own)
    task.work.tick()
    _by_words(near, terms, searched.index_ids, own)
    listed = _shown(near, terms)
    release_connections()
    if not listed:
        notes.append(_("Nothing in the collections that you may read is close to this text."))
    found = {"documents": listed, "terms": _words_of(subject, terms), "searched": len(generations)}
    return Made(data=found, notes=tuple(notes))


def _by_meaning(
    near: dict[str, _Near], subject: Subject, places: Sequence[int], groups: Sequence[Group], own: str
) -> list[str]:
    """Notes where meaning could not be compared."""
    text = " ".join(subject.passages[place].text for place in places)
    blind = False
    for group in groups:
        if group.embedder is None or group.coverage is None:
            continue
        try:
            if group.coverage.trust(text[:2000]) <= 0:
                blind = True
                continue
            vectors = _vectors(subject, places, group.embedder)
            _nearest(near, vectors, group, own)
        except SearchError as error:
            log.warning("related documents are found by words only: %s", error)
            blind = True
    if not blind:
        return []
    return [_("In some collections only words were compared: their embedding model does not know the "
              "language of this text.")]  # fmt: skip


def _vectors(subject: Subject, places: Sequence[int], embedder: Embedder) -> list[Vectors]:
    """Those that the index was made with, where they are kept; otherwise they are made anew."""
    counter = counter_for(registry.tokenizer_path(embedder))
    window = registry.passage_tokens(embedder)
    texts = []
    for place in places:
        one = subject.passages[place]
        passage = Passage(one.chunk_id, one.document_id, one.text, subject.title, one.heading, one.table)
        texts.append(embedding_text(passage, window, counter))
    keys = [text_key(embedder.fingerprint, text) for text in texts]
    known = cache().get(keys)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    known |= embed_new(embedder, missing.items())
    return [known[key] for key in keys]


def _nearest(near: dict[str, _Near], vectors: Sequence[Vectors], group: Group, own: str) -> None:
    assert group.coverage is not None
    index = registry.vector_index()
    for vector in vectors:
        found: list[Candidate] = []
        for index_id in group.index_ids:
            found += index.query(index_id, vector, _DEPTH)
        found.sort(key=lambda one: -one.score)
        for rank, one in enumerate(_once(found, own)):
            nearness = group.coverage.standard(one.score)
            if nearness <= 0:
                break
            document = near[one.document_id]
            document.score += 1 / (_RANK + rank) / len(vectors)
            document.by.add("meaning")
            if nearness > document.nearness or not document.chunk_id:
                document.nearness, document.chunk_id = nearness, one.chunk_id


def _by_words(near: dict[str, _Near], terms: dict[str, float], index_ids: Sequence[str], own: str) -> None:
    if not terms:
        return
    index = registry.lexical_index()
    wanted = Wanted(terms)
    found: list[Candidate] = []
    for index_id in index_ids:
        found += index.query(index_id, " ".join(terms), _DEPTH, wanted=wanted)
    found.sort(key=lambda one: -one.score)
    for rank, one in enumerate(_once(found, own)):
        document = near[one.document_id]
        document.score += 1 / (_RANK + rank)
        document.by.add("words")
        document.chunk_id = document.chunk_id or one.chunk_id


def _once(found: Iterable[Candidate], own: str) -> list[Candidate]:
    """The best passage of each document, without the text's own."""
    best: dict[str, Candidate] = {}
    for one in found:
        if one.document_id != own:
            best.setdefault(one.document_id, one)
    return list(best.values())


def _shown(near: dict[str, _Near], terms: dict[str, float]) -> list[dict[str, Any]]:
    ranked = sorted(near.items(), key=lambda item: -item[1].score)[: 3 * SHOWN]
    chunks = selectors.passages_by_id([one.chunk_id for _pk, one in ranked])
    listed = []
    for _pk, one in ranked:
        chunk = chunks.get(one.chunk_id)
        if chunk is None:
            continue
        held = _held(chunk, terms)
        share = sum(terms[term] for term in held) / (sum(terms.values()) or 1.0)
        if "meaning" not in one.by and share < _LEAST_BY_WORDS:
            continue
        listed.append(_entry(chunk, chunk.document, one, share))
    return listed[:SHOWN]


def _held(chunk: Chunk, terms: dict[str, float]) -> list[str]:
    there = set(analysis.tokens(f"{chunk.document.shown_title}\n{chunk.heading}\n{chunk.text}"))
    return [term for term in terms if term in there]


def _entry(chunk: Chunk, document: Document, one: _Near, share: float) -> dict[str, Any]:
    return {
        "document_id": str(document.pk),
        "document": document.shown_title,
        "collection": document.collection.name,
        "collection_id": str(document.collection_id),
        "chunk_id": chunk.id,
        "page": chunk.page,
        "heading": chunk.heading,
        "quote": chunk.text,
        "start": chunk.start,
        "end": chunk.end,
        "url": passage_url(document.pk, chunk.id),
        "nearness": round(min(1.0, max(0.0, one.nearness)), 3),
        "words": round(share, 3),
        "by": sorted(one.by),
    }


def _words_of(subject: Subject, terms: dict[str, float]) -> list[str]:
    """The telling terms as the text writes them: terms of the index are cut short."""
    left = dict.fromkeys(terms)
    shown: dict[str, str] = {}
    for passage in subject.passages[:100]:
        for token in analysis.spans(passage.text, left):
            shown.setdefault(token.term, passage.text[token.start : token.end])
        if len(shown) == len(left):
            break
    return list(dict.fromkeys(shown[term] for term in terms if term in shown))[: _TERMS_SHOWN * 2]
