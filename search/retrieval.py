"""A question to ranked passages, out of one or several indexes."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from search.coverage import Weighs
from search.errors import IndexUnavailable, SearchError
from search.fusion import Opinion, merge
from search.index.each import TIMEOUT_S, Found, too_late
from search.protocols import Embedder, LexicalIndex, VectorIndex
from search.types import EVERYWHERE, Bounds, Hit, Mode, Wanted

log = logging.getLogger(__name__)

# How many candidates each side hands over, at least.
DEPTH = 100
_THREADS = 8


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """One side that was asked."""

    task: "Future[Found]"

    @classmethod
    def of(cls, side: str, ask: Callable[[], Found]) -> "_Asked":
        # The task gets the caller's context, and with it the language of its messages.
        return cls(_pool(side).submit(copy_context().run, ask))

    def found(self) -> Found:
        """Within ``TIMEOUT_S``."""
        _done, late = wait([self.task], timeout=TIMEOUT_S)
        if late:
            self.task.cancel()
            raise too_late(TIMEOUT_S)
        return self.task.result()


@dataclass(frozen=True, slots=True)
class Group:
    """Indexes that were made with one embedding model; ``embedder`` is ``None`` where it is not there, so
    that words alone count. ``weight`` is what its vectors count, 0 to 1, where that was set; else it
    follows from how well the model knows the question's language."""

    index_ids: tuple[str, ...]
    embedder: Embedder | None = None
    coverage: Weighs | None = None
    weight: float | None = None


def retrieve(
    query: str,
    groups: Sequence[Group],
    *,
    k: int,
    mode: Mode,
    vectors: VectorIndex,
    lexical: LexicalIndex,
    wanted: Mapping[str, Wanted] | None = None,
    bounds: Bounds = EVERYWHERE,
    depth: int | None = None,
) -> Result:
    """The ``k`` best passages for ``query`` in all indexes of ``groups``, each index in one group only.
    ``wanted`` are the words to look for, by index id, where they are not the question's own. ``depth`` is how
    many candidates each side hands over, on which the ranking depends a little; it follows from ``k`` unless
    several pages of one ranking are asked for.

    ``hybrid`` weighs each model's vectors by how well it knows the question's language, down to leaving
    them out, and goes on with one side, or without one model, when the other cannot be reached, saying so
    in ``notes``. Raises ``IndexUnavailable`` or ``ModelUnavailable`` where no side is left.
    """
    indexes = list(dict.fromkeys(index_id for group in groups for index_id in group.index_ids))
    if not query.strip() or not indexes or k < 1:
        return Result()
    deep = depth or depth_for(k)

    def by_words() -> Found:
        return lexical.query_many(
            indexes,
            query,
            deep,
            only=bounds.only,
            required=bounds.required,
            forbidden=bounds.forbidden,
            wanted=wanted,
        )

    def nearest(embedder: Embedder, index_ids: Sequence[str]) -> Found:
        vector = embedder.embed_queries([query])[0]
        asked = _Asked.of("vectors", lambda: vectors.query_many(index_ids, vector, deep, only=bounds.only))
        return asked.found()

    if mode == "lexical":
        return Result(tuple(merge(_Asked.of("words", by_words).found(), [], k)))
    if mode == "dense":
        opinions, failures = _opinions(query, groups, nearest, alone=True)
        if failures and not opinions:
            raise failures[0]
        return Result(tuple(merge([], opinions, k)), _without_meaning(failures), bool(failures))
    # Words are compared while the question is embedded.
    words = _Asked.of("words", by_words)
    return _hybrid(query, groups, words.found, nearest, k)


def depth_for(k: int) -> int:
    """How many candidates each side hands over for the ``k`` best."""
    return max(DEPTH, 4 * k)


_Nearest = Callable[[Embedder, Sequence[str]], Found]


def _hybrid(
    query: str, groups: Sequence[Group], words: Callable[[], Found], nearest: _Nearest, k: int
) -> Result:
    opinions, failures = _opinions(query, groups, nearest, alone=False)
    for failure in failures:
        log.warning("Searching by words only: %s", failure)
    notes = _without_meaning(failures, partly=bool(opinions))
    try:
        found = words()
    except SearchError as error:
        if failures and not opinions:
            raise
        log.warning("Searching by vectors only: %s", error)
        note = _("Only meanings were compared, not words: %(reason)s") % {"reason": error}
        opinions, failures = _opinions(query, groups, nearest, alone=True)
        if failures and not opinions:
            raise failures[0] from error
        return Result(tuple(merge([], opinions, k)), (note,), degraded=True)
    return Result(tuple(merge(found, opinions, k)), notes, bool(notes))


def _without_meaning(failures: Sequence[SearchError], *, partly: bool = True) -> tuple[str, ...]:
    if not failures:
        return ()
    if partly:
        note = _("In some collections only words were compared, not meanings: %(reason)s")
    else:
        note = _("Only words were compared, not meanings: %(reason)s")
    return (note % {"reason": failures[0]},)


def _opinions(
    query: str, groups: Sequence[Group], nearest: _Nearest, *, alone: bool
) -> tuple[list[Opinion], list[SearchError]]:
    """What each model's vectors find, and why those that are missing could not be asked. Where vectors
    count ``alone``, each is listened to, however well it knows the language."""
    asked = [
        (group.index_ids, group.embedder, group.coverage, group.weight)
        for group in groups
        if group.embedder is not None and group.coverage is not None
    ]
    opinions: list[Opinion] = []
    failures: list[SearchError] = []
    for index_ids, embedder, coverage, own in asked:
        try:
            weight = 1.0 if alone else coverage.dense_weight(query) if own is None else own
            found = nearest(embedder, index_ids) if weight > 0 else []
            noise = coverage.noise() if found and not alone else -1.0
        except IndexUnavailable as error:
            return [], [error]
        except SearchError as error:
            failures.append(error)
            continue
        trust = 0.0 if not found else 1.0 if own is not None else coverage.trust(query)
        opinions.append(Opinion(index_ids, found, weight, noise, coverage.scaled, trust, coverage.standard))
    return opinions, failures
