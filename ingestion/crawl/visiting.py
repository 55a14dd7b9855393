"""One polite request: robots.txt is asked, the host's turn awaited, a refusal remembered for all workers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, TypeVar

from ingestion.crawl.errors import FetchFailed
from ingestion.crawl.fetching import Fetched, Fetcher
from ingestion.crawl.politeness import HostLimits, LimitsUnavailable, Slot, Wait, host_key

T = TypeVar("T")
_SLOWED = frozenset({429, 503})
_LOOK_AGAIN_S = 0.5


class Later(Exception):
    """The host wants to be left alone for ``seconds``, longer than anybody waits here."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class LeadsTo(Exception):
    """The address is redirected to ``url``, which was not asked for, with the HTTP ``status``."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(url, status)
        self.url, self.status = url, status


class Stopped(Exception):
    """The crawl ends; nothing was asked."""


Note = Callable[[Fetched | LeadsTo | FetchFailed], None]


class Rules(Protocol):
    """What robots.txt says; see ``ingestion.crawl.robots``."""

    def check(self, url: str) -> None: ...

    def delay_s(self, url: str) -> float: ...


class Visitor:
    """Requests of one crawl, by any number of threads.

    At most ``connections`` of all workers are open to one host, and their requests begin ``delay_s`` apart,
    or further where its robots.txt says so. ``lease_s`` is longer than any request takes.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        limits: HostLimits,
        *,
        connections: int = 2,
        delay_s: float = 0.5,
        lease_s: float = 75.0,
        patience_s: float = 20.0,
        longest_delay_s: float = 60.0,
        stop: threading.Event | None = None,
    ) -> None:
        self._fetcher, self._limits = fetcher, limits
        self._connections, self._delay_s, self._lease_s = connections, delay_s, lease_s
        self._patience_s, self._longest_delay_s = patience_s, longest_delay_s
        self._stop = stop or threading.Event()

    def visit(
        self, url: str, rules: Rules, *, etag: str = "", last_modified: str = "", note: Note | None = None
    ) -> Fetched:
        """The page itself, or a 304; redirects are not followed. ``note`` is given what came of the request
        before anybody may begin another one in its place.

        Raises ``Disallowed``, ``Blocked``, ``FetchFailed``, ``LeadsTo``, ``Later`` and ``Stopped``.
        """
        rules.check(url)
        return self._ask(
            url,
            self._delay(rules.delay_s(url)),
            lambda slot: self._fetcher.fetch(
                url, etag=etag, last_modified=last_modified, on_hop=self._leads_to
            ),
            note or _nothing,
        )

    def get(self, url: str) -> Fetched:
        """A file such as robots.txt or a sitemap, wherever it is redirected to. Raises as ``visit`` does."""
        return self._ask(url, self._delay_s, lambda slot: self._fetcher.fetch(url), _nothing)

    def _delay(self, asked: float) -> float:
        return max(self._delay_s, min(asked, self._longest_delay_s))

    def _leads_to(self, url: str, status: int) -> None:
        raise LeadsTo(url, status)

    def _ask(self, url: str, delay_s: float, request: Callable[[Slot], Fetched], note: Note) -> Fetched:
        host = host_key(url)
        with self._turn(host, delay_s) as slot:
            try:
                found = request(slot)
                note(found)
            except FetchFailed as error:
                note(error)
                self._refused(host, error)
                raise
            except LeadsTo as error:
                note(error)
                self._went_well(host)
                raise
            self._went_well(host)
        return found

    def _refused(self, host: str, error: FetchFailed) -> None:
        """Whoever cannot be reached is left alone as whoever asks for it."""
        if error.status in _SLOWED or error.code == "unreachable":
            wanted = error.retry_after_s
            self._patiently(lambda: self._limits.hold_off(host, wanted))
        elif error.status is not None:
            self._went_well(host)

    def _went_well(self, host: str) -> None:
        """Not worth waiting for: an answer that is there must not be lost for it."""
        with suppress(LimitsUnavailable):
            self._limits.went_well(host)

    @contextmanager
    def _turn(self, host: str, delay_s: float) -> Iterator[Slot]:
        """A slot of the host. Raises ``Later`` where it wants to be left alone for long, and ``Stopped``."""
        while True:
            found = self._patiently(
                lambda: self._limits.take(
                    host, connections=self._connections, delay_s=delay_s, lease_s=self._lease_s
                )
            )
            if isinstance(found, Slot):
                with found:
                    yield found
                return
            self._wait(found)

    def _wait(self, wait: Wait) -> None:
        if wait.reason == "held" and wait.seconds > self._patience_s:
            raise Later(wait.seconds)
        if self._stop.wait(min(wait.seconds, _LOOK_AGAIN_S)):
            raise Stopped

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Waits for Redis, as long as it takes: without it nobody knows what may be fetched."""
        while True:
            try:
                return ask()
            except LimitsUnavailable as error:
                if self._stop.wait(error.retry_s):
                    raise Stopped from error


def _nothing(_found: Fetched | LeadsTo | FetchFailed) -> None:
    """Nothing is kept."""
