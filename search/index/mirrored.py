"""Chroma, with the vectors of its small indexes mirrored in files: many of them are searched without asking
the server about each."""

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from search.index.chroma import ChromaIndex
from search.index.each import Found, best_of
from search.index.mirror import MOST_PASSAGES, Mirrors
from search.index.mirror_file import Unfit, View
from search.protocols import Vectors
from search.types import Candidate

log = logging.getLogger(__name__)

# So few indexes the server is asked about one by one.
FEW = 8


class MirroredChromaIndex(ChromaIndex):
    """A ``VectorIndex`` on the Chroma server at ``url``, and mirrors in the folder ``mirrors``, which every
    process that writes has to share. The server is written first; who repeats a write that did not end well
    makes both the same."""

    def __init__(self, url: str = "", *, mirrors: str | Path) -> None:
        super().__init__(url)
        self._mirrors = Mirrors(Path(mirrors))

    def upsert(
        self, index_id: str, ids: Sequence[str], document_ids: Sequence[str], vectors: Vectors
    ) -> None:
        super().upsert(index_id, ids, document_ids, vectors)
        if not ids or self._mirrors.is_refused(index_id):
            return
        try:
            self._mirrors.add(index_id, ids, document_ids, np.asarray(vectors, dtype=np.float32))
        except Unfit:
            self._make(index_id)

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        super().delete(index_id, ids)
        if ids:
            self._mirrors.remove(index_id, ids)

    def drop(self, index_id: str) -> None:
        super().drop(index_id)
        self._mirrors.drop(index_id)

    def query_many(
        self, index_ids: Sequence[str], vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> Found:
        if len(index_ids) <= FEW:
            return super().query_many(index_ids, vector, k, only=only)
        if k < 1 or (only is not None and not only):
            return []
        row = np.asarray(vector, dtype=np.float32).reshape(-1)
        views = {one: view for one in index_ids if (view := self._usable(one, len(row))) is not None}
        others = [one for one in index_ids if one not in views]
        found = nearest({one: view for one, view in views.items() if view.rows}, row, k, only)
        if others:
            found = best_of([*found, *super().query_many(others, row, k, only=only)], k)
        return found

    def mend(self, index_id: str, *, thoroughly: bool = False) -> bool:
        if self._mirrors.is_refused(index_id):
            if not thoroughly or self._size(index_id) > MOST_PASSAGES:
                return False
        else:
            view = self._mirrors.view(index_id)
            if view is not None and not (thoroughly and view.known != set(self.ids(index_id))):
                return False
        self._make(index_id)
        return self._mirrors.is_settled(index_id)

    def _usable(self, index_id: str, dimension: int) -> View | None:
        view = self._mirrors.view(index_id)
        return view if view is not None and (not view.rows or view.dimension == dimension) else None

    def _size(self, index_id: str) -> int:
        return self._on(index_id, lambda collection: self._client().count(collection), 0)

    def _make(self, index_id: str) -> None:
        """From what the server has. Nobody writes a mirror meanwhile, and who writes to the server meanwhile
        writes the mirror later."""
        nothing: tuple[list[str], list[Mapping[str, str]], Vectors] = ([], [], np.zeros((0, 0), np.float32))
        with self._mirrors.writing():
            if self._size(index_id) > MOST_PASSAGES:
                self._mirrors.refuse(index_id)
                return
            ids, metadatas, vectors = self._on(
                index_id, lambda collection: self._client().rows(collection, MOST_PASSAGES + 1), nothing
            )
            self._mirrors.put(index_id, ids, [str(one["d"]) for one in metadatas], vectors)
        log.debug("the vectors of %s are mirrored anew: %d", index_id, len(ids))


def nearest(views: Mapping[str, View], row: Vectors, k: int, only: Collection[str] | None) -> Found:
    """The ``k`` best by cosine, of all rows that count."""
    if not views:
        return []
    unit = row / (np.linalg.norm(row) or 1.0)
    wanted = None if only is None else {key.encode() for key in only}
    names = list(views)
    parts = [_cosines(view, unit, wanted) for view in views.values()]
    borders = np.cumsum([len(part) for part in parts])
    cosines = np.concatenate(parts)
    best = np.argpartition(-cosines, k - 1)[:k] if len(cosines) > k else np.arange(len(cosines))
    best = best[np.isfinite(cosines[best])]
    found: Found = []
    for at, place in zip(best.tolist(), np.searchsorted(borders, best, side="right").tolist(), strict=True):
        view = views[names[place]]
        key = view.ids[at - int(borders[place]) + len(parts[place])]
        found.append((names[place], Candidate(key.decode(), float(cosines[at]))))
    return best_of(found, k)


def _cosines(view: View, unit: Vectors, wanted: set[bytes] | None) -> Vectors:
    cosines: Vectors = view.matrix @ unit
    if len(view.dead):
        cosines[view.dead] = -np.inf
    if wanted is not None:
        others = [place for place, owner in enumerate(view.documents.tolist()) if owner not in wanted]
        cosines[others] = -np.inf
    return cosines
