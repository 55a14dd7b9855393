"""Tokens in Redis, for all processes of the site; in memory while Redis is away."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from llm.ernie_token import LOCK_WAIT_S, MemoryTokens

PREFIX = "youju:llm:token:"
# Longer than the request for a token may take: a process that dies holding it does not block others.
LOCK_LASTS_S = 30.0


class RedisTokens:
    """Connects when it is first used, and at once forgets a Redis that does not answer."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=5,
            socket_connect_timeout=1,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._memory = MemoryTokens()

    def get(self, key: str) -> str:
        try:
            return str(self._redis.get(PREFIX + key) or "")
        except RedisError:
            return self._memory.get(key)

    def put(self, key: str, token: str, seconds: float) -> None:
        self._memory.put(key, token, seconds)
        with suppress(RedisError):
            self._redis.set(PREFIX + key, token, px=max(1, int(seconds * 1000)))

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """The threads of this process wait for each other first, so that one of them asks Redis."""
        with self._memory.lock(key):
            lock = self._redis.lock(
                f"{PREFIX}{key}:lock", timeout=LOCK_LASTS_S, blocking_timeout=LOCK_WAIT_S, sleep=0.05
            )
            held = False
            with suppress(RedisError):
                held = lock.acquire()
            try:
                yield
            finally:
                if held:
                    with suppress(RedisError):
                        lock.release()
