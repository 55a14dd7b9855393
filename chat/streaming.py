"""Answers are written outside of any request and followed through Redis.

Every answer has a Redis stream ``answer:<message>:<attempt>`` that lives an hour. A reader begins
where it left off and never starts a generation; the database has the last word.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import redis
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from chat.generation import release_connections
from chat.models import LIVE, Message

logger = logging.getLogger(__name__)

EXPIRY_S = 3600
BLOCK_MS = 1000
DEAD_AFTER = timedelta(seconds=20)


def stream_key(message_id: UUID, attempt: int) -> str:
    return f"answer:{message_id}:{attempt}"


def stop_key(message_id: UUID, attempt: int) -> str:
    return f"{stream_key(message_id, attempt)}:stop"


class RedisWatcher:
    """Publishes to the answer's stream. Without Redis the answer is written all the same."""

    def __init__(self, message_id: UUID, attempt: int) -> None:
        self._key = stream_key(message_id, attempt)
        self._stop_key = stop_key(message_id, attempt)
        self._redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)

    def publish(self, event: str, data: dict[str, Any]) -> None:
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.xadd(self._key, {"event": event, "data": json.dumps(data, ensure_ascii=False)})
                pipe.expire(self._key, EXPIRY_S)
                pipe.execute()
        except RedisError as error:
            logger.warning("an answer's event was not published: %s", error)

    def wants_stop(self) -> bool:
        try:
            return bool(self._redis.exists(self._stop_key))
        except RedisError:
            return False

    def close(self) -> None:
        self._redis.close()


def request_stop(message_id: UUID, attempt: int) -> None:
    """The generation sees it before its next piece."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5) as client:
        try:
            client.set(stop_key(message_id, attempt), 1, ex=EXPIRY_S)
        except RedisError as error:
            logger.warning("a stop was not passed on: %s", error)


def announce_end(message_id: UUID, attempt: int) -> None:
    """Tells the readers to look into the database."""
    watcher = RedisWatcher(message_id, attempt)
    watcher.publish("done", {})
    watcher.close()


@dataclass(frozen=True, slots=True)
class Followed:
    """``id`` is the place in the stream, "" for what is no part of it; ``message`` comes with ``done``."""

    event: str
    data: dict[str, Any]
    id: str = ""
    message: Message | None = None


async def follow(message_id: UUID, last_id: str = "") -> AsyncIterator[Followed]:
    """Events from after ``last_id``; ``ping`` when nothing happens; ``done`` with the stored row last.

    A finished answer gives its ``done`` at once. One whose writer died is marked interrupted. A
    ``last_id`` of an earlier attempt or one that is not a stream's place begins from the start.
    """
    message = await _current(message_id)
    if not message.is_live:
        yield Followed("done", {}, message=message)
        return
    key = stream_key(message_id, message.attempt)
    place = last_id if _is_place(last_id) else "0"
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    try:
        while True:
            entries = await _read(client, key, place)
            for place, fields in entries:
                if fields["event"] == "done":
                    break
                yield Followed(fields["event"], json.loads(fields["data"]), place)
            if not entries or fields["event"] == "done":
                message = await _current(message_id)
                if not message.is_live:
                    yield Followed("done", {}, place, message)
                    return
                yield Followed("ping", {})
    finally:
        await client.aclose()


async def _read(client: redis.asyncio.Redis, key: str, place: str) -> list[tuple[str, dict[str, str]]]:
    try:
        answered: Any = await client.xread({key: place}, count=200, block=BLOCK_MS)
    except RedisError as error:
        logger.warning("an answer cannot be followed, its row is watched instead: %s", error)
        await asyncio.sleep(BLOCK_MS / 1000)
        return []
    return cast("list[tuple[str, dict[str, str]]]", answered[0][1]) if answered else []


def _is_place(last_id: str) -> bool:
    milliseconds, dash, number = last_id.partition("-")
    return bool(dash) and milliseconds.isdigit() and number.isdigit()


@sync_to_async
def _current(message_id: UUID) -> Message:
    """The row as it is now; a live one without a heartbeat becomes interrupted first."""
    live = Message.objects.filter(pk=message_id, status__in=LIVE)
    live.filter(heartbeat_at__lt=timezone.now() - DEAD_AFTER).update(status=Message.Status.INTERRUPTED)
    message = Message.objects.select_related("conversation").get(pk=message_id)
    release_connections()
    return message
