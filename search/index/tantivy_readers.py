"""Open tantivy indexes, each as its newest commit left it."""

import logging
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import tantivy
from django.utils.translation import gettext as _

from search.errors import IndexDamaged, IndexUnavailable

log = logging.getLogger(__name__)

# Each maps about six files a segment into memory and holds no descriptor; Linux allows 65,530 mappings.
OPEN_READERS = 512

_DAMAGE = re.compile("corrupt|FileDoesNotExist|UnexpectedEof", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_Stamp = tuple[int, int]


@dataclass(slots=True)
class _Open:
    index: tantivy.Index
    meta: Path
    searcher: tantivy.Searcher
    stamp: _Stamp
    lock: threading.Lock = field(default_factory=threading.Lock)


class Readers:
    """Of the indexes in ``folder``; whoever was opened first makes room where there are too many."""

    def __init__(self, folder: Path, schema: tantivy.Schema) -> None:
        self._folder = folder
        self._schema = schema
        self._open: dict[str, _Open] = {}
        self._lock = threading.Lock()

    def searcher(self, index_id: str) -> tantivy.Searcher | None:
        """A view of the newest commit; ``None`` for an unknown index. Where nothing changed, that costs one
        look at a file.

        A commit between reading ``meta.json`` and opening what it names looks like damage for a moment,
        so what fails is tried once more.
        """
        opened = self._open.get(index_id)
        if opened is not None and _unchanged(opened):
            return opened.searcher
        try:
            return self._newest(index_id)
        except IndexDamaged:
            self.forget(index_id)
            time.sleep(0.05)
            return self._newest(index_id)

    def forget(self, index_id: str) -> None:
        with self._lock:
            self._open.pop(index_id, None)

    def path(self, index_id: str) -> Path:
        if not _NAME.fullmatch(index_id):
            raise ValueError(f"{index_id!r} cannot name an index; use letters, digits, '-', '_' and '.'")
        return self._folder / index_id

    def load(self, path: Path) -> tantivy.Index:
        index = tantivy.Index(self._schema, path=str(path))
        index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        return index

    def _newest(self, index_id: str) -> tantivy.Searcher | None:
        path = self.path(index_id)
        stamp = stamp_of(path)
        if stamp is None:
            self.forget(index_id)
            return None
        try:
            opened = self._reader(index_id, path, stamp)
            with opened.lock:
                if opened.stamp != stamp:
                    opened.index.reload()
                    opened.searcher, opened.stamp = opened.index.searcher(), stamp
                return opened.searcher
        except (OSError, ValueError) as error:
            if stamp_of(path) is None:
                return None
            raise unavailable(path, error) from error

    def _reader(self, index_id: str, path: Path, stamp: _Stamp) -> _Open:
        with self._lock:
            opened = self._open.get(index_id)
            if opened is None:
                index = self.load(path)
                index.config_reader("manual")
                index.reload()
                opened = _Open(index, path / "meta.json", index.searcher(), stamp)
                self._open[index_id] = opened
            while len(self._open) > OPEN_READERS:
                self._open.pop(next(iter(self._open)))
        return opened


def _unchanged(opened: _Open) -> bool:
    try:
        stat = opened.meta.stat()
    except OSError:
        return False
    return opened.stamp == (stat.st_ino, stat.st_mtime_ns)


def stamp_of(path: Path) -> _Stamp | None:
    """Changes with every commit; ``None`` where there is no index."""
    try:
        stat = (path / "meta.json").stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unavailable(path, error) from error
    return stat.st_ino, stat.st_mtime_ns


def unavailable(path: Path, error: Exception) -> IndexUnavailable:
    """The details go to the log: the message may be shown to visitors."""
    log.error("the word index in %s cannot be used: %s", path, error)
    if isinstance(error, ValueError) and _DAMAGE.search(str(error)):
        return IndexDamaged(
            _("The word index is damaged. An administrator can rebuild it with `manage.py verify --repair`.")
        )
    return IndexUnavailable(
        _("The word index cannot be used. Check that the data folder is writable and has space.")
    )
