"""The Celery tasks of evaluations, which also judge answers, and of widgets. They carry no ids
(docs/decisions/005)."""

import logging
import threading

from celery import shared_task
from django.db import OperationalError

from ingestion import wake
from search import registry

log = logging.getLogger(__name__)

_evaluating = threading.BoundedSemaphore(1)


@shared_task(name="chat.forget_visitors")  # type: ignore[untyped-decorator]
def forget_visitors() -> int:
    """Once an hour: conversations that widgets keep no longer; how many were removed."""
    from chat.widget.services import forget_old

    try:
        return forget_old()
    except OperationalError as error:
        log.warning("forgetting old conversations of widgets waits: %s", error)
        return 0


@shared_task(name=wake.EVALUATE_TASK)  # type: ignore[untyped-decorator]
def evaluate_waiting() -> int:
    """Works at runs of golden sets until none is waiting, one at a time in each worker."""
    if not _evaluating.acquire(blocking=False):
        return 0
    try:
        # Workers that never evaluate stay small.
        from chat.evaluating import judge
        from ingestion import golden_running

        done = golden_running.run_waiting(judge)
        if done:  # the models are for questions of evaluations alone, and come again with the next
            registry.keep_only((), own=False)
        return done
    except OperationalError as error:
        log.warning("evaluating pauses: %s", error)
        return 0
    finally:
        _evaluating.release()
