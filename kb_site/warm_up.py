"""Loads the embedding model in the background, so that the first search does not wait for it."""

import logging
import threading

from search import registry
from search.errors import SearchError

log = logging.getLogger(__name__)


def start_warm_up() -> None:
    threading.Thread(target=_load, name="warm-up", daemon=True).start()


def _load() -> None:
    try:
        registry.embedder().embed(["warm-up"])
        registry.coverage().languages()
    except SearchError as error:
        log.error("the embedding model does not load: %s", error)
