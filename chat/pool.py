"""Threads of this process for what must not keep a request waiting, and the pulse that shows they are alive.

Most of the work is waiting for a model, so there are many threads, started when they are needed and let go
when they have been idle for a while.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, Generic, TypeVar

from chat.connections import release_connections
from chat.errors import TooBusy

logger = logging.getLogger(__name__)

IDLE_S = 30.0
Job = TypeVar("Job", bound=Hashable)


class Pool(ABC, Generic[Job]):
    """A bounded pool of daemon threads: ending the process ends them, and the missing pulse tells."""

    name: ClassVar[str]
    pulse_s: ClassVar[float]

    def __init__(self, threads: int, waiting: int, idle_s: float = IDLE_S) -> None:
        self._threads, self._most, self._idle_s = threads, threads + waiting, idle_s
        self._held: set[Job] = set()
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._alive = self._idle = 0
        self._pulsing = False

    @abstractmethod
    def do(self, job: Job) -> None:
        """The whole job; called in a thread of the pool."""

    @abstractmethod
    def beat(self, held: Sequence[Job]) -> None:
        """Stores that these jobs, waiting ones too, are alive; called every ``pulse_s``."""

    @property
    @abstractmethod
    def too_busy(self) -> str:
        """What is said where no more jobs are taken."""

    @property
    def alive(self) -> int:
        """How many threads there are now."""
        return self._alive

    @property
    def held(self) -> list[Job]:
        """The jobs that are done now or wait."""
        with self._changed:
            return list(self._held)

    def submit(self, job: Job) -> None:
        """Raises ``TooBusy`` where as many jobs as may wait are waiting."""
        with self._changed:
            if len(self._held) >= self._most:
                raise TooBusy(self.too_busy)
            self._held.add(job)
            self._waiting.append(job)
            if self._idle < len(self._waiting) and self._alive < self._threads:
                self._alive += 1
                threading.Thread(target=self._work, name=self.name, daemon=True).start()
            self._start_pulse()
            self._changed.notify_all()

    @contextmanager
    def holding(self, job: Job) -> Iterator[None]:
        """Keeps up the pulse of a job that the caller's own thread does."""
        with self._changed:
            self._held.add(job)
            self._start_pulse()
        try:
            yield
        finally:
            self._let_go(job)

    def wait(self) -> None:
        """Until everything submitted so far is done."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self.do(job)
            except Exception:
                logger.exception("%s broke off: %s", self.name, job)
            finally:
                self._let_go(job)

    def _let_go(self, job: Job) -> None:
        with self._changed:
            self._held.discard(job)
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
            threading.Thread(target=self._pulse, name=f"{self.name}-pulse", daemon=True).start()

    def _pulse(self) -> None:
        while True:
            threading.Event().wait(self.pulse_s)
            with self._changed:
                held = list(self._held)
                if not held:
                    self._pulsing = False
                    return
            try:
                self.beat(held)
            except Exception:
                logger.exception("the pulse of %s was not stored", self.name)
            finally:
                release_connections()
