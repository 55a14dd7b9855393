"""A question to ranked passages, out of one or several indexes."""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from search.coverage import Weighs
from search.errors import IndexUnavailable, SearchError
from search.fusion import fuse
from search.protocols import Embedder, LexicalIndex, VectorIndex
from search.types import Candidate, Hit, Mode

log = logging.getLogger(__name__)

# How many candidates each side hands over, at least.
DEPTH = 100
# A vector server that hangs must not hold up a search that words can answer.
TIMEOUT_S = 10.0
_THREADS = 8

_Found = list[tuple[str, Candidate]]


@dataclass(frozen=True, slots=True)
class Result:
    """``hits``, best first. ``notes`` are sentences for the user; ``degraded`` says that a part failed."""

    hits: tuple[Hit, ...] = ()
    notes: tuple[str, ...] = ()
    degraded: bool = False


@lru_cache(maxsize=2)
def _pool(side: str) -> ThreadPoolExecutor:
    """One for each side: vectors that hang must not use up the threads that compare words."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix=f"retrieve-{side}")


def retrieve(
    query: str,
    index_ids: Sequence[str],
    *,
    k: int,
    mode: Mode,
    embedder: Embedder,
    vectors: VectorIndex,
    lexical: LexicalIndex,
    coverage: Weighs,
    words_only: Collection[str] = (),
) -> Result:
    """The ``k`` best passages for ``query`` in all of ``index_ids``.

    Those in ``words_only`` were made with another embedding model than ``embedder``; their vectors are
    not compared.

    ``hybrid`` weighs the vectors by how well the model knows the question's language, down to leaving
    them out, and goes on with one side when the other cannot be reached, saying so in ``notes``. Raises
    ``IndexUnavailable`` or ``ModelUnavailable`` where no side is left.
    """
    indexes = list(dict.fromkeys(index_ids))
    if not query.strip() or not indexes or k < 1:
        return Result()
    depth = max(DEPTH, 4 * k)

    def by_words(index_id: str) -> list[Candidate]:
        return lexical.query(index_id, query, depth)

    def by_vectors() -> _Found:
        comparable = [index_id for index_id in indexes if index_id not in words_only]
        if not comparable:
            return []
        vector = embedder.embed_queries([query])
        return _everywhere(
            "vectors", lambda index_id: vectors.query(index_id, vector[0], depth), comparable, depth
        )

    if mode == "lexical":
        return Result(tuple(fuse(_everywhere("words", by_words, indexes, depth), [], 0.0, k)))
    if mode == "dense":
        return Result(tuple(fuse([], by_vectors(), 1.0, k)))
    return _hybrid(
        words=lambda: _everywhere("words", by_words, indexes, depth),
        nearest=by_vectors,
        weigh=lambda: coverage.dense_weight(query),
        noise=coverage.noise,
        k=k,
    )


def _hybrid(
    *,
    words: Callable[[], _Found],
    nearest: Callable[[], _Found],
    weigh: Callable[[], float],
    noise: Callable[[], float],
    k: int,
) -> Result:
    notes: list[str] = []
    weight, dense, failure = 0.0, [], None
    try:
        weight = weigh()
        if weight > 0:
            dense = nearest()
    except SearchError as error:
        log.warning("Searching by words only: %s", error)
        notes.append(_("Only words were compared, not meanings: %(reason)s") % {"reason": error})
        weight, failure = 0.0, error
    try:
        found = words()
    except SearchError as error:
        if failure is not None:
            raise
        log.warning("Searching by vectors only: %s", error)
        notes.append(_("Only meanings were compared, not words: %(reason)s") % {"reason": error})
        return Result(tuple(fuse([], dense or nearest(), 1.0, k)), tuple(notes), True)
    floor = noise() if dense else 0.0
    return Result(tuple(fuse(found, dense, weight, k, noise=floor)), tuple(notes), bool(notes))


def _everywhere(
    side: str, ask: Callable[[str], list[Candidate]], indexes: Sequence[str], depth: int
) -> _Found:
    """The ``depth`` best of all indexes, which are asked at the same time, within ``TIMEOUT_S``."""
    # Each task gets the caller's context, and with it the language of its messages.
    tasks: list[Future[list[Candidate]]] = [
        _pool(side).submit(copy_context().run, ask, index_id) for index_id in indexes
    ]
    _done, late = wait(tasks, timeout=TIMEOUT_S)
    for task in late:
        task.cancel()
    if late:
        raise IndexUnavailable(
            _("The search index did not answer within %(seconds)d seconds. Try again in a moment.")
            % {"seconds": TIMEOUT_S}
        )
    answers = [task.result() for task in tasks]
    found = [
        (index_id, candidate)
        for index_id, answer in zip(indexes, answers, strict=True)
        for candidate in answer
    ]
    found.sort(key=lambda item: (-item[1].score, item[1].chunk_id, item[0]))
    return found[:depth]
