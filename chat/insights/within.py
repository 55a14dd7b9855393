"""A search within a text that is in no index: its passages are put into one in memory, for one question."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from chat.insights.subjects import Subject
from ingestion.finding import Found, FoundPassage
from search import registry
from search.coverage import Coverage
from search.errors import ModelUnavailable
from search.evidence import Evidence, judge
from search.index.memory import MemoryLexicalIndex, MemoryVectorIndex
from search.protocols import Embedder
from search.retrieval import Group, retrieve
from search.types import Chunk

PASSAGES = 8
# The meaning of more passages is not compared: words find the rest.
MOST_EMBEDDED = 160
_INDEX = "text"


def find_within(subject: Subject, query: str) -> Found:
    """The best passages of ``subject`` for ``query``. Raises ``SearchError``."""
    passages = {passage.chunk_id: passage for passage in subject.passages}
    lexical, vectors = MemoryLexicalIndex(), MemoryVectorIndex()
    lexical.upsert(_INDEX, [_chunk(subject, passage) for passage in subject.passages])
    group, coverage = _group(subject, query, vectors)
    result = retrieve(query, [group], k=PASSAGES, mode="hybrid", vectors=vectors, lexical=lexical)
    found = [
        replace(passages[hit.chunk_id], score=hit.score, lexical=hit.lexical, dense=hit.dense)
        for hit in result.hits
    ]
    fingerprint = group.embedder.fingerprint if group.embedder else ""
    weighed = partial(_evidence, query, found, lexical, coverage, fingerprint)
    return Found(found, 0.0, list(result.notes), lru_cache(maxsize=1)(weighed))


def _chunk(subject: Subject, passage: FoundPassage) -> Chunk:
    return Chunk(passage.chunk_id, "", passage.text, subject.title, passage.heading)


def _group(subject: Subject, query: str, vectors: MemoryVectorIndex) -> tuple[Group, Coverage]:
    """With the vectors of all passages, where there are few enough and the model knows the question's
    language."""
    coverage = registry.coverage()
    embedder: Embedder = registry.embedder()
    few = len(subject.passages) <= MOST_EMBEDDED
    try:
        if few and coverage.dense_weight(query) > 0:
            rows = embedder.embed([passage.text for passage in subject.passages])
            ids = [passage.chunk_id for passage in subject.passages]
            vectors.upsert(_INDEX, ids, [""] * len(ids), np.asarray(rows))
            return Group((_INDEX,), embedder, coverage), coverage
    except ModelUnavailable:
        pass
    return Group((_INDEX,)), coverage


def _evidence(
    query: str,
    passages: Sequence[FoundPassage],
    lexical: MemoryLexicalIndex,
    coverage: Coverage,
    fingerprint: str,
) -> Evidence:
    return judge(
        query,
        [passage.text for passage in passages],
        [passage.dense for passage in passages],
        contexts=[f"{passage.document}\n{passage.heading}" for passage in passages],
        bm25=[passage.lexical for passage in passages],
        index_ids=[_INDEX],
        lexical=lexical,
        coverage=coverage,
        embedding=fingerprint,
    )
