"""Vectors in Milvus: one collection per index, HNSW, cosine distance."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from search.index.each import Each
from search.index.milvus_server import (
    LARGEST_BATCH,
    PAGE,
    READ_TIMEOUT_S,
    WRITE_TIMEOUT_S,
    Collections,
    MilvusServer,
    one_of,
)
from search.protocols import Vectors
from search.types import Candidate

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient
    from pymilvus.milvus_client.index import IndexParams

# The graph, as Milvus recommends it for some hundred dimensions, and how many points a search looks at.
GRAPH = {"M": 16, "efConstruction": 200}
LEAST_EF = 128


class MilvusVectorIndex:
    """A ``VectorIndex`` on the Milvus server at ``uri``, such as ``http://milvus:19530``.

    An empty ``uri`` is accepted and makes every call raise ``IndexUnavailable``.
    """

    def __init__(self, uri: str = "", token: str = "", database: str = "") -> None:
        self._server = MilvusServer(uri, token, database)
        self._stored = Collections(self._server, "vectors")
        self._each = Each()

    def upsert(
        self, index_id: str, ids: Sequence[str], document_ids: Sequence[str], vectors: Vectors
    ) -> None:
        """Store ``vectors[i]`` under ``ids[i]``; raises ``ValueError`` where the lengths differ."""
        if not len(ids) == len(document_ids) == len(vectors):
            raise ValueError("ids, document_ids and vectors must have the same length")
        if not ids:
            return
        array = np.asarray(vectors, dtype=np.float32)
        rows = [
            {"id": key, "document_id": document_id, "vector": vector}
            for key, document_id, vector in zip(ids, document_ids, array, strict=True)
        ]

        def store(client: "MilvusClient", name: str) -> None:
            for start in range(0, len(rows), LARGEST_BATCH):
                client.upsert(name, rows[start : start + LARGEST_BATCH], timeout=WRITE_TIMEOUT_S)

        def describe(schema: "CollectionSchema", indexes: "IndexParams") -> None:
            add_keys(schema, indexes)
            from pymilvus import DataType

            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=array.shape[1])
            indexes.add_index("vector", index_type="HNSW", metric_type="COSINE", params=GRAPH)

        self._stored.write(index_id, store, describe)
        self._stored.count(index_id)

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        if ids:
            self._stored.delete(index_id, ids)

    def query(
        self, index_id: str, vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[Candidate]:
        if k < 1 or (only is not None and not only):
            return []
        row = np.asarray(vector, dtype=np.float32).reshape(1, -1)
        k = min(k, PAGE)

        def nearest(client: "MilvusClient", name: str) -> list[Candidate]:
            found = client.search(
                name,
                data=row,
                limit=k,
                filter="" if only is None else one_of("document_id", only),
                anns_field="vector",
                search_params={"params": {"ef": max(2 * k, LEAST_EF)}},
                timeout=READ_TIMEOUT_S,
            )
            return [candidate(hit, float(hit["distance"])) for hit in found[0]]

        nothing: list[Candidate] = []
        return self._stored.read(index_id, nearest, nothing)

    def query_many(
        self, index_ids: Sequence[str], vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[tuple[str, Candidate]]:
        return self._each.best(lambda index_id: self.query(index_id, vector, k, only=only), index_ids, k)

    def ids(self, index_id: str) -> Iterator[str]:
        return self._stored.ids(index_id)

    def drop(self, index_id: str) -> None:
        self._stored.drop(index_id)

    def indexes(self) -> Iterator[str]:
        yield from self._stored.indexes()

    def mend(self, index_id: str, *, thoroughly: bool = False) -> bool:
        """Nothing is kept beside the server."""
        return False

    def ping(self) -> None:
        self._server.ping()


def add_keys(schema: "CollectionSchema", indexes: "IndexParams") -> None:
    """The fields that vectors and words have in common."""
    from pymilvus import DataType

    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=256)
    schema.add_field("document_id", DataType.VARCHAR, max_length=256)
    indexes.add_index("document_id", index_type="INVERTED")


def candidate(hit: dict[str, Any], score: float) -> Candidate:
    return Candidate(str(hit["id"]), score)
