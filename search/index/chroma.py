"""Vectors in a Chroma server: one Chroma collection per index, cosine distance.

The server is a process of its own (``chroma run``). Several processes may use it; none opens its folder.
"""

import logging
import re
import threading
import urllib.request
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

import numpy as np
from django.utils.translation import gettext as _

from search.errors import IndexUnavailable
from search.index.chroma_client import ChromaClient, ChromaError, NotThere
from search.index.each import Each
from search.protocols import Vectors
from search.types import Candidate

log = logging.getLogger(__name__)

PREFIX = "youju-"
LARGEST_BATCH = 1000
PAGE = 5000
PING_TIMEOUT_S = 5.0

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_T = TypeVar("_T")


class ChromaIndex:
    """A ``VectorIndex`` on the Chroma server at ``url``, such as ``http://127.0.0.1:8001``.

    An empty ``url`` is accepted and makes every call raise ``IndexUnavailable``.
    """

    def __init__(self, url: str = "") -> None:
        self._url = url.rstrip("/")
        self._client_made: ChromaClient | None = None
        self._batch = LARGEST_BATCH
        self._collections: dict[str, str] = {}
        self._lock = threading.Lock()
        self._each = Each()

    def upsert(
        self, index_id: str, ids: Sequence[str], document_ids: Sequence[str], vectors: Vectors
    ) -> None:
        """Store ``vectors[i]`` under ``ids[i]``; raises ``ValueError`` where the lengths differ."""
        if not len(ids) == len(document_ids) == len(vectors):
            raise ValueError("ids, document_ids and vectors must have the same length")
        rows = np.asarray(vectors, dtype=np.float32)

        def write(collection: str) -> None:
            for start in range(0, len(ids), self._batch):
                part = slice(start, start + self._batch)
                metadatas = [{"d": document_id} for document_id in document_ids[part]]
                self._client().upsert(collection, ids[part], rows[part], metadatas)

        if ids:
            self._on(index_id, write, None, create=True)

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        def remove(collection: str) -> None:
            for start in range(0, len(ids), self._batch):
                self._client().delete(collection, ids[start : start + self._batch])

        if ids:
            self._on(index_id, remove, None)

    def query(
        self, index_id: str, vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[Candidate]:
        if k < 1 or (only is not None and not only):
            return []
        where = None if only is None else {"d": {"$in": list(only)}}

        def nearest(collection: str) -> list[Candidate]:
            found = self._client().query(collection, vector, k, where)
            return [Candidate(key, 1.0 - distance) for key, distance in found]

        return self._on(index_id, nearest, [])

    def query_many(
        self, index_ids: Sequence[str], vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[tuple[str, Candidate]]:
        return self._each.best(lambda index_id: self.query(index_id, vector, k, only=only), index_ids, k)

    def ids(self, index_id: str) -> Iterator[str]:
        offset = 0
        nothing: list[str] = []

        def page(collection: str) -> list[str]:
            return self._client().ids(collection, PAGE, offset)

        while True:
            found = self._on(index_id, page, nothing)
            yield from found
            if len(found) < PAGE:
                return
            offset += PAGE

    def drop(self, index_id: str) -> None:
        def remove() -> None:
            with suppress(NotThere):
                self._client().drop(_name(index_id))

        self._reach(remove)
        self._collections.pop(index_id, None)

    def indexes(self) -> Iterator[str]:
        names = self._reach(lambda: self._client().names())
        yield from sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))

    def mend(self, index_id: str, *, thoroughly: bool = False) -> bool:
        """Nothing is kept beside the server."""
        return False

    def ping(self) -> None:
        if not self._url:
            raise _not_running()
        try:
            with urllib.request.urlopen(f"{self._url}/api/v2/heartbeat", timeout=PING_TIMEOUT_S) as answer:
                answer.read()
        except OSError as error:
            raise _unreachable(self._url, error) from error

    def _on(self, index_id: str, work: Callable[[str], _T], missing: _T, *, create: bool = False) -> _T:
        """``work`` on the index's collection; ``missing`` where there is none and ``create`` is false.

        A handle goes stale when another process drops the collection, so a collection that cannot be
        found is looked up once more.
        """

        def attempt() -> _T:
            for _try in range(2):
                try:
                    return work(self._collection(index_id, create))
                except NotThere:
                    self._collections.pop(index_id, None)
            return missing

        return self._reach(attempt)

    def _collection(self, index_id: str, create: bool) -> str:
        known = self._collections.get(index_id)
        if known is not None:
            return known
        found = self._client().collection(_name(index_id), create=create)
        self._collections[index_id] = found
        return found

    def _client(self) -> ChromaClient:
        if not self._url:
            raise _not_running()
        with self._lock:
            if self._client_made is None:
                client = ChromaClient(self._url)
                self._batch = max(1, min(LARGEST_BATCH, client.largest_batch()))
                self._client_made = client
            return self._client_made

    def _reach(self, work: Callable[[], _T]) -> _T:
        """``work()``, with every way of not reaching the server turned into ``IndexUnavailable``."""
        try:
            return work()
        except ChromaError as error:
            raise _unreachable(self._url, error) from error


def _name(index_id: str) -> str:
    if not _NAME.fullmatch(index_id):
        raise ValueError(f"{index_id!r} cannot name an index; use letters, digits, '-', '_' and '.'")
    return f"{PREFIX}{index_id}"


def _not_running() -> IndexUnavailable:
    return IndexUnavailable(
        _(
            "The vector server is not running. Start Youju with “make run”, "
            "or set CHROMA_URL to your own server."
        )
    )


def _unreachable(url: str, error: Exception) -> IndexUnavailable:
    """Everybody may read it: where the server is and what it said stands in the log."""
    log.warning("Chroma at %s does not answer: %s", url, str(error).strip() or type(error).__name__)
    return IndexUnavailable(
        _("The vector server does not answer: try again in a moment. If that does not help, ask an "
          "administrator, who finds more in the log of the site.")
    )  # fmt: skip
