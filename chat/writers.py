"""The threads of this process that write answers, and the pulse that shows they are alive.

Writing is mostly waiting for a model, so there are many threads, started when they are needed and let
go when they have been idle for a while.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.connections import release_connections
from chat.errors import TooBusy
from chat.generation import Progress, generate
from chat.models import LIVE, Message
from chat.outbox import outbox
from chat.streaming import stream_key

logger = logging.getLogger(__name__)

WAITING = 64
PULSE_S = 2.0
IDLE_S = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    message_id: UUID
    attempt: int
    language: str


class Writers:
    """A bounded pool of daemon threads: ending the process ends them, and the missing pulse tells."""

    def __init__(self, threads: int, waiting: int, idle_s: float = IDLE_S) -> None:
        self._threads = threads
        self._most = threads + waiting
        self._idle_s = idle_s
        self._held: dict[UUID, Progress] = {}
        self._waiting: deque[tuple[Job, Progress]] = deque()
        self._changed = threading.Condition()
        self._alive = self._idle = 0
        self._pulsing = False

    @property
    def alive(self) -> int:
        """How many threads there are now."""
        return self._alive

    def submit(self, job: Job) -> None:
        """Raises ``TooBusy`` where as many answers as may wait are waiting."""
        with self._changed:
            if len(self._held) >= self._most:
                raise TooBusy(_("Too many answers are being written now: try again in a minute."))
            progress = Progress(job.message_id, job.attempt)
            self._held[job.message_id] = progress
            self._waiting.append((job, progress))
            self._start_threads()
            self._changed.notify_all()

    @contextmanager
    def holding(self, progress: Progress) -> Iterator[None]:
        """Keeps up the pulse of an answer that the caller's own thread writes."""
        with self._changed:
            self._held[progress.message_id] = progress
            self._start_pulse()
        try:
            yield
        finally:
            self._let_go(progress)

    def end(self, message_id: UUID, attempt: int) -> bool:
        """Ends an answer that this process writes, with the part received, and does not wait for its
        model. Says whether there was such an answer."""
        with self._changed:
            progress = self._held.get(message_id)
        if progress is None or progress.attempt != attempt:
            return False
        return progress.end(Message.Status.STOPPED)

    def wait(self) -> None:
        """Until everything submitted so far has been written."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held)

    def _start_threads(self) -> None:
        if self._idle < len(self._waiting) and self._alive < self._threads:
            self._alive += 1
            threading.Thread(target=self._work, name="answer", daemon=True).start()
        self._start_pulse()

    def _start_pulse(self) -> None:
        if not self._pulsing:
            self._pulsing = True
            threading.Thread(target=self._pulse, name="answer-pulse", daemon=True).start()

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            job, progress = taken
            channel = outbox.open(stream_key(job.message_id, job.attempt))
            try:
                generate(progress, job.language, channel)
            except Exception:
                logger.exception("the writer of answer %s broke", job.message_id)
            finally:
                channel.close()
                self._let_go(progress)

    def _let_go(self, progress: Progress) -> None:
        with self._changed:
            if self._held.get(progress.message_id) is progress:
                del self._held[progress.message_id]
            self._changed.notify_all()

    def _next(self) -> tuple[Job, Progress] | None:
        with self._changed:
            self._idle += 1
            has_work = self._changed.wait_for(lambda: self._waiting, self._idle_s)
            self._idle -= 1
            if has_work:
                return self._waiting.popleft()
            self._alive -= 1
            return None

    def _pulse(self) -> None:
        while True:
            threading.Event().wait(PULSE_S)
            with self._changed:
                held = list(self._held.values())
                if not held:
                    self._pulsing = False
                    return
            try:
                self._beat(held)
            except Exception:
                logger.exception("the pulse of the answers being written was not stored")

    def _beat(self, held: list[Progress]) -> None:
        """Also stores what came before a model fell silent."""
        ids = [progress.message_id for progress in held]
        Message.objects.filter(pk__in=ids, status__in=LIVE).update(heartbeat_at=timezone.now())
        release_connections()
        for progress in held:
            if progress.is_due:
                progress.save_part()


writers = Writers(settings.CHAT_THREADS, WAITING)
