"""A model in this process: loaded once, in a thread of its own; one generation at a time, in another."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from django.utils import translation

from llm import local_errors as say
from llm.errors import LLMError

logger = logging.getLogger(__name__)

SLICE_S = 0.25


class Cancelled(Exception):
    """Nobody wants the rest of the generation."""


@dataclass(slots=True)
class Job:
    """What a generating thread tells: ``items`` are pieces of text, "" for a token that settled none; an
    exception where it failed; and ``None`` at the end, when the numbers are right.
    """

    cancelled: threading.Event = field(default_factory=threading.Event, init=False)
    items: "SimpleQueue[str | Exception | None]" = field(default_factory=SimpleQueue, init=False)
    prompt_tokens: int = field(default=0, init=False)
    generated: int = field(default=0, init=False)
    finish_reason: str = field(default="stop", init=False)


J = TypeVar("J", bound=Job)


class Runtime(ABC, Generic[J]):
    """Nothing is loaded before it is needed.

    Times called ``until`` are those of ``time.monotonic``; what waits yields at least every quarter of
    a second, so that whoever waits can leave.
    """

    def __init__(self, place: Path) -> None:
        self.place = str(place)
        self._state = threading.Lock()
        self._turn = threading.Lock()
        self._loading: Future[None] | None = None

    @abstractmethod
    def load(self) -> None:
        """Runs in the loading thread. May raise anything."""

    @abstractmethod
    def write(self, job: J) -> None:
        """Runs in the generating thread. Raises ``Cancelled`` once ``job.cancelled`` is set, or anything."""

    @property
    def is_loaded(self) -> bool:
        with self._state:
            loading = self._loading
        return loading is not None and loading.done() and loading.exception() is None

    @property
    def is_busy(self) -> bool:
        return self._turn.locked()

    def wait_until_loaded(self, until: float) -> Iterator[None]:
        """The loading goes on when nobody waits any more.

        Raises ``LLMError`` where it fails; the next call tries again.
        """
        loading = self._started_loading()
        while True:
            try:
                return loading.result(timeout=SLICE_S)
            except TimeoutError:
                pass
            if time.monotonic() > until:
                raise say.still_loading(self.place)
            yield

    def wait_for_turn(self, until: float, timeout_s: float) -> Iterator[None]:
        """Returns holding the turn: ``start`` must follow. Raises ``RateLimited``."""
        while not self._turn.acquire(timeout=SLICE_S):
            if time.monotonic() > until:
                raise say.busy(self.place, timeout_s)
            yield

    def start(self, job: J) -> None:
        """The generating thread gives the turn back when it ends."""
        thread = threading.Thread(target=self._write, args=(job,), name="llm-generate", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._turn.release()
            raise say.no_thread() from error

    def pieces(self, job: J, until: float, silence_s: float) -> Generator[str, None, None]:
        """Text as it comes, "" while there is none. Leaving cancels the generation. Raises ``LLMError``.

        ``until`` bounds the wait for the first token, ``silence_s`` that between two.
        """
        since = time.monotonic()
        try:
            while True:
                try:
                    item = job.items.get(timeout=SLICE_S)
                except Empty:
                    if time.monotonic() > until:
                        raise say.silent(self.place, time.monotonic() - since) from None
                    yield ""
                    continue
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise say.failed(self.place, item) from item
                since = time.monotonic()
                until = since + silence_s
                yield item
        finally:
            job.cancelled.set()

    def _started_loading(self) -> "Future[None]":
        with self._state:
            loading = self._loading
            if loading is None or (loading.done() and loading.exception() is not None):
                loading = self._loading = Future()
                given = (loading, translation.get_language())
                threading.Thread(target=self._load, args=given, name="llm-load", daemon=True).start()
            return loading

    def _load(self, loading: "Future[None]", language: str | None) -> None:
        """A failure is worded in the language of whoever waits."""
        try:
            with translation.override(language):
                self.load()
        except Exception as error:
            if not isinstance(error, LLMError):
                logger.exception("model in %s", self.place)
            with translation.override(language):
                loading.set_exception(say.not_loadable(self.place, error))
        else:
            loading.set_result(None)

    def _write(self, job: J) -> None:
        try:
            self.write(job)
        except Cancelled:
            pass
        except Exception as error:
            logger.exception("answer by %s", self.place)
            job.items.put(error)
        finally:
            self._turn.release()
            job.items.put(None)
