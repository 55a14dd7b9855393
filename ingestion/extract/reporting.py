"""How far the reading of the file at hand is: readers say it, and the extraction process passes it on.

One file is read at a time in a process, so a listener for the whole module is enough.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_listeners: list[Callable[[int, int], None]] = []


@contextmanager
def listening(listener: Callable[[int, int], None]) -> Iterator[None]:
    """``listener`` is called with pages read and pages in all, while a file is being read."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def pages_read(done: int, total: int) -> None:
    """Says that ``done`` of ``total`` pages are read."""
    for listener in _listeners:
        listener(done, total)
