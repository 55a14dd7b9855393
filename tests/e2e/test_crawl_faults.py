"""kill -9 of workers, broker and all, two workers, a site that goes away: crawls end as they should."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psutil
import pytest
import redis

from tests.e2e.conftest import Api, started
from tests.e2e.crawled_site import (
    CONNECTIONS,
    DELAY_MS,
    ENVIRONMENT,
    add,
    expect_each_document_once,
    fastest_s,
    follow,
    is_done,
    outcomes,
    ready,
    repeated,
    sixty_pages,
    source,
    wait_for_requests,
    wait_until,
    write,
)
from tests.e2e.site import ROOT
from tests.e2e.site import Site as Youju
from tests.ingestion.small_site import Answer, Site

CRAWLER = "crawl@youju"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def sites() -> Iterator[Callable[[], Site]]:
    """Makes web servers."""
    made: list[Site] = []

    def make() -> Site:
        made.append(Site())
        made[-1].start()
        return made[-1]

    yield make
    for site in made:
        site.stop()


def start(youju: Youju) -> Api:
    youju.extra |= ENVIRONMENT
    return started(youju)


def kill_all(youju: Youju) -> None:
    assert youju.process is not None
    youju.process.kill()
    for process in youju.processes():
        process.kill()
    youju.process.wait()
    youju.lines.clear()


def test_a_crawl_survives_kill_minus_nine(own_site: Youju, sites: Callable[[], Site]) -> None:
    site = sites()
    expected = sixty_pages(site)
    api = start(own_site)
    kills = []

    def kill_at(requests: int, kill: Callable[[], object]) -> None:
        wait_for_requests(site, requests)
        kill()
        kills.append(time.monotonic())

    pk = follow(api, "killed", site)
    kill_at(8, lambda: own_site.child(CRAWLER).kill())
    kill_at(16, lambda: own_site.child(CRAWLER).kill())
    kill_at(24, lambda: own_site.child(CRAWLER).kill())
    wait_for_requests(site, 30)
    own_site.child("redis-server").kill()
    wait_for_requests(site, 36)
    redis.Redis(unix_socket_path=str(own_site.folder / "run" / "redis.sock")).flushall()
    kill_at(44, lambda: kill_all(own_site))
    assert len(site.paths()) < len(expected)
    own_site.start()
    wait_until(lambda: is_done(api, pk))

    assert source(api, pk)["crawl"]["state"] == "complete"
    assert outcomes(api, pk, site) == expected
    # What was open at the flush is forgotten: as many again may have been open at the last kill.
    *before, last = repeated(site, kills).values()
    assert max(before) <= CONNECTIONS
    assert last <= 2 * CONNECTIONS
    assert "/private/letter" not in site.paths()
    expect_each_document_once(own_site, api, "killed", list(expected.values()).count("new"))

    # Ctrl-C in the middle of a crawl does not wait for it, nor for a page that takes its time.
    site.pages["/"] = Answer(b"<p>Never", seconds=300)
    site.forget()
    api.call("POST", f"/sources/{pk}/crawl")
    wait_until(lambda: source(api, pk)["state"] == "running")
    time.sleep(1)
    assert own_site.stop() == 0
    assert not own_site.processes()
    assert not list((own_site.folder / "crawls").glob("*/*.part"))
    assert is_let_go(own_site), "the crawler was ended by force, with the source in its hands"


def is_let_go(youju: Youju) -> bool:
    with closing(sqlite3.connect(youju.folder / "youju.sqlite3")) as database:
        held = "SELECT count(*) FROM ingestion_source WHERE claim IS NOT NULL"
        return bool(database.execute(held).fetchone()[0] == 0)


@contextmanager
def second_worker(youju: Youju) -> Iterator[psutil.Process]:
    """Another crawl worker on the same site, as an administrator may start one."""
    log = youju.folder / "second.log"
    worker = [sys.executable, "-m", "celery", "-A", "kb_site", "worker", "--pool", "threads", "-Q", "crawl"]
    with log.open("wb") as output:
        started = subprocess.Popen(
            [*worker, "-c", "3", "-n", "second@youju", "--loglevel", "INFO"],
            cwd=ROOT,
            env=youju.env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    wait_until(lambda: b" ready." in log.read_bytes())
    yield psutil.Process(started.pid)
    started.terminate()
    started.wait(timeout=20)


def test_two_workers_share_the_limits_of_a_host(own_site: Youju, sites: Callable[[], Site]) -> None:
    """Three sources on one host; the second worker also goes on at once with what the first one leaves."""
    site = sites()
    expected = sixty_pages(site)
    own_site.extra["CRAWL_SITES"] = "1"
    api = start(own_site)
    with second_worker(own_site):
        one = follow(api, "one", site)
        other = add(api, "one", site, "/section-3/page-1", exclude=["*/section-1/*"])
        wait_until(lambda: {source(api, pk)["state"] for pk in (one, other)} == {"running"})
        own_site.child(CRAWLER).suspend()
        own_site.child(CRAWLER).resume()
        wait_until(lambda: is_done(api, one) and is_done(api, other))
    assert outcomes(api, one, site) == expected
    assert len(site.paths()) > 1.5 * len(expected)
    assert site.most_open <= CONNECTIONS
    assert fastest_s(site) >= 0.9 * DELAY_MS / 1000
    assert own_site.stop() == 0


def test_sites_that_go_away_ask_to_wait_and_are_due(own_site: Youju, sites: Callable[[], Site]) -> None:
    """While one site goes away and another asks to wait, a third is crawled by its schedule."""
    leaving, slowing, clock, paused = (sites() for _ in range(4))
    expected = sixty_pages(leaving)
    sixty_pages(slowing)
    for site in (clock, paused):
        site.page("/", "Clock", "/hands")
        site.page("/hands", "Hands")
    own_site.extra["CRAWL_SITES"] = "4"
    api = start(own_site)
    ticking = follow(api, "ticking", clock, minutes=15)
    resting = follow(api, "resting", paused, minutes=15)
    away, slow = follow(api, "away", leaving), follow(api, "slow", slowing)
    wait_until(lambda: is_done(api, ticking) and is_done(api, away) and is_done(api, slow))
    wait_until(lambda: is_done(api, resting))
    assert api.call("POST", f"/sources/{resting}/pause").json()["state"] == "paused"
    write(own_site, "UPDATE django_celery_beat_intervalschedule SET every = 3, period = 'seconds'")
    write(own_site, "UPDATE ingestion_source SET next_at = datetime('now') WHERE every_id IS NOT NULL")
    wait_until(lambda: ready(api, "away") == list(expected.values()).count("new"))

    # A second crawl, in the middle of which the one goes away and the other asks to wait.
    paused.forget()
    for pk, site in ((away, leaving), (slow, slowing)):
        site.forget()
        api.call("POST", f"/sources/{pk}/crawl")
    wait_for_requests(leaving, 20)
    wait_for_requests(slowing, 20)
    pages = dict(slowing.pages)
    busy = Answer(status=429, headers={"Retry-After": "2"}, validators=False)
    slowing.pages.update(dict.fromkeys(pages, busy))
    with leaving.away():
        time.sleep(7)
    slowing.pages.update(pages)
    assert source(api, away)["state"] == source(api, slow)["state"] == "running"
    assert ready(api, "away") == ready(api, "slow") == list(expected.values()).count("new")
    wait_until(lambda: is_done(api, away) and is_done(api, slow))
    again = {path: "unchanged" if outcome == "new" else outcome for path, outcome in expected.items()}
    for pk, site in ((away, leaving), (slow, slowing)):
        assert outcomes(api, pk, site) == again
        assert source(api, pk)["crawl"]["state"] == "complete"
    assert len([one for one in slowing.asked if one.status == 429]) < 12
    assert ready(api, "away") == ready(api, "slow") == list(expected.values()).count("new")

    wait_until(lambda: api.call("GET", f"/sources/{ticking}/crawls").json()["count"] >= 3)
    assert paused.asked == []
    assert own_site.stop() == 0
