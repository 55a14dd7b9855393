"""Documents for tests, taken through the real pipeline in this process."""

import atexit
import io
from functools import cache

from ingestion import indexing, services
from ingestion.extract.process import ExtractionProcess
from ingestion.models import Collection, Document, Run
from ingestion.working import read_next

ENGLISH = "# Holidays\n\nEvery employee has twenty-five days of paid leave. Unused days expire in March.\n"
CHINESE = "# 年假\n\n每位员工每年有二十五天带薪年假。未用完的假期在次年三月失效。\n"


def add(collection: Collection, text: str | bytes, name: str = "note.md", run: Run | None = None) -> Document:
    data = text.encode() if isinstance(text, str) else text
    file = io.BytesIO(data)
    added = services.add_file(collection=collection, file=file, name=name, by=collection.owner, run=run)
    return added.document


@cache
def warm_extractor() -> ExtractionProcess:
    """One for all tests of this process, as a worker has one for all documents."""
    extractor = ExtractionProcess()
    atexit.register(extractor.close)
    return extractor


def extract_all() -> None:
    while read_next(warm_extractor()):
        pass


def ready(collection: Collection, text: str | bytes, name: str = "note.md") -> Document:
    """A document that went all the way; the caller checks its status."""
    document = add(collection, text, name)
    extract_all()
    indexing.index_all()
    document.refresh_from_db()
    return document


def searchable(collection: Collection, text: str | bytes, name: str = "note.md") -> Document:
    """As ``ready``, and it is: on a busy machine a lease may end before a text is read."""
    document = ready(collection, text, name)
    assert document.status == Document.Status.READY, f"{name} is {document.status}: {document.error}"
    return document
