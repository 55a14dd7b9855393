"""Whether this process is to end: work that can go on later looks here, and ends soon."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_asked = threading.Event()
_listeners: set[threading.Event] = set()


def ask() -> None:
    """Everybody stops. A signal handler may call it."""
    _asked.set()
    for event in tuple(_listeners):
        event.set()


def is_asked() -> bool:
    return _asked.is_set()


@contextmanager
def heard_by(event: threading.Event) -> Iterator[None]:
    """``event`` is set as soon as the process is to end."""
    _listeners.add(event)
    try:
        if _asked.is_set():
            event.set()
        yield
    finally:
        _listeners.discard(event)
