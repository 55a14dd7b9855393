"""Many readers over one Redis connection: each gets every entry of its stream once and in order."""

import asyncio
from typing import Any, cast

import pytest
import redis
from asgiref.sync import async_to_sync
from pytest_django import Settings

from chat.feed import FeedBroken, Reader, reading


def say(url: str, key: str, *words: str) -> list[str]:
    client = redis.Redis.from_url(url, decode_responses=True)
    return [cast(str, client.xadd(key, {"event": "token", "data": word})) for word in words]


async def heard(reader: Reader, count: int) -> list[str]:
    words: list[str] = []
    async with asyncio.timeout(30):
        while len(words) < count:
            words += [fields["data"] for _place, fields in await reader.entries(5)]
    return words


def test_a_reader_begins_where_it_is_told(broker: str) -> None:
    places = say(broker, "s", "a", "b", "c")

    async def scene() -> list[list[str]]:
        async with reading("s", "0") as early, reading("s", places[1]) as late:
            first = [await heard(early, 3), await heard(late, 1)]
            say(broker, "s", "d")
            return [*first, await heard(early, 1), await heard(late, 1)]

    assert async_to_sync(scene)() == [["a", "b", "c"], ["c"], ["d"], ["d"]]


def test_a_late_reader_of_a_stream_that_is_followed_misses_nothing(broker: str) -> None:
    async def scene() -> list[list[str]]:
        async with reading("s", "0") as first:
            say(broker, "s", *"abc")
            early = await heard(first, 3)
            async with reading("s", "0") as second:
                say(broker, "s", *"de")
                return [early + await heard(first, 2), await heard(second, 5)]

    assert async_to_sync(scene)() == [list("abcde"), list("abcde")]


def test_many_streams_share_a_connection(broker: str) -> None:
    watcher = redis.Redis.from_url(broker)

    async def one(number: int) -> list[str]:
        async with reading(f"s{number}", "0") as reader:
            return await heard(reader, 3)

    async def scene() -> tuple[list[list[str]], int]:
        tasks = [asyncio.create_task(one(number)) for number in range(50)]
        await asyncio.sleep(0.5)
        clients = len(cast("list[Any]", watcher.client_list()))
        for number in range(50):
            say(broker, f"s{number}", *(f"{number}{letter}" for letter in "abc"))
        return await asyncio.gather(*tasks), clients

    before = len(cast("list[Any]", watcher.client_list()))
    results, during = async_to_sync(scene)()
    assert results == [[f"{number}{letter}" for letter in "abc"] for number in range(50)]
    assert during - before <= 2
    left = cast("list[bytes]", watcher.keys("answers:wake:*"))
    assert all(cast(int, watcher.ttl(key)) > 0 for key in left), "nothing stays behind in Redis"


def test_a_feed_that_ended_is_begun_anew(broker: str) -> None:
    async def scene() -> list[list[str]]:
        found = []
        for number in range(3):
            say(broker, f"s{number}", "x")
            async with reading(f"s{number}", "0") as reader:
                found.append(await heard(reader, 1))
            await asyncio.sleep(0.01 * number)
        return found

    assert async_to_sync(scene)() == [["x"]] * 3


def test_without_redis_the_reader_is_told(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"

    async def scene() -> None:
        async with reading("s", "0") as reader:
            await reader.entries(10)

    with pytest.raises(FeedBroken):
        async_to_sync(scene)()
