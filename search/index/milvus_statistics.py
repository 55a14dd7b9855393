"""What BM25 has to know of a whole index: how many chunks and terms, and in how many chunks a term is.

Milvus can be asked for rows and not for this, so it is kept in a collection beside the passages: one row
per term, found by its key. One process writes, so reading and adding is enough. It writes what is added
before the passages and what is taken away after them: a crash in between, which repeats the batch, leaves
counts a little too high and never hides a term. An index that is built anew counts from the beginning.
"""

import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from search.index.milvus_server import READ_TIMEOUT_S, WRITE_TIMEOUT_S, Collections, MilvusServer, one_of
from search.index.milvus_terms import FIELDS, Frequencies

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient
    from pymilvus.milvus_client.index import IndexParams

# Other processes' writes count after so long; one search and its evidence ask for the same terms.
REMEMBERED_S = 20.0
REMEMBERED_TERMS = 50_000
ROWS_AT_ONCE = 5000

_CHUNKS, _LENGTHS = -1, -2
_COLUMNS = ("body", "title", "heading")
_Rows = dict[int, Frequencies]


class Totals(NamedTuple):
    chunks: int
    lengths: Frequencies

    @property
    def averages(self) -> tuple[float, ...]:
        return tuple(length / max(self.chunks, 1) for length in self.lengths)


class Change:
    """What a write adds to the statistics, or takes away."""

    def __init__(self) -> None:
        self.chunks = 0
        self.lengths = [0, 0, 0]
        self.terms: tuple[Counter[int], Counter[int], Counter[int]] = (Counter(), Counter(), Counter())

    def add(self, fields: Iterable[Collection[int]], lengths: Iterable[int], sign: int = 1) -> None:
        """A chunk that has the terms of ``fields``; with ``sign`` -1 one that had them."""
        self.chunks += sign
        for at, keys, length in zip(FIELDS, fields, lengths, strict=True):
            self.lengths[at] += sign * length
            for key in keys:
                self.terms[at][key] += sign

    def part(self, sign: int) -> _Rows:
        """What rises (1) or falls (-1), by key."""
        changes = {key: [counts[key] for counts in self.terms] for key in set().union(*self.terms)}
        changes[_CHUNKS] = [self.chunks, 0, 0]
        changes[_LENGTHS] = self.lengths
        kept = {key: [max(0, sign * each) * sign for each in row] for key, row in changes.items()}
        return {key: Frequencies(*row) for key, row in kept.items() if any(row)}


class Statistics:
    """Those of every index on one server."""

    def __init__(self, server: MilvusServer) -> None:
        self._stored = Collections(server, "terms")
        self._known: dict[str, tuple[float, _Rows]] = {}
        self._lock = threading.Lock()

    def of(self, index_id: str, keys: Iterable[int]) -> tuple[Totals, Mapping[int, Frequencies]] | None:
        """The totals, and of the terms among ``keys`` that occur in how many chunks they do; ``None`` for
        an unknown index."""
        wanted = {*keys, _CHUNKS, _LENGTHS}
        with self._lock:
            until, known = self._known.get(index_id, (0.0, {}))
            if time.monotonic() > until or len(known) > REMEMBERED_TERMS:
                until, known = time.monotonic() + REMEMBERED_S, {}
            missing = wanted - known.keys()
        if missing:
            found = self._read(index_id, missing)
            if found is None:
                return None
            known = {**known, **dict.fromkeys(missing, Frequencies()), **found}
            with self._lock:
                self._known[index_id] = until, known
        return Totals(known[_CHUNKS].body, known[_LENGTHS]), {key: known[key] for key in wanted}

    def current(self, index_id: str) -> Totals:
        """As all writes until now left them."""
        found = self._read(index_id, {_CHUNKS, _LENGTHS}, consistency="Strong") or {}
        nothing = Frequencies()
        return Totals(found.get(_CHUNKS, nothing).body, found.get(_LENGTHS, nothing))

    def apply(self, index_id: str, change: _Rows) -> None:
        if not change:
            return
        before = self._read(index_id, change, consistency="Strong") or {}
        rows = []
        for key, delta in change.items():
            sums = [max(0, a + b) for a, b in zip(before.get(key, Frequencies()), delta, strict=True)]
            rows.append({"id": key, **dict(zip(_COLUMNS, sums, strict=True)), "nothing": [0.0, 0.0]})

        def store(client: "MilvusClient", name: str) -> None:
            for start in range(0, len(rows), ROWS_AT_ONCE):
                client.upsert(name, rows[start : start + ROWS_AT_ONCE], timeout=WRITE_TIMEOUT_S)

        self._stored.write(index_id, store, _describe)
        self.forget(index_id)

    def settle(self, index_id: str) -> None:
        """Waits until everybody sees what was written."""
        self._stored.count(index_id)
        self.forget(index_id)

    def drop(self, index_id: str) -> None:
        self._stored.drop(index_id)
        self.forget(index_id)

    def forget(self, index_id: str) -> None:
        with self._lock:
            self._known.pop(index_id, None)

    def _read(self, index_id: str, keys: Collection[int], consistency: str = "Bounded") -> _Rows | None:
        asked = list(keys)

        def get(client: "MilvusClient", name: str) -> _Rows | None:
            found: _Rows = {}
            for start in range(0, len(asked), ROWS_AT_ONCE):
                rows = client.query(
                    name,
                    filter=one_of("id", asked[start : start + ROWS_AT_ONCE]),
                    output_fields=["id", *_COLUMNS],
                    consistency_level=consistency,
                    timeout=READ_TIMEOUT_S if consistency == "Bounded" else WRITE_TIMEOUT_S,
                )
                for row in rows:
                    found[int(row["id"])] = Frequencies(*(int(row[column]) for column in _COLUMNS))
            return found

        return self._stored.read(index_id, get, None)


def _describe(schema: "CollectionSchema", indexes: "IndexParams") -> None:
    """Milvus wants a vector in every collection."""
    from pymilvus import DataType

    schema.add_field("id", DataType.INT64, is_primary=True)
    for column in _COLUMNS:
        schema.add_field(column, DataType.INT64)
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
    indexes.add_index("nothing", index_type="FLAT", metric_type="L2")
