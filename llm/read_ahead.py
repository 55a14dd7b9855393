"""Reads a server's answer in a thread of its own, so that whoever waits for it is never stuck.

A blocked read cannot be left. Here the waiting side hears every quarter of a second that nothing has
come yet, applies its own bounds, and cuts the connection when it goes.
"""

import socket
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Generic, Self, TypeVar

from django.utils import translation

T = TypeVar("T")
SLICE_S = 0.25
# After the last word of an answer: room for the end of the body, so that the connection can be kept.
AFTER_END_S = 1.0


class Silence(Exception):
    """Nothing came for ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Left(Exception):
    """Raised in the reading thread: nobody waits any more."""


class Line(Generic[T]):
    """What the reading thread and the waiting one share.

    As a context manager it hands over how the reading ended: with an exception or without.
    """

    def __init__(self) -> None:
        self._items: SimpleQueue[tuple[T] | _End] = SimpleQueue()
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._left = False

    def put(self, item: T) -> None:
        """Raises ``Left``."""
        self._items.put((item,))
        if self._left:
            raise Left

    def get(self) -> "tuple[T] | _End | None":
        """``None`` where nothing came within a slice of time."""
        try:
            return self._items.get(timeout=SLICE_S)
        except Empty:
            return None

    @contextmanager
    def over(self, connection: socket.socket | None) -> Iterator[None]:
        """While this lasts, leaving cuts ``connection``. Raises ``Left``."""
        with self._lock:
            if self._left:
                raise Left
            self._socket = connection
        try:
            yield
        finally:
            # Before the connection may serve somebody else.
            with self._lock:
                self._socket = None

    def leave(self) -> None:
        with self._lock:
            self._left = True
            if self._socket is not None:
                with suppress(OSError):
                    # Not SSLSocket's own, which changes the object that the other thread reads with.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._items.put(_End(error))
        return True


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def read_ahead(
    read: Callable[[Line[T]], Generator[T, None, None]],
    *,
    start_s: float,
    bound_after: Callable[[T], float | None],
) -> Generator[T | None, None, None]:
    """What ``read`` yields in another thread, and ``None`` for each slice of time without anything.

    At most ``start_s`` may pass before an item comes; ``bound_after`` an item changes that, where it is
    not ``None``. Then ``Silence`` is raised. Exceptions of ``read`` are raised here. ``read`` calls
    ``Line.over`` with its connection, and has bounds of its own before it has one.
    """
    line: Line[T] = Line()
    language = translation.get_language()
    Thread(target=_run, args=(line, read, language), name="llm-read", daemon=True).start()
    bound, heard = start_s, time.monotonic()
    try:
        while True:
            got = line.get()
            if isinstance(got, _End):
                if got.error is not None:
                    raise got.error
                return
            if got is None:
                if time.monotonic() - heard > bound:
                    raise Silence(bound)
                yield None
                continue
            heard = time.monotonic()
            changed = bound_after(got[0])
            bound = bound if changed is None else changed
            yield got[0]
            heard = time.monotonic()
    finally:
        line.leave()


def _run(line: Line[T], read: Callable[[Line[T]], Generator[T, None, None]], language: str | None) -> None:
    """Messages of errors are made here, in the language of who waits."""
    with translation.override(language), line, closing(read(line)) as items:
        for item in items:
            line.put(item)
