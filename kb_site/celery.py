"""The task queue's application."""

import os
from typing import Any

from celery import Celery, bootsteps
from celery.signals import worker_ready

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


class _EndSoon(bootsteps.StartStopStep):  # type: ignore[misc]
    """A worker that is told to stop, or that lost its broker for good, waits for its tasks. A crawl may take
    hours, and goes on at the next start."""

    requires = ("celery.worker.components:Pool",)

    def close(self, _worker: Any) -> None:
        from ingestion import stopping

        stopping.ask()


app.steps["worker"].add(_EndSoon)
