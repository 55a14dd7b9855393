"""The task queue's application."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")

app = Celery("youju")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect  # type: ignore[untyped-decorator]
def _begin(sender: Any, **_kwargs: Any) -> None:
    """The worker that embeds loads its model before the first document comes; the one that crawls goes on
    at once with what another one left."""
    if "crawl" in sender.app.amqp.queues.consume_from:
        from ingestion import wake

        wake.crawler()
    if "index" in sender.app.amqp.queues.consume_from:
        from kb_site.warm_up import start_warm_up

        start_warm_up()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _end_soon(**_kwargs: Any) -> None:
    """A crawl may take hours, and goes on at the next start."""
    from ingestion import stopping

    stopping.ask()
