"""Runs by what became of them: running, queued, done, failed."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ingestion.models import Document, Generation, Run

Status, State = Document.Status, Generation.State
STATES: tuple[tuple[str, Promise], ...] = (
    ("running", _("Running")),
    ("queued", _("Queued")),
    ("done", _("Done")),
    ("failed", _("Failed")),
)


def with_something(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Without uploads of which nothing is left."""
    return runs.filter(Q(kind=Run.Kind.REEMBED) | Q(_documents()))


def in_state(runs: QuerySet[Run], state: str) -> QuerySet[Run]:
    """Runs in one of ``STATES``; for any other word all of them.

    Queued: documents wait and none is in work. Failed: something failed, whatever else goes on. Done:
    nothing is in work and nothing failed.
    """
    working = Q(_documents(Status.PROCESSING)) | Q(_builds(State.BUILDING))
    waiting = Q(_documents(Status.QUEUED))
    failed = Q(_documents(Status.FAILED)) | Q(_builds(State.FAILED))
    wanted = {
        "running": working,
        "queued": waiting & ~working,
        "failed": failed,
        "done": ~working & ~waiting & ~failed,
    }
    return runs.filter(wanted[state]) if state in wanted else runs


def _documents(*statuses: str) -> Combinable:
    documents = Document.objects.filter(run=OuterRef("pk"))
    return Exists(documents.filter(status__in=statuses) if statuses else documents)


def _builds(state: str) -> Combinable:
    return Exists(Generation.objects.filter(run=OuterRef("pk"), state=state))
