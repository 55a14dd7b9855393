"""Starting, stopping and removing runs of golden sets."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ingestion import model_choices, wake
from ingestion.golden_config import Config, label_of
from ingestion.golden_line import IN_WORK
from ingestion.golden_sets import BadGoldenSet
from ingestion.models import Document, GoldenRun, GoldenSet

_WAITING_AT_MOST = 20
State = GoldenRun.State


def run_name(run: GoldenRun) -> str:
    """What people called it; one without a name is called by its configuration, in the reader's language."""
    return run.label or label_of(Config.of(run.config))


def start_run(*, golden_set: GoldenSet, config: Config, label: str = "", by: User | None = None) -> GoldenRun:
    """Puts a run in line. Raises ``BadGoldenSet`` where it could not tell anything, or too many wait."""
    total = golden_set.questions.count()
    if not total:
        raise BadGoldenSet(_("The golden set has no questions yet. Add or import some first."), code="empty")
    ready = Document.objects.filter(collection=golden_set.collection_id, status=Document.Status.READY)
    if not ready.exists():
        raise BadGoldenSet(
            _("The collection has no documents that are ready. Add some, or wait for them."), code="empty"
        )
    if config.embedding and (why_not := model_choices.trouble(config.embedding)):
        raise BadGoldenSet(why_not, code="bad_model")
    if GoldenRun.objects.filter(golden_set=golden_set, state__in=IN_WORK).count() >= _WAITING_AT_MOST:
        raise BadGoldenSet(
            _("Many runs of this set are waiting already. Wait for them, or cancel some."), code="too_many"
        )
    with transaction.atomic():
        run = GoldenRun.objects.create(
            golden_set=golden_set,
            label=" ".join(label.split())[:120],
            config=config.stored(),
            total=total,
            started_by=by,
        )
        transaction.on_commit(wake.evaluator)
    return run


def cancel_run(*, run: GoldenRun) -> bool:
    """Whether it was in work; the worker notices within seconds, and its trial index goes."""
    ended = GoldenRun.objects.filter(pk=run.pk, state__in=IN_WORK).update(
        state=State.CANCELLED, claim=None, lease_until=None, ended_at=timezone.now()
    )
    if ended:
        wake.evaluator()
    return bool(ended)


def delete_run(*, run: GoldenRun) -> None:
    """With what it found."""
    cancel_run(run=run)
    run.delete()


def repeat_run(*, run: GoldenRun, by: User | None = None) -> GoldenRun:
    """The same configuration once more, as a run of its own. Raises as ``start_run``."""
    return start_run(golden_set=run.golden_set, config=Config.of(run.config), label=run.label, by=by)
