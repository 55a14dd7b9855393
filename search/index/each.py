"""Several indexes asked at the same time, for back ends that cannot ask them together."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cached_property

from django.utils.translation import gettext as _

from search.errors import IndexUnavailable
from search.types import Candidate

# An index that hangs must not hold up a search that others can answer.
TIMEOUT_S = 10.0
_THREADS = 8

Found = list[tuple[str, Candidate]]


class Each:
    """The threads of one back end: those of another are not used up by an index that hangs."""

    def best(self, ask: Callable[[str], list[Candidate]], index_ids: Sequence[str], k: int) -> Found:
        """The ``k`` best of all. Raises ``IndexUnavailable`` where one does not answer in time."""
        if len(index_ids) == 1:
            return best_of(((index_ids[0], one) for one in ask(index_ids[0])), k)
        # Each task gets the caller's context, and with it the language of its messages.
        tasks = {one: self._threads.submit(copy_context().run, ask, one) for one in index_ids}
        _done, late = wait(tasks.values(), timeout=TIMEOUT_S)
        for task in late:
            task.cancel()
        if late:
            raise too_late(TIMEOUT_S)
        return best_of(((index_id, one) for index_id, task in tasks.items() for one in task.result()), k)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_THREADS, thread_name_prefix="ask-each")


def best_of(found: Iterable[tuple[str, Candidate]], k: int) -> Found:
    """The ``k`` best in the order of every answer of many indexes: by score, then by the passage's id."""
    return sorted(found, key=lambda item: (-item[1].score, item[1].chunk_id, item[0]))[: max(k, 0)]


def too_late(seconds: float) -> IndexUnavailable:
    return IndexUnavailable(
        _("The search index did not answer within %(seconds)d seconds. Try again in a moment.")
        % {"seconds": seconds}
    )
