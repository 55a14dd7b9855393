"""Copies of robots.txt that workers share."""

import json
import zlib
from dataclasses import asdict, dataclass
from typing import Protocol

import redis
from redis.exceptions import RedisError

PREFIX = "youju:crawl:robots:"
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """What a site answered to /robots.txt: ``url`` after redirects, ``text`` empty where it has none,
    ``fetched_at`` in seconds since 1970."""

    url: str
    status: int
    text: str
    fetched_at: float


class RobotsCache(Protocol):
    """May forget at any time; never fails."""

    def get(self, origin: str) -> RobotsFile | None: ...

    def put(self, origin: str, file: RobotsFile, keep_s: float) -> None: ...


class RedisRobots:
    """Shared by everybody with the same Redis and ``prefix``; empty while Redis is away. The client answers
    bytes (no ``decode_responses``)."""

    def __init__(self, client: redis.Redis, prefix: str = PREFIX) -> None:
        self._redis = client
        self._prefix = prefix

    def get(self, origin: str) -> RobotsFile | None:
        try:
            packed = self._redis.get(self._prefix + origin)
        except RedisError:
            return None
        return _unpacked(packed) if isinstance(packed, bytes) else None

    def put(self, origin: str, file: RobotsFile, keep_s: float) -> None:
        packed = zlib.compress(json.dumps(asdict(file)).encode())
        try:
            self._redis.set(self._prefix + origin, packed, ex=max(1, int(keep_s)))
        except RedisError:
            return


def _unpacked(packed: bytes) -> RobotsFile | None:
    """``None`` for what another version wrote."""
    try:
        found = json.loads(zlib.decompressobj().decompress(packed, _LARGEST))
        return RobotsFile(
            url=str(found["url"]),
            status=int(found["status"]),
            text=str(found["text"]),
            fetched_at=float(found["fetched_at"]),
        )
    except (zlib.error, ValueError, KeyError, TypeError):
        return None
