"""The threads of this process that make insights, and the pulse that shows they are alive.

As ``chat.writers`` for answers: most of the work is waiting for a model, and a request must not wait for it.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from chat.connections import release_connections
from chat.errors import TooBusy
from chat.insights.models import LIVE, Insight
from chat.insights.progress import Work
from chat.insights.writing import make

logger = logging.getLogger(__name__)

THREADS = 12
WAITING = 48
PULSE_S = 5.0
IDLE_S = 30.0
DEAD_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Job:
    insight_id: UUID
    attempt: int
    language: str


class Makers:
    """A bounded pool of daemon threads: ending the process ends them, and the missing pulse tells."""

    def __init__(self, threads: int = THREADS, waiting: int = WAITING, idle_s: float = IDLE_S) -> None:
        self._threads, self._most, self._idle_s = threads, threads + waiting, idle_s
        self._held: set[UUID] = set()
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._alive = self._idle = 0
        self._pulsing = False

    def submit(self, job: Job) -> None:
        """Raises ``TooBusy`` where as many as may wait are waiting."""
        with self._changed:
            if len(self._held) >= self._most:
                raise TooBusy(_("Too much is being written now: try again in a minute."))
            self._held.add(job.insight_id)
            self._waiting.append(job)
            if self._idle < len(self._waiting) and self._alive < self._threads:
                self._alive += 1
                threading.Thread(target=self._work, name="insight", daemon=True).start()
            self._start_pulse()
            self._changed.notify_all()

    @contextmanager
    def holding(self, job: Job) -> Iterator[None]:
        """Keeps up the pulse of one that the caller's own thread makes."""
        with self._changed:
            self._held.add(job.insight_id)
            self._start_pulse()
        try:
            yield
        finally:
            self._let_go(job)

    def wait(self) -> None:
        """Until everything submitted so far is made."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                make(Work(job.insight_id, job.attempt), job.language)
            except Exception:
                logger.exception("the maker of insight %s broke", job.insight_id)
            finally:
                self._let_go(job)

    def _let_go(self, job: Job) -> None:
        with self._changed:
            self._held.discard(job.insight_id)
            self._changed.notify_all()

    def _next(self) -> Job | None:
        with self._changed:
            self._idle += 1
            has_work = self._changed.wait_for(lambda: self._waiting, self._idle_s)
            self._idle -= 1
            if has_work:
                return self._waiting.popleft()
            self._alive -= 1
            return None

    def _start_pulse(self) -> None:
        if not self._pulsing:
            self._pulsing = True
            threading.Thread(target=self._pulse, name="insight-pulse", daemon=True).start()

    def _pulse(self) -> None:
        while True:
            threading.Event().wait(PULSE_S)
            with self._changed:
                held = list(self._held)
                if not held:
                    self._pulsing = False
                    return
            try:
                Insight.objects.filter(pk__in=held, status__in=LIVE).update(heartbeat_at=timezone.now())
            except Exception:
                logger.exception("the pulse of the insights was not stored")
            finally:
                release_connections()


makers = Makers()
