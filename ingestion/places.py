"""Places at which documents are read at the same time, one of them kept for short ones.

However many long documents wait, a short one finds a place: it never stands behind a file that takes
minutes. With a single place there is nothing to keep.
"""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """``quick`` is for documents that are soon read."""

    quick: bool


class Places:
    """``count`` places. Safe for several threads."""

    def __init__(self, count: int) -> None:
        self._free = [Place(quick=count > 1)] + [Place(quick=False)] * (count - 1)
        self._lock = threading.Lock()

    def take(self) -> Place | None:
        """A free place, the one for short documents last; ``None`` where all are taken."""
        with self._lock:
            if not self._free:
                return None
            self._free.sort(key=lambda place: not place.quick)
            return self._free.pop()

    def give_back(self, place: Place) -> None:
        with self._lock:
            self._free.append(place)
