"""Doing the work in this process: one piece of reading, or all that waits, for commands that run while
the site does not."""

import threading
from collections.abc import Callable

from django.db import connection

from ingestion import indexing, pipeline, reading_together, rebuilding
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


def read_next(extractor: ExtractionProcess, *, quick: bool = False) -> bool:
    """Reads one document, or some short ones, or splits one for a new generation; whether there was any.

    ``quick`` leaves documents that take long to others.
    """
    short = reading_together.claim(quick=quick)
    if short:
        reading_together.read(short, extractor, quick=quick)
        return True
    document = pipeline.claim_next(quick=quick)
    if document is not None:
        pipeline.extract_document(document, extractor, quick=quick)
        return True
    build = rebuilding.claim_next()
    if build is not None:
        rebuilding.split_build(build)
        return True
    return False


def _extract_all() -> None:
    extractor = ExtractionProcess()
    try:
        while read_next(extractor):
            pass
    finally:
        extractor.close()
        connection.close()
