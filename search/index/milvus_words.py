"""BM25 in Milvus: a collection of sparse vectors for every index, and one of statistics beside it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from search import analysis
from search.index.each import Each
from search.index.milvus import add_keys, candidate
from search.index.milvus_server import (
    PAGE,
    READ_TIMEOUT_S,
    WRITE_TIMEOUT_S,
    Collections,
    MilvusServer,
    one_of,
)
from search.index.milvus_statistics import Change, Statistics
from search.index.milvus_terms import Passage, Sparse, fields_of, key_of, product, question
from search.types import Candidate, Chunk, Wanted

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient
    from pymilvus.milvus_client.index import IndexParams

BATCH = 500
# An array of Milvus holds so many; a passage with more terms cannot be required to have one of the others.
MOST_TERMS = 4096
# Where a choice counts by its best way only, so many times the candidates are weighed anew.
DEEPER = 3

_Row = dict[str, Any]


class MilvusLexicalIndex:
    """A ``LexicalIndex`` on the Milvus server at ``uri``, such as ``http://milvus:19530``. Readers are many,
    on any machine; one process writes at a time.

    An empty ``uri`` is accepted and makes every call raise ``IndexUnavailable``.
    """

    def __init__(self, uri: str = "", token: str = "", database: str = "") -> None:
        self._server = MilvusServer(uri, token, database)
        self._stored = Collections(self._server, "words")
        self._statistics = Statistics(self._server)
        self._each = Each()

    # Writing

    def upsert(self, index_id: str, chunks: Iterable[Chunk]) -> None:
        passages = list({chunk.id: Passage.of(chunk) for chunk in chunks}.values())
        for start in range(0, len(passages), BATCH):
            self._store(index_id, passages[start : start + BATCH])
        if passages:
            self._settle(index_id)

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            change = Change()
            _take_away(change, self._stored_rows(index_id, part))
            self._stored.delete(index_id, part)
            self._statistics.apply(index_id, change.part(-1))
        if ids:
            self._settle(index_id)

    def drop(self, index_id: str) -> None:
        self._statistics.drop(index_id)
        self._stored.drop(index_id)

    def _store(self, index_id: str, passages: Sequence[Passage]) -> None:
        change = Change()
        for passage in passages:
            change.add(passage.counts, passage.lengths)
        _take_away(change, self._stored_rows(index_id, [passage.chunk.id for passage in passages]))
        self._statistics.apply(index_id, change.part(1))
        averages = self._statistics.current(index_id).averages
        rows = [_row(passage, averages) for passage in passages]

        def store(client: "MilvusClient", name: str) -> None:
            client.upsert(name, rows, timeout=WRITE_TIMEOUT_S)

        self._stored.write(index_id, store, _describe)
        self._statistics.apply(index_id, change.part(-1))

    def _stored_rows(self, index_id: str, ids: Sequence[str]) -> list[_Row]:
        def get(client: "MilvusClient", name: str) -> list[_Row]:
            return list(
                client.query(
                    name,
                    filter=one_of("id", ids),
                    output_fields=["vector", "lengths"],
                    consistency_level="Strong",
                    timeout=WRITE_TIMEOUT_S,
                )
            )

        nothing: list[_Row] = []
        return self._stored.read(index_id, get, nothing)

    def _settle(self, index_id: str) -> None:
        """Waits until everybody sees what was written."""
        self._stored.count(index_id)
        self._statistics.settle(index_id)

    # Reading

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
        ways = [way for choice in wanted.choices for way in choice]
        if k < 1 or not (wanted.terms or ways) or (only is not None and not only):
            return []
        terms = [wanted.terms, *ways]
        known = self._statistics.of(index_id, (key_of(term) for each in terms for term in each))
        if known is None:
            return []
        totals, holding = known
        asked = [question(each, holding, totals.chunks) for each in terms]
        narrow = _narrow(only, required, forbidden)
        if not ways:
            return [
                candidate(hit, float(hit["distance"])) for hit in self._search(index_id, asked[0], k, narrow)
            ]
        choices = _grouped(asked[1:], [len(choice) for choice in wanted.choices])
        hits = self._search(index_id, _sum(asked), DEEPER * k, narrow, "vector")
        found = [candidate(hit, _weighed(hit["entity"]["vector"], asked[0], choices)) for hit in hits]
        return sorted(found, key=lambda each: (-each.score, each.chunk_id))[:k]

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

        return self._each.best(ask, index_ids, k)

    def _search(self, index_id: str, vector: Sparse, k: int, narrow: str, *fields: str) -> list[_Row]:
        nothing: list[_Row] = []
        if not vector:
            return nothing

        def best(client: "MilvusClient", name: str) -> list[_Row]:
            found = client.search(
                name,
                data=[vector],
                limit=min(k, PAGE),
                filter=narrow,
                anns_field="vector",
                output_fields=[*fields],
                timeout=READ_TIMEOUT_S,
            )
            return list(found[0])

        return self._stored.read(index_id, best, nothing)

    def ids(self, index_id: str) -> Iterator[str]:
        return self._stored.ids(index_id)

    def count(self, index_id: str) -> int:
        known = self._statistics.of(index_id, ())
        return known[0].chunks if known else 0

    def document_frequencies(self, index_id: str, terms: Sequence[str]) -> dict[str, int]:
        """Up to ``REMEMBERED_S`` old where another process wrote; a little too high after a crash."""
        known = self._statistics.of(index_id, map(key_of, terms))
        return {term: known[1][key_of(term)].body if known else 0 for term in terms}

    def indexes(self) -> Iterator[str]:
        yield from self._stored.indexes()

    def ping(self) -> None:
        self._server.ping()


def _describe(schema: "CollectionSchema", indexes: "IndexParams") -> None:
    from pymilvus import DataType

    add_keys(schema, indexes)
    schema.add_field("vector", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field("terms", DataType.ARRAY, element_type=DataType.INT64, max_capacity=MOST_TERMS)
    schema.add_field("lengths", DataType.ARRAY, element_type=DataType.INT64, max_capacity=3)
    indexes.add_index("vector", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")


def _row(passage: Passage, averages: Sequence[float]) -> _Row:
    """A text without terms has to have a vector all the same: one of a term that nobody looks for."""
    return {
        "id": passage.chunk.id,
        "document_id": passage.chunk.document_id,
        "vector": passage.vector(averages) or {0: 1e-6},
        "terms": list(passage.counts[0])[:MOST_TERMS],
        "lengths": list(passage.lengths),
    }


def _take_away(change: Change, rows: Iterable[_Row]) -> None:
    for row in rows:
        keys = fields_of(row["vector"]) if sum(row["lengths"]) else [set(), set(), set()]
        change.add(keys, row["lengths"], sign=-1)


def _narrow(only: Collection[str] | None, required: Collection[str], forbidden: Collection[str]) -> str:
    parts = [] if only is None else [one_of("document_id", only)]
    if required:
        parts.append(f"array_contains_all(terms, {sorted(map(key_of, required))})")
    if forbidden:
        parts.append(f"not array_contains_any(terms, {sorted(map(key_of, forbidden))})")
    return " and ".join(f"({part})" for part in parts)


def _grouped(vectors: Sequence[Sparse], sizes: Sequence[int]) -> list[Sequence[Sparse]]:
    result, at = [], 0
    for size in sizes:
        result.append(vectors[at : at + size])
        at += size
    return result


def _sum(vectors: Iterable[Sparse]) -> Sparse:
    result: Sparse = {}
    for vector in vectors:
        for at, value in vector.items():
            result[at] = result.get(at, 0.0) + value
    return result


def _weighed(stored: Sparse, terms: Sparse, choices: Iterable[Sequence[Sparse]]) -> float:
    """All terms, and of each choice the best way."""
    best = (max((product(way, stored) for way in ways), default=0.0) for ways in choices)
    return product(terms, stored) + sum(best)
