"""How often one person, key or address may ask within a while.

The counts lie in Redis, where all processes of the site share them; while Redis is away each process
counts for itself. Windows move: what counts is the last minute, not the one on the clock.
"""

import hashlib
import logging
import math
import time
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Literal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.translation import ngettext
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

Scope = Literal["chat", "search", "titles", "login"]
NONE = "off"
RETRY_REDIS_S = 5.0


class TooManyRequests(Exception):
    """``retry_after`` is the wait in whole seconds after which one more request is let through."""

    code = "too_many_requests"
    permanent = False

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            ngettext(
                "You asked too often within a short time: try again in %(seconds)d second.",
                "You asked too often within a short time: try again in %(seconds)d seconds.",
                retry_after,
            )
            % {"seconds": retry_after}
        )
        self.retry_after = retry_after


def take(scope: Scope, *who: str) -> None:
    """Counts one request of each of ``who``. Raises ``TooManyRequests``, and then it counts for nobody.

    The limit is ``settings.RATE_LIMITS[scope]``, such as "30/minute"; "off" means that there is none.
    """
    limit = _limit(settings.RATE_LIMITS.get(scope, NONE))
    if limit is not None:
        _counters(settings.REDIS_URL).take(limit, scope, [_digest(one) for one in who])


def take_up_to(limit: str, scope: str, *who: str) -> None:
    """As ``take``, with a limit of the caller's own, such as "20/hour"."""
    item = _limit(limit)
    if item is not None:
        _counters(settings.REDIS_URL).take(item, scope, [_digest(one) for one in who])


def forget(scope: Scope, who: str) -> None:
    """As if ``who`` had not asked yet."""
    limit = _limit(settings.RATE_LIMITS.get(scope, NONE))
    if limit is not None:
        _counters(settings.REDIS_URL).forget(limit, scope, _digest(who))


def take_for(request: HttpRequest, scope: Scope) -> None:
    """``take`` for whoever sends the request."""
    take(scope, *identities(request))


def identities(request: HttpRequest) -> tuple[str, ...]:
    """A person counts for themselves, and with an API key that key too, so that many keys are no way around
    the person's own limit; a visitor counts by address."""
    if not request.user.is_authenticated:
        return (f"address {address(request)}",)
    key = getattr(request, "api_key", "")
    return (f"user {request.user.pk}", *([f"key {key}"] if key else []))


def address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def reset() -> None:
    """Forgets what this process counted by itself."""
    _counters.cache_clear()


class _Counters:
    def __init__(self, url: str) -> None:
        self._shared = MovingWindowRateLimiter(
            RedisStorage(
                url.replace("unix://", "redis+unix://", 1),
                wrap_exceptions=True,
                socket_connect_timeout=1,
                socket_timeout=2,
                retry=Retry(NoBackoff(), 1),  # type: ignore[arg-type]  # passed on to redis.from_url
            )
        )
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._lock = Lock()
        self._away_until = 0.0

    def take(self, limit: RateLimitItem, scope: str, who: Sequence[str]) -> None:
        limiter = self._limiter()
        try:
            self._take(limiter, limit, scope, who)
        except StorageError as error:
            self._is_away(error)
            self._take(self._own, limit, scope, who)

    def forget(self, limit: RateLimitItem, *who: str) -> None:
        self._own.clear(limit, *who)
        try:
            self._limiter().clear(limit, *who)
        except StorageError as error:
            self._is_away(error)

    def _take(
        self, limiter: MovingWindowRateLimiter, limit: RateLimitItem, scope: str, who: Sequence[str]
    ) -> None:
        """All are looked at before one counts; two requests in the same moment may still part there."""
        for look in (limiter.test, limiter.hit) if len(who) > 1 else (limiter.hit,):
            for one in who:
                if not look(limit, scope, one):
                    reset_at = limiter.get_window_stats(limit, scope, one).reset_time
                    raise TooManyRequests(max(1, math.ceil(reset_at - time.time())))

    def _limiter(self) -> MovingWindowRateLimiter:
        with self._lock:
            return self._own if time.monotonic() < self._away_until else self._shared

    def _is_away(self, error: StorageError) -> None:
        logger.warning("requests are counted in this process alone while Redis is away: %s", error)
        with self._lock:
            self._away_until = time.monotonic() + RETRY_REDIS_S


@cache
def _counters(url: str) -> _Counters:
    return _Counters(url)


@cache
def _limit(text: str) -> RateLimitItem | None:
    """Raises ``ImproperlyConfigured`` for a limit that cannot be read."""
    if text.strip().lower() in ("", NONE):
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{text!r} is no rate limit; write one like 30/minute, or off") from error


def _digest(who: str) -> str:
    """Names and keys do not stand in Redis as they are."""
    return hashlib.blake2b(who.encode(), digest_size=16).hexdigest()
