"""Searches while documents come in at full speed, against searches at rest: ``python -m bench.busy``.

One client searches the articles that are there, before, during and after the ingestion of others into the
same collection. Only what was searched while passages were still waiting for the index worker counts as busy.
"""

import argparse
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

from bench import history
from bench.articles import SEED, articles, questions
from bench.searching import NONE, Searcher, Times
from tests.e2e.conftest import Api, with_administrator
from tests.e2e.site import Site

_SLUG = "busy"
_AT_ONCE = 10
_QUESTIONS = 20_000


def measure(site: Site, there: int, coming: int, searches: int) -> dict[str, Any]:
    site.start()
    api = with_administrator(site)
    api.call("POST", "/collections", json={"name": "Busy", "slug": _SLUG})
    texts = articles(there + coming)
    began = time.monotonic()
    _upload(api, texts[:there])
    wait_until_ready(api, _SLUG, there)
    alone_s = time.monotonic() - began
    searcher = Searcher(api, [_SLUG])
    asked = questions([text for _name, text in texts[:there]], _QUESTIONS, seed=SEED)
    warm, before, after = (asked[start : start + searches] for start in (0, searches, 2 * searches))
    searcher.all(warm[:30])
    rest = searcher.all(before)
    began = time.monotonic()
    _upload(api, texts[there:])
    busy = _while_ingesting(api, searcher, asked[3 * searches :], there + coming)
    busy_s = time.monotonic() - began
    time.sleep(3)
    rest += searcher.all(after)
    at_rest, in_between = rest.figures(), busy.figures()
    if not in_between:
        raise SystemExit("Everything was ready before the first search. Name more articles in --coming.")
    return {
        "searches_at_rest": at_rest,
        "searches_while_ingesting": in_between | {"searches": len(busy.ms)},
        "p50_times_slower": round(in_between["p50_ms"] / at_rest["p50_ms"], 2),
        "p95_times_slower": round(in_between["p95_ms"] / at_rest["p95_ms"], 2),
        "articles_alone": {"seconds": round(alone_s, 1), "per_s": round(there / alone_s, 3)},
        "articles_beside_searches": {"seconds": round(busy_s, 1), "per_s": round(coming / busy_s, 3)},
    }


def _while_ingesting(api: Api, searcher: Searcher, asked: list[str], wanted: int) -> Times:
    """Searches a few at a time; those after which nothing was waiting any more are not counted."""
    busy = NONE
    for start in count(0, _AT_ONCE):
        times = searcher.all(asked[start % len(asked) :][:_AT_ONCE])
        if settled(api, _SLUG) >= wanted:
            return busy
        busy += times
    raise AssertionError


def _upload(api: Api, texts: list[tuple[str, str]]) -> None:
    for at in range(0, len(texts), 12):
        api.upload(_SLUG, {name: text.encode() for name, text in texts[at : at + 12]})


def settled(api: Api, slug: str) -> int:
    """How many documents are ready. Raises ``SystemExit`` where one failed."""

    def number(status: str) -> int:
        path = f"/collections/{slug}/documents?status={status}"
        return int(api.call("GET", path).json()["count"])

    if number("failed"):
        raise SystemExit("a document failed")
    return number("ready")


def wait_until_ready(api: Api, slug: str, documents: int, patience_s: float = 900) -> None:
    deadline = time.monotonic() + patience_s
    while settled(api, slug) < documents:
        if time.monotonic() > deadline:
            raise SystemExit(f"not ready after {patience_s:.0f} s")
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.busy", description=__doc__)
    parser.add_argument("--there", type=int, default=12, help="articles that are searched")
    parser.add_argument("--coming", type=int, default=36, help="articles ingested meanwhile")
    parser.add_argument("--searches", type=int, default=200, help="at rest, before and after")
    history.add_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="youju-busy-") as folder:
        site = Site(Path(folder) / "data", extra={"RATE_LIMIT_SEARCH": "off"})
        try:
            figures = measure(site, options.there, options.coming, options.searches)
        finally:
            if site.process is not None and site.process.poll() is None:
                site.stop()
    settings = {name: value for name, value in vars(options).items() if name != "no_history"}
    history.report("busy", figures, settings=settings, seed=SEED, keep=not options.no_history)


if __name__ == "__main__":
    main()
