"""What the vector index keeps beside its server, made for indexes that have none."""

import logging
import time

from ingestion.generations import generations_in_use
from search import registry
from search.errors import SearchError

log = logging.getLogger(__name__)

_AT_MOST_S = 2.0


def mend() -> bool:
    """Mends for about two seconds at most; whether anything was done. What fails stays as it is: searches do
    without."""
    until = time.monotonic() + _AT_MOST_S
    index = registry.vector_index()
    something = False
    try:
        for generation in generations_in_use().only("id"):
            something = index.mend(generation.index_id) or something
            if time.monotonic() > until:
                break
    except SearchError as error:
        log.warning("an index is not mirrored: %s", error)
        return False
    return something
