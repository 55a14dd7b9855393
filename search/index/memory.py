"""Both indexes in memory: for tests, and for collections that need not outlive the process."""

import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from search import analysis
from search.bm25 import idf, saturation
from search.index.each import best_of
from search.protocols import Vectors
from search.types import Candidate, Chunk, Wanted


class MemoryVectorIndex:
    """A ``VectorIndex`` that compares with every vector."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, tuple[str, Vectors]]] = {}
        self._lock = threading.Lock()

    def upsert(
        self, index_id: str, ids: Sequence[str], document_ids: Sequence[str], vectors: Vectors
    ) -> None:
        """Store ``vectors[i]`` under ``ids[i]``; raises ``ValueError`` where the lengths differ."""
        if not len(ids) == len(document_ids) == len(vectors):
            raise ValueError("ids, document_ids and vectors must have the same length")
        with self._lock:
            rows = self._rows.setdefault(index_id, {})
            for chunk_id, document_id, vector in zip(ids, document_ids, vectors, strict=True):
                rows[chunk_id] = (document_id, np.array(vector, dtype=np.float32))

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        with self._lock:
            for chunk_id in ids:
                self._rows.get(index_id, {}).pop(chunk_id, None)

    def query(
        self, index_id: str, vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[Candidate]:
        with self._lock:
            rows = [row for row in self._rows.get(index_id, {}).items() if only is None or row[1][0] in only]
        if not rows or k < 1:
            return []
        scores = np.stack([row for _id, (_document, row) in rows]) @ np.asarray(vector).reshape(-1)
        best = np.argsort(-scores, kind="stable")[:k]
        return [Candidate(rows[i][0], float(scores[i])) for i in best]

    def query_many(
        self, index_ids: Sequence[str], vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[tuple[str, Candidate]]:
        found = (
            (index_id, one) for index_id in index_ids for one in self.query(index_id, vector, k, only=only)
        )
        return best_of(found, k)

    def ids(self, index_id: str) -> Iterator[str]:
        with self._lock:
            known = list(self._rows.get(index_id, {}))
        yield from known

    def drop(self, index_id: str) -> None:
        with self._lock:
            self._rows.pop(index_id, None)

    def indexes(self) -> Iterator[str]:
        with self._lock:
            known = sorted(self._rows)
        yield from known

    def mend(self, index_id: str, *, thoroughly: bool = False) -> bool:
        """Nothing is kept beside."""
        return False

    def ping(self) -> None:
        """Always there."""


@dataclass(slots=True)
class _Postings:
    documents: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    terms: dict[str, Counter[str]] = field(default_factory=dict)
    postings: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, chunk: Chunk) -> None:
        self.remove(chunk.id)
        counts = Counter(analysis.tokens(f"{chunk.title}\n{chunk.above}\n{chunk.text}"))
        self.documents[chunk.id] = chunk.document_id
        self.lengths[chunk.id] = counts.total()
        self.terms[chunk.id] = counts
        for term, count in counts.items():
            self.postings[term][chunk.id] = count

    def remove(self, chunk_id: str) -> None:
        if self.documents.pop(chunk_id, None) is None:
            return
        del self.lengths[chunk_id]
        for term in self.terms.pop(chunk_id):
            del self.postings[term][chunk_id]

    def scores(self, wanted: Wanted) -> dict[str, float]:
        """For every chunk that has a term or one of the choices."""
        result = self._bm25(wanted.terms)
        for ways in wanted.choices:
            best: dict[str, float] = {}
            for way in ways:
                for chunk_id, score in self._bm25(way).items():
                    best[chunk_id] = max(score, best.get(chunk_id, 0.0))
            for chunk_id, score in best.items():
                result[chunk_id] = result.get(chunk_id, 0.0) + score
        return result

    def _bm25(self, terms: Mapping[str, float]) -> dict[str, float]:
        total = len(self.documents)
        average = sum(self.lengths.values()) / total if total else 1.0
        result: dict[str, float] = defaultdict(float)
        for term, weight in terms.items():
            found = self.postings.get(term)
            if not found:
                continue
            says = weight * idf(total, len(found))
            for chunk_id, count in found.items():
                result[chunk_id] += says * saturation(count, self.lengths[chunk_id] / average)
        return result


class MemoryLexicalIndex:
    """A ``LexicalIndex`` over postings in dictionaries."""

    def __init__(self) -> None:
        self._indexes: dict[str, _Postings] = {}
        self._lock = threading.Lock()

    def upsert(self, index_id: str, chunks: Iterable[Chunk]) -> None:
        with self._lock:
            index = self._indexes.setdefault(index_id, _Postings())
            for chunk in chunks:
                index.add(chunk)

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        with self._lock:
            index = self._indexes.get(index_id)
            if index is not None:
                for chunk_id in ids:
                    index.remove(chunk_id)

    def query(
        self,
        index_id: str,
        query: str,
        k: int,
        *,
        only: Collection[str] | None = None,
        required: Collection[str] = (),
        forbidden: Collection[str] = (),
        wanted: Wanted | None = None,
    ) -> list[Candidate]:
        wanted = wanted or Wanted(analysis.weighted_terms(query))
        with self._lock:
            index = self._indexes.get(index_id)
            if index is None:
                return []
            scores = {
                key: score
                for key, score in index.scores(wanted).items()
                if (only is None or index.documents[key] in only)
                and all(term in index.terms[key] for term in required)
                and not any(term in index.terms[key] for term in forbidden)
            }
            best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[: max(k, 0)]
            return [Candidate(key, score) for key, score in best]

    def query_many(
        self,
        index_ids: Sequence[str],
        query: str,
        k: int,
        *,
        only: Collection[str] | None = None,
        required: Collection[str] = (),
        forbidden: Collection[str] = (),
        wanted: Mapping[str, Wanted] | None = None,
    ) -> list[tuple[str, Candidate]]:
        def ask(index_id: str) -> list[Candidate]:
            return self.query(
                index_id,
                query,
                k,
                only=only,
                required=required,
                forbidden=forbidden,
                wanted=(wanted or {}).get(index_id),
            )

        return best_of(((index_id, one) for index_id in index_ids for one in ask(index_id)), k)

    def ids(self, index_id: str) -> Iterator[str]:
        with self._lock:
            index = self._indexes.get(index_id)
            known = list(index.documents) if index else []
        yield from known

    def count(self, index_id: str) -> int:
        with self._lock:
            index = self._indexes.get(index_id)
            return len(index.documents) if index else 0

    def document_frequencies(self, index_id: str, terms: Sequence[str]) -> dict[str, int]:
        with self._lock:
            index = self._indexes.get(index_id)
            return {term: len(index.postings.get(term, ())) if index else 0 for term in terms}

    def drop(self, index_id: str) -> None:
        with self._lock:
            self._indexes.pop(index_id, None)

    def indexes(self) -> Iterator[str]:
        with self._lock:
            known = sorted(self._indexes)
        yield from known

    def ping(self) -> None:
        """Always there."""
