"""Crawling against its own parts: ``python -m bench.crawl [PAGES]``, also a part of ``make bench``.

In one process and one run, with the limits of politeness off: the pages of a local site fetched by bare
``requests`` sessions over as many connections, their text extracted one after the other, and the crawl that
does both, writes its frontier and stores documents. Then everything is embedded until it is ready, and the
unchanged site is crawled once more.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django

from tests.e2e.site import Site

ROOT = Path(__file__).resolve().parent.parent
PAGES = 2000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb_site.settings")


def measure(count: int = PAGES, *, with_documents: bool = True) -> dict[str, Any]:
    """The figures of a site of ``count`` pages; without documents only those of the crawl."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.web_pages", str(count)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with tempfile.TemporaryDirectory(prefix="youju-crawl-") as folder:
            site = Site(Path(folder) / "data")
            site.extra = {
                "CRAWL_ALLOWED_PORTS": str(port),
                "CRAWL_ALLOWED_NETWORKS": "127.0.0.0/8",
                "CRAWL_DELAY_MS": "0",
                "CRAWL_CONNECTIONS": "64",  # more than there are threads
            }
            argv = [sys.executable, "-m", "bench.crawl", "--inside", str(port), str(count)]
            argv.append(str(int(with_documents)))
            done = subprocess.run(argv, cwd=ROOT, env=site.env, stdout=subprocess.PIPE, text=True, check=True)
    finally:
        server.kill()
        server.wait()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _inside(port: int, count: int, with_documents: bool) -> dict[str, Any]:
    """Within the environment of a data folder of its own."""
    django.setup()
    from kb_site.services import available

    with available(exclusive=True, broker=True):
        before = _bare(port, count)
        crawls = _crawls(port, count, with_documents)
        after = _bare(port, count)
    # The machine is seldom the same for minutes: the parts are measured before and after.
    parts = {name: (value + after[name]) / 2 for name, value in before.items()}
    found = {"pages": count} | parts | crawls
    found["parts_pages_per_s"] = count / parts["parts_s"]
    found["ratio_to_parts"] = crawls["crawl_s"] / parts["parts_s"]
    found["cpu_ratio_to_parts"] = crawls["crawl_cpu_s"] / parts["parts_cpu_s"]
    return {name: round(value, 3) for name, value in found.items()}


def _bare(port: int, count: int) -> dict[str, float]:
    """The parts: fetching alone, extraction alone."""
    import requests

    from bench.web_pages import path_of
    from ingestion import web_access
    from ingestion.crawling import THREADS
    from ingestion.extract.process import ExtractionProcess

    folder = Path(tempfile.mkdtemp(prefix="bare-", dir=os.environ["DATA_DIR"]))
    urls = [f"http://127.0.0.1:{port}{path_of(number)}" for number in range(count)]

    def fetch(place: int) -> int:
        size = 0
        with requests.Session() as session:
            for number in range(place, count, THREADS):
                body = session.get(urls[number], timeout=30).content
                (folder / str(number)).write_bytes(body)
                size += len(body)
        return size

    began, before = time.monotonic(), _cpu_s()
    with ThreadPoolExecutor(THREADS) as pool:
        size = sum(pool.map(fetch, range(THREADS)))
    fetched = time.monotonic()
    with ExtractionProcess() as extractor:
        for number, url in enumerate(urls):
            web_access.read(extractor, folder / str(number), url=url, charset="utf-8", selector="")
    read = time.monotonic()
    shutil.rmtree(folder)
    return {
        "kb_per_page": size / count / 1024,
        "bare_fetch_s": fetched - began,
        "extraction_s": read - fetched,
        "parts_s": read - began,
        "parts_cpu_s": _cpu_s() - before,
    }


def _cpu_s() -> float:
    """Processor time of this process and those that it started and that have ended."""
    of = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in of)


def _crawls(port: int, count: int, with_documents: bool) -> dict[str, float]:
    from accounts.services import command_line_user
    from ingestion import services, web_sources, working
    from ingestion.models import CrawlPage, Document
    from ingestion.web_sources import WebSettings

    by = command_line_user()
    collection = services.create_collection(owner=by, name="Bench", slug="bench")
    start = f"http://127.0.0.1:{port}/"
    wanted = WebSettings(starts=start, minutes=0, max_pages=2 * count, max_depth=100, sitemaps=False)
    source = web_sources.add_web_source(collection=collection, by=by, wanted=wanted)
    before = _cpu_s()
    first_s = _crawl(source)
    found = {
        "documents": Document.objects.filter(collection=collection).count(),
        "crawl_s": first_s,
        "crawl_cpu_s": _cpu_s() - before,
        "pages_per_s": count / first_s,
    }
    ready_s = first_s
    if with_documents:
        began = time.monotonic()
        working.work_until_done(lambda: Document.objects.exclude(status__in=["ready", "failed"]).count())
        ready_s += time.monotonic() - began
        found["until_ready_s"] = ready_s
        found["ready"] = Document.objects.filter(status="ready").count()
    again_s = _crawl(source)
    pages = CrawlPage.objects.filter(crawl=source.crawls.order_by("-began_at").first())
    found |= {
        "again_s": again_s,
        "again_unchanged": pages.filter(outcome="unchanged").count(),
        "again_to_crawl": again_s / first_s,
    }
    if with_documents:
        found["again_to_first"] = again_s / ready_s
    return found


def _crawl(source: Any) -> float:
    """Seconds of one crawl, by this process."""
    from ingestion import sources, syncing
    from ingestion.models import Source

    sources.sync_now(source=source)
    began = time.monotonic()
    claimed = syncing.claim_next(Source.Kind.WEB, source.pk)
    assert claimed is not None
    syncing.sync(claimed)
    return time.monotonic() - began


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        port, count, with_documents = (int(part) for part in sys.argv[2:5])
        print(json.dumps(_inside(port, count, bool(with_documents))))
        return
    from bench import history

    parser = argparse.ArgumentParser(prog="bench.crawl", description=__doc__)
    parser.add_argument("pages", type=int, nargs="?", default=PAGES)
    history.add_option(parser)
    options = parser.parse_args()
    figures = measure(options.pages)
    history.report("crawl", figures, settings={"pages": options.pages}, keep=not options.no_history)


if __name__ == "__main__":
    main()
