"""The threads of this process that write answers, and the pulse that shows they are alive."""

import logging
import queue
import threading
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.errors import TooBusy
from chat.generation import generate, release_connections
from chat.models import LIVE, Message
from chat.streaming import RedisWatcher

logger = logging.getLogger(__name__)

WAITING = 64
PULSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Job:
    message_id: UUID
    attempt: int
    language: str


class Writers:
    """A bounded pool of daemon threads: ending the process ends them, and the missing pulse tells."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._jobs: queue.Queue[Job] = queue.Queue(waiting)
        self._threads = threads
        self._held: set[UUID] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._started = False

    def submit(self, job: Job) -> None:
        """Raises ``TooBusy`` where the queue is full."""
        self._start()
        with self._lock:
            self._held.add(job.message_id)
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            with self._lock:
                self._held.discard(job.message_id)
            raise TooBusy(_("Too many answers are being written now: try again in a minute.")) from None
        self._wake.set()

    def wait(self) -> None:
        """Until everything submitted so far has been written."""
        self._jobs.join()

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
            for number in range(self._threads):
                threading.Thread(target=self._work, name=f"answer-{number}", daemon=True).start()
            threading.Thread(target=self._pulse, name="answer-pulse", daemon=True).start()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            watcher = RedisWatcher(job.message_id, job.attempt)
            try:
                generate(job.message_id, job.attempt, job.language, watcher)
            except Exception:
                logger.exception("the writer of answer %s broke", job.message_id)
            finally:
                watcher.close()
                with self._lock:
                    self._held.discard(job.message_id)
                self._jobs.task_done()

    def _pulse(self) -> None:
        while True:
            self._wake.wait()
            with self._lock:
                held = list(self._held)
                if not held:
                    self._wake.clear()
                    continue
            try:
                Message.objects.filter(pk__in=held, status__in=LIVE).update(heartbeat_at=timezone.now())
                release_connections()
            except Exception:
                logger.exception("the pulse of the answers being written was not stored")
            threading.Event().wait(PULSE_S)


writers = Writers(settings.CHAT_THREADS, WAITING)
