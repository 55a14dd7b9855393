"""BM25 in tantivy, one folder per index.

tantivy scores with BM25 (k1 = 1.2, b = 0.75). It receives terms that ``search.analysis`` made, joined
by spaces. A commit replaces ``meta.json``, so a changed ``meta.json`` tells a reader in another process
to look again.
"""

import json
import logging
import re
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import tantivy
from django.utils.translation import gettext as _

from search import analysis
from search.errors import IndexDamaged, IndexUnavailable
from search.index import tantivy_queries as queries
from search.types import Candidate, Chunk, Wanted

log = logging.getLogger(__name__)

WRITER_HEAP_BYTES = 32_000_000
OPEN_READERS = 32

_DAMAGE = re.compile("corrupt|FileDoesNotExist|UnexpectedEof", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_Stamp = tuple[int, int]


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


@dataclass(slots=True)
class _Open:
    index: tantivy.Index
    stamp: _Stamp
    lock: threading.Lock = field(default_factory=threading.Lock)


class TantivyIndex:
    """A ``LexicalIndex`` in ``folder``. Readers are many, in any process; one process writes at a time.

    A writer that finds another one at work waits up to ``lock_wait_s`` seconds and then raises
    ``IndexUnavailable``.
    """

    def __init__(self, folder: str | Path, lock_wait_s: float = 20.0) -> None:
        self._folder = Path(folder)
        self._lock_wait_s = lock_wait_s
        self._schema = _schema()
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    # Writing

    def upsert(self, index_id: str, chunks: Iterable[Chunk]) -> None:
        path = self._path(index_id)
        with self._writer(path) as writer:
            for chunk in chunks:
                writer.delete_documents_by_term("id", chunk.id)
                writer.add_document(_document(chunk))

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        path = self._path(index_id)
        if not ids or self._stamp(path) is None:
            return
        with self._writer(path) as writer:
            for chunk_id in ids:
                writer.delete_documents_by_term("id", chunk_id)

    def drop(self, index_id: str) -> None:
        path = self._path(index_id)
        with self._lock:
            self._open.pop(index_id, None)
        with self._writing:
            try:
                shutil.rmtree(path)
            except FileNotFoundError:
                return
            except OSError as error:
                raise _unavailable(path, error) from error

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
                raise _unavailable(path, error) from error
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
                return self._load(path).writer(WRITER_HEAP_BYTES, 1)
            except (OSError, ValueError) as error:
                if "LockBusy" not in str(error) or time.monotonic() > deadline:
                    raise _unavailable(path, error) from error
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
        wanted = wanted or Wanted(analysis.weighted_terms(query))
        searcher = self._searcher(index_id)
        if not wanted or searcher is None or k < 1 or (only is not None and not only):
            return []
        asked = queries.all_of(self._schema, wanted)
        if only is not None or required or forbidden:
            asked = queries.narrowed(self._schema, asked, only, required, forbidden)
        try:
            found = searcher.search(asked, limit=k, count=False).hits
            return [self._candidate(searcher, score, address) for score, address in found]
        except (OSError, ValueError) as error:
            raise _unavailable(self._path(index_id), error) from error

    def ids(self, index_id: str) -> Iterator[str]:
        searcher = self._searcher(index_id)
        if searcher is None or searcher.num_docs == 0:
            return
        try:
            everything = searcher.search(tantivy.Query.all_query(), limit=searcher.num_docs, count=False)
            for _score, address in everything.hits:
                yield str(searcher.doc(address).get_first("id"))
        except (OSError, ValueError) as error:
            raise _unavailable(self._path(index_id), error) from error

    def count(self, index_id: str) -> int:
        searcher = self._searcher(index_id)
        return 0 if searcher is None else searcher.num_docs

    def document_frequencies(self, index_id: str, terms: Sequence[str]) -> dict[str, int]:
        """Chunks that were replaced or deleted lately may still be counted."""
        searcher = self._searcher(index_id)
        if searcher is None:
            return dict.fromkeys(terms, 0)
        return {term: searcher.doc_freq("body", term) for term in terms}

    def indexes(self) -> Iterator[str]:
        try:
            names = sorted(path.name for path in self._folder.iterdir() if self._stamp(path) is not None)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unavailable(self._folder, error) from error
        yield from names

    def ping(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unavailable(self._folder, error) from error
        for index_id in islice(self.indexes(), OPEN_READERS):
            self._searcher(index_id)

    @staticmethod
    def _candidate(searcher: tantivy.Searcher, score: float, address: tantivy.DocAddress) -> Candidate:
        return Candidate(str(searcher.doc(address).get_first("id")), score)

    def _searcher(self, index_id: str) -> tantivy.Searcher | None:
        """A view of the newest commit; ``None`` for an unknown index.

        A commit between reading ``meta.json`` and opening what it names looks like damage for a moment,
        so what fails is tried once more.
        """
        try:
            return self._newest(index_id)
        except IndexDamaged:
            with self._lock:
                self._open.pop(index_id, None)
            time.sleep(0.05)
            return self._newest(index_id)

    def _newest(self, index_id: str) -> tantivy.Searcher | None:
        path = self._path(index_id)
        stamp = self._stamp(path)
        if stamp is None:
            with self._lock:
                self._open.pop(index_id, None)
            return None
        try:
            opened = self._reader(index_id, path, stamp)
            with opened.lock:
                if opened.stamp != stamp:
                    opened.index.reload()
                    opened.stamp = stamp
                return opened.index.searcher()
        except (OSError, ValueError) as error:
            if self._stamp(path) is None:
                return None
            raise _unavailable(path, error) from error

    def _reader(self, index_id: str, path: Path, stamp: _Stamp) -> _Open:
        with self._lock:
            opened = self._open.get(index_id)
            if opened is None:
                index = self._load(path)
                index.config_reader("manual")
                index.reload()
                opened = self._open[index_id] = _Open(index, stamp)
            self._open.move_to_end(index_id)
            while len(self._open) > OPEN_READERS:
                self._open.popitem(last=False)
        return opened

    def _load(self, path: Path) -> tantivy.Index:
        index = tantivy.Index(self._schema, path=str(path))
        index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        return index

    @staticmethod
    def _stamp(path: Path) -> _Stamp | None:
        """Changes with every commit; ``None`` where there is no index."""
        try:
            stat = (path / "meta.json").stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(path, error) from error
        return stat.st_ino, stat.st_mtime_ns

    def _path(self, index_id: str) -> Path:
        if not _NAME.fullmatch(index_id):
            raise ValueError(f"{index_id!r} cannot name an index; use letters, digits, '-', '_' and '.'")
        return self._folder / index_id


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


def _unavailable(path: Path, error: Exception) -> IndexUnavailable:
    """The details go to the log: the message may be shown to visitors."""
    log.error("the word index in %s cannot be used: %s", path, error)
    if isinstance(error, ValueError) and _DAMAGE.search(str(error)):
        return IndexDamaged(
            _("The word index is damaged. An administrator can rebuild it with `manage.py verify --repair`.")
        )
    return IndexUnavailable(
        _("The word index cannot be used. Check that the data folder is writable and has space.")
    )
