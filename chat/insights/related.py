"""Documents on the same subject, in the collections that a person may read, without a language model.

By meaning: the nearest neighbours of a few central passages, whose vectors are those that their index was
made with. By words: the text's most telling terms, which works in every language. What both say is added up;
what is near in neither is not shown.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from chat.connections import release_connections
from chat.insights.made import Made, Task
from chat.insights.subjects import Subject
from chat.insights.telling_terms import central_places, words_of
from ingestion import selectors
from ingestion.access import collections_for
from ingestion.finding import passage_url
from ingestion.models import Chunk
from ingestion.searched import Searched
from ingestion.stored_vectors import vectors_of
from ingestion.telling_terms import counted, telling_terms
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
_WORDS_WEIGH = 0.6
# A passage that holds less of the telling terms' weight shares no subject by its words.
_LEAST_WORDS = 0.15
# Passages are nearer to each other than questions to passages: a question and its answer are seldom nearer
# than 1.
_LEAST_NEARNESS = 0.5
_FARTHER = 0.35


@dataclass(slots=True)
class _Near:
    """What speaks for a document: ``best`` is the nearness of ``chunk_id``, its nearest passage, as
    ``Coverage.scaled`` has it, ``mean`` that to all central passages; ``words`` is the share of the telling
    terms' weight in ``by_words``, its best passage by words."""

    best: float = 0.0
    mean: float = 0.0
    chunk_id: str = ""
    words: float = 0.0
    by_words: str = ""

    @property
    def nearness(self) -> float:
        return (self.best + self.mean) / 2

    @property
    def score(self) -> float:
        return self.nearness + _WORDS_WEIGH * self.words


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
    listed = _shown(near)
    release_connections()
    if not listed:
        notes.append(_("Nothing in the collections that you may read is close to this text."))
    found = {"documents": listed, "terms": words_of(subject, terms), "searched": len(generations)}
    return Made(data=found, notes=tuple(notes))


def _by_meaning(
    near: dict[str, _Near], subject: Subject, places: Sequence[int], groups: Sequence[Group], own: str
) -> list[str]:
    """Notes where meaning could not be compared."""
    text = " ".join(subject.passages[place].text for place in places)[:2000]
    blind = False
    for group in groups:
        try:
            if group.embedder is None or group.coverage is None or group.coverage.trust(text) <= 0:
                blind = True
                continue
            _nearest(near, _vectors(subject, places, group.embedder), group, own)
        except SearchError as error:
            log.warning("related documents are found by words only: %s", error)
            blind = True
    if not blind:
        return []
    return [_("In some collections only words were compared: their embedding model does not know the "
              "language of this text, or is not there.")]  # fmt: skip


def _vectors(subject: Subject, places: Sequence[int], embedder: Embedder) -> list[Vectors]:
    """Those that the index was made with, where they are kept; otherwise they are made anew."""
    central = [subject.passages[place] for place in places]
    passages = [
        Passage(one.chunk_id, one.document_id, one.text, subject.title, one.heading, one.table)
        for one in central
    ]
    return vectors_of(passages, embedder)


def _nearest(near: dict[str, _Near], vectors: Sequence[Vectors], group: Group, own: str) -> None:
    assert group.coverage is not None
    index = registry.vector_index()
    for vector in vectors:
        found = _alone(index.query_many(group.index_ids, vector, _depth(group.index_ids)))
        for document_id, one in _once(found, own).items():
            nearness = group.coverage.scaled(one.score)
            if nearness < _LEAST_NEARNESS:
                break
            document = near[document_id]
            document.mean += nearness / len(vectors)
            if nearness > document.best:
                document.best, document.chunk_id = nearness, one.chunk_id


def _by_words(near: dict[str, _Near], terms: dict[str, float], index_ids: Sequence[str], own: str) -> None:
    """Only documents that hold enough of the terms."""
    if not terms:
        return
    index = registry.lexical_index()
    wanted = dict.fromkeys(index_ids, Wanted(terms))
    best = _once(_alone(index.query_many(index_ids, "", _depth(index_ids), wanted=wanted)), own)
    chunks = selectors.passages_by_id([one.chunk_id for one in best.values()])
    total = sum(terms.values())
    for document_id, one in best.items():
        chunk = chunks.get(one.chunk_id)
        share = _share(chunk, terms) / total if chunk else 0.0
        if share >= _LEAST_WORDS:
            document = near[document_id]
            document.words, document.by_words = share, one.chunk_id


def _depth(index_ids: Sequence[str]) -> int:
    """Of several indexes more, since the text's own document fills the first places."""
    return _DEPTH * min(len(index_ids), 5)


def _alone(found: Sequence[tuple[str, Candidate]]) -> list[Candidate]:
    return [one for _index_id, one in found]


def _share(chunk: Chunk, terms: dict[str, float]) -> float:
    there = set(analysis.tokens(f"{chunk.document.shown_title}\n{chunk.heading}\n{chunk.text}"))
    return sum(weight for term, weight in terms.items() if term in there)


def _once(found: Sequence[Candidate], own: str) -> dict[str, Candidate]:
    """The best passage of each document, by the document's id, best first, without the text's own."""
    documents = selectors.documents_holding(one.chunk_id for one in found)
    best: dict[str, Candidate] = {}
    for one in sorted(found, key=lambda one: -one.score):
        document_id = documents.get(one.chunk_id, own)
        if document_id != own:
            best.setdefault(document_id, one)
    return best


def _shown(near: dict[str, _Near]) -> list[dict[str, Any]]:
    """Of those that are near by meaning alone, only such as are not much farther than the nearest."""
    nearest = max((one.nearness for one in near.values()), default=0.0)
    kept = [one for one in near.values() if one.words or one.nearness >= nearest - _FARTHER]
    ranked = sorted(kept, key=lambda one: -one.score)[:SHOWN]
    chunks = selectors.passages_by_id([one.chunk_id or one.by_words for one in ranked])
    shown = [(chunks.get(one.chunk_id or one.by_words), one) for one in ranked]
    return [_entry(chunk, one) for chunk, one in shown if chunk is not None]


def _entry(chunk: Chunk, one: _Near) -> dict[str, Any]:
    document = chunk.document
    return {
        "document_id": str(document.pk),
        "document": document.shown_title,
        "collection": document.collection.name,
        "chunk_id": chunk.id,
        "page": chunk.page,
        "heading": chunk.heading,
        "quote": chunk.text,
        "start": chunk.start,
        "end": chunk.end,
        "url": passage_url(document.pk, chunk.id),
        "nearness": round(one.nearness, 3),
        "words": round(one.words, 3),
        "by": [*(["meaning"] if one.nearness else []), *(["words"] if one.words else [])],
    }
