"""Loads in the background what the first search would otherwise wait for."""

import logging
import threading

from search import analysis, registry
from search.errors import SearchError

log = logging.getLogger(__name__)


def start_warm_up() -> None:
    threading.Thread(target=_load, name="warm-up", daemon=True).start()


def _load() -> None:
    """The embedding model, what is known of its languages, and the tables of the text analysis."""
    try:
        registry.embedder().embed(["warm-up"])
        registry.coverage().languages()
        analysis.tokens("預熱 warming up")
    except SearchError as error:
        log.error("the embedding model does not load: %s", error)
