"""``python -m bench``: the whole site against its own parts, as ratios measured in one run."""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import corpora, crawl, history
from bench.articles import SEED, articles, questions
from bench.encoder import alone
from bench.machine import memory
from bench.searching import Searcher
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import Site


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--articles", type=int, default=48, help="how many, of 5,000 words; 0 leaves them out"
    )
    parser.add_argument("--searches", type=int, default=400, help="how many at each number of clients")
    parser.add_argument("--corpora", nargs="*", default=list(corpora.CORPORA), help="under YOUJU_DATA")
    parser.add_argument("--documents", type=int, default=0, help="at most so many of each corpus")
    parser.add_argument("--pages", type=int, default=crawl.PAGES, help="of the site that is crawled; 0: none")
    history.add_option(parser)
    options = parser.parse_args()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="youju-bench-") as folder:
        site = Site(Path(folder) / "data", extra={"RATE_LIMIT_SEARCH": "off"})
        try:
            if options.articles:
                result |= measure(site, options.articles, options.searches)
        finally:
            if site.process is not None and site.process.poll() is None:
                site.stop()
    result["corpora"] = corpora.measure(options.corpora, options.documents)
    if options.pages:
        result["crawling"] = crawl.measure(options.pages)
    settings = {name: value for name, value in vars(options).items() if name != "no_history"}
    history.report("bench", result, settings=settings, seed=SEED, keep=not options.no_history)


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
    searcher = Searcher(api, ["bench"])
    searcher.all(questions(texts, 10, seed=1000 + clients), clients)
    return searcher.all(questions(texts, count, seed=clients), clients).figures()


if __name__ == "__main__":
    main()
