"""What tests of faults share: a hundred documents in work, and what must hold when all is over."""

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing

import requests

from tests.e2e.conftest import Api, started
from tests.e2e.site import WITHOUT_MODEL, Site

DOCUMENTS = 17
MANY = 100
PATIENCE_S = 400
READS, INDEXES = "parse@youju", "index@youju"


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


def upload_at_rest(site: Site, api: Api, batch: str, documents: int, parts: int) -> None:
    """All of it waits when its work begins, however fast that is."""
    reader = site.child(READS)
    reader.suspend()
    try:
        upload(api, batch, documents, parts)
    finally:
        reader.resume()


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
    reading, process = victim == READS, site.child(victim)
    while 0 in begun_and_left(site, batch, reading=reading):
        assert time.monotonic() < deadline, victim
        time.sleep(0.01)
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


def begin(site: Site, *, with_model: bool = False) -> Api:
    if not with_model:
        site.extra |= WITHOUT_MODEL
    api = started(site)
    assert api.call("POST", "/collections", json={"name": "Faults", "slug": "faults"}).status_code == 201
    return api
