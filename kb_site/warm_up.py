"""Loads in the background what the first search or document would otherwise wait for."""

import fcntl
import logging
import threading
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from ingestion.generations import generations_in_use
from ingestion.searched import load_soon
from search import analysis, registry
from search.errors import SearchError

log = logging.getLogger(__name__)


def start_warm_up(*, searches: bool = False) -> threading.Thread:
    """The thread that does it. A process that ``searches`` loads the reranker too, where there is one."""
    thread = threading.Thread(target=_load_all, args=(searches,), name="warm-up", daemon=True)
    thread.start()
    return thread


def _load_all(searches: bool) -> None:
    _load()
    reranker = registry.reranker() if searches else None
    loading = reranker.load_soon() if reranker else None
    if loading:
        loading.join()


def _load() -> None:
    """The embedding model, what is known of its languages, and the tables of the text analysis.

    One process after the other: two that load at once make each other late, and the site is ready when
    the first one, the web, is.
    """
    folder = Path(settings.RUN_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open(folder / "warm-up.lock", "w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            registry.embedder().embed(["warm-up"])
            registry.coverage().languages()
            analysis.tokens("預熱 warming up")
            load_soon(generations_in_use())
    except SearchError as error:
        log.error("the embedding model does not load: %s", error)
    except DatabaseError as error:
        log.info("what collections need is loaded when it is asked for: %s", error)
    finally:
        connection.close()
