"""Everything that the answers of this process publish, sent to Redis by one thread.

Whatever has come together since the last sending goes out in one round trip, and pieces of the same
answer become one event. The same round trip asks which answers are to stop.
"""

import json
import logging
import threading
import time
from typing import Any

from redis.exceptions import RedisError

from chat.redis_clients import client

logger = logging.getLogger(__name__)

EXPIRY_S = 3600
SEND_EVERY_S = 0.02
ASK_EVERY_S = 0.1
CLOSING_S = 10.0
_JOINED = frozenset({"token", "thinking"})


class Channel:
    """One answer's watcher: see ``chat.generation.Watcher``."""

    def __init__(self, outbox: "Outbox", key: str) -> None:
        self._outbox = outbox
        self.key = key
        self.stopped = threading.Event()

    def publish(self, event: str, data: dict[str, Any]) -> None:
        self._outbox.add(self.key, event, data)

    def wants_stop(self) -> bool:
        return self.stopped.is_set()

    def close(self) -> None:
        """Returns when everything published has been sent, or could not be."""
        self._outbox.close(self)


class Outbox:
    """Loses events where Redis is away: the database has the last word."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._waiting: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._sending: frozenset[str] = frozenset()
        self._begun: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._asked_at = 0.0
        self._reachable = True

    def open(self, key: str) -> Channel:
        channel = Channel(self, key)
        with self._changed:
            self._channels[key] = channel
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="answer-outbox", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return channel

    def add(self, key: str, event: str, data: dict[str, Any]) -> None:
        with self._changed:
            events = self._waiting.setdefault(key, [])
            if events and event in _JOINED and events[-1][0] == event:
                events[-1][1]["text"] += data["text"]
                return
            events.append((event, dict(data)))
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def close(self, channel: Channel) -> None:
        def sent() -> bool:
            return channel.key not in self._waiting and channel.key not in self._sending

        with self._changed:
            self._changed.wait_for(sent, timeout=CLOSING_S)
            self._channels.pop(channel.key, None)
            self._begun.discard(channel.key)

    def stop(self, key: str) -> None:
        """Tells an answer of this process to stop, with or without Redis."""
        with self._changed:
            channel = self._channels.get(key)
        if channel is not None:
            channel.stopped.set()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._changed.wait(ASK_EVERY_S if self._channels else None)
                batch, self._waiting = self._waiting, {}
                self._sending = frozenset(batch)
                asked = [channel for channel in self._channels.values() if not channel.stopped.is_set()]
            try:
                self._exchange(batch, asked)
            except Exception:
                logger.exception("the events of the answers being written were not sent")
            with self._changed:
                self._sending = frozenset()
                self._changed.notify_all()
            time.sleep(SEND_EVERY_S)

    def _exchange(self, batch: dict[str, list[tuple[str, dict[str, Any]]]], asked: list[Channel]) -> None:
        is_time = time.monotonic() - self._asked_at >= ASK_EVERY_S
        stops = asked if is_time else []
        if not batch and not stops:
            return
        try:
            with client().pipeline(transaction=False) as pipe:
                for key, events in batch.items():
                    for event, data in events:
                        pipe.xadd(key, {"event": event, "data": json.dumps(data, ensure_ascii=False)})
                    if key not in self._begun or events[-1][0] == "done":
                        pipe.expire(key, EXPIRY_S)
                        self._begun.add(key)
                if stops:
                    self._asked_at = time.monotonic()
                    pipe.mget([stop_key(channel.key) for channel in stops])
                answers = pipe.execute()
        except RedisError as error:
            if self._reachable:
                logger.warning("answers cannot be followed while Redis is away: %s", error)
            self._reachable = False
            return
        self._reachable = True
        for channel, wanted in zip(stops, answers[-1] if stops else [], strict=True):
            if wanted:
                channel.stopped.set()


def stop_key(key: str) -> str:
    return f"{key}:stop"


outbox = Outbox()
