"""The threads of this process that write answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.connections import release_connections
from chat.generation import Progress, generate
from chat.models import LIVE, Message
from chat.outbox import outbox
from chat.pool import Pool
from chat.streaming import stream_key

WAITING = 64


@dataclass(frozen=True, slots=True)
class Job:
    progress: Progress
    language: str

    def __str__(self) -> str:
        return str(self.progress.message_id)


class Writers(Pool[Job]):
    name = "answer"
    pulse_s = 2.0

    def do(self, job: Job) -> None:
        channel = outbox.open(stream_key(job.progress.message_id, job.progress.attempt))
        try:
            generate(job.progress, job.language, channel)
        finally:
            channel.close()

    def beat(self, held: Sequence[Job]) -> None:
        """Also stores what came before a model fell silent."""
        ids = [job.progress.message_id for job in held]
        Message.objects.filter(pk__in=ids, status__in=LIVE).update(heartbeat_at=timezone.now())
        release_connections()
        for job in held:
            if job.progress.is_due:
                job.progress.save_part()

    @property
    def too_busy(self) -> str:
        return _("Too many answers are being written now: try again in a minute.")

    def end(self, message_id: UUID, attempt: int) -> bool:
        """Ends an answer that this process writes, with the part received, and does not wait for its
        model. Says whether there was such an answer."""
        for job in self.held:
            if (job.progress.message_id, job.progress.attempt) == (message_id, attempt):
                return job.progress.end(Message.Status.STOPPED)
        return False


writers = Writers(settings.CHAT_THREADS, WAITING)
