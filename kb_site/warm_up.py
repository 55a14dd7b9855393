"""Loads in the background what the first search or document would otherwise wait for."""

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from ingestion.generations import models_in_use
from ingestion.searched import load_missing
from ingestion.token_counts import counter_for
from search import analysis, registry
from search.errors import SearchError

log = logging.getLogger(__name__)

# An index with another model takes longer to build than this and the loading.
_LOOK_S = 5.0


def start_warm_up(*, searches: bool = False) -> threading.Thread:
    """Loads what embeds, in the thread that is returned. A process that ``searches`` loads the reranker too,
    where there is one."""

    def load() -> None:
        _load_embedding()
        reranker = registry.reranker() if searches else None
        loading = reranker.load_soon() if reranker else None
        if loading:
            loading.join()

    return _in_background(load)


def keep_models_loaded() -> threading.Thread:
    """Loads what collections are changed to, whoever changed them, in each process that searches: the first
    search with a new model would wait for it. In the thread that is returned, which never ends."""

    def look() -> None:
        while True:
            time.sleep(_LOOK_S)
            load_models_in_use()

    return _in_background(look)


def load_models_in_use() -> None:
    try:
        load_missing(models_in_use())
    except (SearchError, DatabaseError) as error:
        log.info("what collections need is loaded when it is asked for: %s", error)
    finally:
        connection.close()


def start_splitter_warm_up() -> threading.Thread:
    """Loads what splits text, in the thread that is returned."""
    return _in_background(_load_splitter)


def _in_background(load: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread


def _load_embedding() -> None:
    """The embedding model, what is known of its languages, and the tables of the text analysis."""
    with _turn():
        registry.embedder().embed(["warm-up"])
        registry.coverage().languages()
        analysis.tokens("預熱 warming up")
        load_missing(models_in_use())


def _load_splitter() -> None:
    """The model's own tokens, in which passages are measured."""
    with _turn():
        counter_for(registry.tokenizer_path(registry.embedder())).counts(["warm-up"])


@contextmanager
def _turn() -> Iterator[None]:
    """One process after the other: two that load at once make each other late, and the site is ready when
    the first one, the web, is. What fails is loaded when it is asked for."""
    folder = Path(settings.RUN_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open(folder / "warm-up.lock", "w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield
    except SearchError as error:
        log.error("the embedding model does not load: %s", error)
    except DatabaseError as error:
        log.info("what collections need is loaded when it is asked for: %s", error)
    finally:
        connection.close()
