"""Wakes the workers. The queue itself is in the database, so a lost message is only a delay: the
scheduler sends another one."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

EXTRACT_TASK, EXTRACT_QUEUE = "ingestion.extract_waiting", "extract"
INDEX_TASK, INDEX_QUEUE = "ingestion.index_waiting", "index"
SYNC_TASK = "ingestion.sync_sources"
CRAWL_TASK, CRAWL_QUEUE = "ingestion.crawl_sites", "crawl"
EVALUATE_TASK = "chat.evaluate_waiting"


def parser() -> None:
    """There are documents to extract."""
    _send(EXTRACT_TASK, EXTRACT_QUEUE)


def indexer() -> None:
    """There are chunks to index, or ids to remove."""
    _send(INDEX_TASK, INDEX_QUEUE)


def sources() -> None:
    """There is a source to look at."""
    _send(SYNC_TASK, EXTRACT_QUEUE)
    crawler()


def crawler() -> None:
    """There is a site to crawl."""
    _send(CRAWL_TASK, CRAWL_QUEUE)


def evaluator() -> None:
    """There is a run of a golden set. The worker that crawls has a thread to spare for it."""
    _send(EVALUATE_TASK, CRAWL_QUEUE)


def _send(task: str, queue: str) -> None:
    try:
        current_app.send_task(task, queue=queue, retry=False, ignore_result=True)
    except OperationalError as error:
        log.info("no broker to wake the workers (%s); the scheduler will", error)
