"""What an embedder, a reranker and an index must do. Contract suites in ``tests/search`` hold them to it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search.types import Candidate, Chunk, Wanted

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors. Safe to call from several threads."""

    @property
    def fingerprint(self) -> str:
        """Names the model's weights and pooling; equal fingerprints give equal vectors."""

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Of passages: array of shape (len(texts), dimension), float32, each row of length 1."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """The same of questions, which some models read in another way than passages."""


class Reranker(Protocol):
    """Reads a question together with each of a few passages. Safe to call from several threads. A slow
    one may have a number ``at_a_time``: it is asked about so many passages at once, while there is time.

    Raises ``search.errors.RerankerUnavailable``.
    """

    @property
    def loaded(self) -> bool:
        """Whether ``scores`` can answer without loading first."""

    def load(self) -> None:
        """May take minutes the first time."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """Of each text how well it answers ``query``: higher is better, in any range."""


class VectorIndex(Protocol):
    """Nearest neighbours by cosine. ``index_id`` names one generation of one collection.

    Raises ``search.errors.IndexUnavailable`` when the server cannot be reached.
    """

    def upsert(
        self, index_id: str, ids: Sequence[str], document_ids: Sequence[str], vectors: Vectors
    ) -> None: ...

    def delete(self, index_id: str, ids: Sequence[str]) -> None:
        """Unknown ids and an unknown index are fine."""

    def query(
        self, index_id: str, vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[Candidate]:
        """At most ``k`` candidates, best first; none for an unknown index. Scores are cosines.

        ``only`` keeps to the passages of these documents (``None`` is all of them, an empty one none), and
        finds the ``k`` best of those; scores stay what they were.
        """

    def query_many(
        self, index_ids: Sequence[str], vector: Vectors, k: int, *, only: Collection[str] | None = None
    ) -> list[tuple[str, Candidate]]:
        """The ``k`` best of these indexes together, each with its index: what ``query`` finds in each."""

    def ids(self, index_id: str) -> Iterator[str]: ...

    def drop(self, index_id: str) -> None: ...

    def indexes(self) -> Iterator[str]:
        """Every index that is stored, known to the caller or not."""

    def mend(self, index_id: str, *, thoroughly: bool = False) -> bool:
        """Makes anew what is kept beside the server for this index, if it is missing or unusable, and
        ``thoroughly`` also if it differs from the server's. Whether anything was made."""

    def ping(self) -> None: ...


class LexicalIndex(Protocol):
    """BM25 over text that ``search.analysis`` took apart. One writing process at a time.

    Raises ``search.errors.IndexUnavailable`` when the index cannot be read or written.
    """

    def upsert(self, index_id: str, chunks: Iterable[Chunk]) -> None:
        """Committed and visible to every process on return."""

    def delete(self, index_id: str, ids: Sequence[str]) -> None: ...

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
        """At most ``k`` candidates, best first; none for an unknown index or an empty query. ``wanted``
        takes the place of the query's own terms.

        ``only`` keeps to the passages of these documents, as with vectors. Candidates hold every one of the
        ``required`` terms and none of the ``forbidden`` ones, in title, headings or text; both are terms of
        ``analysis.tokens``. None of the three changes a score.
        """

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
        """The ``k`` best of these indexes together, each with its index: what ``query`` finds in each.
        ``wanted`` is by index id."""

    def ids(self, index_id: str) -> Iterator[str]: ...

    def drop(self, index_id: str) -> None: ...

    def indexes(self) -> Iterator[str]:
        """Every index that is stored, known to the caller or not."""

    def count(self, index_id: str) -> int:
        """How many chunks the index holds; 0 for an unknown index."""

    def document_frequencies(self, index_id: str, terms: Sequence[str]) -> dict[str, int]:
        """In how many chunks each of ``terms`` occurs; all 0 for an unknown index."""

    def ping(self) -> None: ...
