"""What runs in processes of their own for the tests of politeness; imports no Django models."""

import time

import redis

from ingestion.crawl.politeness import HostLimits, Wait

HOST = "example.org:443"


def hammer(url: str, connections: int, delay_s: float, times: int) -> list[tuple[float, float, float]]:
    """When each of ``times`` slots was granted (clock of Redis), and held from and to (``monotonic``)."""
    limits = HostLimits(redis.Redis.from_url(url))
    held: list[tuple[float, float, float]] = []
    while len(held) < times:
        taken = limits.take(HOST, connections=connections, delay_s=delay_s, lease_s=30)
        if isinstance(taken, Wait):
            time.sleep(min(taken.seconds, 0.02))
            continue
        with taken:
            since = time.monotonic()
            time.sleep(0.03)
            held.append((taken.granted_at, since, time.monotonic()))
    return held


def hold_for_ever(url: str) -> None:
    HostLimits(redis.Redis.from_url(url)).take(HOST, connections=1, delay_s=0, lease_s=600)
    time.sleep(600)
