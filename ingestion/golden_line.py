"""The line of runs of golden sets that wait for a worker: claiming one, and ending it."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from ingestion import golden_trial
from ingestion.leases import MAX_ATTEMPTS, free, take
from ingestion.models import GoldenRun

State = GoldenRun.State
IN_WORK = (State.QUEUED, State.BUILDING, State.RUNNING)
KEEPS_STOPPING = gettext_noop("The worker stopped each time this run was tried.")


def waiting() -> QuerySet[GoldenRun]:
    """Runs that nobody works at, the oldest first."""
    return GoldenRun.objects.filter(free(), state__in=IN_WORK).order_by("created_at")


def is_waiting() -> bool:
    """Whether a worker would find something to do."""
    return waiting().exists() or golden_trial.orphans().exists()


def claim_next() -> GoldenRun | None:
    """Takes the next one; one that stopped its worker ``MAX_ATTEMPTS`` times fails."""
    while True:
        run = waiting().first()
        if run is None:
            return None
        if run.attempts >= MAX_ATTEMPTS:
            end(waiting().filter(pk=run.pk).order_by(), State.FAILED, KEEPS_STOPPING)
        elif take(waiting(), run.pk, run.attempts):
            return GoldenRun.objects.select_related("golden_set__collection", "trial").get(pk=run.pk)


def held(run: GoldenRun) -> QuerySet[GoldenRun]:
    """Its row, as long as the claim stands and nobody cancelled it."""
    return GoldenRun.objects.filter(pk=run.pk, claim=run.claim, state__in=IN_WORK)


def end(rows: QuerySet[GoldenRun], state: str, error: str = "", **changes: object) -> None:
    """Writes how it ended, where the row is still among ``rows``."""
    rows.update(state=state, error=error, claim=None, lease_until=None, ended_at=timezone.now(), **changes)


def release_all() -> int:
    """Lets others go on at once with what a worker held that is known to be dead."""
    return GoldenRun.objects.filter(lease_until__isnull=False).update(lease_until=None)
