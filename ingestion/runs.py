"""A run as one thing: cancelling it, trying again what failed."""

from accounts.models import User
from accounts.roles import Action
from ingestion import reembedding, services
from ingestion.access import Person, collections_for
from ingestion.models import Document, Run


def cancel_run(run: Run, *, by: User | None = None) -> int:
    """Cancels what is still in work and returns how many documents that were; a re-embedding counts as
    one. Documents that are ready stay."""
    if run.kind == Run.Kind.REEMBED:
        return int(reembedding.cancel_reembedding(run.collection, run))
    return services.cancel_documents(Document.objects.filter(run=run), by=by)


def retry_run(run: Run, *, by: User | None = None) -> int:
    """Queues the documents of the run again that failed or were cancelled, and returns how many.

    A re-embedding that ended without success is begun anew, as a run of its own, and counts as one.
    Raises ``BadCollection`` where another one is being built.
    """
    if run.kind == Run.Kind.REEMBED:
        if not reembedding.has_failed(run):
            return 0
        reembedding.start_reembedding(run.collection, run.started_by)
        return 1
    return services.retry_documents(Document.objects.filter(run=run), by=by)


def retry_all_failed(user: Person) -> int:
    """Queues every failed document again in collections that ``user`` may edit; returns how many."""
    editable = collections_for(user, Action.EDIT)
    failed = Document.objects.filter(collection__in=editable, status=Document.Status.FAILED)
    return services.retry_documents(failed, by=user if isinstance(user, User) else None)
