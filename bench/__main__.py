"""``python -m bench``: the whole site against its own parts, as ratios measured in one run."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
import requests

from bench import corpora, crawl
from bench.articles import articles, questions
from bench.encoder import alone
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import Site

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--articles", type=int, default=48, help="how many, of 5,000 words; 0 leaves them out"
    )
    parser.add_argument("--searches", type=int, default=400, help="how many at each number of clients")
    parser.add_argument("--corpora", nargs="*", default=list(corpora.CORPORA), help="under YOUJU_DATA")
    parser.add_argument("--documents", type=int, default=0, help="at most so many of each corpus")
    parser.add_argument("--pages", type=int, default=crawl.PAGES, help="of the site that is crawled; 0: none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="youju-bench-") as folder:
        site = Site(Path(folder) / "data", extra={"RATE_LIMIT_SEARCH": "off"})
        result = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
        try:
            if options.articles:
                result |= measure(site, options.articles, options.searches)
        finally:
            if site.process is not None and site.process.poll() is None:
                site.stop()
    result["corpora"] = corpora.measure(options.corpora, options.documents)
    if options.pages:
        result["crawling"] = crawl.measure(options.pages)
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(result, indent=2))
    print(json.dumps(result, indent=2))
    print(f"written to {file.relative_to(ROOT)}", file=sys.stderr)


def machine() -> dict[str, Any]:
    packages = ("torch", "sentence-transformers", "chromadb", "tantivy", "Django", "celery")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in packages},
    }


def measure(site: Site, count: int, searches: int) -> dict[str, Any]:
    began = time.monotonic()
    site.start()
    started = time.monotonic() - began
    time.sleep(5)
    result: dict[str, Any] = {"start_up_s": round(started, 2), "at_rest": memory(site)}
    api = with_administrator(site)
    api.call("POST", "/collections", json={"name": "Bench", "slug": "bench"})
    texts = articles(count)
    result["ingestion"] = ingestion(api, texts)
    result["search"] = {
        f"{clients}_clients": search(api, [text for _name, text in texts], searches, clients)
        for clients in (1, 8)
    }
    result["after_work"] = memory(site)
    site.stop()
    result["encoder_alone"] = alone(site)
    result["ingestion"]["ratio_to_encoder"] = round(
        result["ingestion"]["chunks_per_s"] / result["encoder_alone"]["chunks_per_s"], 3
    )
    return result


def memory(site: Site) -> dict[str, int]:
    """Proportional set size in MiB of every process of the site, and their sum."""
    sizes: dict[str, int] = {}
    for process in site.processes():
        line = " ".join(process.cmdline())
        names = ("uvicorn", "index@youju", "parse@youju", "crawl@youju", "beat", "chroma", "redis-server",
                 "extract.child")  # fmt: skip
        name = next((name for name in names if name in line), "supervisor")
        sizes[name] = sizes.get(name, 0) + process.memory_full_info().pss // 2**20
    return sizes | {"sum": sum(sizes.values())}


def ingestion(api: Api, texts: list[tuple[str, str]]) -> dict[str, float]:
    """From the first byte of the upload to the last document ready."""
    began = time.monotonic()
    for at in range(0, len(texts), 12):
        api.upload("bench", {name: text.encode() for name, text in texts[at : at + 12]})
    while True:
        rows = api.call("GET", "/collections/bench/documents").json()["results"]
        if all(row["status"] in {"ready", "failed"} for row in rows):
            break
        time.sleep(0.5)
    seconds = time.monotonic() - began
    chunks = sum(row["chunks"] for row in rows)
    failed = sum(row["status"] == "failed" for row in rows)
    return {"documents": len(rows), "failed": failed, "chunks": chunks, "seconds": round(seconds, 2),
            "chunks_per_s": round(chunks / seconds, 1)}  # fmt: skip


def search(api: Api, texts: list[str], count: int, clients: int) -> dict[str, float]:
    """Latency in milliseconds over HTTP and searches a second, each question asked once."""
    asked = questions(texts, count, seed=clients)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {api.key}"

    def one(query: str) -> float:
        began = time.monotonic()
        answer = session.post(
            f"{api.site.url}/api/v1/search", json={"query": query, "collections": ["bench"]}, timeout=60
        )
        answer.raise_for_status()
        return (time.monotonic() - began) * 1000

    for query in questions(texts, 10, seed=1000 + clients):
        one(query)
    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        times = sorted(pool.map(one, asked))
    seconds = time.monotonic() - began
    return {
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[len(times) * 95 // 100], 1),
        "per_s": round(len(times) / seconds, 1),
    }


if __name__ == "__main__":
    main()
