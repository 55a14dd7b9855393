"""The Celery tasks: wake-up calls that drain the queue in the database.

They carry no ids on purpose (see docs/decisions/005): a message may be lost, doubled or late, and
every document still goes through exactly once.
"""

import logging
import threading

from celery import shared_task
from django.conf import settings
from django.db import OperationalError

from ingestion import clearing, golden_line, indexing, pipeline, rebuilding, reembedding, syncing, wake
from ingestion.extract.process import ExtractionProcess
from ingestion.models import Source
from ingestion.places import Places
from ingestion.working import read_next
from search.errors import SearchError

log = logging.getLogger(__name__)

_local = threading.local()
_places = Places(settings.PARSE_THREADS)
_syncing = threading.BoundedSemaphore(1)
_crawling = threading.BoundedSemaphore(settings.CRAWL_SITES)


def _extractor() -> ExtractionProcess:
    """This thread's warm child process."""
    if not hasattr(_local, "extractor"):
        _local.extractor = ExtractionProcess()
    extractor: ExtractionProcess = _local.extractor
    return extractor


@shared_task(name=wake.EXTRACT_TASK)  # type: ignore[untyped-decorator]
def extract_waiting() -> int:
    """Takes documents until none is waiting; returns how many.

    At most ``PARSE_THREADS`` at once: the worker has one thread more, which answers further wake-ups.
    """
    place = _places.take()
    if place is None:
        return 0
    done = 0
    try:
        while read_next(_extractor(), quick=place.quick):
            done += 1
    except OperationalError as error:
        log.warning("reading pauses: %s", error)
    finally:
        _places.give_back(place)
    return done


@shared_task(name=wake.INDEX_TASK)  # type: ignore[untyped-decorator]
def index_waiting() -> int:
    """Indexes until nothing is waiting; returns the number of chunks."""
    try:
        return indexing.index_all()
    except indexing.Busy:
        return 0
    except (SearchError, OperationalError) as error:
        log.warning("indexing pauses: %s", error)
        return 0


@shared_task(name=wake.SYNC_TASK)  # type: ignore[untyped-decorator]
def sync_sources() -> int:
    """Looks at the sources whose time has come, one at a time in each worker."""
    return _look_at(Source.Kind.FOLDER, _syncing)


@shared_task(name=wake.CRAWL_TASK)  # type: ignore[untyped-decorator]
def crawl_sites() -> int:
    """Crawls the sites whose time has come, ``CRAWL_SITES`` at once in each worker."""
    return _look_at(Source.Kind.WEB, _crawling)


def _look_at(kind: str, places: threading.Semaphore) -> int:
    if not places.acquire(blocking=False):
        return 0
    try:
        return syncing.sync_due(kind)
    except OperationalError as error:
        log.warning("looking at sources (%s) pauses: %s", kind, error)
        return 0
    finally:
        places.release()


@shared_task(name="ingestion.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Every few seconds: whatever is waiting, for whatever reason, gets its worker woken."""
    if pipeline.waiting().exists() or rebuilding.waiting().exists():
        wake.parser()
    if clearing.is_waiting() or indexing.waiting().exists() or reembedding.is_complete():
        wake.indexer()
    if syncing.due(Source.Kind.FOLDER).exists():
        wake.sources()
    if syncing.due(Source.Kind.WEB).exists():
        wake.crawler()
    if golden_line.is_waiting():
        wake.evaluator()
