"""Vectors of texts that were embedded before, so that unchanged text costs no second computation.

A SQLite file beside the data. It holds nothing that cannot be computed again: it may be deleted at any
time, several processes may use it at once, and whatever goes wrong with it is logged and costs only its
use. What was not asked for longest leaves first when the file reaches its size.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np
from django.conf import settings

from search.protocols import Embedder, Vectors

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, used INTEGER NOT NULL, row BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS by_use ON vectors (used);
"""
_DAY_S = 86_400
_AT_ONCE = 500
_EVICTED_SHARE = 10


class EmbeddingCache:
    """``most_mb`` is how large the file may grow, in MiB; 0 turns it off. Safe for several threads."""

    def __init__(self, file: Path, most_mb: int) -> None:
        self._file = file
        self._most_bytes = most_mb * 2**20
        self._open: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """The vectors that are known, float32."""
        if not self._most_bytes:
            return {}
        with self._lock:
            try:
                return self._get(keys)
            except sqlite3.Error as error:
                self._give_up(error)
                return {}

    def put(self, rows: Mapping[bytes, Vectors]) -> None:
        """Keeps the vectors, and makes room where there is none left."""
        if not self._most_bytes or not rows:
            return
        today = int(time.time()) // _DAY_S
        with self._lock:
            try:
                connection = self._connection()
                values = [(key, today, row.astype("<f4").tobytes()) for key, row in rows.items()]
                with connection:
                    connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", values)
                self._make_room(connection)
            except sqlite3.Error as error:
                self._give_up(error)

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _get(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        connection = self._connection()
        today = int(time.time()) // _DAY_S
        found: dict[bytes, Vectors] = {}
        stale: list[tuple[int, bytes]] = []
        for at in range(0, len(keys), _AT_ONCE):
            part = keys[at : at + _AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT key, used, row FROM vectors WHERE key IN ({marks})"
            for key, used, row in connection.execute(query, part):
                found[key] = np.frombuffer(row, dtype="<f4").astype(np.float32)
                if used < today:
                    stale.append((today, key))
        if stale:
            with connection:
                connection.executemany("UPDATE vectors SET used = ? WHERE key = ?", stale)
        return found

    def _connection(self) -> sqlite3.Connection:
        if self._open is not None and not self._file.exists():
            self._open.close()
            self._open = None
        if self._open is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._open = sqlite3.connect(self._file, timeout=5, check_same_thread=False)
            self._open.execute("PRAGMA page_size=16384")  # ten rows of 384 numbers a page
            self._open.execute("PRAGMA journal_mode=WAL")
            self._open.execute("PRAGMA synchronous=OFF")
            self._open.executescript(_SCHEMA)
        return self._open

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Drops the rows that were unused longest, a tenth at a time, until their pages fit the limit."""
        while self._bytes_used(connection) > self._most_bytes:
            with connection:
                count = connection.execute("SELECT count(*) FROM vectors").fetchone()[0]
                connection.execute(
                    "DELETE FROM vectors WHERE key IN (SELECT key FROM vectors ORDER BY used, rowid LIMIT ?)",
                    (count // _EVICTED_SHARE + 1,),
                )
            if not count:
                return

    @staticmethod
    def _bytes_used(connection: sqlite3.Connection) -> int:
        size, pages, free = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
        return size * (pages - free)

    def _give_up(self, error: sqlite3.Error) -> None:
        """A damaged file is deleted; anything else (locked, disk full) may pass."""
        log.warning("the embedding cache %s is not used this time: %s", self._file, error)
        if self._open is not None:
            with suppress(sqlite3.Error):
                self._open.close()
            self._open = None
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            for suffix in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)


def text_key(fingerprint: str, text: str) -> bytes:
    """16 bytes that stand for a text as one model reads it."""
    content = f"{fingerprint}\0{text}".encode("utf-8", "surrogatepass")
    return blake2b(content, digest_size=16).digest()


_caches: dict[tuple[Path, int], EmbeddingCache] = {}
_making = threading.Lock()


def cache() -> EmbeddingCache:
    """The site's cache, of ``EMBEDDING_CACHE_MB`` MiB."""
    place = Path(settings.DATA_DIR) / "cache" / "embeddings.sqlite3"
    key = place, settings.EMBEDDING_CACHE_MB
    with _making:
        if key not in _caches:
            _caches[key] = EmbeddingCache(*key)
        return _caches[key]


def embed_new(embedder: Embedder, texts: Iterable[tuple[bytes, str]]) -> dict[bytes, Vectors]:
    """Embeds texts by their keys, each once, and keeps the vectors. Raises ``SearchError``."""
    wanted = dict(texts)
    if not wanted:
        return {}
    rows = dict(zip(wanted, embedder.embed(list(wanted.values())), strict=True))
    cache().put(rows)
    return rows
