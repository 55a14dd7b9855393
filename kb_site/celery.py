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
    """The workers that split and embed load their models before the first document comes; the one that crawls
    goes on at once with what another one left."""
    from ingestion import wake
    from kb_site import warm_up

    queues = sender.app.amqp.queues.consume_from
    if wake.CRAWL_QUEUE in queues:
        wake.crawler()
    if wake.EXTRACT_QUEUE in queues:
        warm_up.start_splitter_warm_up()
    if wake.INDEX_QUEUE in queues:
        warm_up.start_warm_up()
        wake.indexer()  # what an older release left is mended


class _EndSoon(bootsteps.StartStopStep):  # type: ignore[misc]
    """A worker that is told to stop, or that lost its broker for good, waits for its tasks. A crawl may take
    hours, and goes on at the next start."""

    requires = ("celery.worker.components:Pool",)

    def close(self, _worker: Any) -> None:
        from ingestion import stopping

        stopping.ask()


app.steps["worker"].add(_EndSoon)
