"""kill -9, a full disk, a locked database, in the middle of the work: after it every document is ready,
exactly once."""

import errno
import json
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis
import requests

from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import Site

DOCUMENTS = 17
MANY = 100
PATIENCE_S = 400
READS, INDEXES = "parse@youju", "index@youju"
MID_WORK = (READS, INDEXES, "chroma", "redis-server")

pytestmark = pytest.mark.timeout(900)


def material(batch: str, documents: int = DOCUMENTS, parts: int = 6) -> dict[str, bytes]:
    """Documents of a passage or so for each of ``parts``, so that indexing takes a while."""
    return {
        f"{batch}-{number:02}.md": "\n\n".join(
            f"## Section {part}\n\nDocument {batch} {number} says in part {part}: "
            + f"fact {number}-{part} matters. " * 20
            for part in range(parts)
        ).encode()
        for number in range(documents)
    }


def upload(api: Api, batch: str, documents: int, parts: int = 6) -> None:
    files = list(material(batch, documents, parts).items())
    for at in range(0, len(files), 20):
        api.upload("faults", dict(files[at : at + 20]))


def statuses(api: Api) -> Counter[str]:
    found: Counter[str] = Counter()
    for status in ("queued", "processing", "ready", "failed", "cancelled"):
        answer = api.call("GET", f"/collections/faults/documents?status={status}")
        found[status] = answer.json()["count"]
    return +found


def wait_until_done(api: Api) -> Counter[str]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        seen = statuses(api)
        if seen and not seen["queued"] and not seen["processing"]:
            return seen
        time.sleep(0.5)
    raise AssertionError(f"still in work: {statuses(api)}")


def wait_until_in_work(api: Api) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not statuses(api)["processing"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def asked(site: Site, query: str) -> tuple[int, ...]:
    """The numbers that a query of one row gives, straight from the database."""
    with closing(sqlite3.connect(site.folder / "youju.sqlite3", timeout=30)) as database:
        return tuple(database.execute(query).fetchone())


def begun_and_left(site: Site, batch: str, *, reading: bool) -> tuple[int, int]:
    """How many documents of the batch are done with a step, or partly done, and how many only wait for it."""
    begun = "step != 'extract'" if reading else "indexed_count > 0"
    left = "step = 'extract'" if reading else "step = 'index' AND indexed_count = 0"
    named = f"FROM ingestion_document WHERE name LIKE '{batch}-%'"
    query = f"SELECT COALESCE(SUM({begun}), 0), COALESCE(SUM({left}), 0) {named}"
    begun_now, left_now = asked(site, query)
    return begun_now, left_now


def kill_at_work(site: Site, victim: str, batch: str) -> None:
    """kill -9 once it has done a part of the batch while more waits for it; more still waits afterwards."""
    deadline = time.monotonic() + PATIENCE_S
    reading = victim == READS
    while 0 in begun_and_left(site, batch, reading=reading):
        assert time.monotonic() < deadline, victim
        time.sleep(0.01)
    process = site.child(victim)
    process.kill()
    assert begun_and_left(site, batch, reading=reading)[1], f"{victim} was killed too late"


def wait_for_web(site: Site) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            if site.get("/healthz").ok:
                return
        except requests.ConnectionError:
            assert time.monotonic() < deadline
        time.sleep(0.1)


def expect_nothing_missing_and_nothing_twice(site: Site, documents: int) -> None:
    report = json.loads(site.manage("verify", "--json").stdout)
    assert (report["documents"], report["missing_in_index"], report["orphans_in_index"]) == (documents, 0, 0)
    query = (
        "SELECT COUNT(DISTINCT name), COUNT(*), SUM(chunk_count), SUM(indexed_count) FROM ingestion_document"
    )
    names, rows, counted, indexed = asked(site, query)
    assert (names, rows) == (documents, documents)
    query = "SELECT COUNT(DISTINCT document_id || '-' || ordinal), COUNT(*) FROM ingestion_chunk"
    assert {*asked(site, query), counted, indexed} == {report["chunks"]}


def expect_everything_exactly_once(site: Site, api: Api, documents: int) -> None:
    assert wait_until_done(api) == {"ready": documents}
    expect_nothing_missing_and_nothing_twice(site, documents)
    body = {"query": "fact 7-3", "collections": ["faults"], "k": 50}
    answer = api.call("POST", "/search", json=body)
    assert answer.status_code == 200, answer.text
    hits = answer.json()["hits"]
    assert hits
    assert len({hit["chunk_id"] for hit in hits}) == len(hits)


def begin(site: Site) -> Api:
    site.start()
    api = with_administrator(site)
    assert api.call("POST", "/collections", json={"name": "Faults", "slug": "faults"}).status_code == 201
    return api


def test_each_process_is_killed_in_the_middle_of_its_work(own_site: Site) -> None:
    """A hundred documents for each: it has done some of them, and others wait for it."""
    api = begin(own_site)
    for number, victim in enumerate(MID_WORK, 1):
        batch = victim.split("@")[0]
        upload(api, batch, MANY, parts=2)
        kill_at_work(own_site, victim, batch)
        assert wait_until_done(api) == {"ready": number * MANY}, victim
        expect_nothing_missing_and_nothing_twice(own_site, number * MANY)
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
    upload(api, "all", MANY, parts=2)
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


def test_a_locked_database_costs_only_a_delay(own_site: Site) -> None:
    """Locked for longer than anybody waits for it (30 s)."""
    api = begin(own_site)
    upload(api, "locked", DOCUMENTS)
    wait_until_in_work(api)
    database = sqlite3.connect(own_site.folder / "youju.sqlite3", isolation_level=None, timeout=30)
    database.execute("BEGIN IMMEDIATE")
    time.sleep(40)
    database.execute("ROLLBACK")
    database.close()
    expect_everything_exactly_once(own_site, api, DOCUMENTS)
    assert own_site.stop() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MB of its own, in memory."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount one: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Takes what is left of the disk."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return ballast


def test_a_full_disk_costs_only_a_delay(small_disk: Path, own_site: Site) -> None:
    own_site.folder = small_disk / "data"
    api = begin(own_site)
    upload(api, "before", DOCUMENTS)
    assert wait_until_done(api) == {"ready": DOCUMENTS}
    upload(api, "full", DOCUMENTS)
    wait_until_in_work(api)
    ballast = fill(small_disk)
    refused = api.call(
        "POST", "/collections/faults/documents", files=[("file", ("more.md", b"# More\n" * 40_000))]
    )
    assert refused.status_code >= 400
    time.sleep(15)
    ballast.unlink()
    wait_for_web(own_site)
    expect_everything_exactly_once(own_site, api, 2 * DOCUMENTS)
    assert own_site.stop() == 0
