"""Long jobs beside short ones, with the real workers: who is done first, and what stops when it must.

A shrunken form of five thousand pages; the invariants are the same, and nothing is timed.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil
import pytest

from bench.corpora import peak_memory
from tests import fixtures
from tests.e2e.conftest import Api, started
from tests.e2e.site import Site, generations

PAGES = 600
PATIENCE_S = 240
WORKER_MB = 1536

pytestmark = pytest.mark.timeout(600)


def book(pages: int = PAGES, name: str = "book") -> bytes:
    """A PDF with a passage or two on every page, each of its own words."""
    return fixtures.pdf(
        [
            (f"Chapter {name} {page}", f"Page {page} of {name} says that fact {page} matters. " * 25)
            for page in range(pages)
        ]
    )


def note(number: int) -> dict[str, bytes]:
    return {f"note-{number}.md": f"# Note {number}\n\nThe heron number {number} stands still.\n".encode()}


def begin(site: Site) -> Api:
    api = started(site)
    for slug in ("load", "small"):
        assert api.call("POST", "/collections", json={"name": slug, "slug": slug}).status_code == 201
    return api


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A site for those tests that leave nothing in work behind."""
    site = Site(tmp_path_factory.mktemp("load") / "data")
    yield begin(site)
    site.stop()


def ready(api: Api) -> int:
    paths = (f"/collections/{slug}/documents?status=ready" for slug in ("load", "small"))
    return sum(api.call("GET", path).json()["count"] for path in paths)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def document(api: Api, row: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = api.call("GET", f"/documents/{row['id']}").json()
    return found


def expect_ready_before(api: Api, short: dict[str, object], long: list[dict[str, object]]) -> None:
    """The short one is ready while each of the long ones still has work left."""
    until(lambda: document(api, short)["status"] == "ready", f"{short} is not ready")
    assert all(document(api, one)["status"] in {"queued", "processing"} for one in long)


def test_short_documents_overtake_long_ones_in_both_steps(own_site: Site) -> None:
    """Three long files at once, more than there are places to read; a short one at each stage. No process
    grows beyond its limit meanwhile."""
    api = begin(own_site)
    peak: dict[str, int] = {}
    with peak_memory(own_site, peak):
        short_ones_beside_long_ones(api)
    assert peak["index@youju"] and peak["extract.child"]
    assert max(peak.values()) < WORKER_MB, peak


def short_ones_beside_long_ones(api: Api) -> None:
    long = [api.upload("load", {f"book-{n}.pdf": book(PAGES, f"book{n}")})[0] for n in range(3)]
    for number, slug in enumerate(("small", "load"), 1):
        expect_ready_before(api, api.upload(slug, note(number))[0], long)
    until(lambda: bool(document(api, long[0])["chunks"]), "the first book is not read")
    for number, slug in enumerate(("small", "load"), 3):
        expect_ready_before(api, api.upload(slug, note(number))[0], long)


def extraction_children(site: Site) -> list[psutil.Process]:
    found = []
    for child in site.child("parse@youju").children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "ingestion.extract.child" in child.cmdline():
                found.append(child)
    return found


def test_cancelling_ends_the_reading_and_the_indexing(shared: Api) -> None:
    api, own_site, before = shared, shared.site, ready(shared)
    read = api.upload("load", {"read.pdf": book(PAGES, "read")})[0]
    until(lambda: bool(document(api, read)["chunks"]), "it is not read")
    reading = api.upload("load", {"reading.pdf": book(20 * PAGES, "reading")})[0]
    until(lambda: document(api, reading)["status"] == "processing", "it is not being read")
    until(lambda: bool(extraction_children(own_site)), "nothing reads")
    children = extraction_children(own_site)
    shell = "from ingestion import runs; from ingestion.models import Run; "
    shell += "print(sum(runs.cancel_run(run) for run in Run.objects.all()))"
    assert own_site.manage("shell", "-v0", "-c", shell).stdout.strip() == "2"
    assert document(api, read)["status"] == document(api, reading)["status"] == "cancelled"
    until(lambda: not all(child.is_running() for child in children), "the reader goes on")
    short = api.upload("load", note(1))[0]
    until(lambda: document(api, short)["status"] == "ready", "nothing is read any more")

    def nothing_left() -> bool:
        report = json.loads(own_site.manage("verify", "--json", check=False).stdout)
        return (report["documents"], report["orphans_in_index"]) == (before + 1, 0)

    until(nothing_left, "passages of cancelled documents stay")
    assert document(api, read)["chunks"] == 0


def test_a_file_that_kills_its_reader_fails_alone(shared: Api) -> None:
    api, own_site = shared, shared.site
    deadly = api.upload("load", {"deadly.pdf": book(20 * PAGES, "deadly")})[0]
    killed = set()
    while document(api, deadly)["status"] in {"queued", "processing"}:
        for child in extraction_children(own_site):
            with suppress(psutil.NoSuchProcess):
                child.kill()
                killed.add(child.pid)
        time.sleep(0.1)
    failed = document(api, deadly)
    assert failed["status"] == "failed"
    assert failed["error"]
    assert len(killed) >= 3
    short = api.upload("load", note(2))[0]
    until(lambda: document(api, short)["status"] == "ready", "nothing is read any more")


def test_an_index_is_built_anew_while_the_site_is_used_and_killed(own_site: Site) -> None:
    """kill -9 of either worker in the middle; the old index answers until the new one is complete."""
    api = begin(own_site)
    rows = [api.upload("load", {f"part-{n}.pdf": book(25, f"part{n}")})[0] for n in range(4)]
    until(lambda: all(document(api, row)["status"] == "ready" for row in rows), "not ready")
    before = sum(int(str(document(api, row)["chunks"])) for row in rows)
    shell = (
        "from ingestion import reembedding, services; from ingestion.models import Collection; "
        "c = Collection.objects.get(slug='load'); "
        "services.update_collection(collection=c, chunk_tokens=60, chunk_overlap=0); "
        "reembedding.start_reembedding(c)"
    )
    own_site.manage("shell", "-v0", "-c", shell)

    def state() -> list[str]:
        return [state for state, _model in generations(own_site, "load")]

    def search() -> int:
        body = {"query": "fact 7 matters", "collections": ["load"]}
        return len(api.call("POST", "/search", json=body).json()["hits"])

    assert state() == ["active", "building"]
    for victim in ("parse@youju", "index@youju"):
        own_site.child(victim).kill()
        assert search()
    late = api.upload("load", note(1))[0]
    until(lambda: state() == ["retired", "active"], "the new index is not complete")
    until(lambda: document(api, late)["status"] == "ready", "the late document is not ready")
    assert search()
    assert sum(int(str(document(api, row)["chunks"])) for row in rows) > before
    until(lambda: own_site.manage("verify", "--json", check=False).returncode == 0, "the indexes differ")
    report = json.loads(own_site.manage("verify", "--json").stdout)
    assert (report["documents"], report["missing_in_index"], report["orphans_in_index"]) == (5, 0, 0)
