"""How hard one host is asked, decided in one place for all workers: Redis.

For each host Redis holds who is connected (a sorted set of leases that run out, or that are taken from
processes that died), when the last request began, until when the host asked to be left alone, and how often
in a row it did. Scripts that run there decide, by the clock of Redis, so workers need no clock in common.
Nothing of it must last: a Redis that was emptied knows it all again after one request.
"""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

import redis
from django.utils.translation import gettext_noop
from redis.exceptions import RedisError

from ingestion.crawl import politeness_scripts as scripts
from ingestion.crawl import slot_owners

logger = logging.getLogger(__name__)

PREFIX = "youju:crawl:host:"
DEFAULT_PORTS = {"http": 80, "https": 443}
BUSY_S = 0.25
FIRST_HOLD_S = 5.0
LONGEST_BACKOFF_S = 3600.0
LONGEST_RETRY_AFTER_S = 86_400.0

BROKER_AWAY = gettext_noop("Redis does not answer. Crawling goes on by itself as soon as it does.")

Reason = Literal["held", "busy", "delay"]
_REASONS: dict[int, Reason] = {1: "held", 2: "busy", 3: "delay"}


class LimitsUnavailable(Exception):
    """Redis does not answer. Nothing is to be fetched meanwhile: wait for ``retry_s`` and ask again.

    No ``CrawlError``: it says nothing about a page, and no page's outcome may come of it.
    """

    code = "limits_unavailable"
    retry_s = 2.0


@dataclass(frozen=True, slots=True)
class Wait:
    """No request now: ask again after ``seconds``. ``held``: the host wants to be left alone; ``busy``: as
    many connections as are allowed; ``delay``: the last request began too short a time ago."""

    seconds: float
    reason: Reason


class Slot:
    """The right to have one connection to a host, until it is released or its lease runs out. A context
    manager that releases. ``granted_at``: seconds since 1970 by the clock of Redis."""

    def __init__(self, limits: "HostLimits", host: str, lease: str, granted_at: float) -> None:
        self.host = host
        self.granted_at = granted_at
        self._limits = limits
        self._lease = lease

    def __enter__(self) -> "Slot":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def renew(self, lease_s: float) -> bool:
        """The lease lasts ``lease_s`` from now. ``False`` where it had run out: the connection counts again,
        but others may have come in. Raises ``LimitsUnavailable``."""
        return self._limits._renew(self.host, self._lease, lease_s)

    def release(self) -> None:
        """Others may connect. Never fails and may be repeated: what Redis did not hear runs out by itself."""
        self._limits._release(self.host, self._lease)


class HostLimits:
    """The limits of all hosts, shared by everybody with the same Redis and ``prefix``. The client is the
    caller's, answers texts or bytes, and may be shared by threads. ``host`` is what ``host_key`` gives."""

    def __init__(self, client: redis.Redis, prefix: str = PREFIX) -> None:
        self._redis = client
        self._prefix = prefix
        self._take = client.register_script(scripts.TAKE)
        self._renewal = client.register_script(scripts.RENEW)
        self._hold = client.register_script(scripts.HOLD_OFF)
        self._well = client.register_script(scripts.WENT_WELL)
        self._rest = client.register_script(scripts.REST_OF_HOLD)

    def take(self, host: str, *, connections: int, delay_s: float, lease_s: float) -> Slot | Wait:
        """A slot where now fewer than ``connections`` are open, the last request began at least ``delay_s``
        ago and the host is not held; else how long to wait. The delay runs from slot to slot, so the request
        should begin at once. ``lease_s`` must be longer than a request may take, or be renewed.

        Raises ``LimitsUnavailable``.
        """
        if connections < 1 or lease_s <= 0 or delay_s < 0:
            raise ValueError("connections and lease_s must be above nought, delay_s not below")
        lease = slot_owners.new_lease()
        arguments = (lease, connections, _micro(delay_s), _micro(lease_s), _micro(BUSY_S))
        with _asking():
            code, number = self._take(keys=self._keys(host), args=arguments)
        if _REASONS.get(int(code)) == "busy":
            self._free_the_dead(host)
        if int(code):
            return Wait(math.ceil(int(number) / 1000) / 1000, _REASONS[int(code)])
        return Slot(self, host, lease, int(number) / 1e6)

    def hold_off(self, host: str, seconds: float | None = None) -> float:
        """The host refused (429, 503). Nobody begins a request for ``seconds`` (Retry-After, a day at the
        most), or where it said none for 5 s, doubled with each refusal in a row up to an hour. Refusals of
        requests that were under way when a hold began count as that one. Returns how long the hold is now.

        Raises ``LimitsUnavailable``.
        """
        given = _micro(min(seconds, LONGEST_RETRY_AFTER_S)) if seconds and seconds > 0 else -1
        arguments = (given, _micro(FIRST_HOLD_S), _micro(LONGEST_BACKOFF_S))
        with _asking():
            return int(self._hold(keys=self._keys(host)[1:], args=arguments)) / 1e6

    def went_well(self, host: str) -> None:
        """The host answered: the next refusal is the first in a row again. Says nothing about a hold that
        stands, since the answer may be to a request from before it. Raises ``LimitsUnavailable``."""
        with _asking():
            self._well(keys=self._keys(host)[1:])

    def held_s(self, host: str) -> float:
        """For how long the host is still held; 0.0 where it is not. Raises ``LimitsUnavailable``."""
        with _asking():
            return int(self._rest(keys=self._keys(host)[1:])) / 1e6

    def _free_the_dead(self, host: str) -> None:
        """Slots of processes that were killed are free for the next who asks."""
        slots = self._keys(host)[0]
        with _asking():
            names = cast("list[bytes | str]", self._redis.zrange(slots, 0, -1))
            dead = slot_owners.left_by_the_dead(map(_text, names))
            if dead:
                self._redis.zrem(slots, *dead)

    def _renew(self, host: str, lease: str, lease_s: float) -> bool:
        with _asking():
            return bool(self._renewal(keys=self._keys(host)[:1], args=(lease, _micro(lease_s))))

    def _release(self, host: str, lease: str) -> None:
        try:
            self._redis.zrem(self._keys(host)[0], lease)
        except RedisError as error:
            logger.warning("a connection to %s counts until its lease runs out: %s", host, error)

    def _keys(self, host: str) -> tuple[str, str]:
        """In braces, so that both keys are on the same node of a cluster."""
        place = f"{self._prefix}{{{host.lower()}}}"
        return f"{place}:slots", f"{place}:state"


def host_key(url: str) -> str:
    """``host:port`` in lower case, the port of the scheme where none is given. So two names are two hosts
    though they may be one machine, and so are http and https of one name.

    Raises ``ValueError`` for an address without a host.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    port = parts.port or DEFAULT_PORTS.get(parts.scheme.lower())
    if not host or port is None:
        raise ValueError(f"{url!r} names no host")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise LimitsUnavailable(BROKER_AWAY) from error


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _micro(seconds: float) -> int:
    return math.ceil(seconds * 1e6)
