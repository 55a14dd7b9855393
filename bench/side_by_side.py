"""The site against the pipeline that tutorials teach, in one run: ``python -m bench.side_by_side``.

Both get the same articles and questions, and take turns: what else the machine does meets both alike. The
pipeline (``bench.tutorial_pipeline``) runs in process, without HTTP, accounts or evidence; the site is asked
over HTTP. Ratios above 1 mean that the site is that many times better. Passages are cut differently, so
ingestion is compared by the text taken in. Packages are installed at the first run (``.venv-bench``).
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import history, tutorial_environment
from bench.articles import SEED, articles, questions
from bench.busy import wait_until_ready
from bench.machine import ROOT
from bench.searching import NONE, Searcher, Times
from search.embedding.model_files import BUNDLED, locate
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import Site

CLIENTS = (1, 8)
_SLUG = "side"


class Tutorial:
    """Asks the pipeline's process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._answer()

    def do(self, what: str, **parts: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, "with": parts}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the tutorial pipeline ended; its messages are above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def _tutorial() -> Iterator[Tutorial]:
    command = [str(tutorial_environment.python()), "bench/tutorial_pipeline.py", str(locate(BUNDLED).folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Tutorial(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measure(site: Site, options: argparse.Namespace) -> dict[str, Any]:
    texts = articles(options.articles)
    with _tutorial() as tutorial:
        site.start()
        api = with_administrator(site)
        api.call("POST", "/collections", json={"name": "Side by side", "slug": _SLUG})
        taken_in = _ingestion(api, tutorial, texts, options.turns)
        searches = {
            f"{clients}_clients": _search(api, tutorial, [text for _name, text in texts], clients, options)
            for clients in CLIENTS
        }
    return {"ingestion": taken_in, "search": searches}


def _ingestion(api: Api, tutorial: Tutorial, texts: list[tuple[str, str]], turns: int) -> dict[str, Any]:
    size = -(-len(texts) // turns)
    ours = theirs = 0.0
    chunks = 0
    for at in range(0, len(texts), size):
        part = texts[at : at + size]
        began = time.monotonic()
        for first in range(0, len(part), 12):
            api.upload(_SLUG, {name: text.encode() for name, text in part[first : first + 12]})
        wait_until_ready(api, _SLUG, at + len(part))
        ours += time.monotonic() - began
        answer = tutorial.do("add", texts=part)
        theirs += answer["seconds"]
        chunks += answer["chunks"]
    theirs += tutorial.do("finish")["seconds"]
    kilobytes = sum(len(text) for _name, text in texts) / 1000
    own = sum(row["chunks"] for row in _documents(api))
    return {
        "site": _rates(ours, own, kilobytes),
        "tutorial": _rates(theirs, chunks, kilobytes),
        "times_the_tutorial": round(theirs / ours, 2),
    }


def _documents(api: Api) -> Iterator[dict[str, Any]]:
    page = 1
    while rows := api.call("GET", f"/collections/{_SLUG}/documents?page={page}").json()["results"]:
        yield from rows
        page += 1


def _rates(seconds: float, chunks: int, kilobytes: float) -> dict[str, float]:
    return {
        "seconds": round(seconds, 1),
        "chunks": chunks,
        "chunks_per_s": round(chunks / seconds, 1),
        "kilobytes_per_s": round(kilobytes / seconds, 1),
    }


def _search(
    api: Api, tutorial: Tutorial, texts: list[str], clients: int, options: argparse.Namespace
) -> dict[str, Any]:
    searcher = Searcher(api, [_SLUG])
    warm = questions(texts, 2 * clients, seed=SEED + 1000 + clients)
    searcher.all(warm, clients)
    tutorial.do("search", queries=warm, clients=clients)
    asked = questions(texts, options.searches, seed=SEED + clients)
    size = -(-len(asked) // options.turns)
    ours = theirs = NONE
    for at in range(0, len(asked), size):
        part = asked[at : at + size]
        ours += searcher.all(part, clients)
        answer = tutorial.do("search", queries=part, clients=clients)
        theirs += Times(tuple(answer["ms"]), answer["seconds"])
    site, other = ours.figures(), theirs.figures()
    return {
        "site": site,
        "tutorial": other,
        "p50_times_the_tutorial": round(other["p50_ms"] / site["p50_ms"], 2),
        "p95_times_the_tutorial": round(other["p95_ms"] / site["p95_ms"], 2),
        "per_s_times_the_tutorial": round(site["per_s"] / other["per_s"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.side_by_side", description=__doc__)
    parser.add_argument("--articles", type=int, default=48, help="of 5,000 words")
    parser.add_argument("--searches", type=int, default=200, help="by 1 client and by 8")
    parser.add_argument("--turns", type=int, default=4, help="how often both take turns")
    parser.add_argument("--model", default="multilingual", help="the site's; the tutorial's is always MiniLM")
    history.add_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="youju-side-") as folder:
        extra = {"RATE_LIMIT_SEARCH": "off", "EMBEDDING_MODEL": options.model}
        site = Site(Path(folder) / "data", extra=extra)
        try:
            figures = measure(site, options)
        finally:
            if site.process is not None and site.process.poll() is None:
                site.stop()
    settings = {name: value for name, value in vars(options).items() if name != "no_history"}
    history.report("side_by_side", figures, settings=settings, seed=SEED, keep=not options.no_history)


if __name__ == "__main__":
    main()
