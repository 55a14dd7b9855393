"""kill -9 in the middle of the work: after it every document is ready, exactly once."""

import time

import pytest

from tests.e2e.fault_material import (
    DOCUMENTS,
    INDEXES,
    MANY,
    READS,
    begin,
    expect_everything_exactly_once,
    kill_at_work,
    material,
    upload_at_rest,
    wait_for_web,
    wait_until_done,
    wait_until_in_work,
)
from tests.e2e.site import Site

MID_WORK = (READS, INDEXES, "chroma", "redis-server")

pytestmark = pytest.mark.timeout(900)


def test_each_process_is_killed_in_the_middle_of_its_work(own_site: Site) -> None:
    """A hundred documents for each: it has done some of them, and others wait for it."""
    api = begin(own_site)
    for number, victim in enumerate(MID_WORK, 1):
        batch = victim.split("@")[0]
        upload_at_rest(own_site, api, batch, MANY, parts=2)
        kill_at_work(own_site, victim, batch)
        assert wait_until_done(api) == {"ready": number * MANY}, victim
    expect_everything_exactly_once(own_site, api, len(MID_WORK) * MANY)


def test_the_web_server_the_clock_and_the_supervisor_are_killed(own_site: Site) -> None:
    api = begin(own_site)
    for number, victim in enumerate(("uvicorn", "beat"), 1):
        api.upload("faults", material(victim))
        wait_until_in_work(api)
        own_site.child(victim).kill()
        wait_for_web(own_site)
        assert wait_until_done(api) == {"ready": number * DOCUMENTS}, victim
    expect_everything_exactly_once(own_site, api, 2 * DOCUMENTS)
    assert own_site.process is not None
    own_site.process.kill()
    own_site.process.wait()
    deadline = time.monotonic() + 30
    while own_site.processes() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert own_site.processes() == []


def test_everything_killed_at_once_is_resumed_at_the_next_start(own_site: Site) -> None:
    api = begin(own_site, with_model=True)
    upload_at_rest(own_site, api, "all", MANY, parts=1)
    kill_at_work(own_site, INDEXES, "all")
    assert own_site.process is not None
    own_site.process.kill()
    for process in own_site.processes():
        process.kill()
    own_site.process.wait()
    own_site.lines.clear()
    own_site.start()
    expect_everything_exactly_once(own_site, api, MANY)
    assert own_site.stop() == 0
