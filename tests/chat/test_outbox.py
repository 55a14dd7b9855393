"""What is published reaches Redis whole and in order, in few round trips."""

import json
from typing import Any, cast

import pytest
import redis
from pytest_django import Settings

from chat.outbox import EXPIRY_S, Outbox, stop_key


def stored(url: str, key: str) -> list[tuple[str, dict[str, Any]]]:
    entries = cast("list[Any]", redis.Redis.from_url(url, decode_responses=True).xrange(key))
    return [(fields["event"], json.loads(fields["data"])) for _place, fields in entries]


def test_pieces_of_one_answer_are_joined_and_nothing_is_lost(broker: str) -> None:
    outbox = Outbox()
    channel = outbox.open("answer:a:1")
    words = [f"词{number} " for number in range(500)]
    channel.publish("sources", {"count": 3})
    for word in words:
        channel.publish("token", {"text": word})
    channel.publish("done", {})
    channel.close()
    events = stored(broker, "answer:a:1")
    assert (events[0], events[-1]) == (("sources", {"count": 3}), ("done", {}))
    tokens = [data["text"] for name, data in events if name == "token"]
    assert "".join(tokens) == "".join(words)
    assert len(tokens) < len(words) / 4
    left = cast(int, redis.Redis.from_url(broker).ttl("answer:a:1"))
    assert 0 < left <= EXPIRY_S


def test_answers_do_not_mix(broker: str) -> None:
    outbox = Outbox()
    channels = [outbox.open(f"answer:{number}:1") for number in range(20)]
    for step in range(30):
        for number, channel in enumerate(channels):
            channel.publish("token", {"text": f"{number}-{step} "})
    for channel in channels:
        channel.close()
    for number in range(20):
        whole = "".join(data["text"] for _name, data in stored(broker, f"answer:{number}:1"))
        assert whole == "".join(f"{number}-{step} " for step in range(30))


def test_what_is_published_is_not_changed_afterwards(broker: str) -> None:
    outbox = Outbox()
    channel = outbox.open("answer:b:1")
    first = {"text": "one "}
    channel.publish("token", first)
    channel.publish("token", {"text": "two"})
    channel.close()
    assert first == {"text": "one "}


def test_a_stop_of_another_process_is_heard(broker: str) -> None:
    outbox = Outbox()
    channel, other = outbox.open("answer:c:1"), outbox.open("answer:d:1")
    redis.Redis.from_url(broker).set(stop_key("answer:c:1"), 1)
    assert channel.stopped.wait(20)
    assert channel.wants_stop()
    assert not other.wants_stop()
    channel.close()
    other.close()


def test_a_stop_of_this_process_needs_no_redis(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    outbox = Outbox()
    channel = outbox.open("answer:e:1")
    outbox.stop("answer:e:1")
    outbox.stop("answer:unknown:1")
    assert channel.wants_stop()
    channel.close()


def test_without_redis_one_line_is_logged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    outbox = Outbox()
    channel = outbox.open("answer:f:1")
    for _ in range(3):
        channel.publish("token", {"text": "lost "})
        channel.close()
    assert len([line for line in caplog.messages if "Redis is away" in line]) == 1
