"""From an address to what its page says, in a line of threads: several fetch, one has the pages read.

Who feeds the line and takes from its end does all the rest, and alone writes to the database.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from django.utils.translation import gettext_noop

from ingestion.crawl.errors import CrawlError, FetchFailed
from ingestion.crawl.fetching import Fetched
from ingestion.crawl.spool import Kept, NoRoom, Spool
from ingestion.crawl.visiting import Later, LeadsTo, Rules, Stopped, Visitor
from ingestion.crawl.web_page import WebPage
from ingestion.extract.types import ExtractionError

log = logging.getLogger(__name__)

UNEXPECTED = gettext_noop("This page could not be handled. The site's log says why.")
GRACE_S = 3.0
HTML = frozenset({"text/html", "application/xhtml+xml", ""})


@dataclass(frozen=True, slots=True)
class Task:
    """An address to visit; ``key`` names it. The validators are those of the state that is known."""

    key: int
    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of a task: ``kept`` where there was an answer, ``page`` where it was a web page, or an
    ``error``. ``NoRoom`` is none of the page."""

    task: Task
    kept: Kept | None = None
    page: WebPage | None = None
    error: CrawlError | ExtractionError | LeadsTo | Later | NoRoom | None = None


Read = Callable[[Path, str, str], WebPage]


class Line:
    """A context manager that runs the threads. ``read`` is given a file, its address and its charset, and
    raises ``Stopped`` soon after ``stop`` is set.

    At the end requests under way get ``GRACE_S`` more; their threads end by themselves, with the answer.
    """

    def __init__(
        self, visitor: Visitor, rules: Rules, spool: Spool, read: Read, *, threads: int, stop: threading.Event
    ) -> None:
        self._visitor, self._rules, self._spool, self._read = visitor, rules, spool, read
        self._stop = stop
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Visit | None] = queue.SimpleQueue()
        self._visits: queue.SimpleQueue[Visit] = queue.SimpleQueue()
        self._fetchers = [
            threading.Thread(target=self._fetch_all, name=f"fetch-{place}", daemon=True)
            for place in range(threads)
        ]
        self._reader = threading.Thread(target=self._read_all, name="read", daemon=True)
        self.in_line: set[int] = set()

    def __enter__(self) -> "Line":
        for thread in (*self._fetchers, self._reader):
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for _fetcher in self._fetchers:
            self._tasks.put(None)
        ends = time.monotonic() + GRACE_S
        for fetcher in self._fetchers:
            fetcher.join(max(0.0, ends - time.monotonic()))
        self._answers.put(None)
        self._reader.join()

    @property
    def has_room(self) -> bool:
        """Whether a task would soon be begun."""
        return len(self.in_line) < 3 * len(self._fetchers)

    def put(self, task: Task) -> None:
        self.in_line.add(task.key)
        self._tasks.put(task)

    def next(self, timeout_s: float) -> Visit | None:
        """The next visit that is done; ``None`` where there was none within ``timeout_s``."""
        try:
            visit = self._visits.get(timeout=timeout_s)
        except queue.Empty:
            return None
        self.in_line.discard(visit.task.key)
        return visit

    def _fetch_all(self) -> None:
        while (task := self._tasks.get()) is not None and not self._stop.is_set():
            try:
                visit = self._fetch(task)
            except Stopped:
                return
            is_page = visit.kept is not None and visit.kept.status != 304
            (self._answers if is_page else self._visits).put(visit)

    def _fetch(self, task: Task) -> Visit:
        try:
            known = self._spool.find(task.key)
            found = known or self._visited(task)
            return Visit(task, found) if isinstance(found, Kept) else Visit(task, error=found)
        except (CrawlError, Later, NoRoom) as error:
            return Visit(task, error=error)
        except Stopped:
            raise
        except Exception:
            log.exception("%s could not be fetched", task.url)
            return Visit(task, error=CrawlError(UNEXPECTED))

    def _visited(self, task: Task) -> Kept | LeadsTo | FetchFailed:
        """What the site answers, kept where it would be the same again."""
        kept: list[Kept] = []

        def note(found: Fetched | LeadsTo | FetchFailed) -> None:
            if isinstance(found, Fetched):
                kept.append(self._spool.keep(task.key, found, time.time()))
            elif isinstance(found, LeadsTo) or (found.status is not None and not found.is_passing):
                self._spool.keep_refusal(task.key, found)

        known = {"etag": task.etag, "last_modified": task.last_modified}
        try:
            self._visitor.visit(task.url, self._rules, **known, note=note)
        except (LeadsTo, FetchFailed) as error:
            return error
        return kept[0]

    def _read_all(self) -> None:
        while (visit := self._answers.get()) is not None:
            if self._stop.is_set():
                continue
            with suppress(Stopped):
                self._visits.put(self._reading(visit))

    def _reading(self, visit: Visit) -> Visit:
        kept = visit.kept
        assert kept is not None
        if kept.media_type not in HTML:
            return visit
        try:
            return Visit(visit.task, kept, self._read(kept.path, kept.url, kept.charset))
        except (CrawlError, ExtractionError) as error:
            return Visit(visit.task, kept, error=error)
        except Stopped:
            raise
        except Exception:
            log.exception("%s could not be read", visit.task.url)
            return Visit(visit.task, kept, error=CrawlError(UNEXPECTED))
