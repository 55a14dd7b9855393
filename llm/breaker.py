"""A circuit breaker: leaves a server alone for a while after it failed several times in a row.

M. Nygard, Release It!, 2nd edition, chapter 5: closed, open, and half-open, where one trial decides.
"""

import time
from collections.abc import Callable
from threading import Lock

Clock = Callable[[], float]


class Breaker:
    """Safe to use from several threads.

    Each ``enter`` that answers 0 is followed by exactly one of ``failed``, ``answered`` or ``left``.
    """

    def __init__(self, *, failures: int = 5, rest_s: float = 30.0, clock: Clock = time.monotonic) -> None:
        self._limit = failures
        self._rest_s = rest_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._on_trial = False
        self._lock = Lock()

    def enter(self) -> float:
        """0 where a request may go out now, otherwise the seconds until it is worth trying again."""
        with self._lock:
            if self._opened_at is None:
                return 0.0
            left = self._opened_at + self._rest_s - self._clock()
            if left > 0 or self._on_trial:
                return max(left, 1.0)
            self._on_trial = True
            return 0.0

    def resting_s(self) -> float:
        """Seconds until the next trial, 0 while requests go out."""
        with self._lock:
            if self._opened_at is None:
                return 0.0
            return max(0.0, self._opened_at + self._rest_s - self._clock())

    def failed(self) -> None:
        """The server did not answer; a failed trial starts the rest anew."""
        with self._lock:
            self._failures += 1
            if self._on_trial or self._failures >= self._limit:
                self._opened_at = self._clock()
            self._on_trial = False

    def answered(self) -> None:
        """The server is there, whatever it said."""
        with self._lock:
            self._failures = 0
            self._opened_at = None
            self._on_trial = False

    def left(self) -> None:
        """The request was given up before it showed anything."""
        with self._lock:
            self._on_trial = False
