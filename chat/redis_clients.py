"""This process's connections to Redis: one pool for its threads, one client for each event loop.

Where Redis is away a call fails within a second and is not tried for long: an answer is written and
followed without it.
"""

from functools import cache

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

CONNECTIONS = 32
CONNECT_S = 1.0
ANSWER_S = 5.0


def client() -> redis.Redis:
    """Shares the pool of ``settings.REDIS_URL``; need not be closed."""
    return redis.Redis(connection_pool=_pool(settings.REDIS_URL))


def async_client() -> redis.asyncio.Redis:
    """A client of the running event loop, whose caller closes it."""
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_connect_timeout=CONNECT_S,
        retry=AsyncRetry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )


@cache
def _pool(url: str) -> redis.BlockingConnectionPool:
    return redis.BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=ANSWER_S,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )
