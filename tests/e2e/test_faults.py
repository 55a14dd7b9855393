"""kill -9 in the middle of the work: after it every document is ready, exactly once."""

import json
import time
from collections import Counter

import pytest
import redis
import requests

from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import Site

DOCUMENTS = 15
PATIENCE_S = 150
VICTIMS = ("parse@youju", "uvicorn", "index@youju", "chroma", "redis-server", "beat")

pytestmark = pytest.mark.timeout(400)


def material(batch: str, documents: int = DOCUMENTS) -> dict[str, bytes]:
    """Documents of several passages each, so that indexing takes a while."""
    return {
        f"{batch}-{number:02}.md": "\n\n".join(
            f"## Section {part}\n\nDocument {batch} {number} says in part {part}: "
            + f"fact {number}-{part} matters. " * 30
            for part in range(8)
        ).encode()
        for number in range(documents)
    }


def statuses(api: Api) -> Counter[str]:
    answer = api.call("GET", "/collections/faults/documents")
    return Counter(row["status"] for row in answer.json()["results"])


def wait_until_done(api: Api) -> Counter[str]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        seen = statuses(api)
        if not seen["queued"] and not seen["processing"]:
            return seen
        time.sleep(0.5)
    raise AssertionError(f"still in work: {statuses(api)}")


def wait_until_in_work(api: Api) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not statuses(api)["processing"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_for_web(site: Site) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            if site.get("/healthz").ok:
                return
        except requests.ConnectionError:
            assert time.monotonic() < deadline
        time.sleep(0.1)


def expect_everything_exactly_once(site: Site, api: Api, documents: int) -> None:
    assert wait_until_done(api) == {"ready": documents}
    report = json.loads(site.manage("verify", "--json").stdout)
    assert (report["documents"], report["missing_in_index"], report["orphans_in_index"]) == (documents, 0, 0)
    hits = api.call("POST", "/search", json={"query": "fact 7-3", "collections": ["faults"], "k": 50}).json()[
        "hits"
    ]
    assert hits
    assert len({hit["chunk_id"] for hit in hits}) == len(hits)


def begin(site: Site) -> Api:
    site.start()
    api = with_administrator(site)
    assert api.call("POST", "/collections", json={"name": "Faults", "slug": "faults"}).status_code == 201
    return api


def test_each_process_is_killed_in_turn_and_then_the_supervisor(own_site: Site) -> None:
    api = begin(own_site)
    for number, victim in enumerate(VICTIMS, 1):
        api.upload("faults", material(victim))
        wait_until_in_work(api)
        own_site.child(victim).kill()
        wait_for_web(own_site)
        assert wait_until_done(api) == {"ready": number * DOCUMENTS}, victim
    expect_everything_exactly_once(own_site, api, len(VICTIMS) * DOCUMENTS)
    assert own_site.process is not None
    own_site.process.kill()
    own_site.process.wait()
    deadline = time.monotonic() + 30
    while own_site.processes() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert own_site.processes() == []


def test_an_emptied_broker_costs_only_a_delay(own_site: Site) -> None:
    api = begin(own_site)
    client = redis.Redis(unix_socket_path=str(own_site.folder / "run" / "redis.sock"))
    client.flushall()
    for batch in ("first", "second"):
        api.upload("faults", material(batch))
        client.flushall()
    expect_everything_exactly_once(own_site, api, 2 * DOCUMENTS)
    assert own_site.stop() == 0


def test_everything_killed_at_once_is_resumed_at_the_next_start(own_site: Site) -> None:
    api = begin(own_site)
    api.upload("faults", material("all", 60))
    wait_until_in_work(api)
    assert own_site.process is not None
    own_site.process.kill()
    for process in own_site.processes():
        process.kill()
    own_site.process.wait()
    own_site.lines.clear()
    own_site.start()
    expect_everything_exactly_once(own_site, api, 60)
    assert own_site.stop() == 0
