"""PDFs of thousands of pages through the real workers, at the figures that are promised: a short upload
beside one, how soon a cancelled one lets go, and the memory that one takes."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import psutil
import pytest

from bench.corpora import peak_memory
from tests import fixtures
from tests.e2e.conftest import Api, started
from tests.e2e.site import Site

SHORT_WITHIN_S = 30
CANCELLED_WITHIN_S = 5
WORKER_MB = 1536
PATIENCE_S = 400

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    site = Site(tmp_path_factory.mktemp("large") / "data")
    api = started(site)
    assert api.call("POST", "/collections", json={"name": "Large", "slug": "large"}).status_code == 201
    yield api
    site.stop()


def book(pages: int, name: str) -> dict[str, bytes]:
    """A PDF with a passage on every page, each of its own words."""
    written = [
        (f"{name} {page}", f"Page {page} of {name} says that fact {page} matters.") for page in range(pages)
    ]
    return {f"{name}.pdf": fixtures.pdf(written)}


def upload(api: Api, files: dict[str, bytes]) -> str:
    return str(api.upload("large", files)[0]["id"])


def document(api: Api, identity: str) -> dict[str, object]:
    found: dict[str, object] = api.call("GET", f"/documents/{identity}").json()
    return found


def until(condition: Callable[[], object], what: str) -> float:
    """Seconds until it is so."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + PATIENCE_S, what
        time.sleep(0.05)
    return time.monotonic() - began


def readers(site: Site) -> list[psutil.Process]:
    """The extraction processes."""
    found = []
    for child in site.child("parse@youju").children(recursive=True):
        with suppress(psutil.Error):
            if "ingestion.extract.child" in child.cmdline():
                found.append(child)
    return found


def at_work(site: Site) -> list[psutil.Process]:
    """Those that compute."""
    busy = []
    for child in readers(site):
        with suppress(psutil.Error):
            if child.cpu_percent(interval=0.3) > 10:
                busy.append(child)
    return busy


def cancel(api: Api, identity: str) -> None:
    shell = (
        "from ingestion import services; from ingestion.models import Document; "
        f"services.cancel_document(document=Document.objects.get(pk='{identity}'))"
    )
    api.site.manage("shell", "-v0", "-c", shell)
    assert document(api, identity)["status"] == "cancelled"


def processor_s(processes: Sequence[psutil.Process]) -> float:
    """What those that are still there have used, in seconds."""
    used = 0.0
    for process in processes:
        with suppress(psutil.Error):
            times = process.cpu_times()
            used += times.user + times.system
    return used


def expect_short_one_soon(api: Api, number: int, long: str) -> float:
    note = {f"note-{number}.md": f"# Note {number}\n\nThe heron number {number} stands still.\n".encode()}
    began = time.monotonic()
    short = upload(api, note)
    until(lambda: document(api, short)["status"] == "ready", "the short one is not ready")
    took = time.monotonic() - began
    assert document(api, long)["status"] == "processing"
    assert took < SHORT_WITHIN_S
    return took


def test_a_short_upload_is_soon_ready_beside_five_thousand_pages(
    api: Api, record_property: Callable[[str, object], None]
) -> None:
    long = upload(api, book(5000, "tome"))
    until(lambda: at_work(api.site), "nothing reads")
    record_property("seconds_while_read", expect_short_one_soon(api, 1, long))
    until(lambda: document(api, long)["chunks"], "it is not read")
    record_property("seconds_while_indexed", expect_short_one_soon(api, 2, long))
    cancel(api, long)


def test_cancelling_ends_the_reading_of_a_large_pdf(
    api: Api, record_property: Callable[[str, object], None]
) -> None:
    """In processor time, since a busy machine makes everything late."""
    identity = upload(api, book(20_000, "opus"))
    until(lambda: at_work(api.site), "nothing reads")
    reading = at_work(api.site)
    assert reading
    cancel(api, identity)
    used = [processor_s(reading)]

    def is_over() -> bool:
        used.append(max(used[-1], processor_s(reading)))
        return not any(child.is_running() for child in reading)

    until(is_over, "the reader goes on")
    record_property("seconds", used[-1] - used[0])
    assert used[-1] - used[0] < CANCELLED_WITHIN_S
    assert document(api, identity)["chunks"] == 0


def test_cancelling_ends_the_splitting_of_a_large_text(
    api: Api, record_property: Callable[[str, object], None]
) -> None:
    line = "Line {0} of a very long text says that fact {0} matters. More is said of {0} here.\n"
    text = "".join(line.format(number) for number in range(200_000))
    identity = upload(api, {"long.txt": text.encode()})
    worker = api.site.child("parse@youju")
    until(lambda: worker.cpu_percent(interval=0.5) > 10 and not at_work(api.site), "nothing is split")
    assert document(api, identity)["status"] == "processing"
    cancel(api, identity)
    before = processor_s([worker])
    until(lambda: worker.cpu_percent(interval=0.5) < 5, "the splitting goes on")
    used = processor_s([worker]) - before
    record_property("seconds", used)
    assert used < CANCELLED_WITHIN_S
    assert document(api, identity)["chunks"] == 0


def test_two_thousand_pages_take_little_memory(
    api: Api, record_property: Callable[[str, object], None]
) -> None:
    peak: dict[str, int] = {}
    with peak_memory(api.site, peak):
        began = time.monotonic()
        identity = upload(api, book(2000, "volume"))
        until(lambda: document(api, identity)["status"] not in {"queued", "processing"}, "it is not done")
        record_property("seconds", time.monotonic() - began)
    record_property("peak_mb", peak)
    ready = document(api, identity)
    assert (ready["status"], ready["pages"]) == ("ready", 2000)
    assert peak["parse@youju"] and peak["index@youju"] and peak["extract.child"]
    assert max(peak.values()) < WORKER_MB, peak
    report = json.loads(api.site.manage("verify", "--json").stdout)
    assert (report["missing_in_index"], report["orphans_in_index"]) == (0, 0)
