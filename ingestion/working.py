"""Doing the work in this process, for commands that run while the site does not."""

import threading
from collections.abc import Callable

from django.db import connection

from ingestion import indexing, pipeline
from ingestion.extract.process import ExtractionProcess


def work_until_done(on_progress: Callable[[], object]) -> None:
    """Extracts in a second thread while this one indexes; returns when nothing is waiting.

    ``on_progress`` is called after each round. Raises ``search.errors.SearchError``.
    """
    extracting = threading.Thread(target=_extract_all, name="extract")
    extracting.start()
    while extracting.is_alive():
        if not indexing.index_all():
            extracting.join(timeout=0.2)
        on_progress()
    indexing.index_all()
    on_progress()


def _extract_all() -> None:
    extractor = ExtractionProcess()
    try:
        while document := pipeline.claim_next():
            pipeline.extract_document(document, extractor)
    finally:
        extractor.close()
        connection.close()
