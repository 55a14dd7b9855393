"""BM25 in tantivy, one folder per index.

tantivy scores with BM25 (k1 = 1.2, b = 0.75). It receives terms that ``search.analysis`` made, joined
by spaces. A commit replaces ``meta.json``, so a changed ``meta.json`` tells a reader in another process
to look again.
"""

import json
import shutil
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import nlargest
from itertools import islice
from math import inf
from operator import itemgetter
from pathlib import Path

import tantivy

from search import analysis
from search.index import tantivy_queries as queries
from search.index.each import Found, best_of
from search.index.tantivy_readers import OPEN_READERS, Readers, stamp_of, unavailable
from search.types import Candidate, Chunk, Wanted

WRITER_HEAP_BYTES = 32_000_000


_score = itemgetter(0)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "document_id"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("body", "title", "heading"):
        builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
    return builder.build()


def _document(chunk: Chunk) -> tantivy.Document:
    title, heading = analysis.tokens(chunk.title), analysis.tokens(chunk.above)
    document = tantivy.Document()
    document.add_text("id", chunk.id)
    document.add_text("document_id", chunk.document_id)
    document.add_text("body", " ".join([*title, *heading, *analysis.tokens(chunk.text)]))
    if title:
        document.add_text("title", " ".join(title))
    if heading:
        document.add_text("heading", " ".join(heading))
    return document


class TantivyIndex:
    """A ``LexicalIndex`` in ``folder``. Readers are many, in any process; one process writes at a time.

    A writer that finds another one at work waits up to ``lock_wait_s`` seconds and then raises
    ``IndexUnavailable``.
    """

    def __init__(self, folder: str | Path, lock_wait_s: float = 20.0) -> None:
        self._folder = Path(folder)
        self._lock_wait_s = lock_wait_s
        self._schema = _schema()
        self._readers = Readers(self._folder, self._schema)
        self._writing = threading.Lock()

    # Writing

    def upsert(self, index_id: str, chunks: Iterable[Chunk]) -> None:
        path = self._readers.path(index_id)
        with self._writer(path) as writer:
            for chunk in chunks:
                writer.delete_documents_by_term("id", chunk.id)
                writer.add_document(_document(chunk))

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        path = self._readers.path(index_id)
        if not ids or stamp_of(path) is None:
            return
        with self._writer(path) as writer:
            for chunk_id in ids:
                writer.delete_documents_by_term("id", chunk_id)

    def drop(self, index_id: str) -> None:
        path = self._readers.path(index_id)
        self._readers.forget(index_id)
        with self._writing:
            try:
                shutil.rmtree(path)
            except FileNotFoundError:
                return
            except OSError as error:
                raise unavailable(path, error) from error

    @contextmanager
    def _writer(self, path: Path) -> Iterator[tantivy.IndexWriter]:
        """A writer that commits on leaving, or leaves the index untouched when an error comes through."""
        with self._writing:
            writer = self._open_writer(path)
            _drop_stale_deletes(path)
            try:
                yield writer
                writer.commit()
            except (OSError, ValueError) as error:
                writer.rollback()
                raise unavailable(path, error) from error
            except BaseException:
                writer.rollback()
                raise
            finally:
                writer.wait_merging_threads()

    def _open_writer(self, path: Path) -> tantivy.IndexWriter:
        deadline = time.monotonic() + self._lock_wait_s
        while True:
            try:
                path.mkdir(parents=True, exist_ok=True)
                return self._readers.load(path).writer(WRITER_HEAP_BYTES, 1)
            except (OSError, ValueError) as error:
                if "LockBusy" not in str(error) or time.monotonic() > deadline:
                    raise unavailable(path, error) from error
            time.sleep(0.05)

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
        found = self.query_many(
            [index_id],
            query,
            k,
            only=only,
            required=required,
            forbidden=forbidden,
            wanted={index_id: wanted} if wanted else None,
        )
        return [one for _index_id, one in found]

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
        if k < 1 or (only is not None and not only):
            return []

        def made(asked: Wanted) -> tantivy.Query | None:
            if not asked:
                return None
            query = queries.all_of(self._schema, asked)
            if only is None and not required and not forbidden:
                return query
            return queries.narrowed(self._schema, query, only, required, forbidden)

        own = {index_id: made(each) for index_id, each in (wanted or {}).items() if each}
        common = made(Wanted(analysis.weighted_terms(query))) if set(index_ids) - set(own) else None
        asked = [(index_id, own.get(index_id, common)) for index_id in index_ids]
        return self._best([(index_id, each) for index_id, each in asked if each is not None], k)

    def _best(self, asked: Sequence[tuple[str, tantivy.Query]], k: int) -> Found:
        """What is stored is read of the ``k`` best only, since reading costs more than finding."""
        found: list[tuple[float, str, tantivy.Searcher, tantivy.DocAddress]] = []
        least = -inf
        for index_id, query in asked:
            searcher = self._readers.searcher(index_id)
            if searcher is None:
                continue
            try:
                hits = searcher.search(query, limit=k, count=False).hits
            except (OSError, ValueError) as error:
                raise unavailable(self._readers.path(index_id), error) from error
            for score, address in hits:
                if score <= least:
                    break
                found.append((score, index_id, searcher, address))
            if len(found) >= 2 * k:
                found = nlargest(k, found, key=_score)
                least = found[-1][0]
        found.sort(key=_score, reverse=True)
        try:
            read = [(one[1], self._candidate(one[2], one[0], one[3])) for one in found[:k]]
        except (OSError, ValueError) as error:
            raise unavailable(self._folder, error) from error
        return read if len(asked) == 1 else best_of(read, k)

    def ids(self, index_id: str) -> Iterator[str]:
        searcher = self._readers.searcher(index_id)
        if searcher is None or searcher.num_docs == 0:
            return
        try:
            everything = searcher.search(tantivy.Query.all_query(), limit=searcher.num_docs, count=False)
            for _score, address in everything.hits:
                yield str(searcher.doc(address).get_first("id"))
        except (OSError, ValueError) as error:
            raise unavailable(self._readers.path(index_id), error) from error

    def count(self, index_id: str) -> int:
        searcher = self._readers.searcher(index_id)
        return 0 if searcher is None else searcher.num_docs

    def document_frequencies(self, index_id: str, terms: Sequence[str]) -> dict[str, int]:
        """Chunks that were replaced or deleted lately may still be counted."""
        searcher = self._readers.searcher(index_id)
        if searcher is None:
            return dict.fromkeys(terms, 0)
        return {term: searcher.doc_freq("body", term) for term in terms}

    def indexes(self) -> Iterator[str]:
        try:
            names = sorted(path.name for path in self._folder.iterdir() if stamp_of(path) is not None)
        except FileNotFoundError:
            return
        except OSError as error:
            raise unavailable(self._folder, error) from error
        yield from names

    def ping(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unavailable(self._folder, error) from error
        for index_id in islice(self.indexes(), OPEN_READERS):
            self._readers.searcher(index_id)

    @staticmethod
    def _candidate(searcher: tantivy.Searcher, score: float, address: tantivy.DocAddress) -> Candidate:
        return Candidate(str(searcher.doc(address).get_first("id")), score)


def _drop_stale_deletes(path: Path) -> None:
    """A killed writer leaves its list of deletions, and the next one cannot write one of the same name. Those
    that ``meta.json`` does not name are nobody's."""
    try:
        segments = json.loads((path / "meta.json").read_text())["segments"]
    except (OSError, ValueError, KeyError):
        return
    named = {
        f"{one['segment_id'].replace('-', '')}.{one['deletes']['opstamp']}.del"
        for one in segments
        if one.get("deletes")
    }
    for file in path.glob("*.del"):
        if file.name not in named:
            file.unlink(missing_ok=True)
