"""Answers are written outside of any request and followed through Redis.

Every answer has a Redis stream ``answer:<message>:<attempt>`` that lives an hour. A reader begins
where it left off and never starts a generation; the database has the last word.
"""

import json
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.utils import timezone
from redis.exceptions import RedisError

from chat.connections import release_connections
from chat.feed import Entry, FeedBroken, Reader, reading
from chat.models import LIVE, Message
from chat.outbox import EXPIRY_S, outbox, stop_key
from chat.redis_clients import client

logger = logging.getLogger(__name__)

SILENCE_S = 5.0
DEAD_AFTER = timedelta(seconds=12)


def stream_key(message_id: UUID, attempt: int) -> str:
    return f"answer:{message_id}:{attempt}"


def request_stop(message_id: UUID, attempt: int) -> None:
    """The generation, in whichever process, sees it before its next piece."""
    key = stream_key(message_id, attempt)
    outbox.stop(key)
    try:
        client().set(stop_key(key), 1, ex=EXPIRY_S)
    except RedisError as error:
        logger.warning("a stop was not passed on: %s", error)


def announce_end(message_id: UUID, attempt: int) -> None:
    """Tells the readers to look into the database."""
    key = stream_key(message_id, attempt)
    try:
        with client().pipeline(transaction=False) as pipe:
            pipe.xadd(key, {"event": "done", "data": "{}"})
            pipe.expire(key, EXPIRY_S)
            pipe.execute()
    except RedisError as error:
        logger.warning("the end of an answer was not announced: %s", error)


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
    No thread and no database connection is held between two looks at the row.
    """
    message = await _current(message_id)
    if not message.is_live:
        yield Followed("done", {}, message=message)
        return
    place = last_id if _is_place(last_id) else "0"
    async with reading(stream_key(message_id, message.attempt), place) as reader:
        while True:
            entries = await _next(reader)
            for place, fields in entries:
                if fields["event"] == "done":
                    break
                yield Followed(fields["event"], json.loads(fields["data"]), place)
            if not entries or fields["event"] == "done":
                message = await _current(message_id)
                if not message.is_live:
                    yield Followed("done", {}, reader.place, message)
                    return
                yield Followed("ping", {})


async def _next(reader: Reader) -> list[Entry]:
    """Nothing where Redis is away or the model is silent: then the row tells what is going on."""
    began = time.monotonic()
    while (left := began + SILENCE_S - time.monotonic()) > 0:
        try:
            entries = await reader.entries(left)
        except FeedBroken:
            return []
        if entries:
            return entries
    return []


def _is_place(last_id: str) -> bool:
    milliseconds, dash, number = last_id.partition("-")
    return bool(dash) and milliseconds.isdecimal() and number.isdecimal()


async def _current(message_id: UUID) -> Message:
    return await sync_to_async(_row, thread_sensitive=False)(message_id)


def _row(message_id: UUID) -> Message:
    """The row as it is now; a live one without a heartbeat becomes interrupted first."""
    rows = Message.objects.select_related("conversation__owner").filter(pk=message_id)
    try:
        message = rows.get()
        if message.is_live and message.heartbeat_at < timezone.now() - DEAD_AFTER:
            dead = rows.filter(status__in=LIVE, heartbeat_at=message.heartbeat_at)
            dead.update(status=Message.Status.INTERRUPTED)
            message = rows.get()
        return message
    finally:
        release_connections()
