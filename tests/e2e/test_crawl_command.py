"""``manage.py crawl`` as a new user runs it: on a fresh install, with the site running and without."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests import fixtures
from tests.e2e.conftest import prepare
from tests.e2e.site import WITHOUT_MODEL, Site
from tests.e2e.test_starting import refused
from tests.ingestion.small_site import Answer
from tests.ingestion.small_site import Site as Web


@pytest.fixture
def web() -> Iterator[Web]:
    """Three pages, a file, a redirect, and one that robots.txt keeps to itself."""
    made = Web()
    made.page("/", "Harbour", "/lighthouse", "/ferries/", "/old", "/private/")
    made.page("/lighthouse", "Lighthouse", "/guide.pdf")
    made.page("/ferries/", "Ferries")
    made.page("/private/", "Private")
    made.page("/hidden", "Hidden")
    made.redirect("/old", "/lighthouse", 301)
    made.pages["/guide.pdf"] = Answer(fixtures.pdf(), kind="application/pdf")
    made.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private/\n", kind="text/plain")
    made.sitemap("/sitemap.xml", "/hidden")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def install(fresh: Site) -> Site:
    """As ``fresh``, but used before."""
    prepare(fresh)
    return fresh


@pytest.fixture
def fresh(own_site: Site, web: Web) -> Site:
    """A fresh install that may ask the local site, and is in no need to be polite to it."""
    own_site.extra |= {
        **WITHOUT_MODEL,
        "CRAWL_ALLOWED_PORTS": str(web.port),
        "CRAWL_ALLOWED_NETWORKS": "127.0.0.0/8",
        "CRAWL_DELAY_MS": "0",
    }
    return own_site


def crawl(site: Site, *arguments: str) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    """What it printed: one JSON document and nothing else."""
    done = site.manage("crawl", *arguments, "--collection", "harbour", "--json", check=False)
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout), done


def by_path(result: dict[str, Any], web: Web) -> dict[str, dict[str, Any]]:
    return {page["url"].removeprefix(web.url("")): page for page in result["pages"]}


def outcomes(result: dict[str, Any], web: Web) -> dict[str, str]:
    return {path: page["outcome"] for path, page in by_path(result, web).items()}


def found(site: Site, query: str) -> list[str]:
    """The documents that a search finds."""
    done = site.manage("search", query, "--collection", "harbour", "--json")
    return [hit["document_id"] for hit in json.loads(done.stdout)["hits"]]


def failure(site: Site, *arguments: str, status: int = 1) -> str:
    """The sentence on stderr; nothing is on stdout."""
    done = site.manage("crawl", *arguments, "--collection", "harbour", "--json", check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert "Traceback" not in done.stderr
    return done.stderr


EVERYTHING = {
    "/": "new",
    "/lighthouse": "new",
    "/ferries/": "new",
    "/hidden": "new",
    "/guide.pdf": "new",
    "/old": "unchanged",
    "/private/": "disallowed",
}


def test_without_the_site_it_does_the_work_itself(fresh: Site, web: Web) -> None:
    result, done = crawl(fresh, web.url())
    assert (done.returncode, result["state"], result["error"]) == (0, "complete", None)
    assert outcomes(result, web) == EVERYTHING
    assert result["seconds"] > 0
    pages = by_path(result, web)
    assert set(pages["/"]) == {"url", "status", "outcome", "document_id", "error"}
    assert pages["/old"]["document_id"] == pages["/lighthouse"]["document_id"] is not None
    assert pages["/private/"]["document_id"] is None
    assert "robots.txt" in pages["/private/"]["error"]
    assert "documents done" in done.stderr
    assert pages["/lighthouse"]["document_id"] in found(fresh, "green notebook of the lighthouse")
    web.forget()
    web.page(
        "/ferries/", "Ferries", text="The last ferry of the year leaves on the second of November at noon."
    )
    again, done = crawl(fresh, web.url(), "--wait")
    assert done.returncode == 0
    expected = {path: one.replace("new", "unchanged") for path, one in EVERYTHING.items()}
    assert outcomes(again, web) == expected | {"/ferries/": "changed"}
    assert by_path(again, web)["/ferries/"]["document_id"] == pages["/ferries/"]["document_id"]
    assert fresh.processes() == []


def test_limits_narrow_a_crawl_down_to_one_page(install: Site, web: Web) -> None:
    result, done = crawl(install, web.url("/lighthouse"), "--depth", "0", "--max-pages", "1")
    assert (done.returncode, outcomes(result, web)) == (0, {"/lighthouse": "new"})
    assert [one.path for one in web.asked] == ["/robots.txt", "/lighthouse"]
    result, done = crawl(install, web.url("/"), "--max-pages", "2")
    assert (done.returncode, result["state"], len(result["pages"])) == (0, "cut", 2)
    assert "limit of pages" in result["error"]
    result, done = crawl(install, web.url("/"), "--depth", "1", "--max-pages", "50")
    assert "--max-pages 50 --depth 1; before, it was --max-pages 2 --depth 5." in done.stderr
    assert "/guide.pdf" not in outcomes(result, web)
    assert "/hidden" in outcomes(result, web)
    assert "from 1 to" in failure(install, web.url(), "--max-pages", "0")
    assert "from 0 to" in failure(install, web.url(), "--depth", "-1")


def test_what_cannot_be_crawled_is_one_sentence(install: Site, web: Web) -> None:
    assert "CRAWL_ALLOWED_NETWORKS" in failure(install, f"http://10.0.0.1:{web.port}/")
    assert "CRAWL_ALLOWED_PORTS" in failure(install, "http://127.0.0.1:1/")
    assert "http://" in failure(install, "ftp://example.com/")
    assert failure(install, "http://[broken/")
    install.extra["CRAWL_ALLOWED_NETWORKS"] = ""
    assert "CRAWL_ALLOWED_NETWORKS" in failure(install, web.url())
    assert "CRAWL_ALLOWED_NETWORKS" in failure(install, f"http://localhost:{web.port}/")
    assert web.asked == []


def test_a_site_that_is_away_or_forbids_it_is_no_success(install: Site, web: Web) -> None:
    result, done = crawl(install, web.url("/private/"), "--depth", "0")
    assert (done.returncode, outcomes(result, web)) == (1, {"/private/": "disallowed"})
    result, done = crawl(install, web.url("/nothing"), "--depth", "0")
    assert (done.returncode, by_path(result, web)["/nothing"]["status"]) == (1, 404)
    assert by_path(result, web)["/nothing"]["error"]


def test_a_document_that_cannot_be_read_is_no_success(install: Site, web: Web) -> None:
    web.pages["/guide.pdf"] = Answer(b"%PDF-1.7\nnot really", kind="application/pdf")
    result, done = crawl(install, web.url("/lighthouse"), "--depth", "1")
    assert (done.returncode, result["state"]) == (1, "failed")
    assert "1 of" in result["error"]
    assert by_path(result, web)["/guide.pdf"]["error"]
    assert by_path(result, web)["/lighthouse"]["error"] is None


def test_with_the_site_running_its_workers_do_the_work(install: Site, web: Web) -> None:
    install.start()
    result, done = crawl(install, web.url(), "--wait")
    assert (done.returncode, outcomes(result, web)) == (0, EVERYTHING)
    assert "known to come" in done.stderr
    report = install.manage("verify", "--json").stdout
    assert json.loads(report)["documents"] == 5
    lighthouse = by_path(result, web)["/lighthouse"]["document_id"]
    assert lighthouse in found(install, "green notebook of the lighthouse")
    again, done = crawl(install, web.url())
    assert done.returncode == 0
    assert set(outcomes(again, web).values()) == {"unchanged", "disallowed"}
    plain = install.manage("crawl", web.url(), "--collection", "harbour").stdout
    assert f"disallowed {web.url('/private/')}" in plain
    assert install.stop() == 0
    assert install.processes() == []


def test_settings_that_say_nothing_are_one_sentence(own_site: Site) -> None:
    assert "CRAWL_ALLOWED_PORTS='http' names no ports" in refused(own_site, CRAWL_ALLOWED_PORTS="http")
    assert "'intranet' is no network" in refused(own_site, CRAWL_ALLOWED_NETWORKS="10.0.0.0/8,intranet")
