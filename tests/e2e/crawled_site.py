"""What tests of crawls with real workers share: a site to crawl, and what came of it."""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from itertools import pairwise
from typing import Any

from tests.e2e.conftest import Api
from tests.e2e.site import WITHOUT_MODEL
from tests.e2e.site import Site as Youju
from tests.ingestion.small_site import Answer, Asked, Site, html

PATIENCE_S = 120
CONNECTIONS, DELAY_MS = 2, 50
ENVIRONMENT = {
    **WITHOUT_MODEL,
    "CRAWL_ALLOWED_PORTS": "1024-65535",
    "CRAWL_ALLOWED_NETWORKS": "127.0.0.0/8",
    "CRAWL_CONNECTIONS": str(CONNECTIONS),
    "CRAWL_DELAY_MS": str(DELAY_MS),
}


def sixty_pages(site: Site) -> dict[str, str]:
    """A front page, six sections with eight pages each; redirects, a dead link, a forbidden page, three slow
    ones, one that only the sitemap names. Returns the outcome that each address should have at first."""
    sections = [f"/section-{at}/" for at in range(6)]
    others = ["/old-1", "/old-2", "/missing", "/private/letter"]
    site.page("/", "Harbour", *sections, *others)
    pages = {section: [f"{section}page-{at}" for at in range(8)] for section in sections}
    for section, below in pages.items():
        site.page(section, f"Section {section}", *below)
        for path in below:
            site.page(path, f"Page {path}", section)
    for section in sections[:3]:
        slow = f"{section}page-5"
        site.pages[slow] = Answer(html(f"Slow page {slow}").encode(), seconds=1.0)
    site.redirect("/old-1", "/section-0/page-0", 301)
    site.redirect("/old-2", "/section-5/page-1")
    site.page("/hidden", "Hidden")
    site.page("/private/letter", "Letter")
    site.sitemap("/sitemap.xml", "/hidden", "/section-1/")
    site.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private/\n", kind="text/plain")
    found = ["/", "/hidden", *sections, *(path for below in pages.values() for path in below)]
    special = {
        "/old-1": "unchanged",
        "/old-2": "unchanged",
        "/missing": "failed",
        "/private/letter": "disallowed",
    }
    return dict.fromkeys(found, "new") | special


def wait_until(done: Callable[[], object], every_s: float = 0.3) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline, done
        time.sleep(every_s)


def wait_for_requests(site: Site, count: int) -> None:
    """Not counting those for robots.txt and sitemaps."""
    wait_until(lambda: len(site.paths()) >= count, every_s=0.01)


def follow(api: Api, slug: str, site: Site, **settings: object) -> str:
    """A new collection with a new source that is crawled at once; returns the source's id."""
    assert api.call("POST", "/collections", json={"name": slug, "slug": slug}).status_code == 201
    return add(api, slug, site, **settings)


def add(api: Api, slug: str, site: Site, path: str = "/", **settings: object) -> str:
    body = {"starts": [site.url(path)], "minutes": 0, **settings}
    answer = api.call("POST", f"/collections/{slug}/sources", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def source(api: Api, pk: str) -> dict[str, Any]:
    answer = api.call("GET", f"/sources/{pk}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def is_done(api: Api, pk: str) -> bool:
    found = source(api, pk)
    return found["state"] == "idle" and found["crawl"] is not None and found["crawl"]["state"] != "running"


def outcomes(api: Api, pk: str, site: Site) -> dict[str, str]:
    """Of the last crawl, by path."""
    rows: list[dict[str, Any]] = []
    pages = f"/crawls/{source(api, pk)['crawl']['id']}/pages"
    for number in range(1, 20):
        found = api.call("GET", pages, params={"page": number}).json()
        rows += found["results"]
        if len(rows) >= found["count"]:
            break
    return {row["url"].removeprefix(site.url("")): row["outcome"] for row in rows}


def ready(api: Api, slug: str) -> int:
    """How many documents are ready; -1 while one is not done."""
    counts = {
        status: api.call("GET", f"/collections/{slug}/documents?status={status}").json()["count"]
        for status in ("queued", "processing", "failed", "ready")
    }
    return -1 if counts["queued"] or counts["processing"] else counts["ready"] - counts["failed"]


def expect_each_document_once(youju: Youju, api: Api, slug: str, documents: int) -> None:
    wait_until(lambda: ready(api, slug) == documents)
    report = json.loads(youju.manage("verify", "--json").stdout)
    assert (report["missing_in_index"], report["orphans_in_index"]) == (0, 0)
    query = (
        "SELECT COUNT(DISTINCT name), COUNT(DISTINCT sha256), COUNT(*) FROM ingestion_document "
        f"WHERE collection_id = (SELECT id FROM ingestion_collection WHERE slug = '{slug}')"
    )
    assert asked(youju, query) == (documents, documents, documents)


def asked(youju: Youju, query: str) -> tuple[int, ...]:
    with closing(sqlite3.connect(youju.folder / "youju.sqlite3", timeout=30)) as database:
        return tuple(database.execute(query).fetchone())


def write(youju: Youju, query: str) -> None:
    with closing(sqlite3.connect(youju.folder / "youju.sqlite3", timeout=30)) as database, database:
        database.execute(query)


def repeated(site: Site, kills: list[float]) -> Mapping[float, int]:
    """How many pages were asked for once more after each kill; nothing is without one."""
    found = dict.fromkeys(kills, 0)
    by_path: dict[str, list[Asked]] = {}
    for one in sorted(site.asked, key=lambda one: one.began):
        if not one.path.startswith(("/robots", "/sitemap")):
            by_path.setdefault(one.path, []).append(one)
    for path, requests in by_path.items():
        for first, second in pairwise(requests):
            between = [kill for kill in kills if first.began < kill < second.began]
            assert between, f"{path} was asked for twice without a kill between"
            found[between[0]] += 1
    return found


def fastest_s(site: Site, requests: int = 10) -> float:
    """The average distance between so many beginnings in a row, where they were closest: a thread that has
    its turn may get the processor late, and come close to the next one."""
    began = sorted(one.began for one in site.asked)
    return min(last - first for first, last in zip(began, began[requests:], strict=False)) / requests
