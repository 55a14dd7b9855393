"""The threads of this process that make insights."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from chat.insights.models import LIVE, Insight
from chat.insights.progress import Work
from chat.insights.writing import make
from chat.pool import Pool

THREADS = 12
WAITING = 48
DEAD_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Job:
    insight_id: UUID
    attempt: int
    language: str

    def __str__(self) -> str:
        return str(self.insight_id)


class Makers(Pool[Job]):
    name = "insight"
    pulse_s = 5.0

    def do(self, job: Job) -> None:
        make(Work(job.insight_id, job.attempt), job.language)

    def beat(self, held: Sequence[Job]) -> None:
        ids = [job.insight_id for job in held]
        Insight.objects.filter(pk__in=ids, status__in=LIVE).update(heartbeat_at=timezone.now())

    @property
    def too_busy(self) -> str:
        return _("Too much is being written now: try again in a minute.")


makers = Makers(THREADS, WAITING)
