"""Limits of hosts over a real Redis: processes that hammer one host, killed holders, holds, an emptied and an
absent broker."""

import multiprocessing
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
import redis

from ingestion.crawl.politeness import (
    FIRST_HOLD_S,
    LONGEST_BACKOFF_S,
    LONGEST_RETRY_AFTER_S,
    PREFIX,
    HostLimits,
    LimitsUnavailable,
    Slot,
    Wait,
    host_key,
)
from tests.chat.conftest import _redis_server, _wait_for
from tests.chat.conftest import redis_url as redis_url
from tests.ingestion.crawl.hammering import HOST, hammer, hold_for_ever


@pytest.fixture
def url(redis_url: str) -> Iterator[str]:
    yield redis_url
    redis.Redis.from_url(redis_url).flushall()


@pytest.fixture
def limits(url: str) -> HostLimits:
    return HostLimits(redis.Redis.from_url(url))


def take(
    limits: HostLimits, host: str = HOST, connections: int = 9, delay_s: float = 0, lease_s: float = 30
) -> Slot | Wait:
    return limits.take(host, connections=connections, delay_s=delay_s, lease_s=lease_s)


def slot(limits: HostLimits, connections: int = 9, lease_s: float = 30) -> Slot:
    taken = take(limits, connections=connections, lease_s=lease_s)
    assert isinstance(taken, Slot)
    return taken


def wait(limits: HostLimits, host: str = HOST, connections: int = 9, delay_s: float = 0) -> Wait:
    refused = take(limits, host, connections, delay_s)
    assert isinstance(refused, Wait)
    return refused


def from_processes(url: str, connections: int, delay_s: float) -> list[tuple[float, float, float]]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        asked = [pool.submit(hammer, url, connections, delay_s, 12) for _ in range(3)]
        return sorted(one for future in asked for one in future.result())


def test_processes_never_connect_more_often_than_allowed(url: str) -> None:
    held = from_processes(url, connections=2, delay_s=0)

    changes = [(since, 1) for _, since, _ in held] + [(until, -1) for _, _, until in held]
    open_now, most = 0, 0
    for _, change in sorted(changes):
        open_now += change
        most = max(most, open_now)
    assert len(held) == 36
    assert most == 2


def test_processes_never_begin_closer_than_the_delay(url: str) -> None:
    held = from_processes(url, connections=9, delay_s=0.05)

    granted = [at for at, _, _ in held]
    assert len(granted) == 36
    assert min(later - sooner for sooner, later in pairwise(granted)) >= 0.05 - 1e-6


def test_slots_are_given_back(limits: HostLimits) -> None:
    with slot(limits, connections=1):
        refused = wait(limits, connections=1)
        assert refused.reason == "busy"
        assert 0 < refused.seconds <= 0.25
    again = slot(limits, connections=1)
    again.release()
    again.release()
    slot(limits, connections=1)


def test_the_wait_is_what_is_left_of_the_delay(limits: HostLimits) -> None:
    slot(limits)

    refused = wait(limits, delay_s=40)

    assert refused.reason == "delay"
    assert 30 < refused.seconds <= 40


def test_hosts_do_not_wait_for_each_other(limits: HostLimits) -> None:
    slot(limits)

    assert isinstance(take(limits, "other.example.org:443", 1, 40), Slot)
    assert wait(limits, HOST.upper(), 1).reason == "busy"


def test_a_killed_holder_blocks_nobody(url: str, limits: HostLimits) -> None:
    process = multiprocessing.get_context("spawn").Process(target=hold_for_ever, args=(url,))
    process.start()
    try:
        while not redis.Redis.from_url(url).keys(f"{PREFIX}*"):
            assert process.is_alive()
            time.sleep(0.01)
        assert wait(limits, connections=1).reason == "busy"
    finally:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()

    assert wait(limits, connections=1).reason == "busy"
    slot(limits, connections=1)


def test_a_holder_on_another_machine_blocks_until_its_lease_ends(url: str, limits: HostLimits) -> None:
    now = time.time()
    slots = f"{PREFIX}{{{HOST}}}:slots"
    client = redis.Redis.from_url(url)
    client.zadd(slots, {"elsewhere/999999999/a": (now + 1) * 1e6, "of an older version": (now + 1) * 1e6})
    assert wait(limits, connections=1).reason == "busy"
    assert wait(limits, connections=1).reason == "busy"
    time.sleep(1.1)
    slot(limits, connections=1)


def test_a_renewed_lease_lasts(limits: HostLimits) -> None:
    held = slot(limits, connections=1, lease_s=0.2)
    assert held.renew(30)
    time.sleep(0.3)
    assert wait(limits, connections=1).reason == "busy"


def test_a_lease_that_ran_out_is_known_to_be_lost_and_counts_again(limits: HostLimits) -> None:
    late = slot(limits, connections=1, lease_s=0.01)
    time.sleep(0.05)
    assert late.renew(30) is False
    assert wait(limits, connections=1).reason == "busy"


def test_an_emptied_redis_knows_all_again(url: str, limits: HostLimits) -> None:
    held = slot(limits, connections=1)
    limits.hold_off(HOST, 600)
    redis.Redis.from_url(url).flushall()
    redis.Redis.from_url(url).script_flush()

    assert limits.held_s(HOST) == 0
    assert held.renew(30) is False
    assert wait(limits, connections=1).reason == "busy"
    held.release()
    slot(limits, connections=1)
    assert wait(limits, connections=1).reason == "busy"


def test_nobody_asks_while_a_host_is_held(limits: HostLimits) -> None:
    assert limits.hold_off(HOST, 60) == pytest.approx(60)

    refused = wait(limits)

    assert refused.reason == "held"
    assert 50 < refused.seconds <= 60
    assert 50 < limits.held_s(HOST) <= 60
    assert limits.held_s("other.example.org:443") == 0


def test_a_hold_ends(limits: HostLimits) -> None:
    limits.hold_off(HOST, 0.05)
    time.sleep(0.1)
    slot(limits)


def test_refusals_at_once_are_one_and_the_longest_wish_counts(limits: HostLimits) -> None:
    limits.hold_off(HOST)
    assert limits.hold_off(HOST) == pytest.approx(FIRST_HOLD_S, abs=1)
    assert limits.hold_off(HOST, 300) == pytest.approx(300)
    assert limits.hold_off(HOST, 10) == pytest.approx(300, abs=30)


def refused_again(url: str, limits: HostLimits) -> float:
    """The next refusal after the present hold has ended."""
    for key in redis.Redis.from_url(url).keys(f"{PREFIX}*state"):
        redis.Redis.from_url(url).hset(key, "hold", 1)
    return limits.hold_off(HOST)


def test_holds_double_up_to_an_hour(url: str, limits: HostLimits) -> None:
    holds = [refused_again(url, limits) for _ in range(14)]

    assert holds[:4] == [FIRST_HOLD_S, 2 * FIRST_HOLD_S, 4 * FIRST_HOLD_S, 8 * FIRST_HOLD_S]
    assert holds[-1] == LONGEST_BACKOFF_S


def test_an_answer_ends_the_row_of_refusals_but_no_hold(url: str, limits: HostLimits) -> None:
    refused_again(url, limits)
    refused_again(url, limits)
    limits.went_well(HOST)
    assert wait(limits).reason == "held"
    assert refused_again(url, limits) == 4 * FIRST_HOLD_S

    for key in redis.Redis.from_url(url).keys(f"{PREFIX}*state"):
        redis.Redis.from_url(url).hset(key, "hold", 1)
    limits.went_well(HOST)
    assert limits.hold_off(HOST) == FIRST_HOLD_S


def test_wishes_beyond_a_day_and_of_nothing(limits: HostLimits) -> None:
    assert limits.hold_off(HOST, 1e9) == LONGEST_RETRY_AFTER_S
    assert limits.hold_off("other.example.org:443", 0) == FIRST_HOLD_S


def test_keys_expire(url: str, limits: HostLimits) -> None:
    slot(limits, lease_s=30)
    limits.hold_off("other.example.org:443", 600)

    client = redis.Redis.from_url(url)
    lasting = {key: client.ttl(key) for key in client.keys("*")}

    assert len(lasting) == 3
    assert all(0 < seconds <= 600 + LONGEST_BACKOFF_S + 60 for seconds in lasting.values())


def test_a_client_that_answers_texts(url: str) -> None:
    limits = HostLimits(redis.Redis.from_url(url, decode_responses=True))
    slot(limits)
    assert wait(limits, delay_s=40).reason == "delay"
    assert limits.hold_off(HOST, 60) == pytest.approx(60)


def test_without_redis_nothing_may_be_fetched(url: str, limits: HostLimits, tmp_path: Path) -> None:
    away = HostLimits(redis.Redis.from_url(f"unix://{tmp_path}/none.sock?db=0"))

    with pytest.raises(LimitsUnavailable, match="Redis"):
        take(away)
    with pytest.raises(LimitsUnavailable):
        away.hold_off(HOST, 60)
    with pytest.raises(LimitsUnavailable):
        away.went_well(HOST)


def start_redis(folder: Path) -> "subprocess.Popen[bytes]":
    socket = str(folder / "redis.sock")
    options = [
        "--port",
        "0",
        "--unixsocket",
        socket,
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    server = subprocess.Popen([_redis_server(), *options], stdout=subprocess.DEVNULL)
    _wait_for(f"unix://{socket}?db=0", server)
    return server


def test_a_broker_that_is_killed_and_comes_back() -> None:
    with tempfile.TemporaryDirectory(prefix="yj-") as folder:
        first = start_redis(Path(folder))
        limits = HostLimits(redis.Redis.from_url(f"unix://{folder}/redis.sock?db=0"))
        held = slot(limits)
        first.kill()
        first.wait()

        with pytest.raises(LimitsUnavailable):
            take(limits)
        with pytest.raises(LimitsUnavailable):
            held.renew(30)
        held.release()

        second = start_redis(Path(folder))
        try:
            slot(limits, connections=1)
            assert wait(limits, connections=1).reason == "busy"
        finally:
            second.terminate()
            second.wait()


def test_a_slot_is_given_back_though_redis_has_gone(tmp_path: Path) -> None:
    away = HostLimits(redis.Redis.from_url(f"unix://{tmp_path}/none.sock?db=0"))

    with Slot(away, HOST, "lease", 0.0) as lost, pytest.raises(LimitsUnavailable):
        lost.renew(30)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://Example.org/a?b", "example.org:443"),
        ("http://example.org:8080/", "example.org:8080"),
        ("http://example.org.", "example.org:80"),
        ("http://[::1]:81/", "[::1]:81"),
    ],
)
def test_the_key_of_a_host(address: str, key: str) -> None:
    assert host_key(address) == key


@pytest.mark.parametrize("address", ["mailto:a@example.org", "/path", "https://"])
def test_addresses_without_a_host(address: str) -> None:
    with pytest.raises(ValueError, match="names no host"):
        host_key(address)


@pytest.mark.parametrize("wrong", [{"connections": 0}, {"delay_s": -1}, {"lease_s": 0}])
def test_limits_that_make_no_sense(limits: HostLimits, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above nought"):
        limits.take(HOST, **{"connections": 1, "delay_s": 0, "lease_s": 1, **wrong})
