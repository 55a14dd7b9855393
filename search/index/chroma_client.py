"""The requests to a Chroma server (its HTTP API, version 2) that an index needs.

Chroma's own client takes a second of processor time and 60 MB in every process that imports it.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import orjson
import urllib3

from search.protocols import Vectors

_TIMEOUT = urllib3.Timeout(connect=5.0, read=300.0)
# Every request may be repeated, so one that met a connection that the server had given up is.
_RETRIES = urllib3.Retry(
    total=1, connect=0, read=1, other=0, redirect=0, status=0, allowed_methods=None, raise_on_status=False
)


class ChromaError(Exception):
    """The server cannot be reached, or does not do what it was asked."""


class NotThere(ChromaError):
    """It has no such collection."""


class ChromaClient:
    """Several threads may use one. Every call raises ``ChromaError``, those about one collection
    ``NotThere`` where it is gone. Nothing is sent before the first call."""

    def __init__(self, url: str) -> None:
        self._server = f"{url}/api/v2"
        self._collections = f"{self._server}/tenants/default_tenant/databases/default_database/collections"
        self._pool = urllib3.PoolManager(
            maxsize=16, timeout=_TIMEOUT, retries=_RETRIES, headers={"Content-Type": "application/json"}
        )
        self._as_base64: bool | None = None

    def largest_batch(self) -> int:
        """How many vectors it takes at once."""
        checks = self._ask("GET", f"{self._server}/pre-flight-checks")
        self._as_base64 = bool(checks.get("supports_base64_encoding"))
        return int(checks["max_batch_size"])

    def collection(self, name: str, *, create: bool = False) -> str:
        """Its id; a new one compares by cosine."""
        if not create:
            return str(self._ask("GET", f"{self._collections}/{name}")["id"])
        wanted = {"name": name, "configuration": {"hnsw": {"space": "cosine"}}, "get_or_create": True}
        return str(self._ask("POST", self._collections, wanted)["id"])

    def names(self) -> list[str]:
        return [str(found["name"]) for found in self._ask("GET", self._collections)]

    def drop(self, name: str) -> None:
        self._ask("DELETE", f"{self._collections}/{name}")

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: Vectors, metadatas: Sequence[Mapping[str, str]]
    ) -> None:
        if self._as_base64 is None:
            self.largest_batch()
        rows: Any = np.ascontiguousarray(vectors, dtype="<f4")
        if self._as_base64:
            rows = [base64.b64encode(row.tobytes()).decode() for row in rows]
        self._on(collection, "upsert", {"ids": list(ids), "embeddings": rows, "metadatas": metadatas})

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        self._on(collection, "delete", {"ids": list(ids)})

    def query(
        self, collection: str, vector: Vectors, k: int, where: Mapping[str, Any] | None = None
    ) -> list[tuple[str, float]]:
        """Id and distance, the nearest first."""
        body = {"query_embeddings": np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)}
        wanted = {"n_results": k, "include": ["distances"], "where": where}
        answer = self._on(collection, "query", {**body, **wanted})
        return list(zip(answer["ids"][0], answer["distances"][0], strict=True))

    def count(self, collection: str) -> int:
        return int(self._ask("GET", f"{self._collections}/{collection}/count"))

    def rows(self, collection: str, limit: int) -> tuple[list[str], list[Mapping[str, str]], Vectors]:
        """Ids, metadata and vectors of the first ones."""
        body = {"limit": limit, "offset": 0, "include": ["metadatas", "embeddings"]}
        answer = self._on(collection, "get", body)
        vectors = answer["embeddings"] or np.zeros((0, 0))
        return answer["ids"], answer["metadatas"] or [], np.array(vectors, dtype=np.float32)

    def ids(self, collection: str, limit: int, offset: int) -> list[str]:
        body = {"limit": limit, "offset": offset, "include": []}
        return cast(list[str], self._on(collection, "get", body)["ids"])

    def _on(self, collection: str, what: str, body: Mapping[str, Any]) -> Any:
        return self._ask("POST", f"{self._collections}/{collection}/{what}", body)

    def _ask(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        try:
            answer = self._pool.request(method, url, body=data)
        except urllib3.exceptions.HTTPError as error:
            raise ChromaError(str(error)) from error
        if answer.status == 404:
            raise NotThere(_message(answer.data))
        if answer.status >= 400:
            raise ChromaError(f"{answer.status} {_message(answer.data)}")
        return orjson.loads(answer.data or b"null")


def _message(data: bytes) -> str:
    try:
        return str(orjson.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        return data.decode("utf-8", "replace")[:300]
