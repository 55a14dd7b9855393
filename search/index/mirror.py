"""Vectors of small indexes in a file each, for searches of many indexes at once.

One process writes at a time; others see what was appended by the file's size, and a file that was written
anew by its inode. A mirror is whole or not there: what cannot be read is as good as missing, and is made anew
from the index that it mirrors. An index that grew too large has a note in its place.
"""

import fcntl
import os
import re
import resource
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from search.errors import IndexUnavailable
from search.index.mirror_file import GONE, Unfit, View, header, read, records, write
from search.protocols import Vectors

# Above it, a vector server's graph needs less time than looking at every vector.
MOST_PASSAGES = 5000
# A file is written anew when so many of its records, and more than half of all, count no more.
MOST_DEAD = 500
# Each open one holds a file descriptor.
MOST_OPEN = 1000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Mirrors:
    """Those in ``folder``. Several threads and processes may use it. What cannot be written raises
    ``IndexUnavailable``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._views: dict[str, tuple[Path, View]] = {}
        self._lock = threading.Lock()
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        unlimited = allowed == resource.RLIM_INFINITY
        self._most_open = MOST_OPEN if unlimited else max(64, min(MOST_OPEN, allowed // 2))

    # Reading

    def view(self, index_id: str) -> View | None:
        """``None`` where there is no mirror that can be used."""
        known = self._views.get(index_id)
        path = known[0] if known else self._path(index_id)
        try:
            stat = path.stat()
            if known and known[1].inode == stat.st_ino and known[1].seen == stat.st_size:
                return known[1]
            with self._lock:
                view = read(path, known[1] if known else None)
                while len(self._views) >= self._most_open:
                    self._views.pop(next(iter(self._views)))
                self._views[index_id] = path, view
                return view
        except (OSError, Unfit):
            self._forget(index_id)
            return None

    def is_settled(self, index_id: str) -> bool:
        """Whether there is a mirror, or a note that there shall be none."""
        return self.is_refused(index_id) or self.view(index_id) is not None

    def is_refused(self, index_id: str) -> bool:
        return self._note(index_id).exists()

    # Writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else writes meanwhile."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = open(self._folder / "lock", "w")  # noqa: SIM115 - closed below, and not before
        except OSError as error:
            raise _unwritable(error) from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            except OSError as error:
                raise _unwritable(error) from error

    def add(self, index_id: str, ids: Sequence[str], documents: Sequence[str], vectors: Vectors) -> None:
        """Raises ``Unfit`` where there is no mirror, or it is one of another length of vectors."""
        with self.writing():
            view = self._there(index_id)
            if len(view.rows.keys() | {key.encode() for key in ids}) > MOST_PASSAGES:
                self._refuse(index_id)
            elif not view.dimension:
                self._put(index_id, ids, documents, vectors)
            elif view.dimension != vectors.shape[1]:
                raise Unfit
            else:
                self._append(index_id, view, records(ids, documents, vectors))

    def remove(self, index_id: str, ids: Sequence[str]) -> None:
        """Ids that are unknown are fine. A mirror that cannot be read goes."""
        with self.writing():
            view = self.view(index_id)
            if view is None:
                self._path(index_id).unlink(missing_ok=True)
                return
            gone = [key for key in dict.fromkeys(ids) if key.encode() in view.rows]
            if gone:
                nothing = np.zeros((len(gone), view.dimension), dtype=np.float32)
                self._append(index_id, view, records(gone, gone, nothing, kind=GONE))

    def put(self, index_id: str, ids: Sequence[str], documents: Sequence[str], vectors: Vectors) -> None:
        """In the place of what is there; for the caller who is ``writing``."""
        if len(ids) > MOST_PASSAGES:
            self._refuse(index_id)
            return
        try:
            self._put(index_id, ids, documents, vectors)
        except Unfit:
            self._refuse(index_id)

    def refuse(self, index_id: str) -> None:
        """Leaves a note instead of a mirror; for the caller who is ``writing``."""
        self._refuse(index_id)

    def drop(self, index_id: str) -> None:
        if not self._folder.is_dir():
            return
        with self.writing():
            self._path(index_id).unlink(missing_ok=True)
            self._note(index_id).unlink(missing_ok=True)
        self._forget(index_id)

    def _forget(self, index_id: str) -> None:
        with self._lock:
            self._views.pop(index_id, None)

    def _there(self, index_id: str) -> View:
        view = self.view(index_id)
        if view is None:
            raise Unfit
        return view

    def _refuse(self, index_id: str) -> None:
        self._note(index_id).touch()
        self._path(index_id).unlink(missing_ok=True)
        self._forget(index_id)

    def _append(self, index_id: str, view: View, fresh: NDArray[np.void]) -> None:
        with open(self._path(index_id), "r+b", buffering=0) as file:
            # What a crash left of a record, or a full disk.
            file.truncate(view.size)
            file.seek(view.size)
            try:
                write(file.fileno(), fresh.tobytes())
            except OSError:
                file.truncate(view.size)
                raise
        view = self._there(index_id)
        if len(view.dead) > max(MOST_DEAD, len(view.rows)):
            rows = np.fromiter(view.rows.values(), dtype=np.int64, count=len(view.rows))
            names = [key.decode() for key in view.rows]
            owners = [key.decode() for key in view.documents[rows].tolist()]
            self._put(index_id, names, owners, view.matrix[rows])

    def _put(self, index_id: str, ids: Sequence[str], documents: Sequence[str], vectors: Vectors) -> None:
        content = records(ids, documents, vectors).tobytes()
        path = self._path(index_id)
        new = path.with_suffix(".new")
        with open(new, "wb", buffering=0) as file:
            write(file.fileno(), header(vectors.shape[1]) + content)
        new.replace(path)
        self._note(index_id).unlink(missing_ok=True)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _path(self, index_id: str) -> Path:
        if not _NAME.fullmatch(index_id):
            raise ValueError(f"{index_id!r} cannot name an index; use letters, digits, '-', '_' and '.'")
        return self._folder / f"{index_id}.vectors"

    def _note(self, index_id: str) -> Path:
        return self._folder / f"{index_id}.large"


def _unwritable(error: OSError) -> IndexUnavailable:
    return IndexUnavailable(
        _(
            "The copy of the vectors cannot be written (%(error)s). Check that the data folder is "
            "writable and has space."
        )
        % {"error": error.strerror or error}
    )
