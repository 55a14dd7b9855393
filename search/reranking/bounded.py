"""A reranker within bounds: it gets so much time, and is left alone for a while where it fails.

A search never waits longer than the budget, and never for a model that is still being loaded. One that
reads a few passages ``at_a_time`` is asked part by part, so that what it has scored in time counts.
"""

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from llm.breaker import Breaker
from search.errors import RerankerUnavailable
from search.protocols import Reranker

log = logging.getLogger(__name__)

FAILURES = 3
REST_S = 30.0
_THREADS = 4
_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a search asks; ``scores`` are those that are there, of the first of ``texts``."""

    query: str
    texts: list[str]
    scores: list[float] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)


class BoundedReranker:
    """``depth`` is how many passages it is shown. Safe to use from several threads."""

    def __init__(
        self,
        reranker: Reranker,
        *,
        budget_ms: int,
        depth: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.depth = depth
        self._reranker = reranker
        self._budget_s = budget_ms / 1000
        self._clock = clock
        self._breaker = Breaker(failures=FAILURES, rest_s=REST_S, clock=clock)
        # What waits for one of these threads is not begun when its time is over.
        at_once = getattr(reranker, "at_once", _THREADS)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="rerank")
        self._lock = threading.Lock()
        self._loading: threading.Thread | None = None
        self._load_again_at = 0.0
        self._trouble = ""
        self._known: OrderedDict[tuple[str, tuple[int, ...]], list[float]] = OrderedDict()

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """As ``Reranker.scores``, within the budget: of the first ``texts`` only, where the time was too
        short for all. What comes later is dropped.

        The same question with the same passages, as for the next page, is answered from memory. Raises
        ``RerankerUnavailable`` with a sentence for people.
        """
        key = (query, tuple(map(hash, texts)))
        known = self._recalled(key)
        if known is not None:
            return known
        if not self._reranker.loaded:
            self.load_soon()
            raise RerankerUnavailable(_out_of_order() if self._trouble else _not_ready())
        if self._breaker.enter():
            raise RerankerUnavailable(_out_of_order())
        asked = _Asked(query, list(texts))
        found = self._in_time(self._threads.submit(self._answer, asked), asked)
        self._remember(key, found)
        return found

    def load_soon(self) -> threading.Thread | None:
        """In the background, and where that failed not again for a while; the thread that is at it."""
        with self._lock:
            is_due = self._loading is None and self._clock() >= self._load_again_at
            if is_due and not self._reranker.loaded:
                self._loading = threading.Thread(target=self._load, name="load-reranker", daemon=True)
                self._loading.start()
            return self._loading

    @property
    def trouble(self) -> str:
        """Why it gives no scores now; empty while it does."""
        return self._trouble or ("" if self._reranker.loaded else "loading")

    def _answer(self, asked: "_Asked") -> None:
        step = getattr(self._reranker, "at_a_time", len(asked.texts)) or 1
        for start in range(0, len(asked.texts), step):
            if asked.is_over.is_set():
                return
            part = asked.texts[start : start + step]
            found = self._reranker.scores(asked.query, part)
            if len(found) != len(part) or not all(map(math.isfinite, found)):
                raise RerankerUnavailable(_("The reranker has not one score for each passage."))
            asked.scores.extend(found)

    def _in_time(self, task: "Future[None]", asked: "_Asked") -> list[float]:
        try:
            task.result(timeout=self._budget_s)
        except TimeoutError:
            task.cancel()
            asked.is_over.set()
            if not asked.scores:
                self._failed("late")
                raise RerankerUnavailable(_too_late()) from None
        except Exception as error:  # noqa: BLE001 - a class of the administrator's may raise anything
            self._failed(_told(error))
            raise RerankerUnavailable(_out_of_order()) from None
        self._breaker.answered()
        self._trouble = ""
        return list(asked.scores)

    def _failed(self, why: str) -> None:
        self._breaker.failed()
        self._trouble = why
        log.warning("the reranker gave no scores: %s", why)

    def _load(self) -> None:
        try:
            self._reranker.load()
            self._trouble = ""
        except Exception as error:  # noqa: BLE001 - a class of the administrator's may raise anything
            self._trouble = _told(error)
            log.error("the reranker does not load: %s", self._trouble)
        finally:
            with self._lock:
                self._loading = None
                self._load_again_at = self._clock() + REST_S

    def _recalled(self, key: tuple[str, tuple[int, ...]]) -> list[float] | None:
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def _remember(self, key: tuple[str, tuple[int, ...]], found: list[float]) -> None:
        with self._lock:
            self._known[key] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


class Unusable:
    """Stands for a ``Reranker`` that cannot be made: searches go on, and whoever asks is told ``why``."""

    loaded = False

    def __init__(self, why: str) -> None:
        self._why = why

    def load(self) -> None:
        raise RerankerUnavailable(self._why)

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        raise RerankerUnavailable(self._why)


def _told(error: Exception) -> str:
    """What may be logged: the text of others' errors may hold a key."""
    return str(error) if isinstance(error, RerankerUnavailable) else type(error).__name__


def _too_late() -> str:
    return _("The reranker did not answer in time, so results are in the order they have without it.")


def _not_ready() -> str:
    return _("The reranker is not ready yet, so results are in the order they have without it.")


def _out_of_order() -> str:
    return _("The reranker does not work now, so results are in the order they have without it.")
