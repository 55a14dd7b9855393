"""All streams that the readers of one event loop follow, read over a single Redis connection."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast
from weakref import WeakKeyDictionary

from redis.exceptions import RedisError

from chat.redis_clients import async_client

logger = logging.getLogger(__name__)

BLOCK_MS = 1000
WAKE_S = 3600
Entry = tuple[str, dict[str, str]]

_feeds: "WeakKeyDictionary[asyncio.AbstractEventLoop, Feed]" = WeakKeyDictionary()


class FeedBroken(Exception):
    """Redis cannot be read now."""


class Reader:
    """One reader's place in one stream. Each entry is given once, in order."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._given: asyncio.Queue[Iterable[Entry] | None] = asyncio.Queue()

    def give(self, entries: Iterable[Entry] | None) -> None:
        """``None`` says that Redis cannot be read."""
        self._given.put_nowait(entries)

    async def entries(self, timeout_s: float) -> list[Entry]:
        """What came next; nothing after ``timeout_s``. Raises ``FeedBroken``."""
        try:
            async with asyncio.timeout(timeout_s):
                given = await self._given.get()
        except TimeoutError:
            return []
        if given is None:
            raise FeedBroken
        new = [entry for entry in given if _order(entry[0]) > _order(self.place)]
        if new:
            self.place = new[-1][0]
        return new


class Feed:
    def __init__(self) -> None:
        self._redis = async_client()
        self._wake = f"answers:wake:{uuid.uuid4().hex}"
        self._wake_place = "0"
        self._places: dict[str, str] = {}
        self._readers: dict[str, set[Reader]] = {}
        self._task: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()  # so that two connections are enough
        self.is_over = False

    async def join(self, key: str, place: str) -> Reader:
        reader = Reader(place)
        is_new = key not in self._readers
        self._readers.setdefault(key, set()).add(reader)
        self._places.setdefault(key, place)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            async with self._one_at_a_time:
                if is_new:
                    await self._redis.xadd(self._wake, {"key": key}, maxlen=1)
                    await self._redis.expire(self._wake, WAKE_S)
                else:
                    earlier: Any = await self._redis.xread({key: place})
                    reader.give(_of(earlier, key))
        except RedisError:
            reader.give(None)
        return reader

    def leave(self, key: str, reader: Reader) -> None:
        readers = self._readers.get(key, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(key, None)
            self._places.pop(key, None)

    async def _run(self) -> None:
        try:
            while self._readers:
                await self._turn()
            self.is_over = True
            await self._redis.delete(self._wake)
        except RedisError as error:
            logger.warning("the feed of answers did not end cleanly: %s", error)
        finally:
            self.is_over = True
            await self._redis.aclose()

    async def _turn(self) -> None:
        asked = dict(self._places)
        streams: Any = {self._wake: self._wake_place} | asked
        try:
            answered: Any = await self._redis.xread(streams, block=BLOCK_MS)
        except RedisError as error:
            logger.warning("answers cannot be followed, their rows are watched instead: %s", error)
            for readers in self._readers.values():
                for reader in readers:
                    reader.give(None)
            await asyncio.sleep(BLOCK_MS / 1000)
            return
        for key, entries in cast("list[tuple[str, list[Entry]]]", answered or []):
            if key == self._wake:
                self._wake_place = entries[-1][0]
            elif self._places.get(key) == asked[key]:
                self._places[key] = entries[-1][0]
                for reader in self._readers.get(key, ()):
                    reader.give(entries)


@asynccontextmanager
async def reading(key: str, place: str) -> AsyncIterator[Reader]:
    """The entries of stream ``key`` from behind ``place``, "0" for its beginning."""
    loop = asyncio.get_running_loop()
    feed = _feeds.get(loop)
    if feed is None or feed.is_over:
        feed = _feeds[loop] = Feed()
    reader = await feed.join(key, place)
    try:
        yield reader
    finally:
        feed.leave(key, reader)


def _of(answered: Any, key: str) -> list[Entry]:
    return [entry for name, entries in answered or [] if name == key for entry in entries]


def _order(place: str) -> tuple[int, int]:
    milliseconds, _dash, number = place.partition("-")
    return int(milliseconds), int(number or 0)
