"""What stands between the site and every endpoint: retries, a circuit breaker, a limit on concurrency.

Waiting is cut into slices, and each slice gives an empty ``Delta`` with its ``Pause``: whoever reads the
stream hears in time that nothing has come yet and why, and can leave it.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from django.utils.translation import gettext as _

from llm.breaker import Breaker, Clock
from llm.errors import LLMError, Loading, RateLimited, Unavailable
from llm.places import Places
from llm.types import Backend, Delta, Description, Kind, Pause, Request

logger = logging.getLogger(__name__)

SLICE_S = 0.25
FIRST_STEP_S = 0.5
LONGEST_STEP_S = 8.0


@dataclass(frozen=True, slots=True)
class Limits:
    """``patience_s`` bounds all waiting of one request together: for its turn and between attempts.

    A server that loads its model may be asked any number of times within it. After ``failures`` in a row
    nothing is sent for ``rest_s``.
    """

    concurrency: int = 4
    patience_s: float = 30.0
    attempts: int = 4
    failures: int = 5
    rest_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Timing:
    """``draw(a, b)`` is a random number between the two."""

    clock: Clock = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[float, float], float] = random.uniform


class Guarded:
    """A back end under the name of its endpoint.

    Asks again only what may pass by itself (``LLMError.permanent`` is false), only before the first
    word, and only within the patience: full jitter over exponential steps (M. Brooker, "Exponential
    Backoff And Jitter", 2015), never sooner than the server asked for. Failures are counted in
    the object, so they hold for one process; ``places`` may be shared by several.
    """

    kind: ClassVar[Kind] = Kind(title="Endpoint")

    def __init__(
        self,
        backend: Backend,
        name: str,
        limits: Limits | None = None,
        timing: Timing | None = None,
        places: Places | None = None,
    ) -> None:
        self.name = name
        self._backend = backend
        self._limits = limits or Limits()
        self._timing = timing or Timing()
        self._places = places or Places(self._limits.concurrency)
        self._breaker = Breaker(
            failures=self._limits.failures, rest_s=self._limits.rest_s, clock=self._timing.clock
        )
        self._last_failure: LLMError | None = None

    def describe(self) -> Description:
        return replace(self._backend.describe(), name=self.name)

    def count_tokens(self, text: str) -> int:
        return self._backend.count_tokens(text)

    def resting_s(self) -> float:
        """Seconds until the endpoint is tried again after it failed too often; 0 while it is in use."""
        return self._breaker.resting_s()

    def stream(self, request: Request) -> Iterator[Delta]:
        until = self._timing.clock() + self._limits.patience_s
        yield from self._wait_for_place(until)
        try:
            yield from self._attempts(request, until)
        finally:
            self._places.release()

    def _wait_for_place(self, until: float) -> Iterator[Delta]:
        while not self._places.take():
            left = until - self._timing.clock()
            if left <= 0:
                raise RateLimited(
                    _("“%(name)s” is writing as many answers as it may at once: try again in a moment.")
                    % {"name": self.name}
                )
            yield Delta(pause=Pause("turn"))
            self._timing.sleep(min(left, SLICE_S))

    def _attempts(self, request: Request, until: float) -> Iterator[Delta]:
        failures = 0
        while True:
            attempted = _Attempt()
            try:
                yield from self._attempt(request, attempted)
                return
            except LLMError as error:
                failures += not isinstance(error, Loading)
                logger.warning("endpoint %s, attempt %d: %s: %s", self.name, failures, error.code, error)
                wait = self._pause(error, failures)
                late = self._timing.clock() + wait > until
                last = request.is_optional or failures == self._limits.attempts
                if attempted.begun or error.permanent or attempted.refused or late or last:
                    raise
                reason = error
            yield from self._wait(wait, reason)

    def _attempt(self, request: Request, attempted: "_Attempt") -> Iterator[Delta]:
        rest = self._breaker.enter()
        if rest:
            attempted.refused = True
            raise self._resting(rest)
        with self._counted(attempted):
            deltas = self._backend.stream(request)
            try:
                for delta in deltas:
                    attempted.begun = attempted.begun or bool(delta.text or delta.reasoning)
                    yield delta
            finally:
                close = getattr(deltas, "close", None)
                if close is not None:
                    close()

    def _resting(self, rest: float) -> Unavailable:
        said = _("“%(name)s” failed several times in a row and is tried again in %(seconds)d seconds. "
                 "The last time: %(reason)s")  # fmt: skip
        last = self._last_failure
        told, public = (
            said % {"name": self.name, "seconds": round(rest) or 1, "reason": reason}
            for reason in ((str(last), last.public) if last else ("", ""))
        )
        return Unavailable(told, public=public, retry_after=rest)

    @contextmanager
    def _counted(self, attempted: "_Attempt") -> Iterator[None]:
        """Tells the breaker how it ended. A refusal for good is an answer, and so is that the model is being
        loaded: the server is there."""
        try:
            yield
        except LLMError as error:
            if error.permanent or isinstance(error, Loading):
                self._breaker.answered()
            else:
                self._last_failure = error
                self._breaker.failed()
            raise
        except BaseException:
            if attempted.begun:
                self._breaker.answered()
            else:
                self._breaker.left()
            raise
        self._breaker.answered()

    def _pause(self, error: LLMError, failures: int) -> float:
        step = min(FIRST_STEP_S * 2 ** max(failures - 1, 0), LONGEST_STEP_S)
        return max(self._timing.draw(0.0, step), error.retry_after or 0.0)

    def _wait(self, seconds: float, error: LLMError) -> Iterator[Delta]:
        reason = _reason(error)
        until = self._timing.clock() + seconds
        while True:
            left = until - self._timing.clock()
            yield Delta(pause=Pause(reason, max(left, 0.0)))
            if left <= 0:
                return
            self._timing.sleep(min(left, SLICE_S))


def _reason(error: LLMError) -> Literal["loading", "limited", "failed"]:
    if isinstance(error, Loading):
        return "loading"
    return "limited" if isinstance(error, RateLimited) else "failed"


@dataclass(slots=True)
class _Attempt:
    """``begun`` after the first word; ``refused`` where nothing was sent."""

    begun: bool = False
    refused: bool = False
